#include "cli/endpoint.h"

#include "lib/assertions.h"

#include <errno.h>
#include <stdio.h>

static void urls_are_taken_apart(void **state)
{
	static const struct {
		const char *url, *host, *port, *authority, *path;
	} rows[] = {
	    {"http://127.0.0.1:8080", "127.0.0.1", "8080", "127.0.0.1:8080", ""},
	    {"http://localhost:8080/", "localhost", "8080", "localhost:8080", ""},
	    {"http://allim.example", "allim.example", "80", "allim.example", ""},
	    {"http://[::1]:8081", "::1", "8081", "[::1]:8081", ""},
	    {"http://[::1]", "::1", "80", "[::1]", ""},
	    {"http://h:1/a/b//", "h", "1", "h:1", "/a/b"},
	    {"http://h:65535", "h", "65535", "h:65535", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct endpoint endpoint;
		struct error error = {""};

		assert_int_equal(endpoint_parse(slice_from_string(rows[i].url), &endpoint, &error),
				 0);
		assert_string_equal(endpoint.host, rows[i].host);
		assert_string_equal(endpoint.port, rows[i].port);
		assert_string_equal(endpoint.authority, rows[i].authority);
		assert_string_equal(endpoint.path, rows[i].path);
	}
}

static void others_are_refused(void **state)
{
	static const char *const urls[] = {
	    "",
	    "127.0.0.1:8080",
	    "ftp://h",
	    "http://",
	    "http:///a",
	    "http://:80",
	    "http://h:0",
	    "http://h:65536",
	    "http://h:x",
	    "http://u@h",
	    "http://h/a b",
	    "http://h/?a=b",
	    "http://h/#a",
	    "http://h\r\nX: y",
	    "http://[::1",
	    "http://h/\xff",
	    "http://[]:1",
	    NULL,
	};

	(void)state;
	for (const char *const *url = urls; *url != NULL; url++) {
		struct endpoint endpoint = {.host = "untouched"};
		struct error error = {""};

		if (endpoint_parse(slice_from_string(*url), &endpoint, &error) != -EINVAL)
			fail_msg("%s was taken", *url);
		assert_string_equal(endpoint.host, "untouched");
		assert_string_not_equal(error.text, "");
	}
}

static void https_is_named(void **state)
{
	struct endpoint endpoint;
	struct error error;

	(void)state;
	assert_int_equal(endpoint_parse(SLICE("https://h"), &endpoint, &error), -EINVAL);
	assert_string_equal(error.text,
			    "https is not spoken yet; use http:// to a node or proxy nearby");
}

/* Every length up to beyond all limits, as a host and as a path. */
static void no_length_is_too_much(void **state)
{
	static char url[1200];

	(void)state;
	for (size_t length = 1; length < 1000; length++) {
		struct endpoint endpoint;
		struct error error;

		strcpy(url, "http://");
		memset(url + 7, 'h', length);
		url[7 + length] = '\0';
		assert_int_equal(endpoint_parse(slice_from_string(url), &endpoint, &error),
				 length < ENDPOINT_HOST_BYTES ? 0 : -EINVAL);
		strcpy(url, "http://h/");
		memset(url + 9, 'p', length);
		url[9 + length] = '\0';
		assert_int_equal(endpoint_parse(slice_from_string(url), &endpoint, &error),
				 length < ENDPOINT_TEXT_BYTES - 1 ? 0 : -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls_are_taken_apart),
	    cmocka_unit_test(others_are_refused),
	    cmocka_unit_test(https_is_named),
	    cmocka_unit_test(no_length_is_too_much),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
