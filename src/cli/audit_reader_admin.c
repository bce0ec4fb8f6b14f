/* The admin listener of a node that keeps its audit log in the store. */
#include "cli/audit_reader.h"

#include "base/clock.h"
#include "cli/client.h"
#include "cli/endpoint.h"
#include "protocol/url.h"

#include <stdlib.h>

enum { ANSWER_BYTES = 64 * 1024 * 1024, PAGE = 1000, PAUSE = 1000 };

struct admin_reader {
	struct audit_reader reader;
	struct endpoint endpoint;
	int64_t after;
};

static void append_text(struct buffer *path, const char *name, struct slice text)
{
	if (slice_is_empty(text))
		return;
	buffer_append_format(path, "&%s=", name);
	url_append_encoded(path, text);
}

static void append_path(struct buffer *path, const struct admin_reader *admin)
{
	const struct audit_wish *wish = admin->reader.wish;
	struct buffer since = BUFFER_EMPTY;

	buffer_append_format(path, "/admin/audit?limit=%d&after=%lld", PAGE,
			     (long long)admin->after);
	append_text(path, "user", slice_from_string(wish->user));
	append_text(path, "event", slice_from_string(wish->event));
	if (wish->since > 0)
		clock_append_wall(&since, wish->since);
	append_text(path, "since", buffer_slice(&since));
	path->failed = path->failed || buffer_failed(&since);
	buffer_finish(&since);
	buffer_append_byte(path, '\0');
}

static int take_page(struct admin_reader *admin, json_t *page, json_t *records, bool *ret_more)
{
	json_t *found = json_object_get(page, "records"), *last = json_object_get(page, "last");

	if (!json_is_array(found) || !json_is_integer(last))
		return command_fail(admin->reader.command, COMMAND_FAILED,
				    "what the server answered is no audit log; is %s the admin "
				    "listener of allim?",
				    admin->endpoint.authority);
	if (json_array_extend(records, found) < 0)
		return command_fail(admin->reader.command, COMMAND_FAILED, "out of memory");
	admin->after = json_integer_value(last);
	*ret_more = json_is_true(json_object_get(page, "more"));
	return COMMAND_GOES_ON;
}

static int take_answer(struct admin_reader *admin, const struct client_answer *answer,
		       json_t *records, bool *ret_more)
{
	struct slice body = buffer_slice(&answer->body);
	struct error error;
	json_t *page;
	int result;

	if (answer->status != 200) {
		client_explain(answer->status, body, answer->retry_after, &error);
		return command_fail(admin->reader.command, COMMAND_REFUSED, "%s", error.text);
	}
	page = json_loadb(body.data, body.length, 0, NULL);
	result = take_page(admin, page, records, ret_more);
	json_decref(page);
	return result;
}

static int next(struct audit_reader *reader, json_t *records, bool *ret_more)
{
	struct admin_reader *admin = (struct admin_reader *)reader;
	struct buffer path = BUFFER_EMPTY;
	struct client_answer answer;
	struct error error;
	int result;

	append_path(&path, admin);
	if (buffer_failed(&path)) {
		buffer_finish(&path);
		return command_fail(reader->command, COMMAND_FAILED, "out of memory");
	}
	result = client_exchange(&admin->endpoint,
				 &(struct client_request){.method = "GET", .path = path.data},
				 ANSWER_BYTES, &answer, &error);
	buffer_finish(&path);
	if (result < 0)
		return command_fail(reader->command, (enum command_exit)client_exit_status(result),
				    "%s", error.text);
	result = take_answer(admin, &answer, records, ret_more);
	client_answer_finish(&answer);
	return result;
}

static void close_admin(struct audit_reader *reader)
{
	free(reader);
}

static const struct audit_reader_ops ops = {
    .pause = PAUSE,
    .next = next,
    .close = close_admin,
};

int audit_reader_open_admin(const struct command *command, const struct audit_wish *wish,
			    const char *url, struct audit_reader **ret_reader)
{
	struct admin_reader *admin = calloc(1, sizeof(*admin));
	struct error error;

	if (admin == NULL)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	admin->reader = (struct audit_reader){&ops, command, wish};
	if (endpoint_choose(url, "ALLIM_ADMIN_URL", ENDPOINT_ADMIN_DEFAULT, &admin->endpoint,
			    &error) < 0) {
		free(admin);
		return command_misuse(command, "%s", error.text);
	}
	*ret_reader = &admin->reader;
	return COMMAND_GOES_ON;
}
