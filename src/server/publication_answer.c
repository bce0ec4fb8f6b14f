/* From ids to the answer. */
#include "server/publication_answer.h"

#include "base/json.h"
#include "server/problem.h"

static void append_notifications(const struct store_item *item, struct buffer *out)
{
	size_t count = store_item_receivers(item);

	buffer_append(out, SLICE("\"notifications\":["));
	for (size_t i = 0; i < count; i++) {
		buffer_append(out, i == 0 ? SLICE("{\"id\":") : SLICE(",{\"id\":"));
		buffer_append_integer(out, item->ids[i]);
		if (store_item_is_to_everyone(item)) {
			buffer_append(out, SLICE(",\"everyone\":true}"));
		} else {
			buffer_append(out, SLICE(",\"user\":"));
			json_append_string(out, item->users[i]);
			buffer_append_byte(out, '}');
		}
	}
	buffer_append_byte(out, ']');
}

static void append_topic(const struct store_item *item, struct buffer *out)
{
	buffer_append(out, SLICE("\"topic\":"));
	json_append_string(out, item->topic);
	buffer_append_format(out, ",\"recipients\":%zu,", item->user_count);
}

/* The members of an object that is open; the caller closes it. Of what reached nobody there is no
 * id, and no time of its creation. */
static void append_published(const struct publication *publication, const struct store_item *item,
			     struct buffer *out)
{
	bool reached_any = store_item_receivers(item) > 0;

	if (reached_any)
		buffer_append_format(out, "\"id\":%lld,", (long long)item->ids[0]);
	if (!slice_is_empty(item->topic))
		append_topic(item, out);
	append_notifications(item, out);
	if (!reached_any)
		return;
	buffer_append(out, SLICE(",\"created_at\":"));
	json_append_time(out, publication->publish.created_at);
}

static void append_refused(const char *refusal, struct buffer *out)
{
	const struct problem_row *problem = &problem_table[PROBLEM_INVALID_NOTIFICATION];

	buffer_append_format(out, "{\"status\":%d,\"code\":\"%s\",\"detail\":", problem->status,
			     problem->code);
	json_append_string(out, slice_from_string(refusal));
}

void publication_answer_append(const struct publication *publication, struct buffer *out)
{
	if (!publication->is_array) {
		buffer_append_byte(out, '{');
		append_published(publication, publication->outcomes[0].item, out);
		buffer_append_byte(out, '}');
		return;
	}
	buffer_append(out, SLICE("{\"results\":["));
	for (size_t i = 0; i < publication->outcome_count; i++) {
		const struct publication_outcome *outcome = &publication->outcomes[i];

		if (i > 0)
			buffer_append_byte(out, ',');
		if (outcome->item == NULL) {
			append_refused(outcome->refusal, out);
		} else {
			buffer_append(out, SLICE("{\"status\":201,"));
			append_published(publication, outcome->item, out);
		}
		buffer_append_byte(out, '}');
	}
	buffer_append(out, SLICE("]}"));
}
