#include "net/socket.h"

#include "lib/assertions.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

static union socket_address address_of(const char *text)
{
	union socket_address address;
	struct error error;

	if (socket_address_parse(slice_from_string(text), &address, &error) < 0)
		fail_msg("%s", error.text);
	return address;
}

static void test_addresses(void **state)
{
	static const char *const rows[][2] = {
	    {"127.0.0.1:8080", "127.0.0.1:8080"},     {"0.0.0.0:0", "0.0.0.0:0"},
	    {"localhost:65535", "127.0.0.1:65535"},   {"[::1]:8080", "[::1]:8080"},
	    {"[2001:DB8:0::1]:1", "[2001:db8::1]:1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union socket_address address = address_of(rows[i][0]);
		char text[SOCKET_ADDRESS_BYTES];

		socket_address_format(&address, text);
		assert_string_equal(text, rows[i][1]);
	}
}

static void test_no_addresses(void **state)
{
	static const char *const bad[] = {
	    "",
	    ":",
	    "127.0.0.1",
	    "127.0.0.1:",
	    ":8080",
	    "127.0.0.1:65536",
	    "127.0.0.1:-1",
	    "127.0.0.1:80 ",
	    "127.0.0.1:18446744073709551617",
	    "127.1:80",
	    "256.0.0.1:80",
	    "example.org:80",
	    "[::1:80",
	    "[]:80",
	    "[::g]:80",
	    "1111111111111111111111111111111111111111111111111111111111:80",
	};
	char longest[400];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		union socket_address address = {.v4.sin_port = 7};
		struct error error = {""};

		assert_int_equal(socket_address_parse(slice_from_string(bad[i]), &address, &error),
				 -EINVAL);
		assert_int_equal(address.v4.sin_port, 7);
		assert_non_null(strstr(error.text, bad[i]));
		assert_non_null(strstr(error.text, "127.0.0.1:8080"));
	}
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(socket_address_parse(slice_from_bytes(longest, sizeof(longest)),
					      &(union socket_address){0}, &(struct error){""}),
			 -EINVAL);
}

