/* Rules, as YAML, and a message, as JSON, with a NUL between them. What is refused must be
 * explained on one line; what is accepted must decide as its explanation says, and survive being
 * written and read again. */
#include "base/buffer.h"
#include "config/settings_table.h"
#include "fuzz/fuzz.h"
#include "intake/routing.h"

#include <string.h>

static void check_sentence(const struct error *error)
{
	FUZZ_CHECK(error->text[0] != '\0');
	for (const char *letter = error->text; *letter != '\0'; letter++)
		FUZZ_CHECK((unsigned char)*letter >= 0x20 && *letter != 0x7F);
}

/* Each rule before the one that decides must have something that failed. */
static void check_explanation(const json_t *explanation, const struct route_rule *rule)
{
	const json_t *name = json_object_get(explanation, "rule");
	const json_t *passed_over = json_object_get(explanation, "passed_over");

	FUZZ_CHECK(json_is_null(name) == (rule == NULL));
	if (rule != NULL)
		FUZZ_CHECK(slice_equals(rule->name, slice_from_bytes(json_string_value(name),
								     json_string_length(name))));
	for (size_t i = 0; i < json_array_size(passed_over); i++)
		FUZZ_CHECK(json_array_size(
			       json_object_get(json_array_get(passed_over, i), "because")) > 0);
}

static const struct route_rule *decide(const struct routing *routing, const json_t *message)
{
	struct routing_decision decision;
	struct error error = {""};
	int result = routing_apply(routing, message, 1000, &decision, &error);
	json_t *explanation = routing_explain(routing, message);

	if (result < 0)
		check_sentence(&error);
	FUZZ_CHECK(result == 0 || (decision.to == NULL && decision.rule != NULL));
	if (result == 0 && decision.rule != NULL)
		FUZZ_CHECK(decision.rule->has_target == (decision.to != NULL));
	check_explanation(explanation, decision.rule);
	json_decref(explanation);
	json_decref(decision.to);
	return decision.rule;
}

/* The same rules again, from the line that they are written as. */
static void check_written(const struct settings *settings, const json_t *message,
			  const struct route_rule *expected)
{
	struct setting const *setting = &settings_table[SETTINGS_ROW_routing_rules];
	struct arena arena = ARENA_EMPTY;
	struct buffer text = BUFFER_EMPTY;
	struct settings_rules rules;
	struct routing *routing;
	const struct route_rule *rule;
	struct error error;

	setting->type->append(&text, setting, &settings->routing_rules);
	FUZZ_CHECK(setting->type->read(setting, buffer_slice(&text), &arena, &rules, &error) == 0);
	FUZZ_CHECK(setting->type->equals(&settings->routing_rules, &rules));
	FUZZ_CHECK(routing_create(&rules, &routing, &error) == 0);
	rule = decide(routing, message);
	FUZZ_CHECK((rule == NULL) == (expected == NULL));
	FUZZ_CHECK(rule == NULL || slice_equals(rule->name, expected->name));
	routing_destroy(routing);
	buffer_finish(&text);
	arena_finish(&arena);
}

static void route(const struct settings *settings, struct slice text)
{
	json_t *message =
	    json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	struct routing *routing;
	struct error error = {""};

	if (routing_create(&settings->routing_rules, &routing, &error) < 0) {
		check_sentence(&error);
	} else {
		if (json_is_object(message))
			check_written(settings, message, decide(routing, message));
		routing_destroy(routing);
	}
	json_decref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message = slice_from_bytes((const char *)data, size);
	struct slice rules = slice_split(&message, '\0');
	struct settings_flag flag = {SLICE("routing-rules"), slice_to_string(rules)};
	struct settings_sources sources = {.flags = &flag, .flag_count = 1};
	struct settings settings;
	struct error error = {""};

	if (flag.value == NULL)
		return 0;
	if (settings_load(&settings, &sources, &error) < 0) {
		check_sentence(&error);
	} else {
		route(&settings, message);
		settings_finish(&settings);
	}
	free((char *)(uintptr_t)flag.value);
	return 0;
}
