/* Shows what the rules of a settings file do with messages, without a node: a message is read as
 * one that is published, and the explanation is the rules' own. */
#include "cli/command.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/publish_items.h"
#include "cli/sources.h"
#include "config/settings.h"
#include "intake/publication.h"
#include "intake/routing.h"

#include <stdlib.h>
#include <string.h>

struct options {
	const char *file;
	const char *config;
	bool json;
};

struct explainer {
	const struct command *command;
	const struct options *options;
	const struct settings *settings;
	const struct routing *routing;
	bool any_refused;
};

/* What becomes of one message. */
struct result {
	size_t number; /* of the message, from 1 */
	json_t *message;
	json_t *explanation;
	struct publication publication;
};

static void append_json(struct buffer *text, const json_t *value)
{
	char *line = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	if (line == NULL)
		text->failed = true;
	else
		output_append_json(text, slice_from_string(line));
	free(line);
}

static void append_text(struct buffer *text, const json_t *value)
{
	output_append_visible(
	    text, slice_from_bytes(json_string_value(value), json_string_length(value)));
}

/* data.amount must be ">= 1000"; it is 900 */
static void append_reason(struct buffer *text, const json_t *reason)
{
	const json_t *wanted = json_object_get(reason, "must_be");
	const json_t *unwanted = json_object_get(reason, "must_not_be");
	const json_t *is = json_object_get(reason, "is");

	buffer_append_string(text, "    ");
	append_text(text, json_object_get(reason, "path"));
	buffer_append_string(text, wanted != NULL ? " must be " : " must not be ");
	append_text(text, wanted != NULL ? wanted : unwanted);
	buffer_append_string(text, is != NULL ? "; it is " : "; the message has none");
	if (is != NULL)
		append_json(text, is);
	buffer_append_byte(text, '\n');
}

static void append_passed_over(struct buffer *text, const json_t *passed_over)
{
	for (size_t i = 0; i < json_array_size(passed_over); i++) {
		const json_t *rule = json_array_get(passed_over, i);
		const json_t *because = json_object_get(rule, "because");

		buffer_append_string(text, "  ");
		append_text(text, json_object_get(rule, "rule"));
		buffer_append_string(text, " does not hold:\n");
		for (size_t k = 0; k < json_array_size(because); k++)
			append_reason(text, json_array_get(because, k));
	}
}

/* A new reference, the caller's to release; NULL where memory is short. */
static json_t *recipients_of(const struct result *result)
{
	struct slice routed = result->publication.outcomes[0].to;

	return routed.length > 0 ? json_loadb(routed.data, routed.length, JSON_ALLOW_NUL, NULL)
				 : json_incref(json_object_get(result->message, "to"));
}

static void append_outcome(struct buffer *text, const struct result *result)
{
	const struct publication_outcome *outcome = result->publication.outcomes;
	json_t *to;

	if (result->publication.refusal != NULL) {
		buffer_append_string(text, "  refused: ");
		output_append_visible(text, slice_from_string(result->publication.refusal));
		buffer_append_byte(text, '\n');
		return;
	}
	if (outcome->is_dropped) {
		buffer_append_string(text, "  dropped\n");
		return;
	}
	to = recipients_of(result);
	buffer_append_string(text, "  to: ");
	append_json(text, to);
	buffer_append_format(text, "\n  priority: %s\n  expires: ",
			     notification_priority_name(outcome->item->content.priority));
	if (outcome->item->content.expires_at == 0)
		buffer_append_string(text, "never");
	else
		clock_append_wall(text, outcome->item->content.expires_at);
	buffer_append_byte(text, '\n');
	json_decref(to);
}

/* Who forgot to name the file would take "no rule decides" for the rules' answer. */
static void append_decision(struct buffer *text, const json_t *rule, bool any_passed_over)
{
	buffer_append_string(text, "  ");
	if (json_is_string(rule))
		append_text(text, rule);
	buffer_append_string(text, json_is_string(rule) ? " decides\n"
				   : any_passed_over
				       ? "no rule decides\n"
				       : "there are no rules; --config names the file with them\n");
}

static void append_block(struct buffer *text, const struct result *result)
{
	const json_t *passed_over = json_object_get(result->explanation, "passed_over");

	buffer_append_format(text, "message %zu\n", result->number);
	append_passed_over(text, passed_over);
	append_decision(text, json_object_get(result->explanation, "rule"),
			json_array_size(passed_over) > 0);
	append_outcome(text, result);
}

static int set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value);
}