static void test_loopback(void **state)
{
	static const struct {
		const char *text;
		bool is_loopback;
	} rows[] = {{"127.0.0.1:1", true}, {"127.255.0.9:1", true}, {"128.0.0.1:1", false},
		    {"0.0.0.0:1", false},  {"[::1]:1", true},	    {"[::]:1", false},
		    {"[::2]:1", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union socket_address address = address_of(rows[i].text);

		assert_int_equal(socket_address_is_loopback(&address), rows[i].is_loopback);
	}
}

static void test_clients(void **state)
{
	union socket_address first = address_of("10.0.0.1:1"), other = address_of("10.0.0.1:2");
	union socket_address next = address_of("10.0.0.2:1");

	(void)state;
	assert_int_equal(socket_address_client(&first).length, 4);
	assert_slices(socket_address_client(&first), socket_address_client(&other));
	assert_false(slice_equals(socket_address_client(&first), socket_address_client(&next)));
	/* A host has all addresses of its /64. */
	first = address_of("[2001:db8:1:2::1]:1");
	other = address_of("[2001:db8:1:2:ffff::9]:1");
	next = address_of("[2001:db8:1:3::1]:1");
	assert_slices(socket_address_client(&first), socket_address_client(&other));
	assert_false(slice_equals(socket_address_client(&first), socket_address_client(&next)));
}

static int option(int descriptor, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	assert_int_equal(getsockopt(descriptor, level, name, &value, &length), 0);
	return value;
}

static int accept_one(int listener)
{
	struct pollfd event = {.fd = listener, .events = POLLIN};

	assert_int_equal(poll(&event, 1, -1), 1);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* Options are inherited, so that accepting costs no further system calls. */
static void test_listening(void **state)
{
	union socket_address address = address_of("127.0.0.1:0");
	struct error error;
	int listener = socket_claim(&address, 8, &error), second, client, accepted;

	(void)state;
	assert_true(listener >= 0);
	assert_int_not_equal(address.v4.sin_port, 0);
	second = socket_listen(&address, 8, &error);
	assert_true(second >= 0);
	close(second);
	client = socket_connect(&address, &error);
	assert_true(client >= 0);
	accepted = accept_one(listener);
	assert_true(accepted >= 0);
	assert_int_equal(option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 60000);
	assert_int_equal(option(accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_equal(option(client, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(client, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(client, IPPROTO_TCP, TCP_KEEPIDLE), 30);
	assert_int_equal(option(client, IPPROTO_TCP, TCP_KEEPINTVL), 10);
	assert_int_equal(option(client, IPPROTO_TCP, TCP_KEEPCNT), 3);
	close(accepted);
	close(client);
	close(listener);
}

static void test_ports_in_use(void **state)
{
	union socket_address address = address_of("127.0.0.1:0");
	struct error error = {""};
	int listener = socket_claim(&address, 8, &error);

	(void)state;
	assert_int_equal(socket_claim(&address, 8, &error), -EADDRINUSE);
	assert_non_null(strstr(error.text, "the port is in use"));
	close(listener);
	assert_int_equal(socket_connect(&address, &error), -ECONNREFUSED);
	assert_non_null(strstr(error.text, "cannot connect to 127.0.0.1:"));
	address = address_of("192.0.2.1:80");
	assert_int_equal(socket_listen(&address, 8, &error), -EADDRNOTAVAIL);
	assert_non_null(strstr(error.text, "no such address"));
	assert_int_equal(socket_claim(&address, 8, &error), -EADDRNOTAVAIL);
}

/* Each of the listeners that share a port gets some of the connections. A port whose connections
 * are still in TIME_WAIT can be claimed again. */
static void test_sharing(void **state)
{
	enum { LISTENERS = 3, CLIENTS = 200 };
	union socket_address address = address_of("127.0.0.1:0");
	struct pollfd events[LISTENERS];
	struct error error;
	int clients[CLIENTS], again;

	(void)state;
	events[0].fd = socket_claim(&address, CLIENTS, &error);
	for (int i = 1; i < LISTENERS; i++)
		events[i].fd = socket_listen(&address, CLIENTS, &error);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = socket_connect(&address, &error);
		assert_true(clients[i] >= 0);
	}
	for (int i = 0; i < LISTENERS; i++) {
		events[i].events = POLLIN;
		assert_int_equal(poll(&events[i], 1, 10000), 1);
		close(accept_one(events[i].fd)); /* first, and so left in TIME_WAIT */
		close(events[i].fd);
	}
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	again = socket_claim(&address, 8, &error);
	assert_true(again >= 0);
	close(again);
}

/* The reason that is told is the one that counts. */
static void test_out_of_descriptors(void **state)
{
	union socket_address address = address_of("127.0.0.1:0");
	struct rlimit before, none = {0};
	struct error errors[3];
	int results[3];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	results[0] = socket_claim(&address, 8, &errors[0]);
	results[1] = socket_listen(&address, 8, &errors[1]);
	results[2] = socket_connect(&address, &errors[2]);
	setrlimit(RLIMIT_NOFILE, &before);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(results[i], -EMFILE);
		assert_non_null(strstr(errors[i].text, strerror(EMFILE)));
	}
}

/* IPv6 and IPv4 are two addresses, whatever the system's default says. */
static void test_ipv6_only(void **state)
{
	union socket_address both = address_of("[::]:0"), v4 = address_of("0.0.0.0:0");
	struct error error;
	int listener = socket_claim(&v4, 8, &error), other;

	(void)state;
	assert_true(listener >= 0);
	both.v6.sin6_port = v4.v4.sin_port;
	other = socket_claim(&both, 8, &error);
	if (other == -EAFNOSUPPORT || other == -EADDRNOTAVAIL) {
		close(listener);
		skip();
	}
	assert_true(other >= 0);
	close(other);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_no_addresses),
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_clients),
	    cmocka_unit_test(test_listening),
	    cmocka_unit_test(test_ports_in_use),
	    cmocka_unit_test(test_out_of_descriptors),
	    cmocka_unit_test(test_ipv6_only),
	    cmocka_unit_test(test_sharing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
