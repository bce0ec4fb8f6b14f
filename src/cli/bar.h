/* Bars beside numbers: of block characters where the output takes them, of # elsewhere. */
#ifndef ALLIM_CLI_BAR_H
#define ALLIM_CLI_BAR_H

#include "cli/output.h"

struct bar_look {
	bool colours;
	bool blocks;
};

/* As standard output takes them. */
struct bar_look bar_look_of_output(void);

/* Appends a bar as long as `part`, 0 to 1, of the width. */
void bar_append(struct buffer *buffer, double part, size_t width, enum output_style style,
		struct bar_look look);

#endif
