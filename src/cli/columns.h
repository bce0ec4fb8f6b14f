/* Texts in the columns of a terminal, of which a Korean letter takes two. */
#ifndef ALLIM_CLI_COLUMNS_H
#define ALLIM_CLI_COLUMNS_H

#include "base/buffer.h"

/* What a line may take. */
enum { COLUMNS_OF_LINE = 100 };

/* How many bytes of well-formed UTF-8 fit that many columns, and how many of these they take. */
size_t columns_fit(struct slice text, size_t width, size_t *ret_columns);

/* How many columns the text takes. */
size_t columns_width(struct slice text);

/* Appends the text, cut or filled up to so many columns. */
void columns_append_left(struct buffer *buffer, struct slice text, size_t width);

/* The same with blanks in front. Nothing is cut, since half a number is another one. */
void columns_append_right(struct buffer *buffer, struct slice text, size_t width);

/* Appends a text, made visible, and ends the line. The line has `used` columns already; what does
 * not fit goes on in the next ones, behind so many blanks. Lines break at blanks, as far as there
 * are any. */
void columns_append_wrapped(struct buffer *buffer, struct slice text, size_t used, size_t indent);

/* The same for a text in a buffer, which is freed. */
void columns_append_line(struct buffer *buffer, struct buffer *line, size_t used, size_t indent);

#endif
