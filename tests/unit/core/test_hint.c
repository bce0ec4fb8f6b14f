/* A batch owns copies, grows, and lives as long as its last reference. */
#include "core/hint.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

static struct hint hint_with(char *user, char *title, int64_t seq)
{
	struct hint hint = {
	    .user = slice_from_string(user),
	    .seq = seq,
	    .counts = {.unread = 3},
	    .has_change = true,
	    .change = {.kind = CHANGE_ROW, .seq = seq},
	};

	hint.change.notification.content.title = slice_from_string(title);
	return hint;
}

static void test_texts_are_copied(void **state)
{
	char user[] = "anna", title[] = "hello";
	struct hint hint = hint_with(user, title, 7);
	struct hint_batch *batch = hint_batch_create(42, 1);

	(void)state;
	assert_non_null(batch);
	assert_true(batch->epoch == 42);
	assert_int_equal(hint_batch_add(batch, &hint), 0);
	memset(user, 'x', 4);
	memset(title, 'x', 5);
	assert_slice(batch->hints[0].user, "anna");
	assert_slice(batch->hints[0].change.notification.content.title, "hello");
	assert_slice(batch->hints[0].change.notification.content.body, "");
	assert_int_equal(batch->hints[0].seq, 7);
	assert_int_equal(batch->hints[0].counts.unread, 3);
	hint_batch_release(batch);
}

static void test_it_grows(void **state)
{
	struct hint_batch *batch = hint_batch_create(1, 0);

	(void)state;
	assert_non_null(batch);
	for (int64_t i = 0; i < 1000; i++) {
		char user[16];
		struct hint hint;

		snprintf(user, sizeof(user), "user-%d", (int)i);
		hint = hint_with(user, user, i);
		assert_int_equal(hint_batch_add(batch, &hint), 0);
	}
	assert_int_equal(batch->count, 1000);
	assert_slice(batch->hints[0].user, "user-0");
	assert_slice(batch->hints[999].change.notification.content.title, "user-999");
	hint_batch_release(batch);
}

static void test_a_mark_all_has_no_texts(void **state)
{
	struct hint hint = {.user = SLICE("anna"),
			    .has_change = true,
			    .change = {.kind = CHANGE_ALL, .state = NOTIFICATION_READ}};
	struct hint_batch *batch = hint_batch_create(1, 1);

	(void)state;
	assert_non_null(batch);
	assert_int_equal(hint_batch_add(batch, &hint), 0);
	assert_int_equal(batch->hints[0].change.kind, CHANGE_ALL);
	hint_batch_release(batch);
}

/* The sanitizers see a release too many or too few. */
static void test_references(void **state)
{
	struct hint_batch *batch = hint_batch_create(1, 1);

	(void)state;
	assert_non_null(batch);
	assert_ptr_equal(hint_batch_reference(batch), batch);
	hint_batch_release(batch);
	assert_int_equal(batch->count, 0);
	hint_batch_release(batch);
	hint_batch_release(NULL);
}

static int fill(void)
{
	struct hint_batch *batch = hint_batch_create(1, 1);
	char long_user[5000];
	struct hint hint;
	int result = 0;

	if (batch == NULL)
		return -ENOMEM;
	memset(long_user, 'u', sizeof(long_user) - 1);
	long_user[sizeof(long_user) - 1] = '\0';
	hint = hint_with(long_user, long_user, 1);
	for (int i = 0; i < 20 && result == 0; i++)
		result = hint_batch_add(batch, &hint);
	hint_batch_release(batch);
	return result;
}

static void test_memory_runs_short(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		int result;

		failing_allocator_fail_at(n);
		result = fill();
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_int_equal(result, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts_are_copied),	    cmocka_unit_test(test_it_grows),
	    cmocka_unit_test(test_a_mark_all_has_no_texts), cmocka_unit_test(test_references),
	    cmocka_unit_test(test_memory_runs_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
