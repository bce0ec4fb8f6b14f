/* The survey looks at the database; here it is told what to look at, nodes are asked meanwhile, and
 * what was seen goes into a file and to the terminal. */
#include "base/clock.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/measure_text.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/translation.h"
#include "store/postgres_url.h"
#include "survey/survey_host.h"
#include "survey/survey_json.h"
#include "survey/survey_nodes.h"
#include "survey/survey_postgres.h"
#include "survey/survey_sqlite.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 20, SECOND = 1000, DAY = 86400, ROWS_MOST = 2000000 };

/* A node tells what it has in memory, and the survey waits for it. */
enum { NODE_TIMEOUT = 5 * SECOND };

struct options {
	const char *database;
	const char *admin;
	struct survey_table activity;
	struct survey_table notifications;
	int64_t since;
	int64_t interval;
	int64_t timeout;
	int64_t rows_most;
	bool is_exact;
	const char *output;
	const char *format;
	const char *language;
};

struct measuring {
	const struct command *command;
	const struct options *options;
	struct survey_options survey_options;
	struct survey survey;
	struct survey_database *database; /* NULL: none was named */
	struct endpoint endpoint;
	struct survey_nodes nodes;
	bool shows_progress;
};

/* One line that is written over, on a terminal alone. */
static void on_progress(void *context, const char *what)
{
	const struct measuring *measuring = context;
	struct buffer line = BUFFER_EMPTY;

	if (!measuring->shows_progress)
		return;
	buffer_append_string(&line, "\r\033[K");
	output_append_cut(&line, slice_from_string(what), 78);
	fwrite(line.data, 1, line.length, stderr);
	buffer_finish(&line);
}

/* Asks the nodes once. Returns 0, or a negative errno value with a sentence. */
static int ask_nodes(struct measuring *measuring, struct error *error)
{
	const struct client_request request = {
	    .method = "GET", .path = "/stats", .timeout = NODE_TIMEOUT};
	struct client_answer answer;
	struct slice body;
	json_t *stats;
	int result = client_exchange(&measuring->endpoint, &request, ANSWER_BYTES, &answer, error);

	if (result < 0)
		return result;
	body = buffer_slice(&answer.body);
	stats =
	    answer.status == 200 ? json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL) : NULL;
	if (survey_nodes_take(&measuring->nodes, stats) < 0)
		result = error_set(error, -EPROTO,
				   "%s answers no figures; is it the admin listener of allim?",
				   measuring->endpoint.authority);
	json_decref(stats);
	client_answer_finish(&answer);
	return result;
}

static void leave_nodes(struct measuring *measuring, const struct error *error)
{
	struct observations *observations = &measuring->survey.observations;

	observations_leave(observations, OBSERVATION_SERVERS, "%s", error->text);
	observations_leave(observations, OBSERVATION_TABS, "%s", error->text);
	observations_leave(observations, OBSERVATION_TRAFFIC, "%s", error->text);
}

/* Lets the interval pass, and asks the nodes every second of it. Returns the seconds it took. */
static double watch(struct measuring *measuring)
{
	int64_t start = clock_monotonic(), end = start + measuring->options->interval;
	struct error error;
	int result = 0;

	error_set(&error, 0, "%s", _("no running node was named; give --admin"));
	on_progress(measuring, _("the load of some seconds"));
	while (clock_monotonic() < end && result == 0) {
		int64_t left = end - clock_monotonic();

		if (measuring->options->admin != NULL)
			result = ask_nodes(measuring, &error);
		poll(NULL, 0, (int)(left < SECOND ? left : SECOND));
	}
	if (clock_monotonic() < end)
		poll(NULL, 0, (int)(end - clock_monotonic()));
	survey_nodes_observe(&measuring->nodes, (double)(clock_monotonic() - start) / SECOND,
			     &measuring->survey.observations);
	leave_nodes(measuring, &error);
	return (double)(clock_monotonic() - start) / SECOND;
}

static void look_at_database(struct measuring *measuring)
{
	struct survey *survey = &measuring->survey;
	struct survey_counters before, after;
	double seconds;

	survey_run(survey);
	if (!survey_count(survey, &before)) {
		watch(measuring);
		return;
	}
	seconds = watch(measuring);
	if (survey_count(survey, &after))
		survey_compare(survey, &before, &after, seconds);
}

static void look(struct measuring *measuring)
{
	struct observations *observations = &measuring->survey.observations;

	if (measuring->database != NULL)
		look_at_database(measuring);
	else
		watch(measuring);
	survey_host_observe(observations);
	for (int i = 0; i < OBSERVATIONS; i++)
		observations_leave(observations, (enum observation)i, "%s",
				   _("no database was named; give --db"));
	on_progress(measuring, "");
}

