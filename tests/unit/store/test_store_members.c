/* Whatever is packed comes back, and nothing else is taken for it. */
#include "store/store_members.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

static void prepare(struct store_publish *publish, struct store_item *items, size_t count)
{
	memset(publish, 0, sizeof(*publish));
	store_request_init(&publish->request, STORE_PUBLISH, NULL, NULL);
	publish->items = items;
	publish->item_count = count;
}

static void test_what_is_packed_comes_back(void **state)
{
	struct slice users[] = {SLICE("anna"), SLICE("3:bo"), SLICE("우리\0:")};
	struct store_item items[] = {
	    {.users = users, .user_count = 1},
	    {.topic = SLICE("news"), .users = users, .user_count = 3},
	    {.topic = SLICE("nobody")},
	    {.users = NULL},
	};
	struct store_publish publish;
	struct slice bytes;

	(void)state;
	prepare(&publish, items, 4);
	assert_int_equal(store_members_pack(&publish, &bytes), 0);
	assert_int_equal(store_members_unpack(&publish, bytes), 0);
	assert_int_equal(publish.replay.topic_count, 2);
	assert_int_equal(publish.replay.topics[0].count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_slices(publish.replay.topics[0].users[i], users[i]);
	assert_int_equal(publish.replay.topics[1].count, 0);
	store_request_finish(&publish.request);
}

static void test_without_topics(void **state)
{
	struct store_item item = {.user_count = 0};
	struct store_publish publish;
	struct slice bytes;

	(void)state;
	prepare(&publish, &item, 1);
	assert_int_equal(store_members_pack(&publish, &bytes), 0);
	assert_slice(bytes, "");
	assert_int_equal(store_members_unpack(&publish, bytes), 0);
	assert_int_equal(publish.replay.topic_count, 0);
	store_request_finish(&publish.request);
}

static void test_other_bytes(void **state)
{
	static const char *const others[] = {
	    "x",	   "1",
	    ":",	   "1:",
	    "1:1:",	   "1:1:5:anna",
	    "1:1:4:annab", "2:1:4:anna",
	    "9999999:",	   "1:99999999:1",
	    "-1:",	   "1:2:4:anna",
	    "1:1:4:anna:", "18446744073709551615:1:",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct store_publish publish;

		prepare(&publish, NULL, 0);
		if (store_members_unpack(&publish, slice_from_string(others[i])) != -EIO)
			fail_msg("%s was taken", others[i]);
		assert_null(publish.replay.topics);
		store_request_finish(&publish.request);
	}
}

static void test_short_memory(void **state)
{
	struct slice users[] = {SLICE("anna"), SLICE("bo")};
	struct store_item item = {.topic = SLICE("news"), .users = users, .user_count = 2};
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		struct store_publish publish;
		struct slice bytes;
		int result;

		prepare(&publish, &item, 1);
		failing_allocator_fail_at(n);
		result = store_members_pack(&publish, &bytes);
		if (result == 0)
			result = store_members_unpack(&publish, bytes);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		store_request_finish(&publish.request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_packed_comes_back),
	    cmocka_unit_test(test_without_topics),
	    cmocka_unit_test(test_other_bytes),
	    cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
