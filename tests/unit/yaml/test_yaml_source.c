#include "yaml/yaml_source.h"

#include "lib/assertions.h"

#include <errno.h>

struct reading {
	struct arena arena;
	struct error error;
	struct yaml_source source;
	const struct yaml_node *root;
};

static struct reading *read_text(const char *text)
{
	static struct reading reading;

	reading = (struct reading){.arena = ARENA_EMPTY};
	reading.source = (struct yaml_source){.file = SLICE("t.yaml"),
					      .part = "rule",
					      .name = SLICE(""),
					      .arena = &reading.arena,
					      .error = &reading.error};
	if (yaml_tree_read_all("t.yaml", slice_from_string(text), &reading.arena, &reading.root,
			       &reading.error) < 0)
		fail_msg("%s", reading.error.text);
	return &reading;
}

static void end(struct reading *reading)
{
	arena_finish(&reading->arena);
}

static void complaints_have_a_place_and_a_name(void **state)
{
	struct reading *reading = read_text("a: 1");

	(void)state;
	assert_int_equal(yaml_source_refuse(&reading->source, reading->root->first, "%d", 5),
			 -EINVAL);
	assert_string_equal(reading->error.text, "t.yaml:1:1: 5");
	reading->source.name = SLICE("big");
	yaml_source_refuse(&reading->source, reading->root->first, "%d", 5);
	assert_string_equal(reading->error.text, "t.yaml:1:1: rule big: 5");
	end(reading);
}

static void maps_have_known_members(void **state)
{
	static const char *const names[] = {"a", "b", NULL};
	struct reading *reading = read_text("{a: 1, c: 2}");
	const struct yaml_node *member = NULL;

	(void)state;
	assert_int_equal(yaml_source_check_map(&reading->source, reading->root, "a thing", names),
			 -EINVAL);
	assert_string_equal(reading->error.text,
			    "t.yaml:1:8: c is no member of a thing; accepted are a and b");
	assert_slice(yaml_source_member(reading->root, "c")->text, "2");
	assert_null(yaml_source_member(reading->root, "b"));
	assert_int_equal(yaml_source_need(&reading->source, reading->root, "a", &member), 0);
	assert_slice(member->text, "1");
	assert_int_equal(yaml_source_need(&reading->source, reading->root, "b", &member), -EINVAL);
	assert_string_equal(reading->error.text, "t.yaml:1:1: b is missing here");
	assert_int_equal(
	    yaml_source_check_map(&reading->source, reading->root->first, "a thing", names),
	    -EINVAL);
	assert_string_equal(reading->error.text,
			    "t.yaml:1:2: a thing is written as NAME: VALUE pairs");
	end(reading);
}

static void numbers_are_bare_and_finite(void **state)
{
	static const struct {
		const char *text;
		const char *sentence;
	} others[] = {
	    {"x", "\"x\" is no number"},	 {"1x", "\"1x\" is no number"},
	    {"inf", "\"inf\" is no number"},	 {"nan", "\"nan\" is no number"},
	    {"1e999", "\"1e999\" is no number"}, {"+1", "\"+1\" is no number"},
	    {"1,5", "\"1,5\" is no number"},	 {"'1'", "\"1\" is a text; a number has no quotes"},
	    {"'x'", "\"x\" is no number"},	 {"[1]", "a list or map is no number"},
	};
	struct reading *reading = read_text("[0, -1.5, 1e3]");
	const struct yaml_node *item = reading->root->first;
	const double numbers[] = {0, -1.5, 1000};
	double number = 7;

	(void)state;
	for (size_t i = 0; i < 3; i++, item = item->next) {
		assert_int_equal(yaml_source_number(&reading->source, item, &number), 0);
		assert_true(number == numbers[i]);
	}
	end(reading);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		reading = read_text(others[i].text);
		assert_int_equal(yaml_source_number(&reading->source, reading->root, &number),
				 -EINVAL);
		assert_non_null(strstr(reading->error.text, others[i].sentence));
		end(reading);
	}
	assert_true(number == 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(complaints_have_a_place_and_a_name),
	    cmocka_unit_test(maps_have_known_members),
	    cmocka_unit_test(numbers_are_bare_and_finite),
	};

	return cmocka_run_group_tests_name("yaml_source", tests, NULL, NULL);
}
