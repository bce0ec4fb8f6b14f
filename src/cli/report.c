/* The document is the advisor's; here all that it is made of is read, and it goes to a file or to
 * standard output. */
#include "advisor/cost.h"
#include "advisor/document_html.h"
#include "advisor/document_markdown.h"
#include "advisor/report_json.h"
#include "advisor/weights.h"
#include "cli/advice_files.h"
#include "cli/advice_flags.h"
#include "cli/command.h"
#include "cli/figure_flags.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/translation.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct options {
	const char *from;
	const char *current;
	const char *prices;
	int64_t months;
	const char *rules;
	const char *plans;
	struct flags_texts weights;
	const char *format;
	const char *language;
	const char *output;
	bool exports;
};

struct reporting {
	const struct command *command;
	struct options options;
	struct situation situation;
	struct observations observations;
	struct rules rules;
	struct plans plans;
	struct price_book book;
	double *weights;
	struct advice advice;
	enum advisor_method current;
	struct audience audience;
};

static int fail_for_memory(const struct command *command)
{
	return command_fail(command, COMMAND_FAILED, "out of memory");
}

/* Formats */

typedef int format_writer(struct buffer *buffer, const struct report *report);

static int write_document(struct buffer *buffer, const struct report *report,
			  void (*append)(struct buffer *buffer, const struct document *document))
{
	struct document document;
	int result;

	document_init(&document, report->audience->language);
	result = report_fill(&document, report);
	if (result == 0)
		append(buffer, &document);
	document_finish(&document);
	return result;
}

static int write_markdown(struct buffer *buffer, const struct report *report)
{
	return write_document(buffer, report, document_markdown_append);
}

static int write_html(struct buffer *buffer, const struct report *report)
{
	return write_document(buffer, report, document_html_append);
}

static int write_json(struct buffer *buffer, const struct report *report)
{
	json_t *json = report_json_create(report);

	if (json == NULL)
		return -ENOMEM;
	output_append_value(buffer, json);
	json_decref(json);
	return 0;
}

/* The first is taken where nothing says which. */
static const struct format {
	const char *name;
	const char *ending; /* of files */
	format_writer *write;
} formats[] = {
    {"md", ".md", write_markdown},
    {"html", ".html", write_html},
    {"json", ".json", write_json},
};

static bool ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), end = strlen(ending);

	return length > end && strcmp(text + length - end, ending) == 0;
}

/* By its name or, without one, by the ending of the output; NULL: there is no such format. */
static const struct format *choose_format(const struct options *options)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (options->format != NULL
			? strcmp(options->format, formats[i].name) == 0
			: options->output != NULL && ends_with(options->output, formats[i].ending))
			return &formats[i];
	}
	return options->format == NULL ? &formats[0] : NULL;
}

/* Output */

static struct report_date today(void)
{
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	return (struct report_date){local.tm_year + 1900, local.tm_mon + 1, local.tm_mday};
}

static int put(const struct reporting *reporting, struct buffer *buffer)
{
	const char *output = reporting->options.output;
	struct error error;
	int result;

	if (output == NULL || strcmp(output, "-") == 0)
		return command_print_last(reporting->command, buffer);
	result = buffer_failed(buffer) ? error_set(&error, -ENOMEM, "out of memory")
				       : output_file_write(output, buffer_slice(buffer), &error);
	buffer_finish(buffer);
	return result < 0 ? command_fail(reporting->command, COMMAND_FAILED, "%s", error.text)
			  : COMMAND_DONE;
}

static int write_report(const struct reporting *reporting, const struct format *format)
{
	const struct report report = {
	    .situation = &reporting->situation,
	    .observations = reporting->options.from == NULL ? NULL : &reporting->observations,
	    .rules = &reporting->rules,
	    .weights = reporting->weights,
	    .advice = &reporting->advice,
	    .book = &reporting->book,
	    .prices = reporting->options.prices,
	    .plans = &reporting->plans,
	    .current = reporting->current,
	    .months = (unsigned)reporting->options.months,
	    .date = today(),
	    .audience = &reporting->audience,
	};
	struct buffer buffer = BUFFER_EMPTY;

	if (format->write(&buffer, &report) == 0)
		return put(reporting, &buffer);
	buffer_finish(&buffer);
	return fail_for_memory(reporting->command);
}

/* Input */

static int read_rules(struct reporting *reporting, struct error *error)
{
	const char *file = reporting->options.rules;
	struct buffer content = BUFFER_EMPTY;
	int result = advice_files_read(file, rules_text, &content, error);

	if (result == 0)
		result = rules_read(&reporting->rules, file == NULL ? "rules" : file,
				    buffer_slice(&content), error);
	buffer_finish(&content);
	return result;
}

static int read_plans(struct reporting *reporting, struct error *error)
{
	const char *file = reporting->options.plans;
	struct buffer content = BUFFER_EMPTY;
	int result = advice_files_read(file, plans_text, &content, error);

	if (result == 0)
		result = plans_read(&reporting->plans, file == NULL ? "plans" : file,
				    buffer_slice(&content), error);
	buffer_finish(&content);
	return result;
}

