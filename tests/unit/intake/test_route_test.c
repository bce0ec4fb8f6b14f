#include "rules.h"

struct row {
	const char *condition; /* of data.x */
	const char *value;     /* of it in the message; NULL: none */
	bool holds;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer condition = BUFFER_EMPTY, message = BUFFER_EMPTY;

		buffer_append_format(&condition, "data.x: %s%c", rows[i].condition, '\0');
		buffer_append_format(&message,
				     rows[i].value == NULL ? "{}%c" : "{\"data\":{\"x\":", '\0');
		if (rows[i].value != NULL)
			buffer_append_format(&message, "%s}}%c", rows[i].value, '\0');
		if (rules_condition_holds(condition.data, message.data) != rows[i].holds)
			fail_msg("%s %s for %s", rows[i].condition,
				 rows[i].holds ? "does not hold" : "holds", message.data);
		buffer_finish(&condition);
		buffer_finish(&message);
	}
}

#define CHECK(...)                                               \
	do {                                                     \
		static const struct row rows_[] = {__VA_ARGS__}; \
                                                                 \
		check(rows_, sizeof(rows_) / sizeof(rows_[0]));  \
	} while (0)

static void texts_are_compared_byte_by_byte(void **state)
{
	(void)state;
	CHECK({"pro", "\"pro\"", true}, {"pro", "\"Pro\"", false}, {"pro", "\"pro \"", false},
	      {"pro", "\"pr\"", false}, {"pro", NULL, false}, {"pro", "null", false},
	      {"pro", "7", false}, {"pro", "true", false}, {"pro", "{}", false},
	      {"'a, b'", "\"a, b\"", true}, {"''", "\"\"", true}, {"''", "\"a\"", false},
	      {"''", NULL, false}, {"서울", "\"서울\"", true}, {"서울", "\"서\"", false},
	      {"'é'", "\"e\\u0301\"", false}, {"pro", "\"pro\\u0000\"", false});
}

static void a_star_at_the_end_stands_for_the_rest(void **state)
{
	(void)state;
	CHECK({"'order.*'", "\"order.new\"", true}, {"'order.*'", "\"order.\"", true},
	      {"'order.*'", "\"order\"", false}, {"'order.*'", "\"reorder.new\"", false},
	      {"'*'", "\"\"", true}, {"'*'", "\"x\"", true}, {"'*'", "5", false},
	      {"'*'", NULL, false}, {"'서*'", "\"서울\"", true}, {"'서*'", "\"성남\"", false},
	      {"'= order.*'", "\"order.*\"", true}, {"'= order.*'", "\"order.new\"", false});
	rules_assert_refused("[{name: a, when: {type: 'a*b'}}]",
			     "allim.yaml:3:23: rule a: \"a*b\" has a * before its end; ");
	rules_assert_refused("[{name: a, when: {type: '**'}}]",
			     "allim.yaml:3:23: rule a: \"**\" has a * before its end; ");
}

/* Who writes => means >=, and would get a rule that never holds. */
static void signs_that_there_are_not_are_refused(void **state)
{
	(void)state;
	rules_assert_refused(
	    "[{name: a, when: {data.x: '=> 10'}}]",
	    "allim.yaml:3:23: rule a: \"=> 10\" begins with no sign that there is; ");
	rules_assert_refused(
	    "[{name: a, when: {data.x: '== 10'}}]",
	    "allim.yaml:3:23: rule a: \"== 10\" begins with no sign that there is; ");
	rules_assert_refused(
	    "[{name: a, when: {data.x: '!== KR'}}]",
	    "allim.yaml:3:23: rule a: \"!== KR\" begins with no sign that there is; ");
	rules_assert_refused(
	    "[{name: a, when: {data.x: '=< 10'}}]",
	    "allim.yaml:3:23: rule a: \"=< 10\" begins with no sign that there is; ");
	CHECK({"'= > 10'", "\"> 10\"", true}, {"'= = 10'", "\"= 10\"", true});
}

