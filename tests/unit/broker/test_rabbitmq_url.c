/* What rabbitmq.url may be, and the sentence where it may not. */
#include "broker/rabbitmq_url.h"

#include "lib/assertions.h"

#include <errno.h>
#include <stdio.h>

static struct rabbitmq_url parse(const char *text)
{
	struct rabbitmq_url url;
	struct error error = {""};

	if (rabbitmq_url_parse(slice_from_string(text), &url, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return url;
}

static void check_one(const char *text, const char *user, const char *host, unsigned port,
		      const char *virtual_host)
{
	struct rabbitmq_url url = parse(text);

	assert_string_equal(url.servers.user, user);
	assert_int_equal(url.servers.endpoint_count, 1);
	assert_string_equal(url.servers.endpoints[0].host, host);
	assert_int_equal(url.servers.endpoints[0].port, port);
	assert_string_equal(url.virtual_host, virtual_host);
}

static void test_one_server(void **state)
{
	(void)state;
	check_one("amqp://127.0.0.1:5673", "", "127.0.0.1", 5673, "/");
	check_one("amqp://localhost", "", "localhost", 5672, "/");
	check_one("amqps://r.example.org", "", "r.example.org", 5671, "/");
	check_one("AMQP://allim@r:65535/", "allim", "r", 65535, "/");
	check_one("amqp://a%40b%3a@r/%2f", "a@b:", "r", 5672, "/");
	check_one("amqp://[::1]:7000/team", "", "::1", 7000, "team");
	check_one("amqp://r/a%2Fb%40c", "", "r", 5672, "a/b@c");
	assert_true(parse("amqps://r").servers.tls);
	assert_false(parse("amqp://r").servers.tls);
}

static void test_several_servers(void **state)
{
	struct rabbitmq_url url = parse("amqps://u@a:1,b,[::1]:3/v");

	(void)state;
	assert_string_equal(url.servers.user, "u");
	assert_string_equal(url.virtual_host, "v");
	assert_int_equal(url.servers.endpoint_count, 3);
	assert_string_equal(url.servers.endpoints[0].host, "a");
	assert_int_equal(url.servers.endpoints[1].port, 5671);
	assert_string_equal(url.servers.endpoints[2].host, "::1");
}

static void check_refused(const char *text, const char *sentence)
{
	struct rabbitmq_url url = {.virtual_host = ""};
	struct error error = {""};

	if (rabbitmq_url_parse(slice_from_string(text), &url, &error) != -EINVAL)
		fail_msg("%s is not refused", text);
	assert_int_equal(url.servers.endpoint_count, 0);
	if (strstr(error.text, sentence) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", text, error.text, sentence);
	assert_null(strstr(error.text, "secret"));
}

static void test_refusals(void **state)
{
	static const char password[] = "rabbitmq.password_file names, or into the variable "
				       "ALLIM_RABBITMQ_PASSWORD";
	static const char scheme[] = "must begin with amqp://, or amqps:// for TLS";
	static const char host[] = "is no HOST:PORT";
	static const char end[] = "must end in the name of a virtual host";

	(void)state;
	check_refused("amqp://u:secret@r", password);
	check_refused("amqp://:secret@r", password);
	check_refused("amqp://u:secret@secret@r", password);
	check_refused("amqp://u:sec/ret@r", password);
	check_refused("", scheme);
	check_refused("localhost:5672", scheme);
	check_refused("http://localhost", scheme);
	check_refused("amqp://", host);
	check_refused("amqp://:1", host);
	check_refused("amqp://r:0", host);
	check_refused("amqp://r:65536", host);
	check_refused("amqp://r:-1", host);
	check_refused("amqp://r:x", host);
	check_refused("amqp://r:", host);
	check_refused("amqp://r,,s", host);
	check_refused("amqp://[::1", host);
	check_refused("amqp://[]", host);
	check_refused("amqp://[::1]x", host);
	check_refused("amqp://r r", host);
	check_refused("amqp://r\n", host);
	check_refused("amqp://r?heartbeat=1", host);
	check_refused("amqp://r/a/b", end);
	check_refused("amqp://r//", end);
	check_refused("amqp://r/v?heartbeat=1", end);
	check_refused("amqp://r/%4", end);
	check_refused("amqp://r/%00", end);
	check_refused("amqp://a%4@r", "is no user");
	check_refused("amqp://a%00@r", "is no user");
	check_refused("amqp://r/a@b", "is no user");
}

static void test_lengths(void **state)
{
	char text[16384] = "amqp://";

	(void)state;
	memset(text + 7, 'a', SERVER_HOST_BYTES);
	check_refused(text, "is no HOST:PORT");
	text[7 + SERVER_HOST_BYTES - 1] = '\0';
	check_one(text, "", text + 7, 5672, "/");
	memset(text + 7, 'a', SERVER_NAME_BYTES);
	strcpy(text + 7 + SERVER_NAME_BYTES, "@r");
	check_refused(text, "too long");
	strcpy(text, "amqp://r/");
	memset(text + 9, 'a', SERVER_NAME_BYTES);
	text[9 + SERVER_NAME_BYTES] = '\0';
	check_refused(text, "must end in the name of a virtual host");
	text[9 + SERVER_NAME_BYTES - 1] = '\0';
	check_one(text, "", "r", 5672, text + 9);
	strcpy(text, "amqp://a");
	for (int i = 1; i < SERVER_URL_ENDPOINTS; i++)
		strcat(text, ",a");
	assert_int_equal(parse(text).servers.endpoint_count, SERVER_URL_ENDPOINTS);
	strcat(text, ",a");
	check_refused(text, "more than 32 hosts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_server),
	    cmocka_unit_test(test_several_servers),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
