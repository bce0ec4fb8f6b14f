/* What redis.url may be, and the sentence where it may not. */
#include "feed/redis_url.h"

#include "lib/assertions.h"

#include <errno.h>
#include <stdio.h>

static struct server_url parse(const char *text)
{
	struct server_url url;
	struct error error = {""};

	if (redis_url_parse(slice_from_string(text), &url, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return url;
}

static void check_one(const char *text, bool tls, const char *user, const char *host, unsigned port)
{
	struct server_url url = parse(text);

	assert_int_equal(url.tls, tls);
	assert_string_equal(url.user, user);
	assert_int_equal(url.endpoint_count, 1);
	assert_string_equal(url.endpoints[0].host, host);
	assert_int_equal(url.endpoints[0].port, port);
}

static void test_one_server(void **state)
{
	(void)state;
	check_one("redis://127.0.0.1:6380", false, "", "127.0.0.1", 6380);
	check_one("redis://localhost", false, "", "localhost", 6379);
	check_one("rediss://r.example.org:1", true, "", "r.example.org", 1);
	check_one("REDIS://allim@r:65535", false, "allim", "r", 65535);
	check_one("redis://a%40b%3a@r", false, "a@b:", "r", 6379);
	check_one("redis://[::1]:7000", false, "", "::1", 7000);
	/* Pub/Sub does not know databases. */
	check_one("redis://r:1/", false, "", "r", 1);
	check_one("redis://r:1/0", false, "", "r", 1);
	check_one("redis://r/15", false, "", "r", 6379);
}

static void test_several_servers(void **state)
{
	struct server_url url = parse("redis://u@a:1,b,[::1]:3");

	(void)state;
	assert_string_equal(url.user, "u");
	assert_int_equal(url.endpoint_count, 3);
	assert_string_equal(url.endpoints[0].host, "a");
	assert_int_equal(url.endpoints[1].port, 6379);
	assert_string_equal(url.endpoints[2].host, "::1");
}

static void check_refused(const char *text, const char *sentence)
{
	struct server_url url = {.tls = false};
	struct error error = {""};

	if (redis_url_parse(slice_from_string(text), &url, &error) != -EINVAL)
		fail_msg("%s is not refused", text);
	assert_int_equal(url.endpoint_count, 0);
	if (strstr(error.text, sentence) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", text, error.text, sentence);
	assert_null(strstr(error.text, "secret"));
}

static void test_refusals(void **state)
{
	static const char password[] = "redis.password_file names, or into the variable "
				       "ALLIM_REDIS_PASSWORD";
	static const char scheme[] = "must begin with redis://, or rediss:// for TLS";
	static const char host[] = "is no HOST:PORT";

	(void)state;
	check_refused("redis://u:secret@r", password);
	check_refused("redis://:secret@r", password);
	check_refused("redis://u:secret@secret@r", password);
	check_refused("", scheme);
	check_refused("localhost:6379", scheme);
	check_refused("http://localhost", scheme);
	check_refused("unix:///run/redis.sock", scheme);
	check_refused("redis://", host);
	check_refused("redis://:1", host);
	check_refused("redis://r:0", host);
	check_refused("redis://r:65536", host);
	check_refused("redis://r:-1", host);
	check_refused("redis://r:x", host);
	check_refused("redis://r:", host);
	check_refused("redis://r,,s", host);
	check_refused("redis://[::1", host);
	check_refused("redis://[]", host);
	check_refused("redis://[::1]x", host);
	check_refused("redis://r r", host);
	check_refused("redis://r\n", host);
	check_refused("redis://r/x", "must end behind its hosts and ports");
	check_refused("redis://r?db=1", host);
	check_refused("redis://r/0?db=1", "must end behind its hosts and ports");
	check_refused("redis://a%4@r", "is no user");
	check_refused("redis://a%00@r", "is no user");
}

static void test_lengths(void **state)
{
	char text[16384] = "redis://";

	(void)state;
	memset(text + 8, 'a', SERVER_HOST_BYTES);
	check_refused(text, "is no HOST:PORT");
	text[8 + SERVER_HOST_BYTES - 1] = '\0';
	check_one(text, false, "", text + 8, 6379);
	memset(text + 8, 'a', SERVER_NAME_BYTES);
	strcpy(text + 8 + SERVER_NAME_BYTES, "@r");
	check_refused(text, "is too long");
	strcpy(text, "redis://a");
	for (int i = 1; i < SERVER_URL_ENDPOINTS; i++)
		strcat(text, ",a");
	assert_int_equal(parse(text).endpoint_count, SERVER_URL_ENDPOINTS);
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
