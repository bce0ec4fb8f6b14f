/* Sends notifications in as few requests as the limits allow, one after the other: what was
 * published before a failure is printed, so that nobody needs to guess. */
#include "cli/command.h"

#include "cli/client.h"
#include "cli/output.h"
#include "cli/publish_items.h"
#include "cli/publisher_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES = 16 * 1024 * 1024, KEY_BYTES = 255 };

struct options {
	struct publish_content content;
	const char *file;
	const char *idempotency_key;
	const char *url;
	const char *api_key_file;
	bool json;
};

struct publication {
	const struct command *command;
	const struct options *options;
	struct endpoint endpoint;
	struct buffer authorization;
	size_t requests;
	size_t sent;	/* items of the present request */
	size_t done;	/* items of earlier requests */
	size_t refused; /* items so far */
};

/* A topic may have no members. */
static bool reached_nobody(json_t *result)
{
	json_t *recipients = json_object_get(result, "recipients");

	return json_is_integer(recipients) && json_integer_value(recipients) == 0;
}

/* Whether all ids of one item's result can be printed. */
static bool has_ids(json_t *result)
{
	json_t *notifications = json_object_get(result, "notifications");

	for (size_t i = 0; i < json_array_size(notifications); i++) {
		if (!json_is_integer(json_object_get(json_array_get(notifications, i), "id")))
			return false;
	}
	return json_array_size(notifications) > 0 || reached_nobody(result);
}

/* The rule that dropped the item, or NULL. */
static const char *dropped_by(json_t *result)
{
	return json_string_value(json_object_get(result, "dropped_by"));
}

static bool is_refused(json_t *result)
{
	return json_integer_value(json_object_get(result, "status")) >= 300;
}

/* Whether the answer says of each item that was sent what became of it: nothing less proves that it
 * was published, or dropped as the rules say. */
static bool is_answer(const struct publication *publication, json_t *answer)
{
	json_t *results = json_object_get(answer, "results");

	if (results == NULL)
		return publication->sent == 1 && (has_ids(answer) || dropped_by(answer) != NULL);
	for (size_t i = 0; i < json_array_size(results); i++) {
		json_t *result = json_array_get(results, i);

		if (!is_refused(result) && !has_ids(result) && dropped_by(result) == NULL)
			return false;
	}
	return json_array_size(results) == publication->sent;
}

/* One line for each notification of one item's result. */
static void append_ids(struct buffer *text, json_t *result)
{
	json_t *notifications = json_object_get(result, "notifications");

	for (size_t i = 0; i < json_array_size(notifications); i++) {
		json_t *id = json_object_get(json_array_get(notifications, i), "id");

		buffer_append_integer(text, json_integer_value(id));
		buffer_append_byte(text, '\n');
	}
}

static void check_result(struct publication *publication, json_t *result, size_t number)
{
	const char *detail = json_string_value(json_object_get(result, "detail"));
	json_int_t status = json_integer_value(json_object_get(result, "status"));

	if (dropped_by(result) != NULL)
		command_say(publication->command, "notification %zu was dropped by the rule %.64s",
			    number, dropped_by(result));
	if (!is_refused(result))
		return;
	publication->refused++;
	command_fail(publication->command, COMMAND_REFUSED, "notification %zu: %.400s (%d)", number,
		     detail == NULL ? "the server refused it" : detail, (int)status);
}

static int show(struct publication *publication, json_t *answer)
{
	struct buffer text = BUFFER_EMPTY;
	json_t *results = json_object_get(answer, "results");
	bool json = publication->options->json;

	for (size_t i = 0; i < json_array_size(results); i++) {
		json_t *result = json_array_get(results, i);

		check_result(publication, result, publication->done + i + 1);
		if (!json)
			append_ids(&text, result);
	}
	if (results == NULL)
		check_result(publication, answer, publication->done + 1);
	if (json)
		output_append_value(&text, answer);
	else if (results == NULL)
		append_ids(&text, answer);
	return command_print(publication->command, &text);
}

