/* The SQL is shown before anything happens, and what is shown is what runs. */
#include "cli/command.h"

#include "cli/sources.h"
#include "config/nearest.h"
#include "config/settings.h"
#include "store/postgres_adopt.h"
#include "store/postgres_url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *config;
	const char *store;
	const char *table;
	struct postgres_adopt_mapping mapping;
	bool dry_run;
	bool undo;
	bool yes;
};

static enum command_exit exit_of(int result)
{
	switch (result) {
	case -EAGAIN:
		return COMMAND_UNREACHABLE;
	case -EINVAL: /* a table, a column, a schema */
	case -EACCES: /* a password, a right */
	case -ENOENT: /* a database */
	case -EROFS:
		return COMMAND_REFUSED;
	default:
		return COMMAND_FAILED;
	}
}

/* The mapping is only of use to adopt. */
static bool has_mapping(const struct postgres_adopt_mapping *mapping)
{
	return mapping->user != NULL || mapping->title != NULL || mapping->body != NULL ||
	       mapping->type != NULL || mapping->fixed_type != NULL || mapping->data != NULL ||
	       mapping->link != NULL || mapping->created != NULL || mapping->read != NULL ||
	       mapping->id != NULL || mapping->notifies;
}

static int check_options(const struct command *command, const struct options *options)
{
	if (options->table == NULL)
		return command_misuse(command, "name the table: --table NAME");
	if (!options->undo && options->mapping.user == NULL)
		return command_misuse(command, "name the column with the user: --user-column NAME");
	if (options->undo && has_mapping(&options->mapping))
		return command_misuse(command, "--undo needs --table alone");
	if (options->dry_run && options->yes)
		return command_misuse(command, "give --dry-run or --yes, not both");
	if (!options->dry_run && !options->yes && !isatty(STDIN_FILENO))
		return command_misuse(
		    command, "standard input is no terminal to ask on; give --yes to apply "
			     "the SQL, or --dry-run to see it");
	return COMMAND_GOES_ON;
}

static int load(struct settings *ret_settings, const struct options *options, struct error *error)
{
	const struct settings_flag flag = {SLICE("store"), options->store};
	struct settings_sources sources;
	int result = sources_init(&sources, options->config);

	if (result < 0)
		return error_set(error, result, "out of memory");
	sources.flags = &flag;
	sources.flag_count = options->store == NULL ? 0 : 1;
	result = settings_load(ret_settings, &sources, error);
	sources_finish(&sources);
	if (result == 0 && !postgres_url_is_one(ret_settings->store_location)) {
		result = error_set(error, -ENOTSUP,
				   "the store %.200s is no PostgreSQL database; give --store "
				   "postgresql://USER@HOST/DATABASE",
				   ret_settings->store_location);
		settings_finish(ret_settings);
	}
	return result;
}

static bool agrees(void)
{
	char answer[16] = "";

	fputs("Apply this? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		fputc('\n', stderr);
	answer[strcspn(answer, "\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static int plan(struct postgres_adopt *adopt, const struct options *options, struct buffer *sql,
		struct error *error)
{
	return options->undo
		   ? postgres_adopt_plan_undo(adopt, options->table, sql, error)
		   : postgres_adopt_plan(adopt, options->table, &options->mapping, sql, error);
}

static int apply(const struct command *command, struct postgres_adopt *adopt,
		 const struct options *options, const char *sql)
{
	struct error error;
	int result;

	if (!options->yes && !agrees())
		return command_fail(command, COMMAND_FAILED, "nothing was changed");
	result = postgres_adopt_apply(adopt, sql, &error);
	if (result < 0)
		return command_fail(command, exit_of(result), "%s", error.text);
	command_say(command,
		    options->undo ? "%s is no longer adopted; what was delivered stays"
				  : "%s is adopted; from now on its new rows are notifications",
		    options->table);
	return COMMAND_DONE;
}

static int show(const struct command *command, const char *sql)
{
	struct buffer copy = BUFFER_EMPTY;

	buffer_append_string(&copy, sql);
	return command_print(command, &copy);
}

static int run(const struct command *command, const struct options *options,
	       const struct settings *settings)
{
	struct postgres_adopt *adopt = NULL;
	struct buffer sql = BUFFER_EMPTY;
	struct error error = {""};
	int result = postgres_adopt_open(settings->store_location, settings->store_password,
					 settings->store_timeout, nearest_name, &adopt, &error);

	if (result == 0)
		result = plan(adopt, options, &sql, &error);
	buffer_append_byte(&sql, '\0');
	if (result == 0 && buffer_failed(&sql))
		result = error_set(&error, -ENOMEM, "out of memory");
	if (result < 0) {
		result = command_fail(command, exit_of(result), "%s", error.text);
	} else {
		result = show(command, buffer_slice(&sql).data);
		if (result == COMMAND_GOES_ON)
			result = options->dry_run ? COMMAND_DONE
						  : apply(command, adopt, options, sql.data);
	}
	buffer_finish(&sql);
	postgres_adopt_close(adopt);
	return result;
}

int adopt_run(const struct command *command, char **arguments)
{
	struct options options = {.dry_run = false};
	struct settings settings;
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result == COMMAND_GOES_ON)
		result = check_options(command, &options);
	if (result != COMMAND_GOES_ON)
		return result;
	settings_init_defaults(&settings);
	result = load(&settings, &options, &error);
	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	result = run(command, &options, &settings);
	settings_finish(&settings);
	return result;
}

#define COLUMN_FLAG(name_, member_, help_)                                              \
	{                                                                               \
		.name = name_ "-column", .value_name = "NAME", .help = (help_),         \
		.kind = FLAGS_TEXT, .offset = offsetof(struct options, mapping.member_) \
	}

const struct cli_flag adopt_flags[] = {
    {.name = "table",
     .value_name = "NAME",
     .help = "the table that the application inserts into, as SQL writes it: public.notification",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, table)},
    COLUMN_FLAG("user", user, "whose notification a row is: the sub of the user's tokens"),
    COLUMN_FLAG("title", title, "the title (title)"),
    COLUMN_FLAG("body", body, "the text"),
    COLUMN_FLAG("type", type, "the type"),
    {.name = "type",
     .value_name = "TEXT",
     .help = "the type of rows that have none (notification)",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, mapping.fixed_type)},
    COLUMN_FLAG("data", data, "data for programs: json, jsonb or a text of JSON"),
    COLUMN_FLAG("link", link, "where it leads"),
    COLUMN_FLAG("created", created, "when it was made, where that is not when it was inserted"),
    COLUMN_FLAG("read", read, "when or whether it was read; kept the same on both sides"),
    COLUMN_FLAG("id", id, "what tells rows apart (the primary key)"),
    {.name = "notify",
     .help = "wake nodes with the feed pgnotify at every commit, which then commit one by one",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, mapping.notifies)},
    {.name = "undo",
     .help = "take it back; what was delivered stays",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, undo)},
    {.name = "dry-run",
     .help = "print the SQL and change nothing",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, dry_run)},
    {.name = "yes",
     .help = "apply the SQL without asking",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, yes)},
    {.name = "store",
     .value_name = "URL",
     .help = "the database, as postgresql://USER@HOST/DATABASE (store.location); its password is "
	     "read as serve does",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, store)},
    {.name = "config",
     .value_name = "FILE",
     .help = "the settings file (ALLIM_CONFIG)",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, config)},
    {.name = NULL},
};
