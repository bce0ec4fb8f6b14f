#include "survey/survey_pattern.h"

#include "base/wording.h"
#include "survey/survey_query.h"

#include <errno.h>
#include <math.h>

enum { DAY = 86400, HOUR = 3600, MINUTES_OF_HOUR = 60, ROWS_TO_TELL = 10000 };

/* PostgreSQL's last year is 294276. */
#define SECONDS_MOST 1e13

static const enum observation own[] = {
    OBSERVATION_HOURLY_NOTIFICATIONS,
    OBSERVATION_PEAK_NOTIFICATIONS,
    OBSERVATION_USER_NOTIFICATIONS,
    OBSERVATION_ROWS,
    OBSERVATION_ROW_BYTES,
    OBSERVATION_OLDEST,
    OBSERVATION_QUERY_TIME,
};

static void leave_all(struct survey *survey, int result, const struct error *error)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		survey_leave(survey, own[i], result, error);
}

/* Asks for one number and notes it. Returns whether there is one. */
static bool observe(struct survey *survey, enum observation observation, struct buffer *sql,
		    double *ret_number)
{
	struct error error;
	int result = survey_sql_ask(survey->database, sql, ret_number, 1, &error);

	if (result == 0 && isnan(*ret_number))
		result = error_set(&error, -ENODATA, _("there is no row of that time"));
	if (result < 0)
		survey_leave(survey, observation, result, &error);
	return result == 0;
}

static void observe_rows(struct survey *survey, const struct survey_source *source)
{
	struct buffer sql = BUFFER_EMPTY;
	double rows;

	survey_tell(survey, _("how many notifications are kept"));
	if (source->rows > survey->options->rows_most && !survey->options->is_exact) {
		observations_note(&survey->observations, OBSERVATION_ROWS, source->rows,
				  OBSERVATION_SAMPLED, _("the database's own estimate of %s"),
				  source->table);
		return;
	}
	buffer_append_format(&sql, "SELECT count(*) FROM %s", source->table);
	if (observe(survey, OBSERVATION_ROWS, &sql, &rows))
		survey_note(survey, OBSERVATION_ROWS, rows, SURVEY_WHOLE, source);
}

/* Pages that are hardly filled say nothing of a row. */
static void observe_bytes(struct survey *survey, const struct survey_source *source)
{
	double rows = survey->observations.items[OBSERVATION_ROWS].value;

	if (isnan(source->bytes))
		observations_leave(&survey->observations, OBSERVATION_ROW_BYTES,
				   _("the size of %s is not told"), source->table);
	else if (!(rows >= ROWS_TO_TELL))
		observations_leave(&survey->observations, OBSERVATION_ROW_BYTES,
				   _("%s has too few rows to tell"), source->table);
	else
		observations_note(&survey->observations, OBSERVATION_ROW_BYTES,
				  source->bytes / rows,
				  survey->observations.items[OBSERVATION_ROWS].state,
				  _("%s and its indexes, by their rows"), source->table);
}

/* Numbers beyond what databases take for dates are no times. */
static bool is_time(double seconds)
{
	return fabs(seconds) < SECONDS_MOST;
}

/* Tells when the first row was made, in seconds since 1970, or INT64_MIN. */
static int64_t observe_oldest(struct survey *survey, const struct survey_source *source)
{
	struct buffer sql = BUFFER_EMPTY;
	double oldest;

	survey_tell(survey, _("the oldest notification"));
	buffer_append_format(&sql, "SELECT %smin(%s)%s FROM %s", source->seconds[0], source->time,
			     source->seconds[1], source->table);
	if (!observe(survey, OBSERVATION_OLDEST, &sql, &oldest))
		return INT64_MIN;
	if (!is_time(oldest)) {
		observations_leave(&survey->observations, OBSERVATION_OLDEST,
				   _("the first time in %s is no date"), source->table);
		return INT64_MIN;
	}
	survey_note(survey, OBSERVATION_OLDEST,
		    fmax(0, (double)survey->options->now - oldest) / DAY, SURVEY_WHOLE, source);
	return (int64_t)oldest;
}

static void observe_minutes(struct survey *survey, const struct survey_source *source,
			    enum survey_way way, int64_t oldest)
{
	struct survey_range range = survey_range(survey);
	struct survey_minutes minutes;
	struct error error;
	double hourly;
	int result;

	survey_tell(survey, _("notifications in a minute"));
	result = survey_count_minutes(survey, source, SURVEY_ROWS, way, &minutes, &error);
	if (result < 0) {
		survey_leave(survey, OBSERVATION_PEAK_NOTIFICATIONS, result, &error);
		survey_leave(survey, OBSERVATION_HOURLY_NOTIFICATIONS, result, &error);
		return;
	}
	if (oldest > range.from)
		range.from = oldest;
	hourly = minutes.sum / fmax(1, (double)(range.to - range.from) / HOUR);
	survey_note(survey, OBSERVATION_PEAK_NOTIFICATIONS, minutes.peak, way, source);
	/* Minutes at both ends are looked at in part, and others by chance: an estimate of the
	 * average may come out above the peak. */
	survey_note(survey, OBSERVATION_HOURLY_NOTIFICATIONS,
		    fmin(hourly, minutes.peak * MINUTES_OF_HOUR), way, source);
}

