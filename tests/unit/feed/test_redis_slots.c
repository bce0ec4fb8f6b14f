/* Slots as the cluster specification has them, and maps of every shape. */
#include "feed/redis_slots.h"

#include "lib/assertions.h"

static const struct server_endpoint asked = {.host = "10.0.0.9", .port = 7009};

static void test_slots(void **state)
{
	(void)state;
	/* The specification's own value of CRC16, and what CLUSTER KEYSLOT answers. */
	assert_int_equal(redis_slot_of(SLICE("123456789")), 0x31C3 % REDIS_SLOTS);
	assert_int_equal(redis_slot_of(SLICE("foo")), 12182);
	assert_int_equal(redis_slot_of(SLICE("")), 0);
	/* Hash tags. */
	assert_int_equal(redis_slot_of(SLICE("x{foo}y")), 12182);
	assert_int_equal(redis_slot_of(SLICE("x{foo}{bar}")), 12182);
	assert_int_equal(redis_slot_of(SLICE("allim:hints:{0}")), redis_slot_of(SLICE("0")));
	assert_int_not_equal(redis_slot_of(SLICE("{}foo")), 12182);
	assert_int_not_equal(redis_slot_of(SLICE("{foo")), 12182);
	assert_int_equal(redis_slot_of(SLICE("foo{}{bar}")), 8363);
}

/* Reads an answer as it comes from a server. */
static bool find(const char *answer, unsigned slot, struct server_endpoint *ret_master)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;
	bool found;

	assert_non_null(reader);
	assert_int_equal(redisReaderFeed(reader, answer, strlen(answer)), REDIS_OK);
	assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
	assert_non_null(reply);
	found = redis_slots_find(reply, slot, &asked, ret_master);
	freeReplyObject(reply);
	redisReaderFree(reader);
	return found;
}

#define MASTER_A "*3\r\n$8\r\n10.0.0.1\r\n:7001\r\n$2\r\nid\r\n"
#define MASTER_B "*4\r\n$5\r\nb.org\r\n:7002\r\n$2\r\nid\r\n*0\r\n"
#define NAMELESS "*2\r\n$-1\r\n:7003\r\n"
#define MAP                                                                             \
	"*3\r\n*4\r\n:0\r\n:99\r\n" MASTER_A MASTER_B "*3\r\n:100\r\n:100\r\n" MASTER_B \
	"*3\r\n:200\r\n:16383\r\n" NAMELESS

static void check(unsigned slot, const char *host, unsigned port)
{
	struct server_endpoint master;

	assert_true(find(MAP, slot, &master));
	assert_string_equal(master.host, host);
	assert_int_equal(master.port, port);
}

static void test_maps(void **state)
{
	struct server_endpoint master;

	(void)state;
	check(0, "10.0.0.1", 7001);
	check(99, "10.0.0.1", 7001);
	check(100, "b.org", 7002);
	check(16383, "10.0.0.9", 7003);
	assert_false(find(MAP, 101, &master));
	assert_false(find("*0\r\n", 0, &master));
}

static void test_other_answers(void **state)
{
	static const char *const answers[] = {
	    "+OK\r\n",
	    ":1\r\n",
	    "$-1\r\n",
	    "*1\r\n:1\r\n",
	    "*1\r\n*0\r\n",
	    "*1\r\n*2\r\n:0\r\n:99\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n:5\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n*0\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n*1\r\n$1\r\na\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n*2\r\n$1\r\na\r\n:0\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n*2\r\n$1\r\na\r\n:65536\r\n",
	    "*1\r\n*3\r\n:0\r\n:99\r\n*2\r\n$3\r\na b\r\n:1\r\n",
	    "*1\r\n*3\r\n+0\r\n:99\r\n*2\r\n$1\r\na\r\n:1\r\n",
	};
	struct server_endpoint master;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_false(find(answers[i], 50, &master));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_maps),
	    cmocka_unit_test(test_other_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
