/* Prints the audit log, and goes on printing with --follow. What is asked for is looked up where it
 * is: by a store or a node, or here in files. */
#include "cli/command.h"

#include "audit/audit_log.h"
#include "base/clock.h"
#include "cli/audit_reader.h"
#include "cli/audit_text.h"
#include "cli/endpoint.h"
#include "cli/output.h"
#include "config/settings_table.h"

#include <poll.h>
#include <string.h>

struct options {
	const char *folder;
	const char *store;
	const char *admin;
	const char *user;
	const char *event;
	const char *since;
	bool follow;
	bool json;
};

static bool is_event(const char *word)
{
	int event = 0;

	while (event < AUDIT_EVENTS && strcmp(word, audit_event_names[event]) != 0)
		event++;
	return event < AUDIT_EVENTS;
}

static int check_event(const struct command *command, const char *word)
{
	struct buffer words = BUFFER_EMPTY;
	int result;

	if (word == NULL || is_event(word))
		return COMMAND_GOES_ON;
	for (int event = 0; event < AUDIT_EVENTS; event++)
		buffer_append_format(&words, "%s%s", event > 0 ? ", " : "",
				     audit_event_names[event]);
	buffer_append_byte(&words, '\0');
	result = command_misuse(command, "--event: \"%.60s\" is no kind of record; there are %s",
				word, buffer_failed(&words) ? "others" : words.data);
	buffer_finish(&words);
	return result;
}

/* A moment, or how long ago it was. */
static int read_since(const struct command *command, const char *text, int64_t *ret_since)
{
	const struct setting limits = {
	    .name = "since",
	    .type = &settings_type_duration,
	    .minimum = 0,
	    .maximum = (int64_t)36500 * 86400 * 1000,
	    .unit = "",
	};
	int64_t ago = 0;
	struct error error;

	*ret_since = 0;
	if (text == NULL || clock_parse_wall(slice_from_string(text), ret_since) == 0)
		return COMMAND_GOES_ON;
	if (settings_type_duration.read(&limits, slice_from_string(text), NULL, &ago, &error) < 0)
		return command_misuse(command,
				      "--since: \"%.60s\" is neither a time such as "
				      "2026-05-01T09:30:00Z nor how long ago it was, such as 1h",
				      text);
	*ret_since = clock_wall() - ago * 1000;
	return COMMAND_GOES_ON;
}

static int check_place(const struct command *command, const struct options *options)
{
	int named = (options->folder != NULL) + (options->store != NULL) + (options->admin != NULL);

	return named > 1
		   ? command_misuse(command, "--folder, --store and --admin exclude each other")
		   : COMMAND_GOES_ON;
}

static int open_reader(const struct command *command, const struct options *options,
		       const struct audit_wish *wish, struct audit_reader **ret_reader)
{
	if (options->folder != NULL)
		return audit_reader_open_folder(command, wish, options->folder, ret_reader);
	if (options->store != NULL)
		return audit_reader_open_store(command, wish, options->store, ret_reader);
	return audit_reader_open_admin(command, wish, options->admin, ret_reader);
}

static int print(const struct command *command, const struct options *options,
		 const json_t *records)
{
	bool colours = output_has_colours();
	struct buffer text = BUFFER_EMPTY;

	for (size_t i = 0; i < json_array_size(records); i++) {
		if (options->json)
			output_append_value(&text, json_array_get(records, i));
		else
			audit_text_append(&text, json_array_get(records, i), colours);
	}
	return command_print(command, &text);
}

static int print_all(const struct command *command, const struct options *options,
		     struct audit_reader *reader)
{
	bool more = true;
	int result = COMMAND_GOES_ON;

	while (result == COMMAND_GOES_ON && (more || options->follow)) {
		json_t *records = json_array();

		if (!more)
			poll(NULL, 0, reader->ops->pause);
		result = records == NULL ? command_fail(command, COMMAND_FAILED, "out of memory")
					 : reader->ops->next(reader, records, &more);
		if (result == COMMAND_GOES_ON && json_array_size(records) > 0)
			result = print(command, options, records);
		json_decref(records);
	}
	return result == COMMAND_GOES_ON ? COMMAND_DONE : result;
}

int audit_run(const struct command *command, char **arguments)
{
	struct options options = {.folder = NULL};
	struct audit_wish wish = {.user = NULL};
	struct audit_reader *reader;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result == COMMAND_GOES_ON)
		result = check_event(command, options.event);
	if (result == COMMAND_GOES_ON)
		result = read_since(command, options.since, &wish.since);
	if (result == COMMAND_GOES_ON)
		result = check_place(command, &options);
	wish.user = options.user;
	wish.event = options.event;
	if (result == COMMAND_GOES_ON)
		result = open_reader(command, &options, &wish, &reader);
	if (result != COMMAND_GOES_ON)
		return result;
	result = print_all(command, &options, reader);
	reader->ops->close(reader);
	return result;
}

const struct cli_flag audit_flags[] = {
    {"folder", "DIR", "read the files of this folder (audit.to is files)", FLAGS_TEXT,
     offsetof(struct options, folder), 0, 0},
    {"store", "LOCATION", "read this store (audit.to is store), a folder or postgresql://...",
     FLAGS_TEXT, offsetof(struct options, store), 0, 0},
    {"admin", "URL",
     "ask this admin listener (ALLIM_ADMIN_URL), " ENDPOINT_ADMIN_DEFAULT " by default", FLAGS_TEXT,
     offsetof(struct options, admin), 0, 0},
    {"user", "NAME", "only what was about this user", FLAGS_TEXT, offsetof(struct options, user), 0,
     0},
    {"event", "KIND", "only records of this kind, such as publish or deliver", FLAGS_TEXT,
     offsetof(struct options, event), 0, 0},
    {"since", "TIME", "not what is older: 1h, 30d, or 2026-05-01T09:30:00Z", FLAGS_TEXT,
     offsetof(struct options, since), 0, 0},
    {"follow", NULL, "go on with what comes, until it is interrupted", FLAGS_SWITCH,
     offsetof(struct options, follow), 0, 0},
    {"json", NULL, "print each record as JSON, on one line", FLAGS_SWITCH,
     offsetof(struct options, json), 0, 0},
    {.name = NULL},
};
