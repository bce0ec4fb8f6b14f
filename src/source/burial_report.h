/* What the log says of a source's dead letters: the first at once, and then, once a minute for as
 * long as there are more, how many. A producer that sends nothing else would fill it with lines. */
#ifndef ALLIM_SOURCE_BURIAL_REPORT_H
#define ALLIM_SOURCE_BURIAL_REPORT_H

#include "net/alarm.h"
#include "net/loop.h"
#include "store/store.h"

struct burial_report {
	struct loop *loop;
	const char *source;
	struct alarm alarm;
	bool is_quiet; /* something was said within the minute */
	uint64_t untold;
};

/* For storage that the caller has; the loop and the source's name must outlive it. The others
 * belong to the loop's thread. */
void burial_report_init(struct burial_report *report, struct loop *loop, const char *source);

/* Says what was not said yet. */
void burial_report_finish(struct burial_report *report);

/* This letter was buried. */
void burial_report_tell(struct burial_report *report, const struct store_dead_letter *letter);

#endif
