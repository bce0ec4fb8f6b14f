#include "net/loop.h"

#include "base/list.h"
#include "lib/assertions.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* A pipe whose reading end is watched. */
struct tube {
	struct loop_source source;
	struct loop *loop;
	int ends[2];
	unsigned called;
	uint32_t events;
};

static unsigned turns;
static unsigned fired;

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct tube *tube = CONTAINER_OF(source, struct tube, source);
	char byte;

	tube->called++;
	tube->events = events;
	if ((events & EPOLLIN) != 0)
		assert_int_equal(read(tube->ends[0], &byte, 1), 1);
	loop_stop(tube->loop);
}

static void on_expire(struct timer_wheel *wheel, struct timer *timer)
{
	(void)timer;
	fired++;
	loop_stop(CONTAINER_OF(wheel, struct loop, timers));
}

static void on_turn(struct loop *loop)
{
	(void)loop;
	turns++;
}

static void run(struct loop *loop)
{
	loop->stopping = false;
	loop_run(loop);
}

static void open_tube(struct tube *tube, struct loop *loop)
{
	*tube = (struct tube){.source.on_ready = on_ready, .loop = loop};
	assert_int_equal(pipe2(tube->ends, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(loop_add(loop, tube->ends[0], EPOLLIN, &tube->source), 0);
}

static void close_tube(struct tube *tube)
{
	close(tube->ends[0]);
	close(tube->ends[1]);
}

static void test_descriptors(void **state)
{
	struct loop loop;
	struct tube tube;

	(void)state;
	assert_int_equal(loop_init(&loop, on_expire), 0);
	loop.on_turn = on_turn;
	turns = 0;
	open_tube(&tube, &loop);
	assert_int_equal(loop_add(&loop, tube.ends[0], EPOLLIN, &tube.source), -EEXIST);
	assert_int_equal(write(tube.ends[1], "ab", 2), 2);
	run(&loop);
	assert_int_equal(tube.called, 1);
	assert_int_equal(turns, 1);
	run(&loop); /* the second byte still waits */
	assert_int_equal(tube.called, 2);
	assert_int_equal(loop_modify(&loop, tube.ends[0], 0, &tube.source), 0);
	assert_int_equal(write(tube.ends[1], "c", 1), 1);
	close(tube.ends[1]);
	run(&loop);
	assert_int_equal(tube.events, EPOLLHUP);
	loop_remove(&loop, tube.ends[0]);
	assert_int_equal(loop_modify(&loop, tube.ends[0], EPOLLIN, &tube.source), -ENOENT);
	close(tube.ends[0]);
	loop_finish(&loop);
}

static void test_timers(void **state)
{
	struct loop loop;
	struct timer timer;
	int64_t start;

	(void)state;
	assert_int_equal(loop_init(&loop, on_expire), 0);
	start = loop.now;
	fired = 0;
	timer_init(&timer);
	timer_set(&loop.timers, &timer, start + 30);
	run(&loop);
	assert_int_equal(fired, 1);
	assert_true(loop.now >= start + 30);
	loop_finish(&loop);
}

struct note {
	struct mailbox_message message;
	struct tube *tube;
};

/* What other threads announced is known before any request of the turn is answered. */
static void on_note(struct mailbox_message *message)
{
	const struct note *note = (struct note *)message;

	assert_int_equal(note->tube->called, 0);
	fired++;
}

static void test_mailbox_goes_first(void **state)
{
	struct loop loop;
	struct tube tube;
	struct note note = {{NULL, on_note}, &tube};

	(void)state;
	assert_int_equal(loop_init(&loop, on_expire), 0);
	fired = 0;
	open_tube(&tube, &loop);
	assert_int_equal(write(tube.ends[1], "a", 1), 1);
	mailbox_send(&loop.mailbox, &note.message);
	run(&loop);
	assert_int_equal(tube.called, 1);
	assert_int_equal(fired, 1);
	close_tube(&tube);
	loop_finish(&loop);
}

struct stopper {
	struct mailbox_message message;
	struct loop *loop;
};

static void on_stopper(struct mailbox_message *message)
{
	loop_stop(((struct stopper *)message)->loop);
}

static void *send_stopper(void *argument)
{
	struct stopper *stopper = argument;

	mailbox_send(&stopper->loop->mailbox, &stopper->message);
	return NULL;
}

/* A loop with nothing to do sleeps until another thread sends something. */
static void test_waking_by_another_thread(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct loop loop;
		struct stopper stopper = {{NULL, on_stopper}, &loop};
		pthread_t thread;

		assert_int_equal(loop_init(&loop, on_expire), 0);
		assert_int_equal(pthread_create(&thread, NULL, send_stopper, &stopper), 0);
		run(&loop);
		pthread_join(thread, NULL);
		loop_finish(&loop);
	}
}

/* Whatever cannot be opened is told, and nothing stays open. */
/* The event of a mailbox that was emptied meanwhile wakes the loop once, not for ever. */
static void test_late_wake(void **state)
{
	struct loop loop;
	struct timer timer;

	(void)state;
	assert_int_equal(loop_init(&loop, on_expire), 0);
	loop.on_turn = on_turn;
	timer_init(&timer);
	timer_set(&loop.timers, &timer, loop.now + 30);
	turns = 0;
	assert_int_equal(eventfd_write(loop.mailbox.event, 1), 0);
	run(&loop);
	assert_true(turns < 30);
	loop_finish(&loop);
}

static void test_out_of_descriptors(void **state)
{
	struct rlimit limit, before;
	int lowest = dup(STDOUT_FILENO);

	(void)state;
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (int room = 0; room < 2; room++) {
		struct loop loop;
		int result, next;

		limit = (struct rlimit){(rlim_t)(lowest + room), before.rlim_max};
		setrlimit(RLIMIT_NOFILE, &limit);
		result = loop_init(&loop, on_expire);
		setrlimit(RLIMIT_NOFILE, &before);
		assert_int_equal(result, -EMFILE);
		next = dup(STDOUT_FILENO);
		assert_int_equal(next, lowest);
		close(next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_descriptors),
	    cmocka_unit_test(test_timers),
	    cmocka_unit_test(test_mailbox_goes_first),
	    cmocka_unit_test(test_waking_by_another_thread),
	    cmocka_unit_test(test_late_wake),
	    cmocka_unit_test(test_out_of_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
