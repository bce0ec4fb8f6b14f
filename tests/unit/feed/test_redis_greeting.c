/* Which servers will do, from what they say of themselves. */
#include "feed/redis_greeting.h"

#include "feed/redis_problem.h"
#include "lib/assertions.h"

#include <errno.h>

static const struct redis_expectation alone = {.cluster = false};
static const struct redis_expectation in_cluster = {.cluster = true};
static const struct redis_expectation any_of_cluster = {.cluster = true, .any_server = true};

static int check(enum redis_greeting step, int type, char *text,
		 const struct redis_expectation *expectation, const char *sentence)
{
	redisReply reply = {.type = type, .str = text, .len = text == NULL ? 0 : strlen(text)};
	struct error error = {""};
	bool is_cluster = false;
	int result = redis_greeting_check(step, &reply, expectation, &is_cluster, &error);

	if (strstr(error.text, sentence) == NULL || (result == 0) != (error.text[0] == '\0'))
		fail_msg("%s: %d \"%s\"", text == NULL ? "" : text, result, error.text);
	assert_true(result == 0 || result == -EPROTO);
	return is_cluster;
}

static void test_server(void **state)
{
	static char old[] = "# Server\r\nredis_version:6.2.1\r\nredis_mode:cluster\r\n";
	static char cluster[] = "# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\n";
	static char single[] = "redis_version:7.0.15\r\nredis_mode:standalone\r\n";
	static char strange[] = "hello:world\r\n";
	const int string = REDIS_REPLY_STRING;

	(void)state;
	assert_false(check(REDIS_INFO_SERVER, string, single, &alone, ""));
	assert_true(check(REDIS_INFO_SERVER, string, cluster, &alone, ""));
	assert_true(check(REDIS_INFO_SERVER, string, cluster, &in_cluster, ""));
	check(REDIS_INFO_SERVER, string, old, &alone, "");
	check(REDIS_INFO_SERVER, string, old, &in_cluster,
	      "it is Redis 6, and redis.cluster needs");
	check(REDIS_INFO_SERVER, string, single, &in_cluster, "set redis.cluster to false");
	check(REDIS_INFO_SERVER, string, strange, &in_cluster, "");
	check(REDIS_INFO_SERVER, REDIS_REPLY_NIL, NULL, &in_cluster, "");
}

static void test_replication(void **state)
{
	static char master[] = "# Replication\r\nrole:master\r\n";
	static char replica[] = "# Replication\r\nrole:slave\r\nmaster_host:x\r\n";

	(void)state;
	check(REDIS_INFO_REPLICATION, REDIS_REPLY_STRING, master, &alone, "");
	check(REDIS_INFO_REPLICATION, REDIS_REPLY_STRING, replica, &alone, "read-only replica");
	check(REDIS_INFO_REPLICATION, REDIS_REPLY_STRING, replica, &any_of_cluster, "");
}

static void test_refusals(void **state)
{
	static char wrong[] = "WRONGPASS invalid username-password pair or user is disabled.";
	static char missing[] = "NOAUTH Authentication required.";
	static char forbidden[] = "NOPERM this user has no permissions to run the 'info' command";
	static char unknown[] = "ERR unknown command 'INFO', with args beginning with:";
	static char loading[] = "LOADING Redis is loading the dataset in memory";
	static char strange[] = "ERR what";
	const int error = REDIS_REPLY_ERROR;

	(void)state;
	check(REDIS_AUTH, error, wrong, &alone, "refuses the user or the password");
	check(REDIS_AUTH, error, forbidden, &alone, "may not do that");
	check(REDIS_INFO_SERVER, error, missing, &alone, "asks for a password");
	check(REDIS_INFO_SERVER, error, forbidden, &alone, "");
	check(REDIS_INFO_REPLICATION, error, unknown, &alone, "");
	check(REDIS_INFO_SERVER, error, loading, &alone, "is loading its data");
	check(REDIS_INFO_SERVER, error, strange, &alone, "it answers \"ERR what\"");
	check(REDIS_AUTH, REDIS_REPLY_STATUS, NULL, &alone, "");
}

static void test_moved(void **state)
{
	(void)state;
	assert_true(redis_problem_is_moved(SLICE("MOVED 12182 127.0.0.1:7001")));
	assert_true(redis_problem_is_moved(SLICE("ASK 12182 127.0.0.1:7001")));
	assert_true(redis_problem_is_moved(SLICE("CLUSTERDOWN Hash slot not served")));
	assert_true(redis_problem_is_moved(SLICE("TRYAGAIN")));
	assert_false(redis_problem_is_moved(SLICE("ERR MOVED")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_server),
	    cmocka_unit_test(test_replication),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
