/* How long `allim measure` takes on a large table, beside the guide's own queries (2.1 A and B),
 * which read all of it, and how near the peak that it finds is. The table is made once: a week of
 * users that come and go with the hours of the day. */
#include "base/clock.h"
#include "base/json.h"
#include "bench/database.h"
#include "bench/measures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATEMENT_BYTES = 1024, MINUTES = 7 * 24 * 60, LOCATION_BYTES = 4096 };

static const char *const make_table =
    "CREATE UNLOGGED TABLE user_activity (id bigint, user_id integer NOT NULL, "
    "created_at timestamptz NOT NULL)";

/* Rows of each minute by a sine of the day, in the order of their times. */
static const char *const fill_table =
    "INSERT INTO user_activity SELECT m, floor(random() * 1000000)::integer, "
    "date_trunc('minute', now()) - (%d - m) * interval '1 minute' + random() * interval '59 s' "
    "FROM generate_series(0, %d - 1) AS m, "
    "generate_series(1, (%u * (1 + 0.8 * sin(m * pi() / 720)))::integer)";

static const char *const finish_table[] = {
    "CREATE INDEX ON user_activity (created_at)",
    "VACUUM (ANALYZE) user_activity",
};

static const char *const peak =
    "SELECT max(n) FROM (SELECT date_trunc('minute', created_at) AS minute, "
    "count(DISTINCT user_id) AS n FROM user_activity WHERE created_at >= now() - interval '7 day' "
    "GROUP BY minute) AS t";

/* The guide's, which take both tables to be this one. */
static const char *const queries[] = {
    "SELECT count(DISTINCT user_id) FROM user_activity "
    "WHERE created_at >= now() - interval '1 day'",
    "SELECT avg(n) FROM (SELECT date_trunc('minute', created_at) AS minute, "
    "count(DISTINCT user_id) AS n FROM user_activity WHERE created_at >= now() - interval '7 day' "
    "GROUP BY minute) AS t",
    "SELECT date_trunc('hour', created_at) AS hour, count(*) FROM user_activity "
    "WHERE created_at >= now() - interval '7 day' GROUP BY hour ORDER BY hour DESC LIMIT 24",
    "SELECT avg(n) FROM (SELECT user_id, date(created_at) AS date, count(*) AS n "
    "FROM user_activity WHERE created_at >= now() - interval '7 day' GROUP BY user_id, date) AS t",
    "SELECT max(n) FROM (SELECT date_trunc('minute', created_at) AS minute, count(*) AS n "
    "FROM user_activity WHERE created_at >= now() - interval '7 day' GROUP BY minute) AS t",
};

static int make(struct bench *bench, struct error *error)
{
	char fill[STATEMENT_BYTES];
	int code = database_create(bench, error);

	snprintf(fill, sizeof(fill), fill_table, MINUTES, MINUTES,
		 bench->options.survey_rows / MINUTES);
	if (code == 0)
		code = database_run(bench, make_table, error);
	if (code == 0)
		code = database_run(bench, fill, error);
	for (size_t i = 0; i < sizeof(finish_table) / sizeof(finish_table[0]) && code == 0; i++)
		code = database_run(bench, finish_table[i], error);
	return code;
}

static void sample(struct bench *bench, const char *side, unsigned round, int64_t start,
		   double found)
{
	report_sample(&bench->report, "survey", side, round, "seconds",
		      (double)(clock_monotonic() - start) / 1000);
	report_sample(&bench->report, "survey", side, round, "peak", found);
}

static int ask_guide(struct bench *bench, unsigned round, struct error *error)
{
	int64_t start = clock_monotonic();
	double found = NAN;
	int code = database_ask_own(bench, peak, &found, 1, error);

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]) && code == 0; i++)
		code = database_run(bench, queries[i], error);
	if (code == 0)
		sample(bench, "guide", round, start, found);
	return code;
}

/* The name is as JSON writes it. An empty slice where there is none. */
static struct slice find_member(struct slice json, const char *name)
{
	struct slice rest = json, member, value;

	while (json_next(&rest, &member, &value)) {
		if (slice_equals(member, slice_from_string(name)))
			return value;
	}
	return SLICE("");
}

static int ask_allim(struct bench *bench, unsigned round, struct error *error)
{
	char location[LOCATION_BYTES];
	const char *arguments[] = {bench->options.allim,
				   "measure",
				   "--db",
				   location,
				   "--interval",
				   "1s",
				   "--notification-table",
				   "user_activity",
				   "--output",
				   "/dev/null",
				   "--format",
				   "json",
				   NULL};
	int64_t start = clock_monotonic();
	struct buffer output = BUFFER_EMPTY;
	struct slice found;
	int code;

	database_location(bench, location, sizeof(location));
	code = database_command(arguments, &output, error);
	found = find_member(
	    find_member(find_member(buffer_slice(&output), "\"observations\""), "\"peak-users\""),
	    "\"value\"");
	buffer_append_byte(&output, '\0');
	if (code == 0 && (found.length == 0 || strtod(found.data, NULL) <= 0))
		code = error_set(error, -EBADMSG, "allim measure has found no peak");
	if (code == 0)
		sample(bench, "allim", round, start, strtod(found.data, NULL));
	buffer_finish(&output);
	return code;
}

int measure_survey(struct bench *bench, struct error *error)
{
	struct error ignored;
	int code = make(bench, error);

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		code = ask_guide(bench, round, error);
		if (code == 0)
			code = ask_allim(bench, round, error);
	}
	(void)database_drop(bench, &ignored);
	return code;
}
