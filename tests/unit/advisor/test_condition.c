#include "advisor/condition.h"

#include "lib/assertions.h"

#include <errno.h>

struct reading {
	struct arena arena;
	struct error error;
	struct condition condition;
	int result;
};

static struct reading read_condition(enum figure figure, const char *text)
{
	struct reading reading = {.arena = ARENA_EMPTY};
	const struct yaml_source source = {.file = SLICE("c.yaml"),
					   .name = SLICE(""),
					   .arena = &reading.arena,
					   .error = &reading.error};
	const struct yaml_node *root;

	if (yaml_tree_read_all("c.yaml", slice_from_string(text), &reading.arena, &root,
			       &reading.error) < 0)
		fail_msg("%s", reading.error.text);
	reading.result = condition_read(&reading.condition, figure, root, &source);
	arena_finish(&reading.arena);
	return reading;
}

static void assert_checks(enum figure figure, const char *text, double value,
			  enum condition_result expected)
{
	struct reading reading = read_condition(figure, text);
	struct situation situation;
	struct error error;

	assert_int_equal(reading.result, 0);
	situation_init(&situation);
	assert_int_equal(situation_set(&situation, figure, value, FIGURE_ENTERED, &error), 0);
	if (condition_check(&reading.condition, &situation) != expected)
		fail_msg("%s with %g", text, value);
}

static void ends_belong_to_a_range_or_not(void **state)
{
	(void)state;
	assert_checks(FIGURE_TABS, "{from: 5}", 4, CONDITION_FAILS);
	assert_checks(FIGURE_TABS, "{from: 5}", 5, CONDITION_HOLDS);
	assert_checks(FIGURE_TABS, "{above: 5}", 5, CONDITION_FAILS);
	assert_checks(FIGURE_TABS, "{above: 5}", 5.1, CONDITION_HOLDS);
	assert_checks(FIGURE_TABS, "{up-to: 5}", 5, CONDITION_HOLDS);
	assert_checks(FIGURE_TABS, "{up-to: 5}", 5.1, CONDITION_FAILS);
	assert_checks(FIGURE_TABS, "{below: 5}", 5, CONDITION_FAILS);
	assert_checks(FIGURE_TABS, "{below: 5}", 4.9, CONDITION_HOLDS);
	assert_checks(FIGURE_TABS, "{from: 3, below: 5}", 3, CONDITION_HOLDS);
	assert_checks(FIGURE_TABS, "{from: 3, below: 5}", 2, CONDITION_FAILS);
	assert_checks(FIGURE_REDIS, "{is: yes}", 1, CONDITION_HOLDS);
	assert_checks(FIGURE_REDIS, "{is: yes}", 0, CONDITION_FAILS);
	assert_checks(FIGURE_REDIS, "{is: no}", 0, CONDITION_HOLDS);
}

static void what_is_unknown_is_open(void **state)
{
	struct reading range = read_condition(FIGURE_USERS, "{from: 5}"),
		       always = read_condition(FIGURE_USERS, "{}");
	struct situation situation;

	(void)state;
	situation_init(&situation);
	assert_int_equal(condition_check(&range.condition, &situation), CONDITION_IS_OPEN);
	assert_int_equal(condition_check(&always.condition, &situation), CONDITION_HOLDS);
}

static void assert_said(enum figure figure, const char *text, const char *expected)
{
	struct reading reading = read_condition(figure, text);
	struct buffer said = BUFFER_EMPTY;

	condition_append(&said, &reading.condition, &audience_english);
	assert_buffer(said, expected);
	buffer_finish(&said);
}

static void a_condition_is_said(void **state)
{
	(void)state;
	assert_said(FIGURE_USERS, "{below: 500}", "below 500");
	assert_said(FIGURE_USERS, "{from: 1000, up-to: 10000}", "from 1000 up to 10000");
	assert_said(FIGURE_USERS, "{above: 20}", "above 20");
	assert_said(FIGURE_REDIS, "{is: yes}", "yes");
	assert_said(FIGURE_REDIS, "{is: no}", "no");
	assert_said(FIGURE_USERS, "{}", "");
}

static void assert_refused(enum figure figure, const char *text, const char *sentence)
{
	struct reading reading = read_condition(figure, text);

	assert_int_equal(reading.result, -EINVAL);
	assert_string_equal(reading.error.text, sentence);
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_refused(FIGURE_USERS, "{from: 5, above: 6}",
		       "c.yaml:1:11: a range has two lower ends; leave one out");
	assert_refused(FIGURE_USERS, "{from: 6, below: 5}",
		       "c.yaml:1:1: no number is from 6 up to 5");
	assert_refused(FIGURE_USERS, "{from: x}", "c.yaml:1:2: \"x\" is no number");
	assert_refused(FIGURE_REDIS, "{is: maybe}", "c.yaml:1:2: is can be yes or no");
	assert_refused(FIGURE_REDIS, "{from: 1}",
		       "c.yaml:1:2: redis is yes or no; ask with is: yes");
	assert_refused(FIGURE_USERS, "{is: yes}",
		       "c.yaml:1:2: users is a number; ask with from, above, up-to or below");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ends_belong_to_a_range_or_not),
	    cmocka_unit_test(what_is_unknown_is_open),
	    cmocka_unit_test(a_condition_is_said),
	    cmocka_unit_test(mistakes_are_refused),
	};

	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
