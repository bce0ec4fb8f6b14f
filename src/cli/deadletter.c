/* One request at a time: the list is read page by page, and each letter is dealt with by itself, so
 * that one that is refused again keeps no other. */
#include "cli/deadletter.h"

#include "cli/client.h"
#include "protocol/url.h"

#include <string.h>

enum { ANSWER_BYTES = 256 * 1024 * 1024 /* a letter's body may be as large as a request's */ };

int deadletter_choose(const struct command *command, const char *url,
		      struct deadletter_admin *ret_admin)
{
	struct error error;

	*ret_admin = (struct deadletter_admin){.command = command};
	if (endpoint_choose(url, "ALLIM_ADMIN_URL", ENDPOINT_ADMIN_DEFAULT, &ret_admin->endpoint,
			    &error) < 0)
		return command_misuse(command, "%s", error.text);
	return COMMAND_GOES_ON;
}

int deadletter_read_id(const struct command *command, const char *text, int64_t *ret_id)
{
	int64_t id;

	if (slice_to_integer(slice_from_string(text), &id) < 0 || id < 1)
		return command_misuse(command,
				      "\"%.60s\" is no id; allim deadletter list shows them", text);
	*ret_id = id;
	return COMMAND_GOES_ON;
}

static int refuse(const struct deadletter_admin *admin, int64_t id,
		  const struct client_answer *answer)
{
	struct error error;

	client_explain(answer->status, buffer_slice(&answer->body), answer->retry_after, &error);
	if (id == 0)
		return command_fail(admin->command, COMMAND_REFUSED, "%s", error.text);
	return command_fail(admin->command, COMMAND_REFUSED, "dead letter %lld: %s", (long long)id,
			    error.text);
}

static int read_answer(const struct deadletter_admin *admin, const struct client_answer *answer,
		       json_t **ret_answer)
{
	struct slice body = buffer_slice(&answer->body);
	json_t *json = json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL);

	if (!json_is_object(json)) {
		json_decref(json);
		return command_fail(admin->command, COMMAND_FAILED,
				    "what the server answered is not understood; is %s the admin "
				    "listener of allim?",
				    admin->endpoint.authority);
	}
	*ret_answer = json;
	return COMMAND_GOES_ON;
}

int deadletter_ask(struct deadletter_admin *admin, int64_t id, const char *method, const char *path,
		   struct slice body, json_t **ret_answer)
{
	const struct client_request request = {.method = method, .path = path, .body = body};
	struct client_answer answer;
	struct error error;
	int result = client_exchange(&admin->endpoint, &request, ANSWER_BYTES, &answer, &error);

	admin->status = 0;
	if (result < 0)
		return command_fail(admin->command, (enum command_exit)client_exit_status(result),
				    "%s", error.text);
	admin->status = answer.status;
	if (answer.status < 200 || answer.status > 299)
		result = refuse(admin, id, &answer);
	else
		result =
		    ret_answer == NULL ? COMMAND_GOES_ON : read_answer(admin, &answer, ret_answer);
	client_answer_finish(&answer);
	return result;
}

static void append_path(struct buffer *path, const char *source, int64_t limit, int64_t before)
{
	buffer_append_format(path, "/admin/dead-letters?limit=%lld", (long long)limit);
	if (before > 0)
		buffer_append_format(path, "&before=%lld", (long long)before);
	if (source != NULL) {
		buffer_append_string(path, "&source=");
		url_append_encoded(path, slice_from_string(source));
	}
	buffer_append_byte(path, '\0');
}

/* Without an id there is no way on, and what has none is no answer of allim's. */
static int take_page(const struct deadletter_admin *admin, json_t *answer, int64_t *before,
		     json_t **ret_letters)
{
	json_t *letters = json_object_get(answer, "dead_letters");
	size_t count = json_array_size(letters);
	int64_t last =
	    json_integer_value(json_object_get(json_array_get(letters, count - 1), "id"));

	if (!json_is_array(letters) || (count > 0 && last < 1))
		return command_fail(admin->command, COMMAND_FAILED,
				    "what the server answered are no dead letters; is %s the admin "
				    "listener of allim?",
				    admin->endpoint.authority);
	*before = json_is_true(json_object_get(answer, "more")) && count > 0 ? last : 0;
	*ret_letters = json_incref(letters);
	return COMMAND_GOES_ON;
}

int deadletter_next_page(struct deadletter_admin *admin, const char *source, int64_t limit,
			 int64_t *before, json_t **ret_letters)
{
	struct buffer path = BUFFER_EMPTY;
	json_t *answer = NULL;
	int result;

	append_path(&path, source, limit, *before);
	result = buffer_failed(&path)
		     ? command_fail(admin->command, COMMAND_FAILED, "out of memory")
		     : deadletter_ask(admin, 0, "GET", path.data, SLICE(""), &answer);
	if (result == COMMAND_GOES_ON)
		result = take_page(admin, answer, before, ret_letters);
	json_decref(answer);
	buffer_finish(&path);
	return result;
}
