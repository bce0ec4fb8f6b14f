/* One section after the other; what is empty is left out. */
#include "cli/advise_system.h"

#include "advisor/forecast.h"
#include "advisor/sizing.h"
#include "cli/advise_capacities.h"
#include "cli/columns.h"
#include "cli/translation.h"

#include <math.h>
#include <stdio.h>

/* SIZE: of a name and of a number; WHEN: of a month. */
enum { INDENT = 2, SIZE = 24, WHEN = 11, VALUE_BYTES = 64 };

static struct slice sentence(const struct advise_text *text, const struct advisor_text *of)
{
	return of->languages[text->audience.language];
}

/* The scenario */

static const struct scenario *find_nearest(const struct advise_text *text, double *ret_nearness)
{
	const struct scenario *nearest = NULL;

	*ret_nearness = 0;
	for (size_t i = 0; i < text->rules->scenario_count; i++) {
		const struct scenario *scenario = &text->rules->scenarios[i];
		double nearness = scenario_nearness(scenario, text->situation);

		if (nearness > *ret_nearness) {
			*ret_nearness = nearness;
			nearest = scenario;
		}
	}
	return nearest;
}

static void append_scenario(struct buffer *buffer, const struct advise_text *text)
{
	double nearness;
	const struct scenario *nearest = find_nearest(text, &nearness);
	struct buffer line = BUFFER_EMPTY;

	if (nearest == NULL)
		return;
	advise_text_begin_section(buffer, text, _("nearest scenario (5)"));
	buffer_append(&line, nearest->name);
	buffer_append_string(&line, ", ");
	buffer_append(&line, sentence(text, &nearest->title));
	buffer_append_string(&line, ": ");
	buffer_append_format(&line, _("%.0f %% of what is known"), nearness * 100);
	buffer_append_format(buffer, "%*s", INDENT, "");
	columns_append_line(buffer, &line, INDENT, INDENT);
}

/* Figures, by where they come from */

static void append_figures_of(struct buffer *buffer, const struct advise_text *text,
			      enum figure_source source, const char *heading)
{
	const struct situation *situation = text->situation;
	struct buffer line = BUFFER_EMPTY;
	const char *between = ": ";

	buffer_append_string(&line, heading);
	for (int i = 0; i < FIGURES; i++) {
		if (situation->sources[i] != source)
			continue;
		buffer_append_format(&line, "%s%s ", between,
				     translation_of_name(figure_rows[i].name));
		advise_text_append_value(&line, text, (enum figure)i, situation->values[i]);
		between = ", ";
	}
	if (between[0] == ':') {
		buffer_finish(&line);
		return;
	}
	buffer_append_format(buffer, "%*s", INDENT, "");
	columns_append_line(buffer, &line, INDENT, 2 * INDENT);
}

static void append_figures(struct buffer *buffer, const struct advise_text *text)
{
	advise_text_begin_section(buffer, text, _("figures that it goes by"));
	append_figures_of(buffer, text, FIGURE_MEASURED, _("measured"));
	append_figures_of(buffer, text, FIGURE_ENTERED, _("entered"));
	append_figures_of(buffer, text, FIGURE_ASSUMED, _("assumed, by a rule of thumb"));
}

/* Sizes */

static void append_size(struct buffer *buffer, const struct sizing_row *row, double value)
{
	struct buffer number = BUFFER_EMPTY;

	if (isnan(value))
		buffer_append_string(&number, _("unknown"));
	else
		buffer_append_format(&number, value < 1000 ? "%.4g %s" : "%.0f %s", value,
				     _(row->unit));
	buffer_append_format(buffer, "%*s", 2 * INDENT, "");
	columns_append_left(buffer, slice_from_string(translation_of_name(row->name)), SIZE);
	columns_append_left(buffer, buffer_slice(&number), SIZE);
	columns_append_wrapped(buffer, slice_from_string(translation_of_name(row->formula)),
			       2 * INDENT + 2 * SIZE, 2 * INDENT + 2 * SIZE);
	buffer->failed = buffer->failed || buffer_failed(&number);
	buffer_finish(&number);
}

/* Kafka and RabbitMQ have no formulas; their nodes hold WebSockets. */
static enum advisor_method holder(enum advisor_method method)
{
	return method > ADVISOR_WEBSOCKET ? ADVISOR_WEBSOCKET : method;
}

/* All those that take the same. */
static void append_holders(struct buffer *buffer, const struct advise_text *text,
			   enum advisor_method method)
{
	const char *between = "";

	buffer_append_format(buffer, "%*s", INDENT, "");
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		bool is_chosen = (enum advisor_method)i == text->advice->method;

		if (holder((enum advisor_method)i) != method)
			continue;
		buffer_append_string(buffer, between);
		output_append_styled(buffer,
				     slice_from_string(advisor_method_name((enum advisor_method)i)),
				     is_chosen ? OUTPUT_ACCENT : OUTPUT_PLAIN, text->look.colours);
		between = ", ";
	}
	buffer_append_byte(buffer, '\n');
}

