#include "cli/measure_text.h"

#include "cli/columns.h"
#include "cli/output.h"
#include "cli/translation.h"

#include <math.h>

enum { SENTENCE = 54, VALUE = 12, MARGIN = 2, INDENTATION = 6 };

/* A greater number has more digits than its column. */
#define WHOLE_MOST 1e12

static void append_heading(struct buffer *buffer, const char *heading, bool colours)
{
	output_append_styled(buffer, slice_from_string(heading), OUTPUT_BOLD, colours);
	buffer_append_byte(buffer, '\n');
}

/* The line is left to be filled in where nothing is known. */
static void append_value(struct buffer *buffer, double value)
{
	if (isnan(value))
		buffer_append_format(buffer, "%*s ", VALUE, "______");
	else
		buffer_append_format(buffer,
				     value >= 1000 && value < WHOLE_MOST ? "%*.0f " : "%*.4g ",
				     VALUE, value);
}

static void append_note(struct buffer *buffer, const struct observed *observed)
{
	struct buffer note = BUFFER_EMPTY;

	if (observed->note[0] == '\0')
		return;
	if (observed->state == OBSERVATION_SAMPLED)
		buffer_append_format(&note, "%s: ", _("sampled"));
	buffer_append_string(&note, observed->note);
	buffer_append_format(buffer, "%*s", INDENTATION, "");
	columns_append_line(buffer, &note, INDENTATION, INDENTATION);
}

static void append_item(struct buffer *buffer, enum observation observation,
			const struct observed *observed)
{
	const struct observation_row *row = &observation_rows[observation];

	buffer_append_format(buffer, "  [%c] ", observed->state == OBSERVATION_OPEN ? ' ' : 'x');
	columns_append_left(buffer, slice_from_string(_(row->sentence)), SENTENCE);
	append_value(buffer, observed->value);
	buffer_append_format(buffer, "%s\n", _(row->unit));
	append_note(buffer, observed);
}

static const char *const headings[OBSERVATION_GROUPS] = {
    [OBSERVATION_OF_TRAFFIC] = N_("Users"),
    [OBSERVATION_OF_PATTERN] = N_("Notifications"),
    [OBSERVATION_OF_SERVER] = N_("Servers"),
    [OBSERVATION_OF_DATABASE] = N_("Database"),
};

static void append_group(struct buffer *buffer, const struct survey *survey,
			 enum observation_group group, bool colours)
{
	append_heading(buffer, _(headings[group]), colours);
	for (int i = 0; i < OBSERVATIONS; i++) {
		if (observation_rows[i].group == group)
			append_item(buffer, (enum observation)i, &survey->observations.items[i]);
	}
}

static void append_query(struct buffer *buffer, const struct survey *survey, bool colours)
{
	if (survey->plan.sql == NULL)
		return;
	append_heading(buffer, _("The query for new notifications"), colours);
	buffer_append_format(buffer, "%*s", MARGIN, "");
	columns_append_wrapped(buffer, slice_from_string(survey->plan.sql), MARGIN, MARGIN);
}

/* Each stays on one line, to be copied. */
static void append_indexes(struct buffer *buffer, const struct survey *survey, bool colours)
{
	struct slice rest = buffer_slice(&survey->indexes);

	if (rest.length == 0)
		return;
	append_heading(buffer, _("Indexes that it lacks (nothing was changed)"), colours);
	while (rest.length > 0) {
		buffer_append_string(buffer, "  ");
		output_append_visible(buffer, slice_split(&rest, '\n'));
		buffer_append_byte(buffer, '\n');
	}
}

void measure_text_append(struct buffer *buffer, const struct survey *survey, bool colours)
{
	for (int i = 0; i < OBSERVATION_GROUPS; i++)
		append_group(buffer, survey, (enum observation_group)i, colours);
	append_query(buffer, survey, colours);
	append_indexes(buffer, survey, colours);
}
