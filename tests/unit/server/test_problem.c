#include "server/problem.h"

#include "lib/assertions.h"

#include <ctype.h>
#include <jansson.h>

/* Codes are what clients rely on: one each, and nothing but letters. */
static void test_rows(void **state)
{
	(void)state;
	for (int i = 0; i < PROBLEMS; i++) {
		const struct problem_row *row = &problem_table[i];

		assert_in_range(row->status, 400, 599);
		assert_true(row->title[0] != '\0');
		for (const char *byte = row->code; *byte != '\0'; byte++)
			assert_true(islower((unsigned char)*byte) || *byte == '_');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(row->code, problem_table[j].code);
	}
}

static void test_json(void **state)
{
	(void)state;
	for (int i = 0; i < PROBLEMS; i++) {
		struct buffer out = BUFFER_EMPTY;
		const char *type, *title, *code, *detail;
		json_t *json;
		int status;

		problem_append(&out, &problem_table[i], "say \"please\"\r\n\x01");
		json = json_loadb(out.data, out.length, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(json);
		assert_int_equal(json_unpack(json, "{s:s, s:s, s:i, s:s, s:s !}", "type", &type,
					     "title", &title, "status", &status, "code", &code,
					     "detail", &detail),
				 0);
		assert_string_equal(type, "about:blank");
		assert_string_equal(title, problem_table[i].title);
		assert_int_equal(status, problem_table[i].status);
		assert_string_equal(code, problem_table[i].code);
		assert_string_equal(detail, "say \"please\"\r\n\x01");
		json_decref(json);
		buffer_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
