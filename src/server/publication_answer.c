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

static void append_rule(const struct publication_outcome *outcome, struct buffer *out)
{
	if (outcome->rule == NULL)
		return;
	buffer_append(out, SLICE(",\"routed_by\":"));
	json_append_string(out, slice_from_string(outcome->rule));
}

/* The members of an object that is open; the caller closes it. Of what reached nobody there is no
 * id, and no time of its creation. */
static void append_published(const struct publication *publication,
			     const struct publication_outcome *outcome, struct buffer *out)
{
	const struct store_item *item = outcome->item;
	bool reached_any = store_item_receivers(item) > 0;

	if (reached_any)
		buffer_append_format(out, "\"id\":%lld,", (long long)item->ids[0]);
	if (!slice_is_empty(item->topic))
		append_topic(item, out);
	append_notifications(item, out);
	if (reached_any) {
		buffer_append(out, SLICE(",\"created_at\":"));
		json_append_time(out, publication->publish.created_at);
	}
	append_rule(outcome, out);
}

static void append_dropped(const struct publication_outcome *outcome, struct buffer *out)
{
	buffer_append(out, SLICE("\"dropped_by\":"));
	json_append_string(out, slice_from_string(outcome->rule));
}

static void append_refused(const char *refusal, struct buffer *out)
{
	const struct problem_row *problem = &problem_table[PROBLEM_INVALID_NOTIFICATION];

	buffer_append_format(out, "{\"status\":%d,\"code\":\"%s\",\"detail\":", problem->status,
			     problem->code);
	json_append_string(out, slice_from_string(refusal));
}

static void append_result(const struct publication *publication,
			  const struct publication_outcome *outcome, struct buffer *out)
{
	if (outcome->refusal != NULL) {
		append_refused(outcome->refusal, out);
	} else if (outcome->is_dropped) {
		buffer_append(out, SLICE("{\"status\":202,"));
		append_dropped(outcome, out);
	} else {
		buffer_append(out, SLICE("{\"status\":201,"));
		append_published(publication, outcome, out);
	}
	buffer_append_byte(out, '}');
}

static void append_single(const struct publication *publication,
			  const struct publication_outcome *outcome, struct buffer *out)
{
	buffer_append_byte(out, '{');
	if (outcome->is_dropped)
		append_dropped(outcome, out);
	else
		append_published(publication, outcome, out);
	buffer_append_byte(out, '}');
}

int publication_answer_status(const struct publication *publication)
{
	if (publication->is_array)
		return 200;
	return publication->outcomes[0].is_dropped ? 202 : 201;
}

void publication_answer_append(const struct publication *publication, struct buffer *out)
{
	if (!publication->is_array) {
		append_single(publication, &publication->outcomes[0], out);
		return;
	}
	buffer_append(out, SLICE("{\"results\":["));
	for (size_t i = 0; i < publication->outcome_count; i++) {
		if (i > 0)
			buffer_append_byte(out, ',');
		append_result(publication, &publication->outcomes[i], out);
	}
	buffer_append(out, SLICE("]}"));
}
