#include "survey/survey_clock.h"

#include <stdio.h>

static const struct survey_clock whole[] = {
    {{"", ""}, {"(", ")"}, {{"", " / 60"}, {"", " / 86400"}}},
    {{"", "000"}, {"(", ") / 1000"}, {{"", " / 60000"}, {"", " / 86400000"}}},
    {{"", "000000"}, {"(", ") / 1000000"}, {{"", " / 60000000"}, {"", " / 86400000000"}}},
    {{"", "000000000"},
     {"(", ") / 1000000000"},
     {{"", " / 60000000000"}, {"", " / 86400000000000"}}},
};

enum { SCALES = sizeof(whole) / sizeof(whole[0]) };

/* 1e9 seconds are the year 2001, and 1e11 the year 5138. */
const struct survey_clock *survey_clock_of_number(double sample)
{
	double limit = 1e11;
	int scale = 0;

	for (; scale < SCALES - 1 && sample >= limit; limit *= 1000)
		scale++;
	return &whole[scale];
}

void survey_clock_apply(const struct survey_clock *clock, struct survey_source *source)
{
	for (int i = 0; i < 2; i++) {
		source->moment[i] = clock->moment[i];
		source->seconds[i] = clock->seconds[i];
	}
	for (int i = 0; i < SURVEY_BUCKETS; i++)
		snprintf(source->buckets[i], sizeof(source->buckets[i]), "%s%s%s",
			 clock->buckets[i][0], source->time, clock->buckets[i][1]);
}
