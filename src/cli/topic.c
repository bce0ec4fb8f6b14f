/* Who is on which topic, as publishers see and change it. A list is asked for page by page and
 * printed as it comes. */
#include "cli/command.h"

#include "cli/client.h"
#include "cli/output.h"
#include "cli/publisher_key.h"
#include "core/topic.h"
#include "protocol/url.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES = 1024 * 1024, PAGE = 1000, PATH_BYTES = 1024 };

struct options {
	struct flags_texts users;
	const char *url;
	const char *api_key_file;
};

struct call {
	const struct command *command;
	struct endpoint endpoint;
	struct buffer authorization;
	const char *topic; /* NULL: none is named */
};

/* Returns COMMAND_GOES_ON with the answer's object, which is the caller's, or the exit status. */
static int take_answer(const struct call *call, const struct client_answer *answer,
		       json_t **ret_json)
{
	struct slice body = buffer_slice(&answer->body);
	struct error error;

	if (answer->status != 200) {
		client_explain(answer->status, body, answer->retry_after, &error);
		return command_fail(call->command, COMMAND_REFUSED, "%s", error.text);
	}
	*ret_json = json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL);
	if (*ret_json != NULL)
		return COMMAND_GOES_ON;
	return command_fail(call->command, COMMAND_FAILED,
			    "what the server answered is not understood; is %s allim?",
			    call->endpoint.authority);
}

static int ask(const struct call *call, const char *method, const char *path, struct slice body,
	       json_t **ret_json)
{
	const struct client_header headers[] = {
	    {"Authorization", buffer_slice(&call->authorization)},
	    {NULL, SLICE("")},
	};
	const struct client_request request = {
	    .method = method, .path = path, .headers = headers, .body = body};
	struct client_answer answer;
	struct error error;
	int result = client_exchange(&call->endpoint, &request, ANSWER_BYTES, &answer, &error);

	if (result < 0)
		return command_fail(call->command, (enum command_exit)client_exit_status(result),
				    "%s", error.text);
	result = take_answer(call, &answer, ret_json);
	client_answer_finish(&answer);
	return result;
}

static void append_path(const struct call *call, struct buffer *path)
{
	buffer_append_string(path, "/v1/topics");
	if (call->topic != NULL)
		buffer_append_format(path, "/%s/members", call->topic);
}

/* Prints a page, a line for each row: its name and, for topics, how many members it has. */
static int print_page(const struct call *call, const json_t *page, const char **ret_last)
{
	bool is_list = call->topic == NULL;
	const json_t *rows = json_object_get(page, is_list ? "topics" : "members");
	struct buffer text = BUFFER_EMPTY;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const json_t *name = json_object_get(row, is_list ? "topic" : "user");

		*ret_last = json_string_value(name);
		output_append_visible(&text, slice_from_string(*ret_last));
		if (is_list)
			buffer_append_format(
			    &text, "\t%lld",
			    (long long)json_integer_value(json_object_get(row, "members")));
		buffer_append_byte(&text, '\n');
	}
	return command_print(call->command, &text);
}

/* Asks for the page behind `*after` and moves that on, to the empty text behind the last page. */
static int next_page(const struct call *call, struct buffer *after)
{
	struct buffer path = BUFFER_EMPTY;
	const char *last = NULL;
	json_t *page = NULL;
	int result;

	append_path(call, &path);
	buffer_append_format(&path, "?limit=%d", PAGE);
	if (after->length > 0)
		buffer_append_string(&path, "&after=");
	buffer_append(&path, buffer_slice(after));
	buffer_append_byte(&path, '\0');
	result = buffer_failed(&path) ? command_fail(call->command, COMMAND_FAILED, "out of memory")
				      : ask(call, "GET", path.data, SLICE(""), &page);
	buffer_finish(&path);
	if (result == COMMAND_GOES_ON)
		result = print_page(call, page, &last);
	buffer_clear(after);
	if (result == COMMAND_GOES_ON && last != NULL &&
	    json_is_true(json_object_get(page, "more")))
		url_append_encoded(after, slice_from_string(last));
	json_decref(page);
	return result;
}

static int list(const struct call *call, const struct options *options)
{
	struct buffer after = BUFFER_EMPTY;
	int result;

	(void)options;
	do
		result = next_page(call, &after);
	while (result == COMMAND_GOES_ON && after.length > 0);
	buffer_finish(&after);
	return result == COMMAND_GOES_ON ? COMMAND_DONE : result;
}

