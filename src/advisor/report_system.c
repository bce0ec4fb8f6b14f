/* Each row says where its value comes from; what is open stays a blank, and its note says why. */
#include "advisor/report_system.h"

#include <math.h>

#define NONE	FIGURES
#define NOTHING OBSERVATIONS

enum group { TRAFFIC, INFRASTRUCTURE, REQUIREMENTS, DEVELOPERS, GROUPS };

static const struct row {
	enum group group;
	enum figure figure;
	enum observation observation;
	const char *label;
} rows[] = {
#define REPORT_ROW(group, figure, observation, label) {group, figure, observation, label},
#include "advisor/report_rows.def"
#undef REPORT_ROW
};

/* What was seen of it, or NULL. */
static const struct observed *seen(const struct scribe *scribe, const struct row *row)
{
	const struct observations *observations = scribe->report->observations;
	enum observation observation = row->observation;

	for (int i = 0; i < OBSERVATIONS && row->figure != NONE; i++) {
		if (observation_rows[i].figure == row->figure)
			observation = (enum observation)i;
	}
	return observations == NULL || observation == NOTHING ? NULL
							      : &observations->items[observation];
}

static const char *source_word(const struct scribe *scribe, enum figure_source source,
			       const struct observed *observed)
{
	const char *const words[] = {
	    [FIGURE_UNKNOWN] = scribe_say(scribe, "open"),
	    [FIGURE_ASSUMED] = scribe_say(scribe, "assumed"),
	    [FIGURE_ENTERED] = scribe_say(scribe, "entered"),
	    [FIGURE_MEASURED] = scribe_say(scribe, "measured"),
	};

	return source == FIGURE_MEASURED && observed != NULL &&
		       observed->state == OBSERVATION_SAMPLED
		   ? scribe_say(scribe, "sampled")
		   : words[source];
}

/* The guide asks for six months. */
static const char *growth_note(const struct scribe *scribe, enum figure figure, double value)
{
	double six = (pow(1 + value / 100, 6) - 1) * 100;

	if (figure != FIGURE_GROWTH || isnan(value))
		return NULL;
	return document_format(scribe->document, scribe_say(scribe, "%.0f %% in six months"), six);
}

static const char *note_of(const struct scribe *scribe, const struct row *row,
			   enum figure_source source, const struct observed *observed)
{
	bool is_seen = source == FIGURE_MEASURED || source == FIGURE_UNKNOWN;

	if (observed != NULL && is_seen && observed->note[0] != '\0')
		return document_format(scribe->document, "%s", observed->note);
	return row->figure == NONE ? NULL
				   : growth_note(scribe, row->figure,
						 scribe->report->situation->values[row->figure]);
}

static void append_row(const struct scribe *scribe, struct document_item *list,
		       const struct row *row)
{
	const struct situation *situation = scribe->report->situation;
	const struct observed *observed = seen(scribe, row);
	enum figure_source source = FIGURE_UNKNOWN;
	const char *text = NULL;
	struct document_item *item;

	if (row->figure != NONE) {
		text = scribe_figure(scribe, row->figure, situation->values[row->figure]);
		source = situation->sources[row->figure];
	} else if (observed != NULL && observed->state != OBSERVATION_OPEN) {
		text =
		    scribe_amount(scribe, observed->value, observation_rows[row->observation].unit);
		source = FIGURE_MEASURED;
	}
	item = document_item(scribe->document, list, scribe_say(scribe, row->label), text);
	document_item_note(scribe->document, item, source_word(scribe, source, observed),
			   note_of(scribe, row, source, observed));
}

const char *report_system_label(const struct scribe *scribe, enum figure figure)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].figure == figure)
			return scribe_say(scribe, rows[i].label);
	}
	return scribe_capital(scribe, scribe_name(scribe, figure_rows[figure].name));
}

static void append_current(const struct scribe *scribe, struct document_item *list)
{
	enum advisor_method current = scribe->report->current;
	struct document_item *item =
	    document_item(scribe->document, list, scribe_say(scribe, "Delivery today"),
			  current == ADVISOR_METHODS ? scribe_say(scribe, "none")
						     : scribe_method(scribe, current));

	document_item_note(
	    scribe->document, item,
	    source_word(scribe, current == ADVISOR_METHODS ? FIGURE_ASSUMED : FIGURE_ENTERED, NULL),
	    NULL);
}

void report_system_append(const struct scribe *scribe)
{
	const char *const headings[GROUPS] = {
	    [TRAFFIC] = scribe_say(scribe, "Traffic"),
	    [INFRASTRUCTURE] = scribe_say(scribe, "Infrastructure"),
	    [REQUIREMENTS] = scribe_say(scribe, "Requirements"),
	    [DEVELOPERS] = scribe_say(scribe, "Development"),
	};

	document_heading(scribe->document, 2, scribe_say(scribe, "The system today"));
	for (int group = 0; group < GROUPS; group++) {
		struct document_item *list;

		document_heading(scribe->document, 3, headings[group]);
		list = document_list(scribe->document, DOCUMENT_CHECKS);
		if (group == INFRASTRUCTURE)
			append_current(scribe, list);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if ((int)rows[i].group == group)
				append_row(scribe, list, &rows[i]);
		}
	}
}
