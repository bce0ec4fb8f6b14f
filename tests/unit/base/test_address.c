#include "base/address.h"

#include "lib/assertions.h"

#include <errno.h>

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *host;
		bool is_v6;
		uint16_t port;
	} rows[] = {
	    {"127.0.0.1:8080", "127.0.0.1", false, 8080},
	    {"localhost:0", "127.0.0.1", false, 0},
	    {"[::1]:65535", "::1", true, 65535},
	    {"[::]:80", "::", true, 80},
	    {"[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", true, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address;

		assert_int_equal(address_parse(slice_from_string(rows[i].text), &address), 0);
		assert_string_equal(address.host, rows[i].host);
		assert_int_equal(address.is_v6, rows[i].is_v6);
		assert_int_equal(address.port, rows[i].port);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
	    {"", -EINVAL},
	    {"8080", -EINVAL},
	    {"127.0.0.1", -EINVAL},
	    {"[::1]", -EINVAL},
	    {"[::1]80", -EINVAL},
	    {"[::1", -EINVAL},
	    {":80", -EADDRNOTAVAIL},
	    {"::1:80", -EADDRNOTAVAIL},
	    {"[127.0.0.1]:80", -EADDRNOTAVAIL},
	    {"[localhost]:80", -EADDRNOTAVAIL},
	    {"[]:80", -EADDRNOTAVAIL},
	    {"example.org:80", -EADDRNOTAVAIL},
	    {"0000000000000000000000000000000000000000000000001.2.3.4:80", -EADDRNOTAVAIL},
	    {"127.0.0.1:", -ERANGE},
	    {"127.0.0.1:65536", -ERANGE},
	    {"127.0.0.1:-1", -ERANGE},
	    {"127.0.0.1:80:80", -ERANGE},
	};
	struct address address = {.port = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(address_parse(slice_from_string(rows[i].text), &address),
				 rows[i].result);
	assert_int_equal(address_parse(slice_from_bytes("127.0.0.1\0:80", 13), &address),
			 -EADDRNOTAVAIL);
	assert_int_equal(address.port, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