static json_t *users_of(const struct options *options)
{
	json_t *users = json_array();

	for (size_t i = 0; i < options->users.count; i++) {
		if (json_array_append_new(users, json_string(options->users.items[i])) < 0) {
			json_decref(users);
			return NULL;
		}
	}
	return json_pack("{s:o}", "users", users);
}

static int change(const struct call *call, const struct options *options, const char *method)
{
	json_t *users = users_of(options), *answer = NULL;
	char *body = users == NULL ? NULL : json_dumps(users, JSON_COMPACT);
	struct buffer path = BUFFER_EMPTY;
	int result;

	append_path(call, &path);
	buffer_append_byte(&path, '\0');
	if (body == NULL)
		result = command_fail(call->command, COMMAND_FAILED,
				      "the users are not UTF-8, or memory is short");
	else if (buffer_failed(&path))
		result = command_fail(call->command, COMMAND_FAILED, "out of memory");
	else
		result = ask(call, method, path.data, slice_from_string(body), &answer);
	buffer_finish(&path);
	free(body);
	json_decref(users);
	json_decref(answer);
	return result == COMMAND_GOES_ON ? COMMAND_DONE : result;
}

static int add(const struct call *call, const struct options *options)
{
	return change(call, options, "POST");
}

static int take_off(const struct call *call, const struct options *options)
{
	return change(call, options, "DELETE");
}

/* What all four have in common. */
static int run(const struct command *command, char **arguments,
	       int (*work)(const struct call *call, const struct options *options))
{
	struct options options = {.url = NULL};
	struct call call = {.command = command, .authorization = BUFFER_EMPTY};
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	call.topic = arguments[0];
	if (command->operands > 0 && !topic_is_name(slice_from_string(call.topic)))
		return command_misuse(command, "name a topic; " TOPIC_RULE);
	if (work != list && options.users.count == 0)
		return command_misuse(command, "say who: --user NAME");
	if (endpoint_choose(options.url, "ALLIM_URL", ENDPOINT_DEFAULT, &call.endpoint, &error) < 0)
		return command_misuse(command, "%s", error.text);
	result = publisher_key_read(options.api_key_file, &call.authorization, &error) < 0
		     ? command_fail(command, COMMAND_FAILED, "%s", error.text)
		     : work(&call, &options);
	buffer_finish(&call.authorization);
	return result;
}

int topic_list_run(const struct command *command, char **arguments)
{
	return run(command, arguments, list);
}

int topic_members_run(const struct command *command, char **arguments)
{
	return run(command, arguments, list);
}

int topic_add_run(const struct command *command, char **arguments)
{
	return run(command, arguments, add);
}

int topic_remove_run(const struct command *command, char **arguments)
{
	return run(command, arguments, take_off);
}

#define COMMON_FLAGS                                                           \
	{"url",                                                                \
	 "URL",                                                                \
	 "the node (ALLIM_URL), " ENDPOINT_DEFAULT " by default",              \
	 FLAGS_TEXT,                                                           \
	 offsetof(struct options, url),                                        \
	 0,                                                                    \
	 0},                                                                   \
	    {"api-key-file",                                                   \
	     "FILE",                                                           \
	     "the file of mode 0600 with the publisher's key (ALLIM_API_KEY)", \
	     FLAGS_TEXT,                                                       \
	     offsetof(struct options, api_key_file),                           \
	     0,                                                                \
	     0},                                                               \
	{                                                                      \
		NULL, NULL, NULL, FLAGS_SWITCH, 0, 0, 0                        \
	}
#define USER_FLAG(help_)                                                \
	{                                                               \
		"user", "NAME", help_ "; may be repeated", FLAGS_TEXTS, \
		    offsetof(struct options, users), 0, 0               \
	}

const struct cli_flag topic_list_flags[] = {COMMON_FLAGS};
const struct cli_flag topic_members_flags[] = {COMMON_FLAGS};
const struct cli_flag topic_add_flags[] = {USER_FLAG("who is put on it"), COMMON_FLAGS};
const struct cli_flag topic_remove_flags[] = {USER_FLAG("who is taken off it"), COMMON_FLAGS};
