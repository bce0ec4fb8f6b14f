/* A page of dead letters, as every store fills it. */
#ifndef ALLIM_STORE_STORE_DEAD_LETTER_H
#define ALLIM_STORE_STORE_DEAD_LETTER_H

#include "store/store.h"

/* Makes room for so many letters. Returns 0 or -ENOMEM. */
int store_dead_letter_begin(struct store_dead_letters *page, size_t room);

/* Copies the next letter into the page. Returns 1, 0 where its limits leave the letter out (and
 * `more` is set), or -ENOMEM. */
int store_dead_letter_add(struct store_dead_letters *page, const struct store_dead_letter *letter);

#endif
