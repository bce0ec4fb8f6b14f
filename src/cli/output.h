/* What goes to a terminal: colours only where they are wanted, and no control characters that came
 * from elsewhere. */
#ifndef ALLIM_CLI_OUTPUT_H
#define ALLIM_CLI_OUTPUT_H

#include "base/buffer.h"

#include <jansson.h>

enum output_style {
	OUTPUT_PLAIN,
	OUTPUT_BOLD,
	OUTPUT_DIM,
	OUTPUT_ACCENT,
	OUTPUT_GOOD,
	OUTPUT_BAD,
	OUTPUT_STYLES
};

/* Whether standard output takes colours: a terminal, NO_COLOR not set (no-color.org), and TERM not
 * dumb. */
bool output_has_colours(void);

/* Whether it takes block characters, too: a terminal with colours whose locale has UTF-8. */
bool output_has_blocks(void);

/* Appends the text with what a terminal would obey escaped as \xNN: control characters, the C1 ones
 * too, and what turns the direction of a text; bytes that are no UTF-8 likewise. */
void output_append_visible(struct buffer *buffer, struct slice text);

/* The same for JSON, whose strings keep their values (\uNNNN), and which becomes one line. */
void output_append_json(struct buffer *buffer, struct slice json);

/* The same for a value, on one line of its own. */
void output_append_value(struct buffer *buffer, const json_t *value);

/* The same in a style; OUTPUT_PLAIN where `colours` is false. */
void output_append_styled(struct buffer *buffer, struct slice text, enum output_style style,
			  bool colours);

/* Appends as much of well-formed UTF-8 as fits that many columns, with an ellipsis where that is
 * not all. Returns the columns that it takes. */
size_t output_append_cut(struct buffer *buffer, struct slice text, size_t width);

/* Writes all of it to standard output and flushes. Returns 0 or a negative errno value; -EPIPE when
 * nobody reads it. */
int output_write(struct slice bytes);

#endif
