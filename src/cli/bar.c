/* Blocks come in eighths of a column; of # there are whole ones alone. */
#include "cli/bar.h"

#include <math.h>

enum { EIGHTHS = 8 };

/* U+2588 to U+258F are eight eighths down to one. */
static void append_block(struct buffer *buffer, long eighths)
{
	buffer_append_string(buffer, "\xE2\x96");
	buffer_append_byte(buffer, (char)(0x90 - eighths));
}

static void append_blocks(struct buffer *buffer, long eighths)
{
	for (; eighths >= EIGHTHS; eighths -= EIGHTHS)
		append_block(buffer, EIGHTHS);
	if (eighths > 0)
		append_block(buffer, eighths);
}

struct bar_look bar_look_of_output(void)
{
	return (struct bar_look){output_has_colours(), output_has_blocks()};
}

void bar_append(struct buffer *buffer, double part, size_t width, enum output_style style,
		struct bar_look look)
{
	double length = fmin(fmax(part, 0), 1) * (double)width;
	struct buffer bar = BUFFER_EMPTY;

	if (look.blocks)
		append_blocks(&bar, lround(length * EIGHTHS));
	for (long i = 0; !look.blocks && i < lround(length); i++)
		buffer_append_byte(&bar, '#');
	output_append_styled(buffer, buffer_slice(&bar), style, look.colours);
	buffer->failed = buffer->failed || buffer_failed(&bar);
	buffer_finish(&bar);
}
