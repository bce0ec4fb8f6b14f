/* How many connections a node takes: its process can have only so many files open. */
#ifndef ALLIM_SERVER_CONNECTION_LIMIT_H
#define ALLIM_SERVER_CONNECTION_LIMIT_H

#include "config/settings.h"
#include "server/node.h"

/* Raises the soft limit of open files to the hard one, and sets the node's limits: as many
 * connections as files may be open, less what it has open by now and what it reserves; where that
 * is nearly all, half of the rest. To be called when all but connections is open. */
void connection_limit_set(struct node *node, const struct settings *settings);

#endif
