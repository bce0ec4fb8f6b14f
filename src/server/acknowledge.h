/* What a client says that it has applied. */
#ifndef ALLIM_SERVER_ACKNOWLEDGE_H
#define ALLIM_SERVER_ACKNOWLEDGE_H

#include "base/slice.h"

struct exchange;

/* Takes the text of a cursor and answers; over a socket, a message without an id gets no answer
 * unless it is refused. */
void acknowledge(struct exchange *exchange, struct slice cursor);

#endif
