/* The verdict is the advisor's; here figures and weights come in, and text or JSON goes out. */
#include "advisor/advice_json.h"
#include "advisor/advisor_json.h"
#include "advisor/capacity_json.h"
#include "advisor/weights.h"
#include "cli/advice_files.h"
#include "cli/advice_flags.h"
#include "cli/advise_questions.h"
#include "cli/advise_text.h"
#include "cli/bench_file.h"
#include "cli/command.h"
#include "cli/figure_flags.h"
#include "cli/translation.h"

#include <stdlib.h>

struct options {
	const char *from;
	const char *bench;
	const char *rules;
	const char *format;
	const char *language;
	enum advisor_language audience;
	struct flags_texts weights;
	bool exports;
	bool quiet;
	struct capacities capacities; /* of the bench */
};

static json_t *create_json(const struct advise_text *text)
{
	json_t *json = advice_json_create(text->advice, text->rules, text->situation, text->weights,
					  text->audience.language);

	if (text->capacities == NULL || json == NULL ||
	    advisor_json_set(json, "capacities",
			     capacity_json_create(text->capacities, text->situation)) == 0)
		return json;
	json_decref(json);
	return NULL;
}

static int show_json(const struct command *command, const struct advise_text *text)
{
	json_t *json = create_json(text);
	struct buffer out = BUFFER_EMPTY;

	if (json == NULL)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	output_append_value(&out, json);
	json_decref(json);
	return command_print_last(command, &out);
}

static int show(const struct command *command, const struct advise_text *text, bool as_json)
{
	struct buffer out = BUFFER_EMPTY;

	if (as_json)
		return show_json(command, text);
	if (advise_text_append(&out, text) == 0)
		return command_print_last(command, &out);
	buffer_finish(&out);
	return command_fail(command, COMMAND_FAILED, "out of memory");
}

static bool may_ask(const struct options *options)
{
	return !options->quiet && strcmp(options->format, "text") == 0 &&
	       advise_questions_can_ask();
}

/* How to go on without answering again. */
static void tell_flags(const struct command *command, const struct situation *situation,
		       const struct options *options)
{
	struct buffer flags = BUFFER_EMPTY;

	if (options->from != NULL)
		buffer_append_format(&flags, " --from %s", options->from);
	figure_flags_append(&flags, situation);
	buffer_append_byte(&flags, '\0');
	if (!buffer_failed(&flags) && flags.data[0] != '\0')
		command_say(command, _("the same for cost and report:%s"), flags.data);
	buffer_finish(&flags);
}

/* All else was found in order, so that nobody answers for nothing. */
static int advise_on(const struct command *command, const struct rules *rules,
		     struct situation *situation, const struct options *options,
		     const double *weights)
{
	struct advice advice;
	const struct advise_text text = {
	    .rules = rules,
	    .situation = situation,
	    .weights = weights,
	    .advice = &advice,
	    .capacities = options->bench == NULL ? NULL : &options->capacities,
	    .audience = translation_audience(options->audience),
	    .look = bar_look_of_output(),
	};
	bool asks = may_ask(options);
	int result;

	if (asks)
		advise_questions_ask(situation);
	if (advice_give(&advice, rules, situation, weights) < 0)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	result = show(command, &text, strcmp(options->format, "json") == 0);
	advice_finish(&advice);
	if (asks)
		tell_flags(command, situation, options);
	return result;
}

static int advise_by(const struct command *command, const struct rules *rules,
		     struct situation *situation, const struct options *options, double *weights)
{
	struct error error;

	if (advice_files_read_weights(weights, rules, &options->weights, &error) < 0)
		return command_misuse(command, "%s", error.text);
	return advise_on(command, rules, situation, options, weights);
}

static int advise_with(const struct command *command, struct slice content,
		       struct situation *situation, const struct options *options)
{
	const char *name = options->rules == NULL ? "rules" : options->rules;
	struct rules rules;
	struct error error;
	double *weights;
	int result = rules_read(&rules, name, content, &error);

	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	weights = weights_create(&rules);
	result = weights == NULL ? command_fail(command, COMMAND_FAILED, "out of memory")
				 : advise_by(command, &rules, situation, options, weights);
	free(weights);
	rules_finish(&rules);
	return result;
}

static int advise_or_export(const struct command *command, struct situation *situation,
			    const struct options *options)
{
	struct buffer content = BUFFER_EMPTY;
	struct error error;
	int result = advice_files_read(options->rules, rules_text, &content, &error);

	if (result < 0)
		result = command_fail(command, COMMAND_FAILED, "%s", error.text);
	else if (options->exports)
		return command_print_last(command, &content);
	else
		result = advise_with(command, buffer_slice(&content), situation, options);
	buffer_finish(&content);
	return result;
}

static bool is_one_of(const char *text, const char *first, const char *second)
{
	return strcmp(text, first) == 0 || strcmp(text, second) == 0;
}

/* Programs read English, unless they say otherwise. */
static int choose_language(struct options *options)
{
	bool is_open = options->language == NULL && strcmp(options->format, "json") == 0;
	int result = translation_find(is_open ? "en" : options->language, &options->audience);

	if (result == 0)
		translation_use(options->audience);
	return result;
}

static int check(const struct command *command, struct options *options)
{
	if (options->format == NULL)
		options->format = "text";
	if (!is_one_of(options->format, "text", "json"))
		return command_misuse(command, "--format is text or json");
	if (choose_language(options) < 0)
		return command_misuse(command, "--lang is en or ko");
	return COMMAND_GOES_ON;
}

static int take_bench(const struct command *command, struct options *options,
		      struct situation *situation)
{
	struct error error;

	if (options->bench == NULL)
		return COMMAND_GOES_ON;
	if (bench_file_read(options->bench, &options->capacities, &error) < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	capacity_apply(&options->capacities, situation);
	return COMMAND_GOES_ON;
}

int advise_run(const struct command *command, char **arguments)
{
	struct options options = {.rules = NULL};
	struct situation situation;
	int result;

	result = figure_flags_read(&situation, NULL, command, arguments, &options, &options.from);
	if (result == COMMAND_GOES_ON)
		result = check(command, &options);
	if (result == COMMAND_GOES_ON)
		result = take_bench(command, &options, &situation);
	return result != COMMAND_GOES_ON ? result : advise_or_export(command, &situation, &options);
}

const struct cli_flag advise_flags[] = {
    ADVICE_FLAG_FROM,
    {.name = "bench",
     .value_name = "FILE",
     .help = "bench.json of scripts/run-bench: what this hardware does",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, bench)},
    {.name = "format",
     .value_name = "FORMAT",
     .help = "text (the default) or json",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, format)},
    {.name = "lang",
     .value_name = "LANGUAGE",
     .help = "en or ko; by default the environment's, and English in JSON",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, language)},
    ADVICE_FLAG_WEIGHT,
    ADVICE_FLAG_RULES,
    {.name = "no-questions",
     .help = "do not ask at a terminal for what is unknown",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, quiet)},
    {.name = "export-rules",
     .help = "print the rules themselves, to be edited",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, exports)},
    {.name = NULL},
};
