/* The sums are the advisor's; here they are a table for people or JSON for programs. */
#include "advisor/cost_json.h"
#include "cli/advice_files.h"
#include "cli/advice_flags.h"
#include "cli/bar.h"
#include "cli/columns.h"
#include "cli/command.h"
#include "cli/figure_flags.h"
#include "cli/translation.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* Widths of the columns, each with a blank in front, and of the bar behind them. */
enum {
	TITLE = 22,
	MONTH = 11,
	SHARE = 13,
	DAYS = 9,
	UPKEEP = 11,
	LABOUR = 11,
	TOTAL = 12,
	BAR = 10,
	NUMBER_BYTES = 400,
	TITLE_BYTES = 64
};

struct options {
	const char *from;
	const char *current;
	enum advisor_method in_use; /* what `current` names */
	const char *prices;
	int64_t months;
	const char *format;
	const char *language;
	bool exports;
};

static void append_cell(struct buffer *buffer, const char *text, size_t width)
{
	buffer_append_byte(buffer, ' ');
	columns_append_right(buffer, slice_from_string(text), width - 1);
}

/* What is too long for its column goes without cents, or as four digits and a power of ten. */
static void append_money(struct buffer *buffer, double number, size_t width)
{
	char text[NUMBER_BYTES] = "-";
	bool is_whole = number == floor(number);

	if (!isnan(number))
		snprintf(text, sizeof(text), "%.*f", is_whole ? 0 : 2, number);
	if (strlen(text) >= width)
		snprintf(text, sizeof(text), "%.0f", number);
	if (strlen(text) >= width)
		snprintf(text, sizeof(text), "%.4g", number);
	append_cell(buffer, text, width);
}

static void append_days(struct buffer *buffer, double number, size_t width)
{
	char text[NUMBER_BYTES] = "-";

	if (!isnan(number))
		snprintf(text, sizeof(text), "%.4g", number);
	append_cell(buffer, text, width);
}

static double most_of(const struct cost costs[static ADVISOR_METHODS])
{
	double most = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++)
		most = fmax(most, costs[i].total);
	return most;
}

static void append_method(struct buffer *buffer, enum advisor_method method,
			  const struct cost *cost, double most)
{
	columns_append_left(buffer, slice_from_string(_(advisor_method_title(method))), TITLE);
	append_money(buffer, cost->infrastructure_per_month, MONTH);
	append_money(buffer, cost->per_thousand_users, SHARE);
	append_days(buffer, cost->development_days, DAYS);
	append_days(buffer, cost->maintenance_days_per_month, UPKEEP);
	append_money(buffer, cost->labour, LABOUR);
	append_money(buffer, cost->total, TOTAL);
	if (cost->total > 0) {
		buffer_append_byte(buffer, ' ');
		bar_append(buffer, cost->total / most, BAR, OUTPUT_ACCENT, bar_look_of_output());
	}
	buffer_append_string(buffer, "\n");
}

static void append_in_use(struct buffer *buffer, enum advisor_method method)
{
	if (method != ADVISOR_METHODS)
		buffer_append_format(buffer, _("%s: in use, and not built again\n"),
				     _(advisor_method_title(method)));
}

static void append_open(struct buffer *buffer, const struct price_book *book,
			enum advisor_method method, const struct situation *situation)
{
	const struct bill *bill = &book->bills[method];
	uint64_t open = cost_open_figures(bill, method, situation);
	const char *title = _(advisor_method_title(method));

	if (bill->line_count == 0)
		buffer_append_format(buffer, _("%s: no prices in this book\n"), title);
	else if (isnan(bill->development))
		buffer_append_format(buffer, _("%s: no days of work in this book\n"), title);
	for (int i = 0; i < FIGURES; i++) {
		if ((open & UINT64_C(1) << i) != 0)
			buffer_append_format(buffer, _("%s: say --%s\n"), title,
					     figure_rows[i].name);
	}
}

static void append_source(struct buffer *buffer, const struct price_book *book, const char *prices)
{
	const struct slice parts[] = {book->source, book->region, book->date};
	struct buffer line = BUFFER_EMPTY;

	buffer_append_format(&line, "%s: %s", _("prices"), prices);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buffer_append_string(&line, ", ");
		buffer_append(&line, parts[i]);
	}
	columns_append_line(buffer, &line, 0, 0);
}

static void append_titles(struct buffer *buffer, long long months)
{
	char total[TITLE_BYTES];

	/* xgettext: a number of months, in a narrow column */
	snprintf(total, sizeof(total), _("%lld mo"), months);
	buffer_append_format(buffer, "\n%*s", TITLE, "");
	append_cell(buffer, _("a month"), MONTH);
	append_cell(buffer, _("1,000 users"), SHARE);
	append_cell(buffer, _("days"), DAYS);
	append_cell(buffer, _("days/month"), UPKEEP);
	append_cell(buffer, _("labour"), LABOUR);
	append_cell(buffer, total, TOTAL);
	buffer_append_string(buffer, "\n");
}

