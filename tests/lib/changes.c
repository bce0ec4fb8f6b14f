#include "lib/changes.h"

const struct slice changes_hostile_texts[] = {
    {"", 0},
    {"plain", 5},
    {"\r", 1},
    {"\n\n", 2},
    {"a\r\nb\rc\nd", 8},
    {"nul\0inside", 10},
    {"\"quoted\" \\ back", 15},
    {"\xE2\x80\xA8line\xE2\x80\xA9paragraph\xC2\x85", 21},
    {"data: x\n\nevent: reset\nid: 9.9.9\n\n", 33},
    {"\xEF\xBB\xBF\x01\x1F\x7F</script>", 15},
    {"\xEC\x95\x8C\xEB\xA6\xBC \xF0\x9F\x94\x94", 11},
};
const size_t changes_hostile_text_count =
    sizeof(changes_hostile_texts) / sizeof(changes_hostile_texts[0]);

struct notification changes_notification(int64_t id, struct slice body)
{
	return (struct notification){
	    .id = id,
	    .seq = id,
	    .first_seq = id,
	    .content = {.type = SLICE("comment"),
			.title = body,
			.body = body,
			.link = SLICE("https://example.org/?a=1&b=2"),
			.data = SLICE("{\"deep\":[1,null,\"\\r\\n\"]}"),
			.priority = NOTIFICATION_HIGH},
	    .created_at = 1777627800250000,
	    .changed_at = 1777627800250000,
	};
}

struct change changes_row(int64_t seq, struct slice body)
{
	return (struct change){
	    .kind = CHANGE_ROW, .seq = seq, .notification = changes_notification(seq, body)};
}

struct change changes_all(int64_t seq, enum notification_state state)
{
	return (struct change){
	    .kind = CHANGE_ALL, .seq = seq, .state = state, .marked_at = 1777627800250000};
}