static int read_prices(struct reporting *reporting, struct error *error)
{
	const char *prices = reporting->options.prices;
	struct buffer content = BUFFER_EMPTY;
	int result = advice_files_read_prices(prices, &content, error);

	if (result == 0)
		result = price_book_read(&reporting->book, prices, buffer_slice(&content), error);
	buffer_finish(&content);
	return result;
}

static int read_files(struct reporting *reporting)
{
	struct error error;
	int result = read_rules(reporting, &error);

	if (result == 0)
		result = read_plans(reporting, &error);
	if (result == 0)
		result = read_prices(reporting, &error);
	return result < 0 ? command_fail(reporting->command, COMMAND_FAILED, "%s", error.text)
			  : COMMAND_GOES_ON;
}

static int give_advice(struct reporting *reporting)
{
	struct error error;

	reporting->weights = weights_create(&reporting->rules);
	if (reporting->weights == NULL)
		return fail_for_memory(reporting->command);
	if (advice_files_read_weights(reporting->weights, &reporting->rules,
				      &reporting->options.weights, &error) < 0)
		return command_misuse(reporting->command, "%s", error.text);
	if (advice_give(&reporting->advice, &reporting->rules, &reporting->situation,
			reporting->weights) < 0)
		return fail_for_memory(reporting->command);
	return COMMAND_GOES_ON;
}

static void finish(struct reporting *reporting)
{
	advice_finish(&reporting->advice);
	free(reporting->weights);
	price_book_finish(&reporting->book);
	plans_finish(&reporting->plans);
	rules_finish(&reporting->rules);
}

/* Flags */

/* Programs read English, unless they say otherwise. */
static int choose_language(struct reporting *reporting, const struct format *format)
{
	bool is_open = reporting->options.language == NULL && strcmp(format->name, "json") == 0;
	enum advisor_language language;
	int result = translation_find(is_open ? "en" : reporting->options.language, &language);

	if (result < 0)
		return result;
	translation_use(language);
	reporting->audience = translation_audience(language);
	return 0;
}

static int read_and_write(struct reporting *reporting, const struct format *format)
{
	int result = read_files(reporting);

	if (result == COMMAND_GOES_ON)
		result = give_advice(reporting);
	return result == COMMAND_GOES_ON ? write_report(reporting, format) : result;
}

static int export_plans(const struct reporting *reporting)
{
	struct buffer content = BUFFER_EMPTY;
	struct error error;

	if (advice_files_read(reporting->options.plans, plans_text, &content, &error) == 0)
		return put(reporting, &content);
	buffer_finish(&content);
	return command_fail(reporting->command, COMMAND_FAILED, "%s", error.text);
}

/* -o is the one flag that everybody types by its letter. */
static void spell_out(char **arguments, char *output)
{
	for (; *arguments != NULL; arguments++) {
		if (strcmp(*arguments, "-o") == 0)
			*arguments = output;
	}
}

int report_run(const struct command *command, char **arguments)
{
	struct reporting reporting = {.command = command, .options.months = COST_MONTHS};
	struct options *options = &reporting.options;
	char output[] = "--output";
	const struct format *format;
	int result;

	spell_out(arguments, output);
	result = figure_flags_read(&reporting.situation, &reporting.observations, command,
				   arguments, options, &options->from);
	if (result != COMMAND_GOES_ON)
		return result;
	if (options->prices == NULL)
		options->prices = PRICE_BOOK_DEFAULT;
	format = choose_format(options);
	if (format == NULL)
		return command_misuse(command, "--format is md, html or json");
	if (choose_language(&reporting, format) < 0)
		return command_misuse(command, "--lang is en or ko");
	result = advice_flags_read_current(command, options->current, &reporting.current);
	if (result != COMMAND_GOES_ON)
		return result;
	if (options->exports)
		return export_plans(&reporting);
	result = read_and_write(&reporting, format);
	finish(&reporting);
	return result;
}

const struct cli_flag report_flags[] = {
    {.name = "output",
     .value_name = "FILE",
     .help = "the file to write, also -o FILE; standard output by default",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, output)},
    {.name = "format",
     .value_name = "FORMAT",
     .help = "md, html or json; by default what FILE ends with, or md",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, format)},
    {.name = "lang",
     .value_name = "LANGUAGE",
     .help = "en or ko; by default the environment's, and English in JSON",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, language)},
    ADVICE_FLAG_FROM,
    ADVICE_FLAG_CURRENT,
    ADVICE_FLAG_PRICES,
    {.name = "months",
     .value_name = "NUMBER",
     .help = "over how many months costs are summed up (6)",
     .kind = FLAGS_NUMBER,
     .offset = offsetof(struct options, months),
     .minimum = 1,
     .maximum = COST_MONTHS_MOST},
    ADVICE_FLAG_WEIGHT,
    ADVICE_FLAG_RULES,
    {.name = "plans",
     .value_name = "FILE",
     .help = "plans, risks and metrics of your own",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, plans)},
    {.name = "export-plans",
     .help = "write these themselves, to be edited",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, exports)},
    {.name = NULL},
};
