/* What a publisher is answered over HTTP. */
#ifndef ALLIM_SERVER_PUBLICATION_ANSWER_H
#define ALLIM_SERVER_PUBLICATION_ANSWER_H

#include "intake/publication.h"

/* Appends the answer once the store has published. */
void publication_answer_append(const struct publication *publication, struct buffer *out);

#endif