/* Averages that would make any of the methods cheaper. */
static void append_bounds(struct buffer *buffer, const struct price_book *book,
			  const struct situation *situation)
{
	uint64_t open = 0;

	for (int i = 0; i < ADVISOR_METHODS; i++)
		open |= cost_open_averages(&book->bills[i], (enum advisor_method)i, situation);
	for (int i = 0; i < FIGURES; i++) {
		if ((open & UINT64_C(1) << i) != 0)
			buffer_append_format(
			    buffer,
			    _("every hour counts as the peak, so this is a bound: say --%s\n"),
			    figure_rows[i].name);
	}
}

static void append_table(struct buffer *buffer, const struct price_book *book,
			 const struct situation *situation, const struct options *options)
{
	struct cost costs[ADVISOR_METHODS];

	for (int i = 0; i < ADVISOR_METHODS; i++)
		cost_compute(&costs[i], book, (enum advisor_method)i, situation, options->in_use,
			     (double)options->months);
	append_source(buffer, book, options->prices);
	append_titles(buffer, (long long)options->months);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_method(buffer, (enum advisor_method)i, &costs[i], most_of(costs));
	buffer_append_string(buffer, "\n");
	buffer_append_format(buffer, _("in %.*s; - is unknown\n"), (int)book->currency.length,
			     book->currency.data);
	append_in_use(buffer, options->in_use);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_open(buffer, book, (enum advisor_method)i, situation);
	append_bounds(buffer, book, situation);
}

static int show(const struct command *command, const struct price_book *book,
		const struct situation *situation, const struct options *options)
{
	struct buffer text = BUFFER_EMPTY;
	json_t *json;

	if (strcmp(options->format, "text") == 0) {
		append_table(&text, book, situation, options);
		return command_print_last(command, &text);
	}
	json = cost_json_create(book, options->prices, situation, options->in_use,
				(double)options->months);
	if (json == NULL)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	output_append_value(&text, json);
	json_decref(json);
	return command_print_last(command, &text);
}

static int show_with(const struct command *command, struct slice text,
		     const struct situation *situation, const struct options *options)
{
	struct price_book book;
	struct error error;
	int result = price_book_read(&book, options->prices, text, &error);

	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	result = show(command, &book, situation, options);
	price_book_finish(&book);
	return result;
}

static int show_or_export(const struct command *command, const struct situation *situation,
			  const struct options *options)
{
	struct buffer text = BUFFER_EMPTY;
	struct error error;
	int result = advice_files_read_prices(options->prices, &text, &error);

	if (result < 0)
		result = command_fail(command, COMMAND_FAILED, "%s", error.text);
	else if (options->exports)
		return command_print_last(command, &text);
	else
		result = show_with(command, buffer_slice(&text), situation, options);
	buffer_finish(&text);
	return result;
}

int cost_run(const struct command *command, char **arguments)
{
	struct options options = {.months = COST_MONTHS};
	enum advisor_language language;
	struct situation situation;
	int result;

	result = figure_flags_read(&situation, NULL, command, arguments, &options, &options.from);
	if (result != COMMAND_GOES_ON)
		return result;
	if (options.prices == NULL)
		options.prices = PRICE_BOOK_DEFAULT;
	if (options.format == NULL)
		options.format = "text";
	if (strcmp(options.format, "text") != 0 && strcmp(options.format, "json") != 0)
		return command_misuse(command, "--format is text or json");
	if (translation_find(options.language, &language) < 0)
		return command_misuse(command, "--lang is en or ko");
	result = advice_flags_read_current(command, options.current, &options.in_use);
	if (result != COMMAND_GOES_ON)
		return result;
	translation_use(language);
	return show_or_export(command, &situation, &options);
}

const struct cli_flag cost_flags[] = {
    ADVICE_FLAG_FROM,
    ADVICE_FLAG_CURRENT,
    ADVICE_FLAG_PRICES,
    {.name = "months",
     .value_name = "NUMBER",
     .help = "over how many months (6)",
     .kind = FLAGS_NUMBER,
     .offset = offsetof(struct options, months),
     .minimum = 1,
     .maximum = COST_MONTHS_MOST},
    {.name = "format",
     .value_name = "FORMAT",
     .help = "text (the default) or json",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, format)},
    {.name = "lang",
     .value_name = "LANGUAGE",
     .help = "of the table: en or ko; by default the environment's",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, language)},
    {.name = "export",
     .help = "print the price book itself, to be edited",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, exports)},
    {.name = NULL},
};
