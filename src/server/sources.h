/* The queues that a node reads, beside what publishers send over HTTP. On the main thread, where
 * nothing else is said: it opens them while the workers run, who see those that are open. */
#ifndef ALLIM_SERVER_SOURCES_H
#define ALLIM_SERVER_SOURCES_H

#include "source/source.h"

#include <stdatomic.h>

enum { SOURCES_MOST = 4 };

struct sources {
	struct source *open[SOURCES_MOST];
	_Atomic unsigned count; /* is raised behind the source that it adds */
};

/* Whether the settings name a queue at all. */
bool sources_are_wanted(const struct settings *settings);

/* Whether those that are wanted could open with these settings. Returns 0 or a negative errno value
 * with a sentence. */
int sources_check(const struct settings *settings, struct error *error);

/* Opens those that are wanted. Returns 0 or a negative errno value with a sentence; what was opened
 * is to be closed in any case. */
int sources_open(struct sources *sources, const struct source_options *options,
		 struct error *error);

/* From any thread. */
void sources_reconfigure(const struct sources *sources, struct configuration *configuration);

/* Before the store closes. */
void sources_close(struct sources *sources);

/* From any thread: their part of /metrics, and an array for /stats. */
void sources_append_metrics(const struct sources *sources, struct buffer *out);
void sources_append(const struct sources *sources, struct buffer *out);

#endif
