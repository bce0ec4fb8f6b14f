/* Which minutes of an hour are looked at changes from hour to hour, so that what happens at fixed
 * minutes, such as scheduled mail, is neither always seen nor never. A peak that does not make its
 * hour one of the busiest is missed; the note of the figure says how it was sampled. */
#include "survey/survey_minutes.h"

#include <errno.h>
#include <math.h>

enum { MINUTE = 60, HOUR = 3600, STEP = 17, MINUTES_OF_HOUR = 60 };

struct hour {
	int64_t start;
	double sum;
};

struct sampling {
	struct hour busiest[SURVEY_BUSIEST_HOURS]; /* the busiest first */
	double peak;
	double sum; /* of minutes that have any */
	double count;
	double looked; /* at, which may have none */
};

int survey_minutes_count(struct survey_database *database, const struct survey_source *source,
			 enum survey_counted counted, struct survey_range range,
			 struct survey_minutes *ret_minutes, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	double numbers[3];
	int result;

	survey_sql_append_minutes(&sql, source, counted, range);
	result = survey_sql_ask(database, &sql, numbers, 3, error);
	if (result == 0)
		*ret_minutes = (struct survey_minutes){
		    .peak = numbers[0],
		    .average = numbers[1],
		    .sum = numbers[2] > 0 ? numbers[1] * numbers[2] : 0,
		};
	return result;
}

static int count_minute(struct survey_database *database, const struct survey_source *source,
			enum survey_counted counted, int64_t start, double *ret_count,
			struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;

	survey_sql_append_count(&sql, source, counted,
				(struct survey_range){start, start + MINUTE});
	return survey_sql_ask(database, &sql, ret_count, 1, error);
}

static void keep_busiest(struct sampling *sampling, struct hour hour)
{
	for (int i = 0; i < SURVEY_BUSIEST_HOURS; i++) {
		struct hour other = sampling->busiest[i];

		if (hour.sum <= other.sum)
			continue;
		sampling->busiest[i] = hour;
		hour = other;
	}
}

/* The first hour and the last one may lie in the range in part only. */
static int sample_hour(struct survey_database *database, const struct survey_source *source,
		       enum survey_counted counted, int64_t start, struct survey_range range,
		       struct sampling *sampling, struct error *error)
{
	struct hour hour = {.start = start};

	for (int i = 0; i < SURVEY_MINUTES_OF_HOUR; i++) {
		int64_t minute =
		    start +
		    MINUTE * ((start / HOUR * STEP + i * MINUTES_OF_HOUR / SURVEY_MINUTES_OF_HOUR) %
			      MINUTES_OF_HOUR);
		double count = 0;
		int result;

		if (minute < range.from || minute + MINUTE > range.to)
			continue;
		result = count_minute(database, source, counted, minute, &count, error);
		if (result < 0)
			return result;
		sampling->looked++;
		hour.sum += count;
		sampling->sum += count;
		sampling->count += count > 0;
		sampling->peak = fmax(sampling->peak, count);
	}
	keep_busiest(sampling, hour);
	return 0;
}

/* Every minute of the hours that seemed the busiest. */
static int count_busiest(struct survey_database *database, const struct survey_source *source,
			 enum survey_counted counted, struct survey_range range,
			 struct sampling *sampling, struct error *error)
{
	for (int i = 0; i < SURVEY_BUSIEST_HOURS && sampling->busiest[i].sum > 0; i++) {
		int64_t start = sampling->busiest[i].start, end = start + HOUR;
		struct survey_range hour = {start > range.from ? start : range.from,
					    end < range.to ? end : range.to};
		struct survey_minutes minutes;
		int result = survey_minutes_count(database, source, counted, hour, &minutes, error);

		if (result < 0)
			return result;
		sampling->peak = fmax(sampling->peak, minutes.peak);
	}
	return 0;
}

int survey_minutes_sample(struct survey_database *database, const struct survey_source *source,
			  enum survey_counted counted, struct survey_range range,
			  struct survey_minutes *ret_minutes, struct error *error)
{
	struct sampling sampling = {.peak = 0};
	int64_t start = range.from / HOUR * HOUR;
	int result = 0;

	for (; result == 0 && start < range.to; start += HOUR)
		result = sample_hour(database, source, counted, start, range, &sampling, error);
	if (result == 0)
		result = count_busiest(database, source, counted, range, &sampling, error);
	if (result < 0)
		return result;
	*ret_minutes = (struct survey_minutes){
	    .peak = sampling.count > 0 ? sampling.peak : NAN,
	    .average = sampling.sum / sampling.count, /* 0 / 0 is NAN */
	    .sum = sampling.sum / sampling.looked * (double)(range.to - range.from) / MINUTE,
	};
	return 0;
}
