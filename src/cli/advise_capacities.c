/* A table of what was measured; a unit stands in its first column for all. */
#include "cli/advise_capacities.h"

#include "cli/columns.h"
#include "cli/translation.h"

#include <math.h>
#include <stdio.h>

enum { INDENT = 2, NAME = 42, MEASURED = 26, THUMB = 14, NUMBER_BYTES = 64 };

static void write_number(double value, char ret_text[static NUMBER_BYTES])
{
	if (isnan(value))
		snprintf(ret_text, NUMBER_BYTES, "-");
	else
		snprintf(ret_text, NUMBER_BYTES, value < 1000 ? "%.3g" : "%.0f", value);
}

static void append_row(struct buffer *buffer, const char *const cells[static 4])
{
	static const size_t widths[] = {NAME, MEASURED, THUMB};

	buffer_append_format(buffer, "%*s", INDENT, "");
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		columns_append_left(buffer, slice_from_string(cells[i]), widths[i]);
	buffer_append_format(buffer, "%s\n", cells[3]);
}

static void append_capacity(struct buffer *buffer, const struct advise_text *text,
			    enum capacity capacity)
{
	const struct capacity_row *row = &capacity_rows[capacity];
	char number[NUMBER_BYTES], measured[2 * NUMBER_BYTES], thumb[NUMBER_BYTES],
	    needed[NUMBER_BYTES];

	write_number(text->capacities->values[capacity], number);
	write_number(capacity_thumb(capacity), thumb);
	write_number(capacity_needed(capacity, text->situation), needed);
	snprintf(measured, sizeof(measured), "%s %s", number, _(row->unit));
	append_row(buffer, (const char *const[]){_(row->sentence), measured, thumb, needed});
}

void advise_capacities_append(struct buffer *buffer, const struct advise_text *text)
{
	if (text->capacities == NULL)
		return;
	advise_text_begin_section(buffer, text, _("what this hardware does"));
	append_row(buffer,
		   (const char *const[]){"", _("measured"), _("the guide"), _("needed here")});
	for (int i = 0; i < CAPACITIES; i++) {
		if (!isnan(text->capacities->values[i]))
			append_capacity(buffer, text, (enum capacity)i);
	}
}
