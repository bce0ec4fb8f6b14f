/* Publishing dead letters after all, and dropping them. Those that are named are dealt with in that
 * order; all of them from the oldest on, as they came. Whatever was done is printed at once, so
 * that after a failure nobody needs to guess. */
#include "cli/deadletter.h"

#include "cli/publish_items.h"
#include "protocol/url.h"

#include <stdio.h>
#include <string.h>

struct options {
	const char *admin;
	const char *source;
	const char *file; /* retry only */
	bool all;
	bool yes; /* drop only */
};

/* What the server is asked for each letter. */
struct change {
	const char *method;
	const char *path; /* behind the letter's own */
	struct slice body;
	bool is_answered; /* with an object */
};

/* Numbers, one behind the other. */
static int64_t id_at(const struct buffer *ids, size_t index)
{
	int64_t id;

	memcpy(&id, ids->data + index * sizeof(id), sizeof(id));
	return id;
}

static size_t count_ids(const struct buffer *ids)
{
	return ids->length / sizeof(int64_t);
}

static void add_id(struct buffer *ids, int64_t id)
{
	buffer_append(ids, slice_from_bytes((const char *)&id, sizeof(id)));
}

static int print_number(const struct command *command, int64_t number)
{
	struct buffer line = BUFFER_EMPTY;

	buffer_append_format(&line, "%lld\n", (long long)number);
	return command_print(command, &line);
}

static int change_one(struct deadletter_admin *admin, const struct change *change, int64_t id)
{
	json_t *answer = NULL;
	const char *rule;
	char path[64];
	int result;

	snprintf(path, sizeof(path), "/admin/dead-letters/%lld%s", (long long)id, change->path);
	result = deadletter_ask(admin, id, change->method, path, change->body,
				change->is_answered ? &answer : NULL);
	if (json_is_true(json_object_get(answer, "repeated")))
		command_say(admin->command, "dead letter %lld was published before; it is gone now",
			    (long long)id);
	rule = json_string_value(json_object_get(answer, "dropped_by"));
	if (rule != NULL)
		command_say(admin->command, "dead letter %lld was dropped by the rule %s",
			    (long long)id, rule);
	json_decref(answer);
	return result == COMMAND_GOES_ON ? print_number(admin->command, id) : result;
}

/* A letter that is refused keeps no other; a server that cannot do any would refuse them all. */
static bool is_about_the_letter(const struct deadletter_admin *admin, int result)
{
	return result == COMMAND_REFUSED && admin->status < 500 && admin->status != 429;
}

static int change_all(struct deadletter_admin *admin, const struct change *change,
		      const struct buffer *ids)
{
	size_t refused = 0;

	for (size_t i = 0; i < count_ids(ids); i++) {
		int result = change_one(admin, change, id_at(ids, i));

		if (is_about_the_letter(admin, result))
			refused++;
		else if (result != COMMAND_GOES_ON)
			return result;
	}
	return refused > 0 ? COMMAND_REFUSED : COMMAND_DONE;
}

/* Returns an exit status. */
static int read_ids(const struct command *command, char *const *arguments, struct buffer *ids)
{
	int result = COMMAND_GOES_ON;

	for (; *arguments != NULL && result == COMMAND_GOES_ON; arguments++) {
		int64_t id = 0;

		result = deadletter_read_id(command, *arguments, &id);
		add_id(ids, id);
	}
	return result;
}

/* All that there are now, from the oldest on. Returns an exit status. */
static int collect(struct deadletter_admin *admin, const char *source, struct buffer *ids)
{
	int64_t before = 0;
	int result;

	do {
		json_t *letters = NULL;

		result = deadletter_next_page(admin, source, DEADLETTER_PAGE, &before, &letters);
		for (size_t i = 0; i < json_array_size(letters); i++)
			add_id(ids, json_integer_value(
					json_object_get(json_array_get(letters, i), "id")));
		json_decref(letters);
	} while (result == COMMAND_GOES_ON && before > 0);
	for (size_t i = 0; i < count_ids(ids) / 2; i++) {
		size_t other = count_ids(ids) - 1 - i;
		int64_t first = id_at(ids, i), last = id_at(ids, other);

		memcpy(ids->data + i * sizeof(last), &last, sizeof(last));
		memcpy(ids->data + other * sizeof(first), &first, sizeof(first));
	}
	return result;
}

/* Either letters are named, or all are meant. Returns an exit status. */
static int check_whose(const struct command *command, const struct options *options,
		       char *const *arguments)
{
	if ((arguments[0] != NULL) == options->all)
		return command_misuse(command, "give the ids of letters, or --all");
	if (options->source != NULL && !options->all)
		return command_misuse(command, "--source is for --all");
	return COMMAND_GOES_ON;
}

