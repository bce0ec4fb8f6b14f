/* Looking at dead letters. What came in a queue is printed for a terminal only with its control
 * characters escaped; --body is for files and programs, and is the bytes themselves. */
#include "cli/deadletter.h"

#include "cli/deadletter_text.h"
#include "cli/output.h"
#include "cli/stats_text.h"
#include "protocol/data_url.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

enum { LIMIT_DEFAULT = 100 };

struct list_options {
	const char *admin;
	const char *source;
	int64_t limit;
	bool json;
};

struct show_options {
	const char *admin;
	bool json;
	bool body;
};

static int print_page(const struct command *command, const struct list_options *options,
		      json_t *letters, bool is_first)
{
	struct buffer text = BUFFER_EMPTY;

	if (is_first && !options->json && json_array_size(letters) > 0)
		deadletter_text_append_head(&text);
	for (size_t i = 0; i < json_array_size(letters); i++) {
		if (options->json)
			output_append_value(&text, json_array_get(letters, i));
		else
			deadletter_text_append_row(&text, json_array_get(letters, i));
	}
	return command_print(command, &text);
}

static int list(struct deadletter_admin *admin, const struct list_options *options)
{
	int64_t left = options->limit, before = 0;
	bool is_first = true;
	int result;

	do {
		json_t *letters = NULL;

		result = deadletter_next_page(admin, options->source,
					      left < DEADLETTER_PAGE ? left : DEADLETTER_PAGE,
					      &before, &letters);
		if (result == COMMAND_GOES_ON)
			result = print_page(admin->command, options, letters, is_first);
		is_first = false;
		left -= (int64_t)json_array_size(letters);
		json_decref(letters);
	} while (result == COMMAND_GOES_ON && before > 0 && left > 0);
	if (result == COMMAND_GOES_ON && before > 0)
		command_say(admin->command, "there are more; --limit NUMBER shows them");
	return result == COMMAND_GOES_ON ? COMMAND_DONE : result;
}

int deadletter_list_run(const struct command *command, char **arguments)
{
	struct list_options options = {.limit = LIMIT_DEFAULT};
	struct deadletter_admin admin;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result == COMMAND_GOES_ON)
		result = deadletter_choose(command, options.admin, &admin);
	return result == COMMAND_GOES_ON ? list(&admin, &options) : result;
}

/* The bytes behind what the server shows. Returns 0, -ENOMEM, or -EINVAL where it is no base64. */
static int append_bytes(struct buffer *bytes, struct slice shown)
{
	struct slice type, base64;
	size_t length;
	char *place;

	if (data_url_split(shown, &type, &base64) < 0) {
		buffer_append(bytes, shown);
		return buffer_failed(bytes) ? -ENOMEM : 0;
	}
	place = buffer_reserve(bytes, base64.length + 1);
	if (place == NULL)
		return -ENOMEM;
	if (sodium_base642bin((unsigned char *)place, base64.length + 1, base64.data, base64.length,
			      NULL, &length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return -EINVAL;
	bytes->length += length;
	return 0;
}

static int print_body(const struct command *command, struct slice shown)
{
	struct buffer bytes = BUFFER_EMPTY;
	int result = append_bytes(&bytes, shown);

	if (result == 0)
		return command_print_last(command, &bytes);
	buffer_finish(&bytes);
	return command_fail(command, COMMAND_FAILED, "%s",
			    result == -ENOMEM ? "out of memory"
					      : "the body that the server shows is no base64");
}

/* The body stands below the rest, with the lines that it has. */
static int print_letter(const struct command *command, json_t *letter, struct slice body)
{
	struct buffer text = BUFFER_EMPTY;

	json_object_del(letter, "body");
	stats_text_append(&text, letter, output_has_colours());
	buffer_append_byte(&text, '\n');
	while (body.length > 0) {
		output_append_visible(&text, slice_split(&body, '\n'));
		buffer_append_byte(&text, '\n');
	}
	return command_print_last(command, &text);
}

static int show_letter(const struct command *command, const struct show_options *options,
		       json_t *letter)
{
	json_t *body = json_incref(json_object_get(letter, "body"));
	struct slice shown = slice_from_bytes(json_string_value(body), json_string_length(body));
	struct buffer text = BUFFER_EMPTY;
	int result;

	if (!json_is_string(body))
		result = command_fail(command, COMMAND_FAILED,
				      "what the server answered is no dead letter");
	else if (options->body)
		result = print_body(command, shown);
	else if (!options->json)
		result = print_letter(command, letter, shown);
	else {
		output_append_value(&text, letter);
		result = command_print_last(command, &text);
	}
	json_decref(body);
	return result;
}

static int show(struct deadletter_admin *admin, const struct show_options *options, int64_t id)
{
	json_t *letter = NULL;
	char path[64];
	int result;

	snprintf(path, sizeof(path), "/admin/dead-letters/%lld", (long long)id);
	result = deadletter_ask(admin, 0, "GET", path, SLICE(""), &letter);
	if (result == COMMAND_GOES_ON)
		result = show_letter(admin->command, options, letter);
	json_decref(letter);
	return result;
}

int deadletter_show_run(const struct command *command, char **arguments)
{
	struct show_options options = {.admin = NULL};
	struct deadletter_admin admin;
	int64_t id = 0;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (arguments[0] == NULL)
		return command_misuse(command, "give the letter's id; allim deadletter list shows "
					       "them");
	if (options.body && options.json)
		return command_misuse(command, "--body and --json exclude each other");
	result = deadletter_read_id(command, arguments[0], &id);
	if (result == COMMAND_GOES_ON)
		result = deadletter_choose(command, options.admin, &admin);
	return result == COMMAND_GOES_ON ? show(&admin, &options, id) : result;
}

const struct cli_flag deadletter_list_flags[] = {
    {"source", "NAME", "only those of this source: kafka:orders", FLAGS_TEXT,
     offsetof(struct list_options, source), 0, 0},
    {"limit", "NUMBER", "the newest so many, 100 by default", FLAGS_NUMBER,
     offsetof(struct list_options, limit), 1, INT64_MAX},
    {"json", NULL, "print each as JSON, on one line", FLAGS_SWITCH,
     offsetof(struct list_options, json), 0, 0},
    DEADLETTER_ADMIN_FLAG(struct list_options),
    {.name = NULL},
};

const struct cli_flag deadletter_show_flags[] = {
    {"body", NULL, "print its body alone, as it came", FLAGS_SWITCH,
     offsetof(struct show_options, body), 0, 0},
    {"json", NULL, "print it as JSON, on one line", FLAGS_SWITCH,
     offsetof(struct show_options, json), 0, 0},
    DEADLETTER_ADMIN_FLAG(struct show_options),
    {.name = NULL},
};