static void append_sizes(struct buffer *buffer, const struct advise_text *text)
{
	enum advisor_method method = ADVISOR_METHODS;
	struct sizing sizing;

	sizing_compute(&sizing, text->situation);
	advise_text_begin_section(buffer, text, _("what each method takes (3)"));
	for (int i = 0; i < SIZINGS; i++) {
		if (sizing_rows[i].method != method)
			append_holders(buffer, text, sizing_rows[i].method);
		method = sizing_rows[i].method;
		append_size(buffer, &sizing_rows[i], sizing.values[i]);
	}
}

/* Changes */

static void write_value(const struct advise_text *text, enum figure figure, double value,
			char ret_text[static VALUE_BYTES])
{
	struct buffer buffer = BUFFER_EMPTY;
	struct slice slice;

	advise_text_append_value(&buffer, text, figure, value);
	slice = buffer_slice(&buffer);
	snprintf(ret_text, VALUE_BYTES, "%.*s", (int)slice.length, slice.data);
	buffer_finish(&buffer);
}

static void append_change(struct buffer *buffer, const struct advise_text *text, enum figure figure,
			  const struct advice_change *change)
{
	char from[VALUE_BYTES], to[VALUE_BYTES];
	struct buffer line = BUFFER_EMPTY;

	write_value(text, figure, text->situation->values[figure], from);
	write_value(text, figure, change->value, to);
	/* xgettext: a figure's name, two values of it, and a method */
	buffer_append_format(&line, _("%s from %s to %s: %s"),
			     translation_of_name(figure_rows[figure].name), from, to,
			     advise_text_method(change->method));
	buffer_append_format(buffer, "%*s", INDENT, "");
	columns_append_line(buffer, &line, INDENT, INDENT);
}

static int append_changes(struct buffer *buffer, const struct advise_text *text)
{
	struct advise_section section =
	    advise_text_begin_section(buffer, text, _("what would change the answer"));

	for (int i = 0; i < FIGURES; i++) {
		struct advice_change change = {NAN, ADVISOR_METHODS};
		int result = advice_change(&change, text->rules, text->situation, text->weights,
					   (enum figure)i);

		if (result < 0)
			return result;
		if (!isnan(change.value))
			append_change(buffer, text, (enum figure)i, &change);
	}
	advise_text_end_section(buffer, &section);
	return 0;
}

/* Forecast */

static void append_when(struct buffer *buffer, unsigned month)
{
	struct buffer when = BUFFER_EMPTY;

	if (month == 0)
		buffer_append_string(&when, _("now"));
	else
		buffer_append_format(&when, _("month %u"), month);
	buffer_append_format(buffer, "%*s", INDENT, "");
	columns_append_left(buffer, buffer_slice(&when), WHEN);
	buffer->failed = buffer->failed || buffer_failed(&when);
	buffer_finish(&when);
}

/* Those of one month. */
static void append_signals(struct buffer *buffer, const struct advise_text *text,
			   enum advisor_method method, unsigned month)
{
	const struct claims *claims = &text->rules->signals[method];
	size_t indent = INDENT + WHEN + ADVISE_TEXT_METHOD;

	for (size_t i = 0; i < claims->count; i++) {
		if (forecast_condition(&claims->items[i].condition, text->situation) != month)
			continue;
		append_when(buffer, month);
		advise_text_append_method(buffer, method);
		columns_append_wrapped(buffer, sentence(text, &claims->items[i].text), indent,
				       indent);
	}
}

static void append_answer(struct buffer *buffer, const struct advise_text *text,
			  const struct forecast_change *change)
{
	struct buffer line = BUFFER_EMPTY;

	append_when(buffer, change->month);
	buffer_append_format(&line, _("the answer is %s"), advise_text_method(change->method));
	if (change->rule != NULL) {
		buffer_append_string(&line, ": ");
		buffer_append(&line, sentence(text, change->reason));
		buffer_append_format(&line, " (%.*s)", (int)change->rule->section.length,
				     change->rule->section.data);
	}
	columns_append_line(buffer, &line, INDENT + WHEN, INDENT + WHEN);
}

static int append_forecast(struct buffer *buffer, const struct advise_text *text)
{
	struct forecast_change change;
	int result = forecast_change(&change, text->rules, text->situation, text->weights);
	bool grows = !isnan(text->situation->values[FIGURE_GROWTH]);
	unsigned last = grows ? FORECAST_MONTHS : 0;
	struct advise_section section = advise_text_begin_section(
	    buffer, text, _("signs of a change (10.3), and when they show"));

	if (result < 0)
		return result;
	for (unsigned i = 0; i <= last; i++) {
		for (int j = 0; j < ADVISOR_METHODS; j++)
			append_signals(buffer, text, (enum advisor_method)j, i);
		if (i == change.month)
			append_answer(buffer, text, &change);
	}
	if (!grows)
		buffer_append_format(buffer, "%*s%s\n", INDENT, "",
				     _("say --growth to see later ones"));
	advise_text_end_section(buffer, &section);
	return 0;
}

int advise_system_append(struct buffer *buffer, const struct advise_text *text)
{
	int result;

	append_scenario(buffer, text);
	append_figures(buffer, text);
	append_sizes(buffer, text);
	advise_capacities_append(buffer, text);
	result = append_changes(buffer, text);
	return result < 0 ? result : append_forecast(buffer, text);
}
