#include "core/topic.h"

#include "lib/assertions.h"

static void test_names(void **state)
{
	static const char *const names[] = {"news", "a", "0", "room:42", "A.b-c_d:E", "a..", "1:"};
	static const char *const others[] = {"",    ".",   "..",   "-a", "_a",		 ":a",
					     "a/b", "a b", "a*",   "a%", "\xED\x95\x9C", "a\n",
					     "a?",  "a~",  "a\x7F"};
	char longest[TOPIC_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(topic_is_name(slice_from_string(names[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (topic_is_name(slice_from_string(others[i])))
			fail_msg("\"%s\" is a topic", others[i]);
	}
	assert_false(topic_is_name(slice_from_bytes("a\0b", 3)));
	memset(longest, 'x', sizeof(longest));
	assert_true(topic_is_name(slice_from_bytes(longest, TOPIC_BYTES)));
	assert_false(topic_is_name(slice_from_bytes(longest, TOPIC_BYTES + 1)));
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *topic;
		bool matches;
	} rows[] = {
	    {"news", "news", true},  {"news", "new", false},	{"news", "newsletter", false},
	    {"news", "News", false}, {"news*", "news", true},	{"news*", "newsletter", true},
	    {"news*", "new", false}, {"room:*", "room", false}, {"room:*", "room:7", true},
	    {"*", "anything", true}, {"", "news", false},	{"a*c", "abc", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (topic_matches(slice_from_string(rows[i].pattern),
				  slice_from_string(rows[i].topic)) != rows[i].matches)
			fail_msg("%s, %s", rows[i].pattern, rows[i].topic);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
