/* The figures of a node, added up from its workers and its store. */
#ifndef ALLIM_SERVER_FIGURES_H
#define ALLIM_SERVER_FIGURES_H

#include "server/node.h"

/* Prometheus text. */
void figures_append_metrics(const struct node *node, struct buffer *out);

#endif
