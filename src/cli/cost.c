/* The sums are the advisor's; here they are a table for people or JSON for programs. */
#include "advisor/cost_json.h"
#include "cli/command.h"
#include "cli/figure_flags.h"
#include "cli/output.h"
#include "config/yaml_file.h"

#include <errno.h>
#include <math.h>

enum { MONTHS_MOST = 1200 };

struct options {
	const char *from;
	const char *prices;
	int64_t months;
	const char *format;
	bool exports;
};

/* Of a built-in book, or a file. */
static int read_text(const char *prices, struct buffer *text, struct error *error)
{
	const char *built_in = price_book_find(slice_from_string(prices));

	if (built_in == NULL)
		return yaml_file_read(prices, text, error);
	buffer_append_string(text, built_in);
	return buffer_failed(text) ? error_set(error, -ENOMEM, "out of memory") : 0;
}

static void append_money(struct buffer *buffer, double number, int width)
{
	if (isnan(number))
		buffer_append_format(buffer, " %*s", width, "-");
	else
		buffer_append_format(buffer, " %*.*f", width, number == floor(number) ? 0 : 2,
				     number);
}

static void append_days(struct buffer *buffer, double number, int width)
{
	if (isnan(number))
		buffer_append_format(buffer, " %*s", width, "-");
	else
		buffer_append_format(buffer, " %*.4g", width, number);
}

static void append_method(struct buffer *buffer, const struct price_book *book,
			  enum advisor_method method, const struct situation *situation,
			  const struct options *options)
{
	struct cost cost;

	cost_compute(&cost, book, method, situation, (double)options->months);
	buffer_append_format(buffer, "%-22s", advisor_method_title(method));
	append_money(buffer, cost.infrastructure_per_month, 10);
	append_money(buffer, cost.per_thousand_users, 12);
	append_days(buffer, cost.development_days, 8);
	append_days(buffer, cost.maintenance_days_per_month, 10);
	append_money(buffer, cost.labour, 10);
	append_money(buffer, cost.total, 11);
	buffer_append_string(buffer, "\n");
}

static void append_open(struct buffer *buffer, const struct price_book *book,
			enum advisor_method method, const struct situation *situation)
{
	const struct bill *bill = &book->bills[method];
	uint64_t open = cost_open_figures(bill, method, situation);

	if (bill->line_count == 0)
		buffer_append_format(buffer, "%s: no prices in this book\n",
				     advisor_method_title(method));
	for (int i = 0; i < FIGURES; i++) {
		if ((open & UINT64_C(1) << i) != 0)
			buffer_append_format(buffer, "%s: say --%s\n", advisor_method_title(method),
					     figure_rows[i].name);
	}
}

static void append_table(struct buffer *buffer, const struct price_book *book,
			 const struct situation *situation, const struct options *options)
{
	buffer_append_format(buffer, "prices: %s, %.*s, %.*s, %.*s\n\n", options->prices,
			     (int)book->source.length, book->source.data, (int)book->region.length,
			     book->region.data, (int)book->date.length, book->date.data);
	buffer_append_format(buffer, "%-22s %10s %12s %8s %10s %10s %7lld mo\n", "", "a month",
			     "1,000 users", "days", "days/month", "labour",
			     (long long)options->months);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_method(buffer, book, (enum advisor_method)i, situation, options);
	buffer_append_format(buffer, "\nin %.*s; - is unknown\n", (int)book->currency.length,
			     book->currency.data);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		append_open(buffer, book, (enum advisor_method)i, situation);
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
	json = cost_json_create(book, options->prices, situation, (double)options->months);
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
	int result = read_text(options->prices, &text, &error);

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
	struct options options = {.months = 6};
	struct situation situation;
	int result;

	result = figure_flags_read(&situation, command, arguments, &options, &options.from);
	if (result != COMMAND_GOES_ON)
		return result;
	if (options.prices == NULL)
		options.prices = "aws-2026";
	if (options.format == NULL)
		options.format = "text";
	if (strcmp(options.format, "text") != 0 && strcmp(options.format, "json") != 0)
		return command_misuse(command, "--format is text or json");
	return show_or_export(command, &situation, &options);
}

const struct cli_flag cost_flags[] = {
    {.name = "from",
     .value_name = "FILE",
     .help = "figures in JSON, such as measurement.json; flags overrule it",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, from)},
    {.name = "prices",
     .value_name = "BOOK",
     .help = "guide, aws-2026 (the default), or a file of your own",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, prices)},
    {.name = "months",
     .value_name = "NUMBER",
     .help = "over how many months (6)",
     .kind = FLAGS_NUMBER,
     .offset = offsetof(struct options, months),
     .minimum = 1,
     .maximum = MONTHS_MOST},
    {.name = "format",
     .value_name = "FORMAT",
     .help = "text (the default) or json",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, format)},
    {.name = "export",
     .help = "print the price book itself, to be edited",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, exports)},
    {.name = NULL},
};