/* Returns an exit status. */
static int read_message(const struct command *command, const char *path, struct buffer *message)
{
	struct error error;

	if (publish_items_read_text(path, message, &error) < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	if (message->length == 0)
		return command_fail(command, COMMAND_FAILED, "%.200s is empty", path);
	return COMMAND_GOES_ON;
}

static int retry(struct deadletter_admin *admin, const struct options *options, char **arguments)
{
	const struct command *command = admin->command;
	struct buffer ids = BUFFER_EMPTY, message = BUFFER_EMPTY;
	int result = options->all ? collect(admin, options->source, &ids)
				  : read_ids(command, arguments, &ids);

	if (result == COMMAND_GOES_ON && options->file != NULL)
		result = read_message(command, options->file, &message);
	if (result == COMMAND_GOES_ON && (buffer_failed(&ids) || buffer_failed(&message)))
		result = command_fail(command, COMMAND_FAILED, "out of memory");
	if (result == COMMAND_GOES_ON) {
		const struct change change = {"POST", "/retry", buffer_slice(&message), true};

		result = change_all(admin, &change, &ids);
	}
	buffer_finish(&ids);
	buffer_finish(&message);
	return result;
}

int deadletter_retry_run(const struct command *command, char **arguments)
{
	struct options options = {.admin = NULL};
	struct deadletter_admin admin;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result == COMMAND_GOES_ON)
		result = check_whose(command, &options, arguments);
	if (result == COMMAND_GOES_ON && options.file != NULL &&
	    (options.all || arguments[1] != NULL))
		result =
		    command_misuse(command, "--file is the message of one letter: give its id");
	if (result == COMMAND_GOES_ON)
		result = deadletter_choose(command, options.admin, &admin);
	return result == COMMAND_GOES_ON ? retry(&admin, &options, arguments) : result;
}

static int drop_named(struct deadletter_admin *admin, char **arguments)
{
	const struct change change = {"DELETE", "", SLICE(""), false};
	struct buffer ids = BUFFER_EMPTY;
	int result = read_ids(admin->command, arguments, &ids);

	if (result == COMMAND_GOES_ON && buffer_failed(&ids))
		result = command_fail(admin->command, COMMAND_FAILED, "out of memory");
	if (result == COMMAND_GOES_ON)
		result = change_all(admin, &change, &ids);
	buffer_finish(&ids);
	return result;
}

/* The server drops so many at once that others need not wait for it. */
static int drop_some(struct deadletter_admin *admin, const char *path, int64_t *dropped,
		     bool *ret_more)
{
	json_t *answer = NULL;
	int result = deadletter_ask(admin, 0, "DELETE", path, SLICE(""), &answer);

	*dropped += json_integer_value(json_object_get(answer, "dropped"));
	*ret_more = json_is_true(json_object_get(answer, "more"));
	json_decref(answer);
	return result;
}

static int drop_all(struct deadletter_admin *admin, const char *source)
{
	struct buffer path = BUFFER_EMPTY;
	int64_t dropped = 0;
	bool more = true;
	int result = COMMAND_GOES_ON, printed;

	buffer_append_string(&path, "/admin/dead-letters?");
	buffer_append_string(&path, source == NULL ? "all=1" : "source=");
	url_append_encoded(&path, slice_from_string(source));
	buffer_append_byte(&path, '\0');
	if (buffer_failed(&path))
		result = command_fail(admin->command, COMMAND_FAILED, "out of memory");
	while (result == COMMAND_GOES_ON && more)
		result = drop_some(admin, path.data, &dropped, &more);
	buffer_finish(&path);
	if (result != COMMAND_GOES_ON && dropped == 0)
		return result;
	printed = print_number(admin->command, dropped);
	if (result != COMMAND_GOES_ON)
		return result;
	return printed == COMMAND_GOES_ON ? COMMAND_DONE : printed;
}

int deadletter_drop_run(const struct command *command, char **arguments)
{
	struct options options = {.admin = NULL};
	struct deadletter_admin admin;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result == COMMAND_GOES_ON)
		result = check_whose(command, &options, arguments);
	if (result == COMMAND_GOES_ON && options.all && !options.yes)
		result = command_misuse(command, "--all drops them for good: add --yes");
	if (result == COMMAND_GOES_ON)
		result = deadletter_choose(command, options.admin, &admin);
	if (result != COMMAND_GOES_ON)
		return result;
	return options.all ? drop_all(&admin, options.source) : drop_named(&admin, arguments);
}

const struct cli_flag deadletter_retry_flags[] = {
    {"file", "FILE", "publish this message in place of the letter's own; - is standard input",
     FLAGS_TEXT, offsetof(struct options, file), 0, 0},
    {"all", NULL, "all letters, the oldest first", FLAGS_SWITCH, offsetof(struct options, all), 0,
     0},
    {"source", "NAME", "with --all: only those of this source", FLAGS_TEXT,
     offsetof(struct options, source), 0, 0},
    DEADLETTER_ADMIN_FLAG(struct options),
    {.name = NULL},
};

const struct cli_flag deadletter_drop_flags[] = {
    {"all", NULL, "all letters", FLAGS_SWITCH, offsetof(struct options, all), 0, 0},
    {"source", "NAME", "with --all: only those of this source", FLAGS_TEXT,
     offsetof(struct options, source), 0, 0},
    {"yes", NULL, "with --all: drop them without asking", FLAGS_SWITCH,
     offsetof(struct options, yes), 0, 0},
    DEADLETTER_ADMIN_FLAG(struct options),
    {.name = NULL},
};
