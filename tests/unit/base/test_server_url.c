/* The parts of a URL that are the same for every kind of server; what each kind makes of them is
 * tested with broker/rabbitmq_url and feed/redis_url. */
#include "base/server_url.h"

#include "lib/assertions.h"

#include <errno.h>

static const struct server_url_form form = {.section = "thing",
					    .variable = "ALLIM_THING_PASSWORD",
					    .scheme = "thing",
					    .port = 1,
					    .tls_port = 2};

static void test_rest(void **state)
{
	struct server_url url;
	struct slice rest;
	struct error error;

	(void)state;
	assert_int_equal(
	    server_url_parse(&form, SLICE("Things://u@[::1],b:7/a/b?c"), &url, &rest, &error), 0);
	assert_slice(rest, "a/b?c");
	assert_true(url.tls);
	assert_string_equal(url.user, "u");
	assert_int_equal(url.endpoint_count, 2);
	assert_string_equal(url.endpoints[0].host, "::1");
	assert_int_equal(url.endpoints[0].port, 2);
	assert_int_equal(url.endpoints[1].port, 7);
	assert_int_equal(server_url_parse(&form, SLICE("thing://b"), &url, &rest, &error), 0);
	assert_slice(rest, "");
	assert_false(url.tls);
	assert_int_equal(url.endpoints[0].port, 1);
}

static void test_sentences(void **state)
{
	struct server_url url;
	struct slice rest;
	struct error error;

	(void)state;
	assert_int_equal(server_url_parse(&form, SLICE("thingy://b"), &url, &rest, &error),
			 -EINVAL);
	assert_string_equal(error.text, "thing.url must begin with thing://, or things:// for TLS");
	assert_int_equal(server_url_parse(&form, SLICE("thing://a:b@c"), &url, &rest, &error),
			 -EINVAL);
	assert_string_equal(
	    error.text,
	    "thing.url must not hold a password, which logs and process lists would show; put it "
	    "into the file that thing.password_file names, or into the variable "
	    "ALLIM_THING_PASSWORD");
}

static void test_endpoints(void **state)
{
	char text[SERVER_ENDPOINT_BYTES];
	struct server_endpoint name, address;

	(void)state;
	assert_int_equal(server_endpoint_set(&name, SLICE("a"), 1), 0);
	assert_int_equal(server_endpoint_set(&address, SLICE("::1"), 3), 0);
	server_endpoint_format(&name, text);
	assert_string_equal(text, "a:1");
	server_endpoint_format(&address, text);
	assert_string_equal(text, "[::1]:3");
	assert_false(server_endpoint_equals(&name, &address));
	assert_true(server_endpoint_equals(&name, &name));
	assert_int_equal(server_endpoint_set(&name, SLICE("a b"), 1), -EINVAL);
	assert_int_equal(server_endpoint_set(&name, SLICE(""), 1), -EINVAL);
	assert_int_equal(server_endpoint_set(&name, SLICE("a"), 0), -EINVAL);
	assert_int_equal(server_endpoint_set(&name, SLICE("a"), 65536), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rest),
	    cmocka_unit_test(test_sentences),
	    cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
