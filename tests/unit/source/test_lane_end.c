/* Lanes that are closed, and memory that ends. */
#include "lane_scene.h"
#include "lib/failing_allocator.h"

#include <errno.h>

/* What is at the store comes back before the lane is free. */
static void test_closing(void **state)
{
	struct scene *scene = *state;

	for (unsigned i = 1; i <= 5; i++)
		add(scene, i, true);
	lane_close(&scene->lane);
	assert_int_equal(scene->dropped, 4);
	assert_int_equal(scene->closed, 0);
	answer(scene, 0);
	assert_int_equal(scene->dropped, 4);
	assert_int_equal(scene->handled, 1);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(statistics(scene).waiting, 0);
}

static void test_closing_in_vain(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	lane_close(&scene->lane);
	answer(scene, -EAGAIN);
	assert_int_equal(scene->dropped, 1);
	assert_int_equal(scene->handled, 0);
	assert_int_equal(scene->closed, 1);
}

/* What is published already is acknowledged with what has to be buried first. */
static void test_closing_before_burying(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	add(scene, 2, true);
	add(scene, 3, false);
	answer(scene, 0);
	lane_close(&scene->lane);
	answer(scene, 0);
	assert_int_equal(scene->closed, 0);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	answer(scene, 0);
	assert_int_equal(scene->handled, 3);
	assert_int_equal(scene->dropped, 0);
	assert_int_equal(scene->closed, 1);
}

static void test_closing_where_burying_fails(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, false);
	lane_close(&scene->lane);
	answer(scene, -EAGAIN);
	assert_int_equal(scene->handled, 0);
	assert_int_equal(scene->dropped, 1);
	assert_int_equal(scene->closed, 1);
}

static void test_closing_while_it_waits(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	answer(scene, -EAGAIN);
	lane_close(&scene->lane);
	assert_int_equal(scene->dropped, 1);
	assert_int_equal(scene->closed, 1);
	pass(scene, LONG);
	assert_null(scene->request);
}

static void test_out_of_memory(void **state)
{
	struct scene *scene = *state;

	for (unsigned n = 1;; n++) {
		bool failed;

		failing_allocator_fail_at(n + 1); /* the first one is the test's */
		add(scene, n, n % 2 == 0);
		failed = failing_allocator_reset();
		pass(scene, LONG);
		while (scene->request != NULL)
			answer(scene, 0);
		assert_int_equal(scene->handled, n);
		if (!failed)
			break;
	}
}

/* What cannot be read ahead is read in its turn, in order. */
static void test_out_of_memory_while_the_next_batch_is_read(void **state)
{
	struct scene *scene = *state;
	unsigned number = 0;

	for (unsigned n = 1;; n++) {
		bool failed;

		add(scene, ++number, true);
		failing_allocator_fail_at(n + 1);
		add(scene, ++number, true);
		failed = failing_allocator_reset();
		add(scene, ++number, true);
		while (scene->request != NULL)
			answer(scene, 0);
		assert_int_equal(scene->handled, number);
		if (!failed)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LANE_TEST(test_closing),
	    LANE_TEST(test_closing_in_vain),
	    LANE_TEST(test_closing_before_burying),
	    LANE_TEST(test_closing_where_burying_fails),
	    LANE_TEST(test_closing_while_it_waits),
	    LANE_TEST(test_out_of_memory),
	    LANE_TEST(test_out_of_memory_while_the_next_batch_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
