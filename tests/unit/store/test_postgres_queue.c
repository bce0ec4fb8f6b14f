/* Requests are taken once, in order and by weight, and nobody waits for sessions that are lost. */
#include "store/postgres_queue.h"

#include "base/clock.h"
#include "lib/assertions.h"

#include <unistd.h>

enum { REQUESTS = 2000, TAKERS = 4, ADDERS = 3 };

struct fixture {
	struct postgres_queue queue;
	struct store_publish publishes[8];
	struct store_item items[8];
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.publishes = {{.item_count = 0}}};
	postgres_queue_init(&fixture.queue);
	for (size_t i = 0; i < 8; i++) {
		store_request_init(&fixture.publishes[i].request, STORE_PUBLISH, NULL, NULL);
		fixture.publishes[i].items = &fixture.items[i];
		fixture.publishes[i].item_count = 1;
		fixture.items[i].user_count = 100;
	}
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	postgres_queue_finish(&((struct fixture *)*state)->queue);
	return 0;
}

static size_t count_and_check(struct mailbox_message *oldest, const struct store_publish *first)
{
	size_t count = 0;

	for (; oldest != NULL; oldest = oldest->next)
		assert_ptr_equal(store_request_of(oldest), &first[count++].request);
	return count;
}

static void add_all(struct fixture *fixture)
{
	for (size_t i = 0; i < 8; i++)
		assert_true(postgres_queue_add(&fixture->queue, &fixture->publishes[i].request));
}

static void test_nothing_is_taken_without_a_session(void **state)
{
	struct fixture *f = *state;

	assert_false(postgres_queue_add(&f->queue, &f->publishes[0].request));
	postgres_queue_connect(&f->queue);
	assert_true(postgres_queue_add(&f->queue, &f->publishes[0].request));
	assert_int_equal(count_and_check(postgres_queue_take(&f->queue, 1000, 0), f->publishes), 1);
	assert_null(postgres_queue_disconnect(&f->queue));
	assert_false(postgres_queue_add(&f->queue, &f->publishes[0].request));
}

/* The one that passes the limit is the last. */
static void test_a_batch_is_cut_by_weight(void **state)
{
	struct fixture *f = *state;

	postgres_queue_connect(&f->queue);
	add_all(f);
	assert_int_equal(count_and_check(postgres_queue_take(&f->queue, 250, 0), f->publishes), 3);
	assert_int_equal(count_and_check(postgres_queue_take(&f->queue, 1, 0), f->publishes + 3),
			 1);
	assert_int_equal(count_and_check(postgres_queue_take(&f->queue, 9999, 0), f->publishes + 4),
			 4);
	assert_null(postgres_queue_take(&f->queue, 9999, 0));
	add_all(f);
	assert_int_equal(count_and_check(postgres_queue_take(&f->queue, 9999, 0), f->publishes), 8);
}

static void test_the_last_session_gives_back_what_waits(void **state)
{
	struct fixture *f = *state;

	postgres_queue_connect(&f->queue);
	postgres_queue_connect(&f->queue);
	add_all(f);
	assert_null(postgres_queue_disconnect(&f->queue));
	assert_int_equal(count_and_check(postgres_queue_disconnect(&f->queue), f->publishes), 8);
	postgres_queue_connect(&f->queue);
	assert_null(postgres_queue_take(&f->queue, 9999, 0));
}

static void test_waiting_ends(void **state)
{
	struct fixture *f = *state;
	int64_t began = clock_monotonic();

	postgres_queue_connect(&f->queue);
	assert_null(postgres_queue_take(&f->queue, 1, 30));
	assert_true(clock_monotonic() - began >= 29);
	began = clock_monotonic();
	assert_false(postgres_queue_pause(&f->queue, 30));
	assert_true(clock_monotonic() - began >= 29);
}

/* After the stop what was added is still taken, and nobody sleeps. */
static void test_the_stop(void **state)
{
	struct fixture *f = *state;

	postgres_queue_connect(&f->queue);
	assert_true(postgres_queue_add(&f->queue, &f->publishes[0].request));
	assert_false(postgres_queue_is_stopping(&f->queue));
	postgres_queue_stop(&f->queue);
	assert_true(postgres_queue_is_stopping(&f->queue));
	assert_int_equal(count_and_check(postgres_queue_take(&f->queue, 1, 3600000), f->publishes),
			 1);
	assert_null(postgres_queue_take(&f->queue, 1, 3600000));
	assert_true(postgres_queue_pause(&f->queue, 3600000));
}

static void *pause_long(void *context)
{
	struct fixture *f = context;

	return postgres_queue_pause(&f->queue, 3600000) ? f : NULL;
}

static void *take_long(void *context)
{
	struct fixture *f = context;

	return postgres_queue_take(&f->queue, 1, 3600000) == NULL ? f : NULL;
}

static void test_the_stop_wakes_who_waits(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	void *result;

	postgres_queue_connect(&f->queue);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, i % 2 == 0 ? pause_long : take_long, f), 0);
	usleep(10000);
	postgres_queue_stop(&f->queue);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, f);
	}
}

struct crowd {
	struct postgres_queue *queue;
	struct store_publish *publishes;
	_Atomic size_t next;
	_Atomic size_t taken;
};

static void *take_many(void *context)
{
	struct crowd *crowd = context;

	while (!postgres_queue_is_stopping(crowd->queue)) {
		struct mailbox_message *message = postgres_queue_take(crowd->queue, 3, 1000);

		for (; message != NULL; message = message->next) {
			store_request_of(message)->result++;
			atomic_fetch_add(&crowd->taken, 1);
		}
		if (atomic_load(&crowd->taken) == REQUESTS)
			postgres_queue_stop(crowd->queue);
	}
	return NULL;
}

static void *add_many(void *context)
{
	struct crowd *crowd = context;
	size_t place;

	while ((place = atomic_fetch_add(&crowd->next, 1)) < REQUESTS)
		(void)postgres_queue_add(crowd->queue, &crowd->publishes[place].request);
	return NULL;
}

static void test_each_is_taken_once(void **state)
{
	static struct store_publish publishes[REQUESTS];
	struct fixture *f = *state;
	struct crowd crowd = {.queue = &f->queue, .publishes = publishes};
	pthread_t threads[TAKERS + ADDERS];

	postgres_queue_connect(&f->queue);
	for (size_t i = 0; i < REQUESTS; i++)
		store_request_init(&publishes[i].request, STORE_PUBLISH, NULL, NULL);
	for (int i = 0; i < TAKERS + ADDERS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, i < TAKERS ? take_many : add_many, &crowd),
		    0);
	for (int i = 0; i < TAKERS + ADDERS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < REQUESTS; i++)
		assert_int_equal(publishes[i].request.result, 1);
}

#define QUEUE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    QUEUE(test_nothing_is_taken_without_a_session),
	    QUEUE(test_a_batch_is_cut_by_weight),
	    QUEUE(test_the_last_session_gives_back_what_waits),
	    QUEUE(test_waiting_ends),
	    QUEUE(test_the_stop),
	    QUEUE(test_the_stop_wakes_who_waits),
	    QUEUE(test_each_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