static void numbers_are_compared_by_value(void **state)
{
	(void)state;
	CHECK({"10", "10", true}, {"10", "10.0", true}, {"10", "1e1", true}, {"10", "11", false},
	      {"10", "\"10\"", false}, {"'10'", "\"10\"", true}, {"'10'", "10", false},
	      {"-0.5", "-0.5", true}, {"0", "-0", true}, {"0", "-0.0", true},
	      {"'= 10'", "10", true}, {"'=10'", "10", true}, {"'= 10'", "\"10\"", false},
	      {"'< 10'", "9", true}, {"'< 10'", "10", false}, {"'< 10'", "9.999", true},
	      {"'<= 10'", "10", true}, {"'<= 10'", "10.001", false}, {"'> 10'", "10", false},
	      {"'> 10'", "10.5", true}, {"'> 10'", "11", true}, {"'>= 10'", "10", true},
	      {"'>= 10'", "9", false}, {"'>=10'", "10", true}, {"'>= 10'", "\"20\"", false},
	      {"'>= 10'", "true", false}, {"'>= 10'", NULL, false}, {"'>= 10'", "null", false},
	      {"'>= 10, < 20'", "10", true}, {"'>= 10, < 20'", "20", false},
	      {"'>= 10, < 20'", "9", false}, {"'>= 1, <= 5, < 4, > 2'", "3", true},
	      {"'>= 1, <= 5, < 4, > 2'", "2", false});
}

static void numbers_at_the_edges_of_64_bits_keep_every_digit(void **state)
{
	(void)state;
	CHECK({"9223372036854775807", "9223372036854775807", true},
	      {"9223372036854775807", "9223372036854775806", false},
	      {"'> 9223372036854775806'", "9223372036854775807", true},
	      {"'< 9223372036854775807'", "9223372036854775807", false},
	      {"-9223372036854775808", "-9223372036854775808", true},
	      {"'< -9223372036854775807'", "-9223372036854775808", true},
	      {"9007199254740993", "9007199254740993", true},
	      {"9007199254740993", "9007199254740992", false},
	      {"9007199254740993", "9007199254740992.0", false},
	      {"9007199254740992.0", "9007199254740993", false},
	      {"9007199254740992.0", "9007199254740992", true},
	      {"'< 9223372036854775808.0'", "9223372036854775807", true},
	      {"'>= 9223372036854775808.0'", "9223372036854775807", false},
	      {"9223372036854775807", "9223372036854775808.0", false},
	      {"'> 9223372036854775807'", "1e300", true},
	      {"'< -9223372036854775808'", "-1e300", true},
	      {"'>= -9223372036854775808.0'", "-9223372036854775808", true},
	      {"-9223372036854775808.0", "-9223372036854775808", true}, {"'> 2.5'", "3", true},
	      {"'> 2.5'", "2", false}, {"'< -2.5'", "-3", true}, {"'< -2.5'", "-2", false},
	      {"'> -2.5'", "-2", true});
	rules_assert_refused(
	    "[{name: a, when: {data.x: 9223372036854775808}}]",
	    "allim.yaml:3:23: rule a: \"9223372036854775808\" is a number beyond ");
	rules_assert_refused("[{name: a, when: {data.x: '> 1e999'}}]",
			     "allim.yaml:3:23: rule a: \"> 1e999\" is a number beyond ");
}

/* What YAML or C would take for a number and JSON would not is a text. */
static void only_numbers_of_json_are_numbers(void **state)
{
	(void)state;
	CHECK({"007", "\"007\"", true}, {"007", "7", false}, {"+7", "\"+7\"", true},
	      {".5", "\".5\"", true}, {"5.", "\"5.\"", true}, {"1e", "\"1e\"", true},
	      {"1.2.3", "\"1.2.3\"", true}, {"'= 0x10'", "\"0x10\"", true}, {"-", "\"-\"", true},
	      {"inf", "\"inf\"", true}, {"nan", "\"nan\"", true},
	      {"010-1234-5678", "\"010-1234-5678\"", true}, {"1E+2", "100", true},
	      {"yes", "\"yes\"", true}, {"yes", "true", false}, {"NO", "\"NO\"", true});
}

static void booleans_are_booleans(void **state)
{
	(void)state;
	CHECK({"true", "true", true}, {"true", "false", false}, {"false", "false", true},
	      {"false", NULL, false}, {"true", "\"true\"", false}, {"'true'", "\"true\"", true},
	      {"'true'", "true", false}, {"'= true'", "true", true}, {"'!= true'", "false", true},
	      {"true", "1", false}, {"false", "0", false}, {"false", "\"\"", false});
}

static void unequal_is_there_and_something_else(void **state)
{
	(void)state;
	CHECK({"'!= KR'", "\"JP\"", true}, {"'!= KR'", "\"KR\"", false}, {"'!= KR'", NULL, false},
	      {"'!= KR'", "null", false}, {"'!= KR'", "7", true}, {"'!= 5'", "6", true},
	      {"'!= 5'", "5.0", false}, {"'!= 5'", "\"5\"", true}, {"'!=5'", "5", false},
	      {"'!= a, b'", "\"a, b\"", false}, {"'!important'", "\"!important\"", true});
}

