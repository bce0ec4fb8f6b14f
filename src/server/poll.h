/* Polling for changes after a cursor. */
#ifndef ALLIM_SERVER_POLL_H
#define ALLIM_SERVER_POLL_H

#include "base/slice.h"

struct exchange;
struct worker;

/* Answers with the changes after the cursor, at once or later. */
void poll_changes(struct exchange *exchange, struct slice after);

/* At the end of a turn: answers the waiting polls that something happened to. */
void poll_answer_woken(struct worker *worker);

#endif
