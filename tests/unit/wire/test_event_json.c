#include "wire/event_json.h"

#include "lib/assertions.h"
#include "lib/changes.h"

static void test_marks(void **state)
{
	struct change seen = changes_all(1, NOTIFICATION_SEEN);
	struct change archived = changes_all(INT64_MAX, NOTIFICATION_ARCHIVED);
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	archived.marked_broadcasts = 7;
	event_json_append_all(&out, &seen);
	assert_buffer(out, "{\"all\":\"seen\",\"at\":\"2026-05-01T09:30:00.250Z\",\"seq\":1,"
			   "\"everyone_up_to\":0}");
	buffer_clear(&out);
	event_json_append_all(&out, &archived);
	assert_buffer(out, "{\"all\":\"archived\",\"at\":\"2026-05-01T09:30:00.250Z\",\"seq\":"
			   "9223372036854775807,\"everyone_up_to\":7}");
	buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
