/* What the log says of one server: what is wrong when that changes, and that it is in use again.
 * A server that stays away is one line, not one for each attempt. */
#ifndef ALLIM_FEED_REDIS_REPORT_H
#define ALLIM_FEED_REDIS_REPORT_H

#include "feed/redis_url.h"

struct redis_report {
	char told[sizeof(((struct error *)NULL)->text)]; /* what is wrong; empty: nothing */
	bool in_use;					 /* this was said */
};

/* Logs the reason, unless it was the last thing that was said. */
void redis_report_problem(struct redis_report *report, const struct server_endpoint *endpoint,
			  const struct error *reason);

/* Logs that it is in use, unless that was said. */
void redis_report_use(struct redis_report *report, const struct server_endpoint *endpoint);

/* Nothing is wrong any longer, which nobody need hear. */
static inline void redis_report_clear(struct redis_report *report)
{
	report->told[0] = '\0';
}

#endif