static int write_file(const struct measuring *measuring, const json_t *json, struct error *error)
{
	char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	int result = text == NULL ? error_set(error, -ENOMEM, "out of memory")
				  : output_file_write(measuring->options->output,
						      slice_from_string(text), error);

	free(text);
	return result;
}

/* Where the file is, and what takes it. */
static void append_place(struct buffer *buffer, const char *path)
{
	struct buffer name = BUFFER_EMPTY;

	output_append_visible(&name, slice_from_string(path));
	buffer_append_byte(&name, '\0');
	if (buffer_failed(&name))
		buffer->failed = true;
	else
		buffer_append_format(buffer, _("\n%s has it all; allim advise --from %s goes on\n"),
				     name.data, name.data);
	buffer_finish(&name);
}

static int show(struct measuring *measuring, const json_t *json, bool is_written)
{
	struct buffer text = BUFFER_EMPTY;

	if (strcmp(measuring->options->format, "json") == 0) {
		output_append_value(&text, json);
	} else {
		measure_text_append(&text, &measuring->survey, output_has_colours());
		if (is_written)
			append_place(&text, measuring->options->output);
	}
	return command_print_last(measuring->command, &text);
}

/* What was seen is shown even where the file cannot be written, and kept even where the database
 * went away half-way. */
static int report_json(struct measuring *measuring, const json_t *json)
{
	const struct error *lost = &measuring->survey.lost;
	struct error error;
	bool is_written = write_file(measuring, json, &error) == 0;
	int result = show(measuring, json, is_written);

	if (result == COMMAND_DONE && !is_written)
		return command_fail(measuring->command, COMMAND_FAILED, "%s", error.text);
	if (result == COMMAND_DONE && measuring->database == NULL && measuring->nodes.samples == 0)
		return command_fail(measuring->command, COMMAND_UNREACHABLE, "%s",
				    measuring->survey.observations.items[OBSERVATION_SERVERS].note);
	if (result == COMMAND_DONE && lost->text[0] != '\0')
		return command_fail(measuring->command, COMMAND_FAILED,
				    "%s; what was measured before is in %s", lost->text,
				    measuring->options->output);
	return result;
}

static int report(struct measuring *measuring)
{
	json_t *json = survey_json_create(&measuring->survey);
	int result = json == NULL
			 ? command_fail(measuring->command, COMMAND_FAILED, "out of memory")
			 : report_json(measuring, json);

	json_decref(json);
	return result;
}

static int open_database(struct measuring *measuring, struct error *error)
{
	const char *location = measuring->options->database;
	int64_t timeout = measuring->options->timeout;

	if (location == NULL)
		return 0;
	return postgres_url_is_one(location)
		   ? survey_postgres_open(location, timeout, &measuring->database, error)
		   : survey_sqlite_open(location, timeout, &measuring->database, error);
}

static int measure(struct measuring *measuring)
{
	struct error error;
	int result;

	on_progress(measuring, _("the connection to the database"));
	result = open_database(measuring, &error);
	if (result < 0) {
		on_progress(measuring, "");
		return command_fail(measuring->command,
				    result == -EPIPE ? COMMAND_UNREACHABLE : COMMAND_FAILED, "%s",
				    error.text);
	}
	survey_init(&measuring->survey, &measuring->survey_options, measuring->database);
	look(measuring);
	result = report(measuring);
	survey_finish(&measuring->survey);
	if (measuring->database != NULL)
		measuring->database->ops->close(measuring->database);
	return result;
}

static void set_default(const char **text, const char *otherwise)
{
	if (*text == NULL)
		*text = otherwise;
}

static void set_defaults(struct options *options)
{
	set_default(&options->notifications.name, "notification");
	set_default(&options->notifications.user, "user_id");
	set_default(&options->notifications.time, "created_at");
	set_default(&options->activity.name, "user_activity");
	set_default(&options->activity.user, options->notifications.user);
	set_default(&options->activity.time, options->notifications.time);
	set_default(&options->admin, command_variable("ALLIM_ADMIN_URL"));
	set_default(&options->output, "measurement.json");
	set_default(&options->format, "text");
}

static int check(const struct command *command, const struct options *options,
		 enum advisor_language *ret_language)
{
	if (options->database == NULL && options->admin == NULL)
		return command_misuse(command, "say what to measure: --db postgresql://USER@HOST/"
					       "DATABASE, --admin http://HOST:PORT, or both");
	if (translation_find(options->language, ret_language) < 0)
		return command_misuse(command, "--lang is en or ko");
	if (strcmp(options->format, "text") != 0 && strcmp(options->format, "json") != 0)
		return command_misuse(command, "--format is text or json");
	return COMMAND_GOES_ON;
}

