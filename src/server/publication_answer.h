/* What a publisher is answered over HTTP. */
#ifndef ALLIM_SERVER_PUBLICATION_ANSWER_H
#define ALLIM_SERVER_PUBLICATION_ANSWER_H

#include "intake/publication.h"

/* The status of the answer: 201, 202 for one that a rule dropped, or 200 for an array. */
int publication_answer_status(const struct publication *publication);

/* Appends the answer once the store has published. */
void publication_answer_append(const struct publication *publication, struct buffer *out);

#endif
