/* One section after the other; what is empty is left out. */
#include "cli/advise_text.h"

#include "advisor/figure_text.h"
#include "cli/advise_system.h"
#include "cli/columns.h"
#include "cli/translation.h"

#include <math.h>
#include <string.h>

/* INDENT: of the verdict; RULE: behind a mark and a section. */
enum { BAR = 20, INDENT = 2, RULE = 7, SCORE = 6 };

static struct slice sentence(const struct advise_text *text, const struct advisor_text *of)
{
	return of->languages[text->audience.language];
}

struct advise_section advise_text_begin_section(struct buffer *buffer,
						const struct advise_text *text, const char *heading)
{
	struct advise_section section = {.before = buffer->length};

	buffer_append_string(buffer, "\n");
	output_append_styled(buffer, slice_from_string(heading), OUTPUT_BOLD, text->look.colours);
	buffer_append_string(buffer, "\n");
	section.after = buffer->length;
	return section;
}

void advise_text_end_section(struct buffer *buffer, const struct advise_section *section)
{
	if (buffer->length == section->after)
		buffer->length = section->before;
}

void advise_text_append_method(struct buffer *buffer, enum advisor_method method)
{
	columns_append_left(buffer, slice_from_string(advisor_method_name(method)),
			    ADVISE_TEXT_METHOD);
}

const char *advise_text_method(enum advisor_method method)
{
	return method == ADVISOR_METHODS ? _("no method") : advisor_method_name(method);
}

/* A mark in the first column. */
static void append_mark(struct buffer *buffer, const struct advise_text *text, const char *mark)
{
	enum output_style style = mark[0] == '+'   ? OUTPUT_GOOD
				  : mark[0] == 'x' ? OUTPUT_BAD
						   : OUTPUT_PLAIN;

	output_append_styled(buffer, slice_from_string(mark), style, text->look.colours);
	buffer_append_byte(buffer, ' ');
}

/* The verdict */

void advise_text_append_value(struct buffer *buffer, const struct advise_text *text,
			      enum figure figure, double value)
{
	const struct figure_row *row = &figure_rows[figure];

	if (!isnan(value) && strcmp(translation_of_name(row->name), _(row->unit)) == 0)
		buffer_append_format(buffer, "%.10g", value);
	else
		figure_text_append(buffer, figure, value, &text->audience);
}

/* "users 3000 (below 5000)" */
static void append_step(struct buffer *buffer, const struct advise_text *text,
			const struct condition *condition)
{
	enum figure figure = condition->figure;
	const struct figure_row *row = &figure_rows[figure];

	buffer_append_format(buffer, "%s ", translation_of_name(row->name));
	advise_text_append_value(buffer, text, figure, text->situation->values[figure]);
	if (row->kind == FIGURE_SWITCH)
		return;
	buffer_append_string(buffer, " (");
	if (isinf(condition->low) && isinf(condition->high))
		buffer_append_string(buffer, _("else"));
	condition_append(buffer, condition, &text->audience);
	buffer_append_string(buffer, ")");
}

static void append_path(struct buffer *buffer, const struct advise_text *text,
			const struct rule_vote *vote)
{
	struct buffer line = BUFFER_EMPTY;

	for (size_t i = 0; i < vote->length; i++) {
		buffer_append_string(&line, i == 0 ? "" : " > ");
		append_step(&line, text, &vote->path[i]->condition);
	}
	buffer_append_format(buffer, "%*s", INDENT, "");
	columns_append_line(buffer, &line, INDENT, INDENT);
}

static void append_reason(struct buffer *buffer, const struct advise_text *text,
			  const struct rule_vote *vote, size_t indent)
{
	buffer_append_format(buffer, "%*s", (int)indent, "");
	columns_append_wrapped(buffer, sentence(text, &vote->path[vote->length - 1]->reason),
			       indent, indent);
}

/* Of the rules before the one that decides, each voted for nothing but what is ruled out. */
static void append_overruled(struct buffer *buffer, const struct advise_text *text, size_t index)
{
	const struct rule *rule = &text->rules->rules[index];
	unsigned methods = text->advice->votes[index].methods;
	struct buffer line = BUFFER_EMPTY;

	for (int i = 0; i < ADVISOR_METHODS && methods != 0; i++) {
		const struct claim *claim = text->advice->ruled_out[i];

		if ((methods & 1U << i) == 0 || claim == NULL)
			continue;
		buffer_append(&line, sentence(text, &rule->title));
		buffer_append_format(&line, " (%.*s): ", (int)rule->section.length,
				     rule->section.data);
		buffer_append_format(&line, _("%s, which is ruled out"),
				     advise_text_method((enum advisor_method)i));
		buffer_append_string(&line, ": ");
		buffer_append(&line, sentence(text, &claim->text));
		buffer_append_format(buffer, "%*s", INDENT, "");
		columns_append_line(buffer, &line, INDENT, INDENT);
		return;
	}
}

/* Where no rule decides. */
static const char *describe_choice(const struct advise_text *text)
{
	const struct advice *advice = text->advice;
	unsigned votes = 0;

	for (size_t i = 0; i < text->rules->rule_count; i++)
		votes |= advice->votes[i].methods;
	if (votes == 0)
		return _("too little is known for any rule, so the scores alone say so; begin "
			 "with --users, --servers, --latency and --redis");
	return advice_is_scored(advice)
		   ? _("no rule decides; of what is left it has the best score")
		   : _("no rule decides; it is the simplest of what is left");
}

