#include "core/quota.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 20000, LIMIT = 50 };

static void test_holding(void **state)
{
	struct quota *quota = quota_create();
	int first, second;

	(void)state;
	first = quota_hold(quota, SLICE("anna"), 2);
	assert_in_range(first, 0, QUOTA_COUNTERS - 1);
	second = quota_hold(quota, SLICE("anna"), 2);
	assert_int_equal(first, second);
	assert_int_equal(quota_hold(quota, SLICE("anna"), 2), -EAGAIN);
	assert_int_equal(quota_hold(quota, SLICE("anna"), 0), first);
	quota_release(quota, first);
	assert_int_equal(quota_hold(quota, SLICE("anna"), 2), -EAGAIN);
	quota_release(quota, first);
	assert_int_equal(quota_hold(quota, SLICE("anna"), 2), first);
	quota_destroy(quota);
}

/* The place of a name is a secret, so that nobody can fill somebody else's. */
static void test_names_are_spread(void **state)
{
	struct quota *quota = quota_create(), *other = quota_create();
	unsigned same = 0, moved = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct slice name = slice_from_bytes((const char *)&i, sizeof(i));
		int counter = quota_hold(quota, name, 0);

		same += quota->counters[counter] > 1;
		moved += quota_hold(other, name, 0) != counter;
	}
	assert_true(same < 10);
	assert_true(moved > 90);
	quota_destroy(quota);
	quota_destroy(other);
}

static void test_spending(void **state)
{
	struct quota *quota = quota_create();

	(void)state;
	assert_true(quota_spend(quota, SLICE("anna"), 7, 3, 5));
	assert_false(quota_spend(quota, SLICE("anna"), 7, 3, 5));
	assert_true(quota_spend(quota, SLICE("anna"), 7, 2, 5));
	assert_false(quota_spend(quota, SLICE("anna"), 7, 1, 5));
	assert_true(quota_spend(quota, SLICE("anna"), 7, 1, 0));
	assert_true(quota_spend(quota, SLICE("anna"), 8, 5, 5));
	assert_false(quota_spend(quota, SLICE("anna"), 8, 1, 5));
	assert_false(quota_spend(quota, SLICE("anna"), 9, 6, 5));
	quota_destroy(quota);
}

static void test_sums_do_not_overflow(void **state)
{
	struct quota *quota = quota_create();

	(void)state;
	assert_true(quota_spend(quota, SLICE("anna"), 7, UINT32_MAX, UINT64_MAX));
	assert_false(quota_spend(quota, SLICE("anna"), 7, 1, UINT64_MAX));
	assert_true(quota_spend(quota, SLICE("anna"), 8, 1, UINT64_MAX));
	quota_destroy(quota);
}

/* A worker whose clock is a little behind does not open the new minute again. */
static void test_minutes_do_not_go_back(void **state)
{
	struct quota *quota = quota_create();

	(void)state;
	assert_true(quota_spend(quota, SLICE("anna"), 8, 5, 5));
	assert_false(quota_spend(quota, SLICE("anna"), 7, 1, 5));
	assert_false(quota_spend(quota, SLICE("anna"), 8, 1, 5));
	quota_destroy(quota);
}

struct thread {
	pthread_t thread;
	struct quota *quota;
	unsigned spent;
	bool exceeded;
};

static void *use(void *argument)
{
	struct thread *thread = argument;

	for (int i = 0; i < ROUNDS; i++) {
		int counter = quota_hold(thread->quota, SLICE("anna"), 2);

		if (counter >= 0) {
			thread->exceeded |= thread->quota->counters[counter] > 2;
			quota_release(thread->quota, counter);
		}
	}
	return NULL;
}

static void *spend(void *argument)
{
	struct thread *thread = argument;

	for (int i = 0; i < ROUNDS; i++)
		thread->spent += quota_spend(thread->quota, SLICE("minjun"), 1, 1, LIMIT);
	return NULL;
}

static void run_threads(struct quota *quota, struct thread threads[static THREADS],
			void *(*run)(void *))
{
	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){.quota = quota};
		assert_int_equal(pthread_create(&threads[i].thread, NULL, run, &threads[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i].thread, NULL);
}

static void test_threads(void **state)
{
	struct quota *quota = quota_create(), *minutes = quota_create();
	struct thread threads[THREADS];
	unsigned spent = 0;
	int counter;

	(void)state;
	run_threads(quota, threads, use);
	for (int i = 0; i < THREADS; i++)
		assert_false(threads[i].exceeded);
	counter = quota_hold(quota, SLICE("anna"), 1);
	assert_true(counter >= 0);
	assert_int_equal(quota->counters[counter], 1);
	run_threads(minutes, threads, spend);
	for (int i = 0; i < THREADS; i++)
		spent += threads[i].spent;
	assert_int_equal(spent, LIMIT);
	quota_destroy(quota);
	quota_destroy(minutes);
}

static void test_out_of_memory(void **state)
{
	struct quota *quota;

	(void)state;
	failing_allocator_fail_at(1);
	quota = quota_create();
	assert_true(failing_allocator_reset());
	assert_null(quota);
	quota_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_holding),
	    cmocka_unit_test(test_names_are_spread),
	    cmocka_unit_test(test_spending),
	    cmocka_unit_test(test_sums_do_not_overflow),
	    cmocka_unit_test(test_minutes_do_not_go_back),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