static void prepare(struct measuring *measuring)
{
	const struct options *options = measuring->options;

	measuring->survey_options = (struct survey_options){
	    .activity = options->activity,
	    .notifications = options->notifications,
	    .now = clock_wall() / 1000000,
	    .since = options->since / SECOND,
	    .rows_most = (double)options->rows_most,
	    .is_exact = options->is_exact,
	    .on_progress = on_progress,
	    .context = measuring,
	};
	survey_nodes_init(&measuring->nodes);
	measuring->shows_progress = isatty(STDERR_FILENO) == 1;
}

int measure_run(const struct command *command, char **arguments)
{
	struct options options = {
	    .since = (int64_t)7 * DAY * SECOND,
	    .interval = 10 * SECOND,
	    .timeout = 30 * SECOND,
	    .rows_most = ROWS_MOST,
	};
	struct measuring measuring = {.command = command, .options = &options};
	enum advisor_language language;
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	set_defaults(&options);
	if (result == COMMAND_GOES_ON)
		result = check(command, &options, &language);
	if (result != COMMAND_GOES_ON)
		return result;
	if (options.admin != NULL &&
	    endpoint_choose(options.admin, "ALLIM_ADMIN_URL", ENDPOINT_ADMIN_DEFAULT,
			    &measuring.endpoint, &error) < 0)
		return command_misuse(command, "%s", error.text);
	translation_use(language);
	prepare(&measuring);
	return measure(&measuring);
}

#define TEXT_FLAG(name_, value_, member_, help_)                                              \
	{                                                                                     \
		.name = (name_), .value_name = (value_), .help = (help_), .kind = FLAGS_TEXT, \
		.offset = offsetof(struct options, member_)                                   \
	}
#define DURATION_FLAG(name_, member_, minimum_, maximum_, help_)                     \
	{                                                                            \
		.name = (name_), .value_name = "DURATION", .help = (help_),          \
		.kind = FLAGS_DURATION, .offset = offsetof(struct options, member_), \
		.minimum = (minimum_), .maximum = (maximum_)                         \
	}

const struct cli_flag measure_flags[] = {
    TEXT_FLAG("db", "DATABASE", database,
	      "postgresql://USER@HOST/DATABASE (its password in PGPASSWORD or ~/.pgpass), a file "
	      "of SQLite's, or a folder of allim's"),
    TEXT_FLAG("admin", "URL", admin,
	      "the admin listener of a running node of allim's (ALLIM_ADMIN_URL)"),
    TEXT_FLAG("activity-table", "NAME", activity.name,
	      "where a row is made when a user does something (user_activity)"),
    TEXT_FLAG("activity-user-column", "NAME", activity.user, "whose it is (as --user-column)"),
    TEXT_FLAG("activity-time-column", "NAME", activity.time, "when it was made (as --time-column)"),
    TEXT_FLAG("notification-table", "NAME", notifications.name,
	      "where notifications are (notification)"),
    TEXT_FLAG("user-column", "NAME", notifications.user, "whose they are (user_id)"),
    TEXT_FLAG("time-column", "NAME", notifications.time, "when they were made (created_at)"),
    DURATION_FLAG("since", since, (int64_t)3600 * SECOND, (int64_t)400 * DAY * SECOND,
		  "how far to look back (7d)"),
    DURATION_FLAG("interval", interval, SECOND, (int64_t)3600 * SECOND,
		  "how long to watch the load (10s)"),
    DURATION_FLAG("timeout", timeout, 100, (int64_t)3600 * SECOND,
		  "how long a statement may take (30s)"),
    {.name = "sample-above",
     .value_name = "ROWS",
     .help = "of larger tables only a part is read (2000000)",
     .kind = FLAGS_NUMBER,
     .offset = offsetof(struct options, rows_most),
     .minimum = 1000,
     .maximum = INT64_C(1000000000000)},
    {.name = "exact",
     .help = "read all rows, however many there are",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, is_exact)},
    TEXT_FLAG("output", "FILE", output, "where it goes (measurement.json)"),
    TEXT_FLAG("format", "FORMAT", format, "what is printed: text (the default) or json"),
    TEXT_FLAG("lang", "LANGUAGE", language,
	      "of what is printed: en or ko (as LC_ALL, LC_MESSAGES or LANG says)"),
    {.name = NULL},
};