static void append_decision(struct buffer *buffer, const struct advise_text *text)
{
	const struct rule *rule = text->advice->rule;
	const struct rule_vote *vote;
	struct buffer line = BUFFER_EMPTY;

	buffer_append_format(buffer, "%*s", INDENT, "");
	if (rule == NULL) {
		columns_append_wrapped(buffer, slice_from_string(describe_choice(text)), INDENT,
				       INDENT);
		return;
	}
	vote = &text->advice->votes[rule - text->rules->rules];
	buffer_append_format(&line, "%s: ", _("decided by"));
	buffer_append(&line, sentence(text, &rule->title));
	buffer_append_format(&line, " (%.*s)", (int)rule->section.length, rule->section.data);
	columns_append_line(buffer, &line, INDENT, INDENT);
	append_reason(buffer, text, vote, INDENT);
	append_path(buffer, text, vote);
	for (const struct rule *other = text->rules->rules; other < rule; other++)
		append_overruled(buffer, text, (size_t)(other - text->rules->rules));
}

static void append_verdict(struct buffer *buffer, const struct advise_text *text)
{
	enum advisor_method method = text->advice->method;

	if (method == ADVISOR_METHODS) {
		buffer_append_format(buffer, "%s\n",
				     _("no method does all of this; see what rules them out"));
		return;
	}
	output_append_styled(buffer, slice_from_string(_(advisor_method_title(method))),
			     OUTPUT_ACCENT, text->look.colours);
	buffer_append_format(buffer, " (%s)\n", advisor_method_name(method));
	append_decision(buffer, text);
}

/* Rules */

static const char *mark_of(const struct advise_text *text, const struct rule_vote *vote)
{
	enum advisor_method method = text->advice->method;

	if (vote->methods == 0)
		return " ";
	return method != ADVISOR_METHODS && (vote->methods & 1U << method) != 0 ? "+" : "-";
}

static void append_votes(struct buffer *buffer, unsigned methods)
{
	const char *between = "";

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if ((methods & 1U << i) == 0)
			continue;
		buffer_append_format(buffer, "%s%s", between,
				     advisor_method_name((enum advisor_method)i));
		between = ", ";
	}
}

static void append_rule(struct buffer *buffer, const struct advise_text *text, size_t index)
{
	const struct rule *rule = &text->rules->rules[index];
	const struct rule_vote *vote = &text->advice->votes[index];
	struct buffer line = BUFFER_EMPTY;

	append_mark(buffer, text, mark_of(text, vote));
	columns_append_left(buffer, rule->section, RULE - 2);
	buffer_append(&line, sentence(text, &rule->title));
	if (vote->methods == 0) {
		buffer_append_byte(&line, ' ');
		buffer_append_format(&line, _("(say --%s)"), figure_rows[vote->open].name);
		columns_append_line(buffer, &line, RULE, RULE);
		return;
	}
	buffer_append_string(&line, " -> ");
	append_votes(&line, vote->methods);
	columns_append_line(buffer, &line, RULE, RULE);
	append_reason(buffer, text, vote, RULE);
}

static void append_rules(struct buffer *buffer, const struct advise_text *text)
{
	struct advise_section section = advise_text_begin_section(
	    buffer, text, _("what each rule says (+ agrees, - does not)"));

	for (size_t i = 0; i < text->rules->rule_count; i++)
		append_rule(buffer, text, i);
	advise_text_end_section(buffer, &section);
}

/* Methods */

static void append_claims(struct buffer *buffer, const struct advise_text *text, const char *mark,
			  const struct claims *claims, enum advisor_method method)
{
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];
		bool is_final = claim == text->advice->ruled_out[method];

		if (condition_check(&claim->condition, text->situation) != CONDITION_HOLDS)
			continue;
		append_mark(buffer, text, is_final ? "x" : mark);
		advise_text_append_method(buffer, method);
		columns_append_wrapped(buffer, sentence(text, &claim->text), 2 + ADVISE_TEXT_METHOD,
				       2 + ADVISE_TEXT_METHOD);
	}
}

static void append_fits(struct buffer *buffer, const struct advise_text *text)
{
	struct advise_section section = advise_text_begin_section(
	    buffer, text, _("for and against each method (x rules it out)"));

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		append_claims(buffer, text, "+", &text->rules->fits[i], (enum advisor_method)i);
		append_claims(buffer, text, "-", &text->rules->misfits[i], (enum advisor_method)i);
	}
	advise_text_end_section(buffer, &section);
}

static void append_score(struct buffer *buffer, const struct advise_text *text,
			 enum advisor_method method)
{
	double score = text->advice->scores[method];
	enum output_style style = method == text->advice->method	    ? OUTPUT_ACCENT
				  : text->advice->ruled_out[method] != NULL ? OUTPUT_DIM
									    : OUTPUT_PLAIN;

	buffer_append_format(buffer, "%*s", INDENT, "");
	advise_text_append_method(buffer, method);
	if (isnan(score)) {
		columns_append_right(buffer, SLICE("-"), SCORE - 2);
	} else {
		buffer_append_format(buffer, "%*.1f  ", SCORE - 2, score);
		bar_append(buffer, score / 10, BAR, style, text->look);
	}
	buffer_append_byte(buffer, '\n');
}

static void append_scores(struct buffer *buffer, const struct advise_text *text)
{
	advise_text_begin_section(buffer, text, _("scores (9.2)"));
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_score(buffer, text, (enum advisor_method)i);
}

int advise_text_append(struct buffer *buffer, const struct advise_text *text)
{
	append_verdict(buffer, text);
	append_rules(buffer, text);
	append_fits(buffer, text);
	append_scores(buffer, text);
	return advise_system_append(buffer, text);
}