static void presence_is_a_word_without_quotes(void **state)
{
	(void)state;
	CHECK({"present", "\"x\"", true}, {"present", "0", true}, {"present", "false", true},
	      {"present", "\"\"", true}, {"present", "[]", true}, {"present", NULL, false},
	      {"present", "null", false}, {"absent", NULL, true}, {"absent", "null", true},
	      {"absent", "false", false}, {"'present'", "\"present\"", true},
	      {"'present'", "\"x\"", false}, {"'= absent'", "\"absent\"", true},
	      {"'= absent'", NULL, false});
}

static void a_list_holds_where_one_of_it_does(void **state)
{
	(void)state;
	CHECK({"[KR, JP]", "\"JP\"", true}, {"[KR, JP]", "\"US\"", false},
	      {"[KR, 7, 'a*', true]", "7", true}, {"[KR, 7, 'a*', true]", "\"abc\"", true},
	      {"[KR, 7, 'a*', true]", "true", true}, {"[KR, 7, 'a*', true]", "8", false},
	      {"['< 1', '> 5']", "6", true}, {"['< 1', '> 5']", "3", false},
	      {"[absent, KR]", NULL, true}, {"[absent, KR]", "\"KR\"", true},
	      {"[absent, KR]", "\"JP\"", false}, {"['!= KR']", "\"JP\"", true});
	rules_assert_refused("[{name: a, when: {data.x: ['!= KR', JP]}}]",
			     "allim.yaml:3:23: rule a: a list holds where one of its values does");
	rules_assert_refused("[{name: a, when: {data.x: []}}]",
			     "allim.yaml:3:23: rule a: a list to compare with has 1 to 100 values");
	rules_assert_refused("[{name: a, when: {data.x: [[KR]]}}]", "allim.yaml:3:32: rule a: ");
	rules_assert_refused("[{name: a, when: {data.x: {y: 1}}}]",
			     "allim.yaml:3:23: rule a: data.x is compared with a text, ");
}

static void an_array_passes_where_one_of_its_elements_does(void **state)
{
	(void)state;
	CHECK({"vip", "[\"new\",\"vip\"]", true}, {"vip", "[\"new\"]", false}, {"vip", "[]", false},
	      {"vip", "[[\"vip\"]]", false}, {"'v*'", "[1,\"vip\"]", true},
	      {"'> 5, < 10'", "[1,20]", false}, {"'> 5, < 10'", "[1,7]", true},
	      {"'!= vip'", "[\"new\"]", true}, {"'!= vip'", "[\"new\",\"vip\"]", false},
	      {"vip", "[null]", false});
}

static void only_numbers_have_a_size(void **state)
{
	static const char *const texts[] = {
	    "'>= abc'",	   "'<'",	"'>='",	  "'> 5,, < 6'",	   "'> 5, < abc'",
	    "'> 5, != 6'", "'> 5 < 6'", "'>> 5'", "'> 1,> 2,> 3,> 4,> 5'", "'> true'"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buffer list = BUFFER_EMPTY;

		buffer_append_format(&list, "[{name: a, when: {data.x: %s}}]%c", texts[i], '\0');
		rules_assert_refused(list.data, "allim.yaml:3:23: rule a: \"");
		buffer_finish(&list);
	}
}

static void a_text_has_a_limit(void **state)
{
	struct buffer list = BUFFER_EMPTY;
	struct rules rules;

	(void)state;
	buffer_append_format(&list, "[{name: a, when: {data.x: %0*d}}]%c", 1025, 0, '\0');
	rules_assert_refused(list.data, "allim.yaml:3:23: rule a: a text of 1025 bytes; ");
	buffer_clear(&list);
	buffer_append_format(&list, "[{name: a, when: {data.x: %0*d}}]%c", 1024, 0, '\0');
	rules_make(&rules, list.data);
	rules_finish(&rules);
	buffer_finish(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_compared_byte_by_byte),
	    cmocka_unit_test(a_star_at_the_end_stands_for_the_rest),
	    cmocka_unit_test(signs_that_there_are_not_are_refused),
	    cmocka_unit_test(numbers_are_compared_by_value),
	    cmocka_unit_test(numbers_at_the_edges_of_64_bits_keep_every_digit),
	    cmocka_unit_test(only_numbers_of_json_are_numbers),
	    cmocka_unit_test(booleans_are_booleans),
	    cmocka_unit_test(unequal_is_there_and_something_else),
	    cmocka_unit_test(presence_is_a_word_without_quotes),
	    cmocka_unit_test(a_list_holds_where_one_of_it_does),
	    cmocka_unit_test(an_array_passes_where_one_of_its_elements_does),
	    cmocka_unit_test(only_numbers_have_a_size),
	    cmocka_unit_test(a_text_has_a_limit),
	};

	return cmocka_run_group_tests_name("route_test", tests, NULL, NULL);
}
