#include "survey/survey_query.h"

#include "base/wording.h"

enum { WINDOW = 10, ROWS_WORTH_AN_INDEX = 10000 };

static void suggest(struct survey *survey, const struct survey_source *source, const char *name,
		    const char *first, const char *second)
{
	buffer_append_format(&survey->indexes, "%s %s ON %s (%s%s%s);\n",
			     survey->database->ops->create_index, name, source->table, first,
			     second == NULL ? "" : ", ", second == NULL ? "" : second);
}

/* With an index on the time a window of ten seconds is read at once, whoever asks; with one on the
 * user, only that user's rows are. */
static void suggest_all(struct survey *survey, const struct survey_source *source)
{
	if (source->rows < ROWS_WORTH_AN_INDEX)
		return;
	if (!source->has_user_index)
		suggest(survey, source, "notification_by_user", source->user, source->time);
	if (!source->has_time_index)
		suggest(survey, source, "notification_by_time", source->time, NULL);
}

void survey_query_run(struct survey *survey, const struct survey_source *source)
{
	struct error error;
	int result;

	survey_tell(survey, _("the query for new notifications"));
	result = survey->database->ops->explain(
	    survey->database, source, survey->options->now - WINDOW, &survey->plan, &error);
	suggest_all(survey, source);
	if (result < 0)
		survey_leave(survey, OBSERVATION_QUERY_TIME, result, &error);
	else
		observations_note(&survey->observations, OBSERVATION_QUERY_TIME,
				  survey->plan.milliseconds, OBSERVATION_MEASURED,
				  _("the last %d s of up to 5 users, the median of three%s"),
				  WINDOW,
				  survey->plan.scans ? _("; it reads the whole table") : "");
}
