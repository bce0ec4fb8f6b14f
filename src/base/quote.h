/* Quoting in messages what comes from outside: cut, escaped, and on one line. */
#ifndef ALLIM_BASE_QUOTE_H
#define ALLIM_BASE_QUOTE_H

#include "base/slice.h"

/* Room for a quotation: 60 bytes of which each may need four, quotes, an ellipsis and a NUL. */
enum { QUOTE_BYTES = 4 * 60 + 8 };

/* Writes the text in quotes and returns where. */
const char *quote_text(struct slice text, char quote[static QUOTE_BYTES]);

/* The same without quotes where the text is a plain word, as names of settings are. */
const char *quote_word(struct slice text, char quote[static QUOTE_BYTES]);

#endif
