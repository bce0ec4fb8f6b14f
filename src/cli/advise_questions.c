/* Questions are talk and go to standard error; answers are read as flags are, and as people may
 * write them besides. */
#include "cli/advise_questions.h"

#include "advisor/figure_text.h"
#include "cli/columns.h"
#include "cli/output.h"
#include "cli/team.h"
#include "cli/translation.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define OPEN NAN

enum { LINE_BYTES = 256, INDENT = 2 };

enum answer { ANSWER_TAKEN, ANSWER_IS_BAD, ANSWER_IS_OVER };

struct question {
	enum figure figure;
	double fallback; /* NAN: the figure stays unknown */
	const char *why;
	const char *otherwise;
};

static const struct question questions[] = {
#define QUESTION(figure_, fallback_, why_, otherwise_) \
	{FIGURE_##figure_, fallback_, why_, otherwise_},
#include "cli/advise_questions.def"
#undef QUESTION
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

bool advise_questions_can_ask(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 &&
	       isatty(STDERR_FILENO) == 1;
}

/* Prints it, and drops the buffer. */
static void say(struct buffer *text)
{
	fwrite(text->data, 1, text->length, stderr);
	fflush(stderr);
	buffer_finish(text);
}

/* How an answer is written, by the figure's kind. */
static const char *shape_of(enum figure figure)
{
	static const char *const shapes[] = {
	    [FIGURE_NUMBER] = N_("a number"),
	    [FIGURE_COUNT] = N_("a whole number"),
	    [FIGURE_TIME] = N_("a time with its unit, such as 500ms, 2s or 5m"),
	    [FIGURE_PERCENT] = N_("a percentage, such as 15%"),
	    [FIGURE_SWITCH] = N_("yes or no"),
	};

	if (figure == FIGURE_DEVELOPERS)
		return _("a whole number, or small, medium or large");
	return _(shapes[figure_rows[figure].kind]);
}

static void append_indented(struct buffer *buffer, struct buffer *line)
{
	buffer_append_format(buffer, "%*s", INDENT, "");
	columns_append_line(buffer, line, INDENT, INDENT);
}

static void append_hint(struct buffer *buffer, const struct question *question)
{
	const struct figure_row *row = &figure_rows[question->figure];
	struct buffer line = BUFFER_EMPTY;

	buffer_append_format(&line, _("Write %s"), shape_of(question->figure));
	if (row->kind != FIGURE_TIME && row->kind != FIGURE_SWITCH)
		buffer_append_format(&line, " (%s)", _(row->unit));
	buffer_append_format(&line, ". %s", _(question->otherwise));
	append_indented(buffer, &line);
}

static void put(const struct question *question, size_t number, size_t count)
{
	const struct figure_row *row = &figure_rows[question->figure];
	struct buffer text = BUFFER_EMPTY, line = BUFFER_EMPTY;

	buffer_append_format(&text, "\n[%zu/%zu] ", number, count);
	output_append_styled(&text, slice_from_string(translation_of_name(row->name)), OUTPUT_BOLD,
			     output_has_colours());
	buffer_append_format(&text, ": %s\n", _(row->sentence));
	buffer_append_string(&line, _(question->why));
	append_indented(&text, &line);
	append_hint(&text, question);
	say(&text);
}

/* Answers */

static bool is_word(struct slice text, const char *word, const char *translated)
{
	return slice_equals_ignoring_case(text, slice_from_string(word)) ||
	       slice_equals_ignoring_case(text, slice_from_bytes(word, 1)) ||
	       slice_equals(text, slice_from_string(translated));
}

static int read_value(enum figure figure, struct slice text, double *ret_value)
{
	struct error error;

	if (figure == FIGURE_DEVELOPERS && team_find(text, ret_value) == 0)
		return 0;
	if (figure_rows[figure].kind != FIGURE_SWITCH)
		return figure_text_read(figure, text, ret_value, &error);
	*ret_value = is_word(text, "yes", _("yes"));
	return *ret_value != 0 || is_word(text, "no", _("no")) ? 0 : -EINVAL;
}

static void complain(enum figure figure, bool is_understood)
{
	const struct figure_row *row = &figure_rows[figure];
	struct buffer text = BUFFER_EMPTY;

	if (is_understood)
		buffer_append_format(&text, _("That cannot be; it is from %.10g to %.10g %s."),
				     row->minimum, row->maximum, _(row->unit));
	else
		buffer_append_format(&text, _("That is not understood; write %s."),
				     shape_of(figure));
	buffer_append_byte(&text, '\n');
	say(&text);
}

static void contradict(void)
{
	struct buffer text = BUFFER_EMPTY;

	buffer_append_format(&text, "%s\n",
			     _("That is less than the average, which was said; write more."));
	say(&text);
}

static enum answer take(struct situation *situation, const struct question *question,
			struct slice text)
{
	enum figure_source source = FIGURE_ENTERED;
	double value = question->fallback;
	struct situation before = *situation;
	struct error error;

	if (slice_is_empty(text)) {
		if (isnan(value))
			return ANSWER_TAKEN;
		source = FIGURE_ASSUMED;
	} else if (read_value(question->figure, text, &value) < 0) {
		complain(question->figure, false);
		return ANSWER_IS_BAD;
	}
	if (situation_set(situation, question->figure, value, source, &error) == 0) {
		if (situation_check(situation, &error) == 0)
			return ANSWER_TAKEN;
		*situation = before;
		contradict();
		return ANSWER_IS_BAD;
	}
	complain(question->figure,
		 figure_rows[question->figure].kind != FIGURE_COUNT || value == floor(value));
	return ANSWER_IS_BAD;
}

/* A line that is too long is read to its end, and is no answer. */
static enum answer hear(struct situation *situation, const struct question *question)
{
	char line[LINE_BYTES];
	size_t length;

	fputs("> ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return ANSWER_IS_OVER;
	length = strcspn(line, "\r\n");
	if (line[length] != '\0')
		return take(situation, question, slice_trim(slice_from_bytes(line, length)));
	for (int byte = getchar(); byte != '\n'; byte = getchar()) {
		if (byte == EOF)
			return ANSWER_IS_OVER;
	}
	complain(question->figure, false);
	return ANSWER_IS_BAD;
}

static size_t count_unknown(const struct situation *situation)
{
	size_t count = 0;

	for (size_t i = 0; i < QUESTIONS; i++) {
		if (isnan(situation->values[questions[i].figure]))
			count++;
	}
	return count;
}

static void introduce(size_t count)
{
	struct buffer text = BUFFER_EMPTY;

	if (count == 0)
		return;
	columns_append_wrapped(
	    &text,
	    slice_from_string(_("Some figures are unknown. Ctrl-D ends the questions, and "
				"--no-questions asks none.")),
	    0, 0);
	say(&text);
}

void advise_questions_ask(struct situation *situation)
{
	size_t count = count_unknown(situation), number = 0;
	enum answer answer = ANSWER_TAKEN;

	introduce(count);
	for (size_t i = 0; i < QUESTIONS && answer != ANSWER_IS_OVER; i++) {
		if (!isnan(situation->values[questions[i].figure]))
			continue;
		put(&questions[i], ++number, count);
		do
			answer = hear(situation, &questions[i]);
		while (answer == ANSWER_IS_BAD);
	}
	if (count > 0)
		fputc('\n', stderr);
}
