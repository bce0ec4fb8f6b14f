/* A request to the advisor: JSON, rules as YAML and prices as YAML, with NULs between them; rules
 * and prices that are empty are the built-in ones. What is refused must be explained on one line;
 * what is accepted must be answered, the same each time. */
#include "advisor/advisor_json.h"
#include "advisor/advisor_method.h"
#include "advisor/inquiry.h"
#include "fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

typedef int inquiry(const json_t *json, json_t **ret_answer, struct error *error);

static void check_sentence(const struct error *error)
{
	FUZZ_CHECK(error->text[0] != '\0');
	for (const char *letter = error->text; *letter != '\0'; letter++)
		FUZZ_CHECK((unsigned char)*letter >= 0x20 && *letter != 0x7F);
}

/* NULL where it is refused. */
static json_t *ask(inquiry *inquire, const json_t *request)
{
	struct error error = {""};
	json_t *answer = NULL;
	int result = inquire(request, &answer, &error);

	FUZZ_CHECK(result == 0 || result == -EINVAL);
	FUZZ_CHECK((result == 0) == (answer != NULL));
	if (result < 0)
		check_sentence(&error);
	return answer;
}

static void check_method(const json_t *method)
{
	enum advisor_method known;

	FUZZ_CHECK(json_is_null(method) ||
		   advisor_method_find(slice_from_string(json_string_value(method)), &known) == 0);
}

static void check_advice(const json_t *answer)
{
	const json_t *rules = json_object_get(answer, "rules");
	size_t deciding = 0;

	check_method(json_object_get(answer, "method"));
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);

		check_method(json_object_get(rule, "vote"));
		deciding += json_is_true(json_object_get(rule, "decides"));
	}
	FUZZ_CHECK(deciding == !json_is_null(json_object_get(answer, "decided_by")));
}

static void check_cost(const json_t *answer)
{
	json_t *methods = json_object_get(answer, "methods"), *cost;
	const char *name;

	json_object_foreach(methods, name, cost)
	{
		const json_t *month = json_object_get(cost, "infrastructure_per_month");
		bool is_open = json_array_size(json_object_get(cost, "unknown")) > 0 ||
			       json_array_size(json_object_get(cost, "bill")) == 0;

		FUZZ_CHECK(json_is_null(month) == is_open);
		FUZZ_CHECK(json_number_value(month) >= 0);
	}
}

static void inquire_with(inquiry *inquire, json_t *request, const char *member, struct slice text,
			 void (*check)(const json_t *answer))
{
	struct buffer line = BUFFER_EMPTY;
	json_t *answer, *again;

	if (text.length > 0)
		FUZZ_CHECK(json_object_set_new(request, member,
					       json_stringn_nocheck(text.data, text.length)) == 0);
	answer = ask(inquire, request);
	again = ask(inquire, request);
	FUZZ_CHECK((answer == NULL) == (again == NULL));
	if (answer != NULL) {
		FUZZ_CHECK(json_equal(answer, again));
		advisor_json_append(&line, answer);
		FUZZ_CHECK(!buffer_failed(&line));
		check(answer);
	}
	buffer_finish(&line);
	json_decref(answer);
	json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice prices = slice_from_bytes((const char *)data, size);
	struct slice text = slice_split(&prices, '\0'), rules = slice_split(&prices, '\0');
	json_t *request =
	    json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (json_is_object(request) && slice_is_utf8(rules) && slice_is_utf8(prices)) {
		inquire_with(inquiry_advise, request, "rules", rules, check_advice);
		inquire_with(inquiry_cost, request, "prices", prices, check_cost);
	}
	json_decref(request);
	return 0;
}
