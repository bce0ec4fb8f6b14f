/* A reason is told for each figure by itself, so that one that cannot be had costs no other. A
 * database that has gone away fails the questions that follow, and these say so. */
#include "survey/survey.h"

#include "base/wording.h"
#include "survey/survey_activity.h"
#include "survey/survey_pattern.h"
#include "survey/survey_query.h"

#include <errno.h>
#include <math.h>

void survey_init(struct survey *survey, const struct survey_options *options,
		 struct survey_database *database)
{
	*survey = (struct survey){.options = options, .database = database};
	observations_init(&survey->observations);
	for (int i = 0; i < SURVEY_HOURS; i++)
		survey->hours[i] = NAN;
}

void survey_finish(struct survey *survey)
{
	buffer_finish(&survey->indexes);
	survey_plan_finish(&survey->plan);
}

void survey_tell(const struct survey *survey, const char *what)
{
	survey->options->on_progress(survey->options->context, what);
}

void survey_leave(struct survey *survey, enum observation observation, int result,
		  const struct error *error)
{
	if (result == -EPIPE && survey->lost.text[0] == '\0')
		survey->lost = *error;
	observations_leave(&survey->observations, observation, "%s", error->text);
}

/* The second that has begun is looked at, too. */
struct survey_range survey_range(const struct survey *survey)
{
	int64_t to = survey->options->now + 1;

	return (struct survey_range){to - survey->options->since, to};
}

/* Without an index on the time, whatever range is asked for costs the whole table. */
int survey_choose(struct survey *survey, const struct survey_source *source, int64_t from,
		  enum survey_way *ret_way, struct error *error)
{
	double rows = source->rows;
	int result =
	    source->has_time_index
		? survey->database->ops->estimate(survey->database, source, from, &rows, error)
		: 0;

	if (result < 0)
		return result;
	if (survey->options->is_exact || rows <= survey->options->rows_most)
		*ret_way = SURVEY_WHOLE;
	else if (source->has_time_index)
		*ret_way = SURVEY_MINUTES;
	else
		return error_set(
		    error, -EFBIG,
		    _("%s has about %.0f rows and no index that begins with %s; add one, "
		      "or read all of it with --exact"),
		    source->table, source->rows, source->time);
	return 0;
}

int survey_count_minutes(struct survey *survey, const struct survey_source *source,
			 enum survey_counted counted, enum survey_way way,
			 struct survey_minutes *ret_minutes, struct error *error)
{
	return way == SURVEY_WHOLE
		   ? survey_minutes_count(survey->database, source, counted, survey_range(survey),
					  ret_minutes, error)
		   : survey_minutes_sample(survey->database, source, counted, survey_range(survey),
					   ret_minutes, error);
}

void survey_note(struct survey *survey, enum observation observation, double value,
		 enum survey_way way, const struct survey_source *source)
{
	struct observations *observations = &survey->observations;

	if (isnan(value))
		observations_leave(observations, observation, _("%s has no row of that time"),
				   source->table);
	else if (way == SURVEY_WHOLE)
		observations_note(observations, observation, value, OBSERVATION_MEASURED,
				  _("in %s"), source->table);
	else
		observations_note(observations, observation, value, OBSERVATION_SAMPLED,
				  _("some minutes of each hour, and the busiest hours, of %s"),
				  source->table);
}

void survey_run(struct survey *survey)
{
	survey_activity_run(survey);
	survey_pattern_run(survey);
}

bool survey_count(struct survey *survey, struct survey_counters *ret_counters)
{
	struct error error;
	int result = survey->database->ops->count(survey->database, ret_counters, &error);

	if (result == 0)
		return true;
	survey_leave(survey, OBSERVATION_CONNECTIONS, result, &error);
	survey_leave(survey, OBSERVATION_CONNECTIONS_MOST, result, &error);
	survey_leave(survey, OBSERVATION_TRANSACTIONS, result, &error);
	survey_leave(survey, OBSERVATION_PAST_TRANSACTIONS, result, &error);
	return false;
}

static void note_counter(struct survey *survey, enum observation observation, double value)
{
	if (isnan(value))
		observations_leave(&survey->observations, observation,
				   _("this database does not count them"));
	else
		observations_note(&survey->observations, observation, value, OBSERVATION_MEASURED,
				  "%s", "");
}

/* A count that went down is of statistics that were reset in between. */
void survey_compare(struct survey *survey, const struct survey_counters *before,
		    const struct survey_counters *after, double seconds)
{
	struct observations *observations = &survey->observations;
	double rise = after->transactions - before->transactions;

	note_counter(survey, OBSERVATION_CONNECTIONS, after->connections);
	note_counter(survey, OBSERVATION_CONNECTIONS_MOST, after->connections_most);
	if (rise >= 0 && seconds > 0)
		observations_note(observations, OBSERVATION_TRANSACTIONS, rise / seconds,
				  OBSERVATION_MEASURED, _("two samples, %.1f s apart"), seconds);
	else
		observations_leave(observations, OBSERVATION_TRANSACTIONS,
				   _("this database does not count them"));
	if (after->seconds > 0)
		observations_note(observations, OBSERVATION_PAST_TRANSACTIONS,
				  after->transactions / after->seconds, OBSERVATION_MEASURED,
				  _("since the statistics began, %.3g days ago"),
				  after->seconds / 86400);
	else
		observations_leave(observations, OBSERVATION_PAST_TRANSACTIONS,
				   _("the database does not tell since when it counts"));
}
