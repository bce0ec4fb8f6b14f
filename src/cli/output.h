/* What goes to a terminal: colours only where they are wanted, and no control characters that came
 * from elsewhere. */
#ifndef ALLIM_CLI_OUTPUT_H
#define ALLIM_CLI_OUTPUT_H

#include "base/buffer.h"

enum output_style { OUTPUT_PLAIN, OUTPUT_BOLD, OUTPUT_DIM, OUTPUT_ACCENT, OUTPUT_STYLES };

/* Whether standard output takes colours: a terminal, NO_COLOR not set (no-color.org), and TERM not
 * dumb. */
bool output_has_colours(void);

/* Appends the text with what a terminal would obey escaped: control characters, the C1 ones too, as
 * \xNN; bytes that are no UTF-8 likewise. */
void output_append_visible(struct buffer *buffer, struct slice text);

/* The same in a style; OUTPUT_PLAIN where `colours` is false. */
void output_append_styled(struct buffer *buffer, struct slice text, enum output_style style,
			  bool colours);

/* Writes all of it to standard output and flushes. Returns 0 or a negative errno value; -EPIPE when
 * nobody reads it. */
int output_write(struct slice bytes);

#endif
