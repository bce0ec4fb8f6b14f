/* Rules from YAML in one line, and what they say of a message. */
#ifndef ALLIM_TESTS_UNIT_INTAKE_RULES_H
#define ALLIM_TESTS_UNIT_INTAKE_RULES_H

#include "config/settings.h"
#include "intake/routing.h"
#include "lib/assertions.h"

#include <errno.h>
#include <stdlib.h>

struct rules {
	struct settings settings;
	struct routing *routing;
	struct error error;
	int result;
};

/* `list` is what stands behind `rules:` in a file called allim.yaml, on its third line and
 * after. */
static inline void rules_load(struct rules *rules, const char *list)
{
	struct settings_sources sources = {.file = "allim.yaml"};
	struct buffer text = BUFFER_EMPTY;

	*rules = (struct rules){.routing = NULL};
	settings_init_defaults(&rules->settings);
	buffer_append_format(&text, "routing:\n  rules:\n    %s\n", list);
	sources.content = buffer_slice(&text);
	rules->result = settings_load(&rules->settings, &sources, &rules->error);
	if (rules->result == 0)
		rules->result =
		    routing_create(&rules->settings.routing_rules, &rules->routing, &rules->error);
	buffer_finish(&text);
}

static inline void rules_finish(struct rules *rules)
{
	routing_destroy(rules->routing);
	settings_finish(&rules->settings);
}

static inline void rules_make(struct rules *rules, const char *list)
{
	rules_load(rules, list);
	if (rules->result != 0)
		fail_msg("%s: %s", list, rules->error.text);
}

/* The sentence must begin so, and be one line. */
static inline void rules_assert_refused(const char *list, const char *sentence)
{
	struct rules rules;

	rules_load(&rules, list);
	if (rules.result == 0)
		fail_msg("%s is accepted", list);
	assert_int_equal(rules.result, -EINVAL);
	assert_null(strchr(rules.error.text, '\n'));
	if (strncmp(rules.error.text, sentence, strlen(sentence)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", rules.error.text, sentence);
	rules_finish(&rules);
}

static inline json_t *rules_message(const char *text)
{
	json_error_t error;
	json_t *message = json_loads(text, JSON_ALLOW_NUL, &error);

	if (message == NULL)
		fail_msg("%s: %s", text, error.text);
	return message;
}

/* Whether a rule with this condition, as it stands in `when`, holds for the message. */
static inline bool rules_condition_holds(const char *condition, const char *message)
{
	struct buffer list = BUFFER_EMPTY;
	struct routing_decision decision;
	struct rules rules;
	json_t *json = rules_message(message);

	buffer_append_format(&list, "[{name: one, when: {%s}}]%c", condition, '\0');
	rules_make(&rules, list.data);
	assert_int_equal(routing_apply(rules.routing, json, 0, &decision, &rules.error), 0);
	json_decref(json);
	rules_finish(&rules);
	buffer_finish(&list);
	return decision.rule != NULL;
}

#endif