static int set_outcome(json_t *line, const struct result *result)
{
	const struct publication_outcome *outcome = result->publication.outcomes;
	const struct notification_content *content;
	struct buffer time = BUFFER_EMPTY;
	int failures;

	if (result->publication.refusal != NULL)
		return set(line, "refused", json_string(result->publication.refusal));
	failures = set(line, "dropped", json_boolean(outcome->is_dropped));
	if (outcome->is_dropped)
		return failures;
	content = &outcome->item->content;
	if (content->expires_at != 0)
		clock_append_wall(&time, content->expires_at);
	failures |= set(line, "to", recipients_of(result));
	failures |=
	    set(line, "priority", json_string(notification_priority_name(content->priority)));
	failures |=
	    set(line, "expires_at",
		content->expires_at == 0 ? json_null()
					 : json_stringn(buffer_slice(&time).data, time.length));
	buffer_finish(&time);
	return failures;
}

/* The explanation, with what comes out. */
static void append_line(struct buffer *text, const struct result *result)
{
	json_t *line = json_object();
	int failures = set(line, "message", json_integer((json_int_t)result->number));

	failures |= json_object_update(line, result->explanation);
	failures |= set_outcome(line, result);
	if (failures != 0)
		text->failed = true;
	else
		output_append_value(text, line);
	json_decref(line);
}

static int show(struct explainer *explainer, const struct result *result)
{
	struct buffer text = BUFFER_EMPTY;
	int status;

	if (explainer->options->json)
		append_line(&text, result);
	else
		append_block(&text, result);
	status = command_print(explainer->command, &text);
	if (result->publication.refusal == NULL)
		return status;
	explainer->any_refused = true;
	command_say(explainer->command, "message %zu: %s", result->number,
		    result->publication.refusal);
	return status;
}

static int read_message(const struct explainer *explainer, struct result *result,
			struct arena *arena)
{
	char *text = json_dumps(result->message, JSON_COMPACT);
	struct notification_source source = {result->message, slice_from_string(text)};
	int failure = text == NULL
			  ? -1
			  : publication_read(&result->publication, &source, explainer->settings,
					     explainer->routing, clock_wall(), arena);

	free(text);
	if (failure == 0)
		result->explanation = routing_explain(explainer->routing, result->message);
	return failure == 0 && result->explanation != NULL ? 0 : -1;
}

static int explain_all(struct explainer *explainer, const json_t *messages)
{
	int status = COMMAND_GOES_ON;

	for (size_t i = 0; i < json_array_size(messages) && status == COMMAND_GOES_ON; i++) {
		struct arena arena = ARENA_EMPTY;
		struct result result = {.number = i + 1, .message = json_array_get(messages, i)};

		if (read_message(explainer, &result, &arena) < 0)
			status = command_fail(explainer->command, COMMAND_FAILED, "out of memory");
		else
			status = show(explainer, &result);
		json_decref(result.explanation);
		arena_finish(&arena);
	}
	if (status != COMMAND_GOES_ON)
		return status;
	return explainer->any_refused ? COMMAND_FAILED : COMMAND_DONE;
}

static int explain_with(const struct command *command, const struct options *options,
			const struct settings *settings)
{
	struct explainer explainer = {command, options, settings, NULL, false};
	struct routing *routing = NULL;
	json_t *messages = NULL;
	struct error error;
	int result = routing_create(&settings->routing_rules, &routing, &error);

	if (result == 0)
		result = publish_items_read(options->file, &messages, &error);
	explainer.routing = routing;
	result = result < 0 ? command_fail(command, COMMAND_FAILED, "%s", error.text)
			    : explain_all(&explainer, messages);
	json_decref(messages);
	routing_destroy(routing);
	return result;
}

/* The keys of a node are not needed, so the settings are not checked as `allim serve` does. */
int route_run(const struct command *command, char **arguments)
{
	struct options options = {.file = NULL};
	struct settings_sources sources;
	struct settings settings;
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (options.file == NULL)
		return command_misuse(command, "say which messages to explain: --explain FILE");
	if (sources_init(&sources, options.config) < 0)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	result = settings_load(&settings, &sources, &error);
	if (result < 0) {
		result = command_fail(command, COMMAND_FAILED, "%s", error.text);
	} else {
		result = explain_with(command, &options, &settings);
		settings_finish(&settings);
	}
	sources_finish(&sources);
	return result;
}

const struct cli_flag route_flags[] = {
    {.name = "explain",
     .value_name = "FILE",
     .help = "messages as they are published: JSON objects or arrays; - is standard input",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, file)},
    {.name = "config",
     .value_name = "FILE",
     .help = "the settings file (ALLIM_CONFIG); variables overrule it",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, config)},
    {.name = "json",
     .help = "print one line of JSON for each message",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, json)},
    {.name = NULL},
};
