#include "survey/survey_activity.h"

#include "base/wording.h"

enum { DAY = 86400 };

static const enum observation own[] = {OBSERVATION_DAILY_USERS, OBSERVATION_PEAK_USERS,
				       OBSERVATION_AVERAGE_USERS};

static void leave_all(struct survey *survey, int result, const struct error *error)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		survey_leave(survey, own[i], result, error);
}

static void observe_day(struct survey *survey, const struct survey_source *source)
{
	int64_t to = survey_range(survey).to;
	struct survey_range range = {to - DAY, to};
	struct buffer sql = BUFFER_EMPTY;
	struct error error;
	double count;
	int result;

	survey_tell(survey, _("users of the last day"));
	survey_sql_append_count(&sql, source, SURVEY_USERS, range);
	result = survey_sql_ask(survey->database, &sql, &count, 1, &error);
	if (result < 0)
		survey_leave(survey, OBSERVATION_DAILY_USERS, result, &error);
	else
		survey_note(survey, OBSERVATION_DAILY_USERS, count, SURVEY_WHOLE, source);
}

static void observe_minutes(struct survey *survey, const struct survey_source *source,
			    enum survey_way way)
{
	struct survey_minutes minutes;
	struct error error;
	int result;

	survey_tell(survey, _("users at the same time"));
	result = survey_count_minutes(survey, source, SURVEY_USERS, way, &minutes, &error);
	if (result < 0) {
		survey_leave(survey, OBSERVATION_PEAK_USERS, result, &error);
		survey_leave(survey, OBSERVATION_AVERAGE_USERS, result, &error);
		return;
	}
	survey_note(survey, OBSERVATION_PEAK_USERS, minutes.peak, way, source);
	survey_note(survey, OBSERVATION_AVERAGE_USERS, minutes.average, way, source);
}

void survey_activity_run(struct survey *survey)
{
	struct survey_source source;
	enum survey_way way;
	struct error error;
	int result;

	survey_tell(survey, _("the table of activity"));
	result = survey->database->ops->describe(survey->database, &survey->options->activity,
						 &source, &error);
	if (result == 0)
		result = survey_choose(survey, &source, survey_range(survey).from, &way, &error);
	if (result < 0) {
		leave_all(survey, result, &error);
		return;
	}
	observe_day(survey, &source);
	observe_minutes(survey, &source, way);
}
