/* Advice as people read it at a terminal. */
#ifndef ALLIM_CLI_ADVISE_TEXT_H
#define ALLIM_CLI_ADVISE_TEXT_H

#include "advisor/advice.h"
#include "advisor/audience.h"
#include "advisor/capacity.h"
#include "cli/bar.h"

struct advise_text {
	const struct advice *advice;
	const struct rules *rules;
	const struct situation *situation;
	const double *weights;		     /* or NULL */
	const struct capacities *capacities; /* or NULL */
	struct audience audience;
	struct bar_look look;
};

/* Appends the verdict, what each rule says, whom each method is for, scores, scenario, sizes,
 * changes and forecast. Lines have COLUMNS_OF_LINE columns at most. Returns 0 or -ENOMEM. */
int advise_text_append(struct buffer *buffer, const struct advise_text *text);

/* What its parts share. */

/* Where a section's heading begins and ends. */
struct advise_section {
	size_t before;
	size_t after;
};

/* Begins a section; its end takes the heading away again where nothing followed it. A section that
 * is never empty needs no end. */
struct advise_section advise_text_begin_section(struct buffer *buffer,
						const struct advise_text *text,
						const char *heading);
void advise_text_end_section(struct buffer *buffer, const struct advise_section *section);

/* What stands behind a figure's name: "2 s"; of 3000 users "3000", lest they are said twice. */
void advise_text_append_value(struct buffer *buffer, const struct advise_text *text,
			      enum figure figure, double value);

/* The method's name as settings have it, in a column, and two blanks; how many columns that is. */
enum { ADVISE_TEXT_METHOD = 14 };
void advise_text_append_method(struct buffer *buffer, enum advisor_method method);

/* "sse-db", or that it is none. */
const char *advise_text_method(enum advisor_method method);

#endif
