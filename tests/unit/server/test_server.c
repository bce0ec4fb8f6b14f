/* Starting and ending a node: whatever fails on the way, it says so, ends and leaves nothing. */
#include "server/server.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/node.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static struct test_node node;
static int threads_left, watches_left; /* until one fails; 0: none does */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *argument), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *argument), void *argument);
int __real_epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*run)(void *argument), void *argument)
{
	if (threads_left > 0 && --threads_left == 0)
		return EAGAIN;
	return __real_pthread_create(thread, attributes, run, argument);
}

int __wrap_epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event)
{
	if (watches_left > 0 && --watches_left == 0) {
		errno = ENOSPC;
		return -1;
	}
	return __real_epoll_ctl(epoll, operation, descriptor, event);
}

/* A node that is ready is ended at once. */
static void on_ready(const char *address, const char *admin_address)
{
	(void)address;
	(void)admin_address;
	threads_left = 0;
	watches_left = 0;
	kill(getpid(), SIGTERM);
}

/* Makes a folder and settings, and ends with no node running. */
static int start(void **state)
{
	static const char *const settings[] = {"http-workers=2", NULL};

	(void)state;
	node_start(&node, true, settings);
	node_stop(&node);
	node.options.on_ready = on_ready;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	node_remove(&node);
	return 0;
}

/* Returns whether it started. Where not, there is a sentence. */
static bool starts(void)
{
	struct error error = {""};
	int result = server_run(&node.options, &error);

	assert_true(result <= 0);
	assert_true(result == 0 || strlen(error.text) > 0);
	return result == 0;
}

static void test_threads(void **state)
{
	int failures = 0;

	(void)state;
	do {
		threads_left = ++failures;
	} while (!starts());
	assert_true(failures > 3); /* two workers, the store's, and the one that may block */
}

static void test_watches(void **state)
{
	int failures = 0;

	(void)state;
	do {
		watches_left = ++failures;
	} while (!starts());
	assert_true(failures > 6); /* for each of three loops its mailbox and its listener */
}

static void test_memory(void **state)
{
	bool failed = true;
	unsigned refused = 0;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		bool started;

		failing_allocator_fail_at(n);
		started = starts();
		failed = failing_allocator_reset();
		assert_true(started || failed);
		refused += !started;
	}
	assert_true(refused > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_watches),
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
