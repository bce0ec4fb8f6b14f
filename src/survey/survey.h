/* A look at a team's own system: what its database, its host and its nodes show (the guide's 2 and
 * A). Nothing is changed, and what cannot be seen stays open with the reason.
 *
 * For commands: one thread, and calls wait. */
#ifndef ALLIM_SURVEY_SURVEY_H
#define ALLIM_SURVEY_SURVEY_H

#include "advisor/observation.h"
#include "survey/survey_minutes.h"

enum { SURVEY_HOURS = 24 };

struct survey_options {
	struct survey_table activity;
	struct survey_table notifications;
	int64_t now;	  /* seconds since 1970 */
	int64_t since;	  /* how far to look back, in seconds */
	double rows_most; /* that are read at once; of larger tables a part is */
	bool is_exact;	  /* all rows are read, however many there are */
	/* What is looked at next. */
	void (*on_progress)(void *context, const char *what);
	void *context;
};

struct survey {
	const struct survey_options *options;
	struct survey_database *database;
	struct observations observations;
	struct survey_plan plan;
	double hours[SURVEY_HOURS]; /* notifications of the last ones, the latest first; NAN */
	struct buffer indexes;	    /* SQL that adds those that are missing, a statement a line */
	struct error lost;	    /* why the database went away half-way; empty: it did not */
};

/* All of it is open. The options and the database must outlive it. */
void survey_init(struct survey *survey, const struct survey_options *options,
		 struct survey_database *database);

void survey_finish(struct survey *survey);

/* The range that is looked back at. */
struct survey_range survey_range(const struct survey *survey);

/* Looks at the two tables and at the query for new notifications. */
void survey_run(struct survey *survey);

/* Compares the database's counters before and after. `seconds` lie between. */
void survey_compare(struct survey *survey, const struct survey_counters *before,
		    const struct survey_counters *after, double seconds);

/* Reads the counters. Returns whether that could be done. */
bool survey_count(struct survey *survey, struct survey_counters *ret_counters);

/* For the parts: says what comes next; */
void survey_tell(const struct survey *survey, const char *what);

/* leaves an observation open for the reason that a question failed with; */
void survey_leave(struct survey *survey, enum observation observation, int result,
		  const struct error *error);

/* how a table can be read; */
enum survey_way {
	SURVEY_WHOLE,  /* all rows of the range */
	SURVEY_MINUTES /* by the index on the time, some minutes of it */
};

/* Returns 0, -EFBIG where no index leads to the range and there are too many rows without one, or
 * as the questions do. */
int survey_choose(struct survey *survey, const struct survey_source *source, int64_t from,
		  enum survey_way *ret_way, struct error *error);

/* counts minutes that way, with the errors of the questions; */
int survey_count_minutes(struct survey *survey, const struct survey_source *source,
			 enum survey_counted counted, enum survey_way way,
			 struct survey_minutes *ret_minutes, struct error *error);

/* and notes what was read that way; NAN: there was no row. */
void survey_note(struct survey *survey, enum observation observation, double value,
		 enum survey_way way, const struct survey_source *source);

#endif
