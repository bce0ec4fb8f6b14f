#include "protocol/url.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

static void test_targets(void **state)
{
	static const struct {
		const char *target;
		const char *host, *path, *query;
	} rows[] = {
	    {"/", "", "/", ""},
	    {"/a/b?c=d?e", "", "/a/b", "c=d?e"},
	    {"//x", "", "//x", ""},
	    {"*", "", "*", ""},
	    {"http://a", "a", "/", ""},
	    {"HTTP://a:80/b?c", "a:80", "/b", "c"},
	    {"https://[::1]:8443?c", "[::1]:8443", "/", "c"},
	};
	static const char *const bad[] = {
	    "",		"a",	"a/b",	       "?a",  "http://", "http:///a", "http://u@a/",
	    "ftp://a/", "/a#b", "http://a b/", "*?a", "a:80",	 "http://:a/"};
	struct url_target target;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(url_split_target(slice_from_string(rows[i].target), &target), 0);
		assert_slice(target.host, rows[i].host);
		assert_slice(target.path, rows[i].path);
		assert_slice(target.query, rows[i].query);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(url_split_target(slice_from_string(bad[i]), &target), -EINVAL);
}

static void test_hosts(void **state)
{
	static const char *const good[] = {"",
					   "a",
					   "a.b-c.example:8080",
					   "127.0.0.1:1",
					   "AZaz09:09",
					   "[::1]",
					   "[::1]:65535",
					   "a:",
					   "xn--bcher-kva.example"};
	static const char *const bad[] = {
	    "a b",	"a/b",	 "a:b",	     "a:1:2", "a@b", "[::1", "[]", "[::1]x", "[::1]:x",
	    "a:123456", "a,b c", "\xC3\xA4", "a\\b",  "[",   "[:",   "]",  "a?b"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(url_is_host(slice_from_string(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(url_is_host(slice_from_string(bad[i])));
}

static void test_decoding(void **state)
{
	static const struct {
		const char *text, *decoded;
	} rows[] = {
	    {"abc", "abc"},
	    {"a+b", "a b"},
	    {"a%20b%2bc", "a b+c"},
	    {"%EC%95%8C+%2B", "\xEC\x95\x8C +"},
	    {"", ""},
	    {"%7f%01", "\x7F\x01"},
	};
	static const char *const bad[] = {"%",	 "%4",	"a%",	"%zz",	     "%4g",  "%00",
					  "%ff", "%C3", "\xC3", "%ED%A0%80", "%%41", "%+1"};
	struct arena arena = ARENA_EMPTY;
	struct slice decoded;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(url_decode_form(slice_from_string(rows[i].text), &arena, &decoded),
				 0);
		assert_slice(decoded, rows[i].decoded);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(url_decode_form(slice_from_string(bad[i]), &arena, &decoded),
				 -EINVAL);
	assert_int_equal(url_decode_form(SLICE("a\0b"), &arena, &decoded), -EINVAL);
	arena_finish(&arena);
}

static void test_encoding(void **state)
{
	struct buffer query = BUFFER_EMPTY;
	struct arena arena = ARENA_EMPTY;
	struct slice decoded;

	(void)state;
	url_append_encoded(&query, SLICE("aZ09-._~ +&=%/?#\n\xC3\xA4"));
	assert_slice(buffer_slice(&query), "aZ09-._~%20%2B%26%3D%25%2F%3F%23%0A%C3%A4");
	assert_int_equal(url_decode_form(buffer_slice(&query), &arena, &decoded), 0);
	assert_slice(decoded, "aZ09-._~ +&=%/?#\n\xC3\xA4");
	arena_finish(&arena);
	buffer_finish(&query);
}

static void test_plain_text_is_not_copied(void **state)
{
	struct slice text = SLICE("plain-text_1"), decoded;

	(void)state;
	assert_int_equal(url_decode_form(text, NULL, &decoded), 0);
	assert_ptr_equal(decoded.data, text.data);
}

static void test_parameters(void **state)
{
	static const struct {
		const char *query, *value;
		int result;
	} rows[] = {
	    {"after=1.2", "1.2", 0},
	    {"x=1&after=a%20b&y", "a b", 0},
	    {"after=", "", 0},
	    {"after", "", 0},
	    {"&&after=1&", "1", 0},
	    {"%61fter=1", "1", 0},
	    {"after=a=b", "a=b", 0},
	    {"", "-", -ENOENT},
	    {"aft=1&afterx=1&After=1", "-", -ENOENT},
	    {"after=1&after=1", "-", -EINVAL},
	    {"after=1&aft%65r=2", "-", -EINVAL},
	    {"after=%", "-", -EINVAL},
	    {"after=%00", "-", -EINVAL},
	    {"after=%ff", "-", -EINVAL},
	    {"%=1&after%=1&after%0=2", "-", -ENOENT},
	};
	struct arena arena = ARENA_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice value = SLICE("-");

		assert_int_equal(url_query_parameter(slice_from_string(rows[i].query),
						     SLICE("after"), &arena, &value),
				 rows[i].result);
		assert_slice(value, rows[i].value);
	}
	arena_finish(&arena);
}

static void test_unknown_parameters(void **state)
{
	static const struct slice names[] = {{"limit", 5}, {"before", 6}};
	struct slice unknown = SLICE("-");

	(void)state;
	assert_int_equal(url_query_check(SLICE("limit=1&b%65fore"), names, 2, &unknown), 0);
	assert_int_equal(url_query_check(SLICE(""), names, 2, &unknown), 0);
	assert_slice(unknown, "-");
	assert_int_equal(url_query_check(SLICE("limit=1&limits=2"), names, 2, &unknown), -ENOENT);
	assert_slice(unknown, "limits");
	assert_int_equal(url_query_check(SLICE("=1"), names, 2, &unknown), -ENOENT);
}

static void test_no_memory(void **state)
{
	struct arena arena = ARENA_EMPTY;
	struct slice value = SLICE("-");

	(void)state;
	failing_allocator_fail_at(1);
	assert_int_equal(url_query_parameter(SLICE("a=%41"), SLICE("a"), &arena, &value), -ENOMEM);
	assert_true(failing_allocator_reset());
	assert_slice(value, "-");
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_decoding),
	    cmocka_unit_test(test_encoding),
	    cmocka_unit_test(test_plain_text_is_not_copied),
	    cmocka_unit_test(test_parameters),
	    cmocka_unit_test(test_unknown_parameters),
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
