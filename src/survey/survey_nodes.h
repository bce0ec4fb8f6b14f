/* What running nodes of allim's tell of themselves (GET /stats), looked at several times. */
#ifndef ALLIM_SURVEY_SURVEY_NODES_H
#define ALLIM_SURVEY_SURVEY_NODES_H

#include "advisor/observation.h"

#include <jansson.h>

struct survey_nodes {
	unsigned samples;
	double users; /* the most of all samples, like the rest; NAN: none has told */
	double servers;
	double deliveries;
	double tabs;
};

void survey_nodes_init(struct survey_nodes *nodes);

/* Takes one answer. Returns 0, or -EINVAL where it is none of allim's. */
int survey_nodes_take(struct survey_nodes *nodes, const json_t *stats);

/* Notes what was seen in so many seconds. Users are taken where no table has told of them. */
void survey_nodes_observe(const struct survey_nodes *nodes, double seconds,
			  struct observations *observations);

#endif
