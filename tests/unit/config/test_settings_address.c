#include "loading.h"

static void assert_address(const char *text, const char *host, int port, bool loopback)
{
	struct settings_flag flags[] = {{SLICE("listen"), text},
					{SLICE("http-insecure-plain-text"), NULL}};
	struct settings_sources sources = {.flags = flags, .flag_count = 2};
	struct loading loading = loading_of(&sources);

	assert_loaded(loading);
	assert_string_equal(loading.settings.http_listen.text, text);
	assert_string_equal(loading.settings.http_listen.host, host);
	assert_int_equal(loading.settings.http_listen.port, port);
	assert_int_equal(settings_address_is_loopback(&loading.settings.http_listen), loopback);
	settings_finish(&loading.settings);
}

static void hosts_and_ports_are_read(void **state)
{
	(void)state;
	assert_address("127.0.0.1:8080", "127.0.0.1", 8080, true);
	assert_address("127.1.2.3:1", "127.1.2.3", 1, true);
	assert_address("localhost:0", "127.0.0.1", 0, true);
	assert_address("0.0.0.0:65535", "0.0.0.0", 65535, false);
	assert_address("[::1]:80", "::1", 80, true);
	assert_address("[::]:80", "::", 80, false);
	assert_address("[2001:db8::1]:443", "2001:db8::1", 443, false);
	assert_address("128.0.0.1:80", "128.0.0.1", 80, false);
}

static void others_are_refused(void **state)
{
	static const char *const addresses[] = {
	    "",
	    "8080",
	    ":8080",
	    "127.0.0.1",
	    "127.0.0.1:",
	    "127.0.0.1:x",
	    "127.0.0.1:65536",
	    "127.0.0.1:-1",
	    "127.0.0.1:80 ",
	    "127.1:80",
	    "::1:80",
	    "[::1]",
	    "[::1]80",
	    "[::1:80",
	    "[127.0.0.1]:80",
	    "[localhost]:80",
	    "example.com:80",
	    "[fe80::1%eth0]:80",
	    "http://127.0.0.1:80",
	    "1111111111111111111111111111111111111111111111111111:80"};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_refused(loading_flag("listen", addresses[i]), "--listen: \"");
	assert_refused(loading_flag("listen", "example.com:80"),
		       "--listen: \"example.com:80\" has no numeric address; accepted is a numeric "
		       "address (or localhost) and a port, such as 127.0.0.1:8080 or [::1]:8080");
	assert_refused(loading_flag("listen", "127.0.0.1:65536"),
		       "--listen: \"127.0.0.1:65536\" has no port from 0 to 65535; ");
	assert_refused_yaml("http: {listen: \"127.0.0.1\\0:80\"}",
			    "allim.yaml:1:16: http.listen: \"127.0.0.1\\x00:80\" has no numeric");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts_and_ports_are_read),
	    cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