/* The guide's list of the last 24 hours, in one row. */
static void observe_hours(struct survey *survey, const struct survey_source *source)
{
	struct buffer sql = BUFFER_EMPTY;
	int64_t to = survey_range(survey).to;
	double hours[SURVEY_HOURS];
	struct error error;

	survey_tell(survey, _("notifications of the last hours"));
	for (int i = 0; i < SURVEY_HOURS; i++)
		buffer_append_format(
		    &sql, "%s sum(CASE WHEN %s >= %s%lld%s AND %s < %s%lld%s THEN 1 ELSE 0 END)",
		    i == 0 ? "SELECT" : ",", source->time, source->moment[0],
		    (long long)(to - (i + 1) * HOUR), source->moment[1], source->time,
		    source->moment[0], (long long)(to - i * HOUR), source->moment[1]);
	buffer_append_format(&sql, " FROM %s", source->table);
	survey_sql_append_range(&sql, source, (struct survey_range){to - DAY, to});
	if (survey_sql_ask(survey->database, &sql, hours, SURVEY_HOURS, &error) == 0) {
		for (int i = 0; i < SURVEY_HOURS; i++)
			survey->hours[i] = isnan(hours[i]) ? 0 : hours[i];
	}
}

/* Of a large table the last day tells. */
static void observe_user_days(struct survey *survey, const struct survey_source *source,
			      enum survey_way way)
{
	struct survey_range range = survey_range(survey);
	struct buffer sql = BUFFER_EMPTY;
	double number;

	survey_tell(survey, _("notifications of a user"));
	if (way == SURVEY_MINUTES)
		range.from = range.to - DAY;
	survey_sql_append_user_days(&sql, source, range);
	if (observe(survey, OBSERVATION_USER_NOTIFICATIONS, &sql, &number))
		observations_note(&survey->observations, OBSERVATION_USER_NOTIFICATIONS, number,
				  way == SURVEY_WHOLE ? OBSERVATION_MEASURED : OBSERVATION_SAMPLED,
				  way == SURVEY_WHOLE ? _("users with any, in %s")
						      : _("users with any in the last day, in %s"),
				  source->table);
}

/* Hours of the range that a table has rows of, by the first of them; NAN: it has none. */
static double hours_since(const struct survey *survey, double first)
{
	double hours = (double)survey->options->since / HOUR;

	return isnan(first)
		   ? hours
		   : fmin(hours, fmax(1, ((double)survey_range(survey).to - first) / HOUR));
}

/* Whole blocks of rows are drawn, which tells how many there are, but not when or whose. */
static void sample_blocks(struct survey *survey, const struct survey_source *source)
{
	const char *const *sample = survey->database->ops->sample;
	double part = 100 * survey->options->rows_most / source->rows, numbers[2];
	struct buffer sql = BUFFER_EMPTY;
	struct error error;
	int result;

	if (sample == NULL)
		return;
	survey_tell(survey, _("a sample of the notifications"));
	buffer_append_format(&sql, "SELECT count(*), %smin(%s)%s FROM %s%s%.6f%s",
			     source->seconds[0], source->time, source->seconds[1], source->table,
			     sample[0], part, sample[1]);
	survey_sql_append_range(&sql, source, survey_range(survey));
	result = survey_sql_ask(survey->database, &sql, numbers, 2, &error);
	if (result < 0)
		survey_leave(survey, OBSERVATION_HOURLY_NOTIFICATIONS, result, &error);
	else
		observations_note(&survey->observations, OBSERVATION_HOURLY_NOTIFICATIONS,
				  numbers[0] * 100 / part / hours_since(survey, numbers[1]),
				  OBSERVATION_SAMPLED, _("%.3g %% of %s was read"), part,
				  source->table);
}

static void observe_times(struct survey *survey, const struct survey_source *source)
{
	enum survey_way way;
	struct error error;
	int64_t oldest;
	int result = survey_choose(survey, source, survey_range(survey).from, &way, &error);

	if (result == -EFBIG)
		sample_blocks(survey, source);
	if (result < 0) {
		leave_all(survey, result, &error);
		return;
	}
	oldest = observe_oldest(survey, source);
	observe_minutes(survey, source, way, oldest);
	observe_user_days(survey, source, way);
	if (way == SURVEY_WHOLE)
		observe_hours(survey, source);
}

void survey_pattern_run(struct survey *survey)
{
	struct survey_source source;
	struct error error;
	int result;

	survey_tell(survey, _("the table of notifications"));
	result = survey->database->ops->describe(survey->database, &survey->options->notifications,
						 &source, &error);
	if (result < 0) {
		leave_all(survey, result, &error);
		return;
	}
	observe_rows(survey, &source);
	observe_bytes(survey, &source);
	survey_query_run(survey, &source);
	observe_times(survey, &source);
}