static int show_answer(struct publication *publication, const struct client_answer *answer)
{
	struct slice body = buffer_slice(&answer->body);
	struct error error;
	json_t *json;
	int result;

	if (answer->status < 200 || answer->status > 299) {
		client_explain(answer->status, body, answer->retry_after, &error);
		return command_fail(publication->command, COMMAND_REFUSED, "%s", error.text);
	}
	json = json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL);
	if (!is_answer(publication, json))
		result = command_fail(publication->command, COMMAND_FAILED,
				      "what the server answered is not understood; is %s allim?",
				      publication->endpoint.authority);
	else
		result = show(publication, json);
	json_decref(json);
	return result;
}

/* The first request has the key itself, and each later one a key of its own made from it: the same
 * file, published again, is cut in the same way. */
static struct slice request_key(const struct publication *publication,
				char text[static KEY_BYTES + 32])
{
	const char *key = publication->options->idempotency_key;
	int length;

	if (key == NULL || publication->requests == 1)
		return slice_from_string(key);
	length = snprintf(text, KEY_BYTES + 32, "%s-%zu", key, publication->requests);
	return slice_from_bytes(text, (size_t)length);
}

static int send_body(struct publication *publication, struct slice body)
{
	char key[KEY_BYTES + 32];
	const struct client_header headers[] = {
	    {"Authorization", buffer_slice(&publication->authorization)},
	    {"Idempotency-Key", request_key(publication, key)},
	    {NULL, SLICE("")},
	};
	const struct client_request request = {
	    .method = "POST", .path = "/v1/notifications", .headers = headers, .body = body};
	struct client_answer answer;
	struct error error;
	int result =
	    client_exchange(&publication->endpoint, &request, ANSWER_BYTES, &answer, &error);

	if (result < 0)
		return command_fail(publication->command,
				    (enum command_exit)client_exit_status(result), "%s",
				    error.text);
	result = show_answer(publication, &answer);
	client_answer_finish(&answer);
	return result;
}

static int send_all(struct publication *publication, json_t *items)
{
	struct buffer body = BUFFER_EMPTY;
	int result = COMMAND_GOES_ON;

	for (size_t position = 0; position < json_array_size(items) && result == COMMAND_GOES_ON;
	     publication->done = position) {
		buffer_clear(&body);
		publication->requests++;
		if (publish_items_next_body(items, &position, &body) < 0)
			result =
			    command_fail(publication->command, COMMAND_FAILED, "out of memory");
		publication->sent = position - publication->done;
		if (result == COMMAND_GOES_ON)
			result = send_body(publication, buffer_slice(&body));
	}
	buffer_finish(&body);
	if (result != COMMAND_GOES_ON)
		return result;
	return publication->refused > 0 ? COMMAND_REFUSED : COMMAND_DONE;
}

static bool has_content(const struct publish_content *content)
{
	for (int i = 0; i < NOTIFICATION_MEMBERS; i++) {
		if (content->members[i] != NULL)
			return true;
	}
	return content->to.count > 0 || content->topic != NULL || content->everyone;
}

/* Returns the exit status where there is nothing to send. */
static int collect(const struct command *command, const struct options *options, json_t **ret_items)
{
	struct error error;
	int result;

	if (options->idempotency_key != NULL && strlen(options->idempotency_key) > KEY_BYTES)
		return command_misuse(command, "--idempotency-key is longer than %d bytes",
				      KEY_BYTES);
	if (options->file == NULL) {
		result = publish_items_from_flags(&options->content, ret_items, &error);
		return result == 0 ? COMMAND_GOES_ON : command_misuse(command, "%s", error.text);
	}
	if (has_content(&options->content))
		return command_misuse(command, "--file says it all: leave the flags of a single "
					       "notification out");
	result = publish_items_read(options->file, ret_items, &error);
	return result == 0 ? COMMAND_GOES_ON
			   : command_fail(command, COMMAND_FAILED, "%s", error.text);
}

static int count_requests(json_t *items, size_t *ret_count)
{
	struct buffer body = BUFFER_EMPTY;
	size_t count = 0;
	int result = 0;

	for (size_t position = 0; position < json_array_size(items) && result == 0; count++) {
		buffer_clear(&body);
		result = publish_items_next_body(items, &position, &body);
	}
	buffer_finish(&body);
	if (result < 0)
		return result;
	*ret_count = count;
	return 0;
}

/* The last request's key is the longest. A server that refused it would do so when the requests
 * before it are published. */
static int check_key(const struct command *command, const char *key, json_t *items)
{
	size_t requests, suffix;

	if (key == NULL)
		return COMMAND_GOES_ON;
	if (count_requests(items, &requests) < 0)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	suffix = requests > 1 ? (size_t)snprintf(NULL, 0, "-%zu", requests) : 0;
	if (strlen(key) + suffix <= KEY_BYTES)
		return COMMAND_GOES_ON;
	return command_misuse(
	    command,
	    "--idempotency-key is too long for a file of %zu requests; shorten it "
	    "to %zu bytes",
	    requests, KEY_BYTES - suffix);
}

static int publish(const struct command *command, const struct options *options,
		   const struct endpoint *endpoint)
{
	struct publication publication = {
	    .command = command, .options = options, .endpoint = *endpoint};
	struct error error;
	json_t *items = NULL;
	int result = collect(command, options, &items);

	if (result == COMMAND_GOES_ON)
		result = check_key(command, options->idempotency_key, items);
	if (result == COMMAND_GOES_ON &&
	    publisher_key_read(options->api_key_file, &publication.authorization, &error) < 0)
		result = command_fail(command, COMMAND_FAILED, "%s", error.text);
	if (result == COMMAND_GOES_ON)
		result = send_all(&publication, items);
	buffer_finish(&publication.authorization);
	json_decref(items);
	return result;
}

int publish_run(const struct command *command, char **arguments)
{
	struct options options = {.file = NULL};
	struct endpoint endpoint;
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (endpoint_choose(options.url, "ALLIM_URL", ENDPOINT_DEFAULT, &endpoint, &error) < 0)
		return command_misuse(command, "%s", error.text);
	return publish(command, &options, &endpoint);
}

#define CONTENT(member_) offsetof(struct options, content.member_)
#define MEMBER(member_)	 CONTENT(members[NOTIFICATION_##member_])

const struct cli_flag publish_flags[] = {
    {"to", "USER", "who gets it; may be repeated", FLAGS_TEXTS, CONTENT(to), 0, 0},
    {"topic", "NAME", "the members of this topic get it", FLAGS_TEXT, CONTENT(topic), 0, 0},
    {"everyone", NULL, "everyone gets it", FLAGS_SWITCH, CONTENT(everyone), 0, 0},
    {"type", "TYPE", "what kind of news it is, for the application: comment", FLAGS_TEXT,
     MEMBER(TYPE), 0, 0},
    {"title", "TEXT", "its title", FLAGS_TEXT, MEMBER(TITLE), 0, 0},
    {"body", "TEXT", "its text", FLAGS_TEXT, MEMBER(BODY), 0, 0},
    {"data", "JSON", "anything else, for the application", FLAGS_TEXT, MEMBER(DATA), 0, 0},
    {"priority", "WORD", "low, normal, high or urgent; normal by default", FLAGS_TEXT,
     MEMBER(PRIORITY), 0, 0},
    {"link", "URL", "where a click leads", FLAGS_TEXT, MEMBER(LINK), 0, 0},
    {"expires-at", "TIME", "when it disappears: 2030-01-31T09:30:00Z", FLAGS_TEXT,
     MEMBER(EXPIRES_AT), 0, 0},
    {"file", "FILE", "publish what the file says: JSON objects or arrays; - is standard input",
     FLAGS_TEXT, offsetof(struct options, file), 0, 0},
    {"idempotency-key", "KEY", "publishing again with the same key gives the first answer",
     FLAGS_TEXT, offsetof(struct options, idempotency_key), 0, 0},
    {"url", "URL", "the node (ALLIM_URL), " ENDPOINT_DEFAULT " by default", FLAGS_TEXT,
     offsetof(struct options, url), 0, 0},
    {"api-key-file", "FILE", "the file of mode 0600 with the publisher's key (ALLIM_API_KEY)",
     FLAGS_TEXT, offsetof(struct options, api_key_file), 0, 0},
    {"json", NULL, "print the server's answers instead of the ids", FLAGS_SWITCH,
     offsetof(struct options, json), 0, 0},
    {NULL, NULL, NULL, FLAGS_SWITCH, 0, 0, 0},
};
