#include "net/blocking.h"

#include "base/list.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

enum { JOBS = 200, SUBMITTERS = 3 };

struct work {
	struct blocking_job job;
	pthread_t ran_on;
	unsigned runs;
	unsigned answers;
	pthread_mutex_t *gate; /* held while the job is not to go on */
};

static unsigned answered;

static void run(struct blocking_job *job)
{
	struct work *work = (struct work *)job;

	if (work->gate != NULL) {
		pthread_mutex_lock(work->gate);
		pthread_mutex_unlock(work->gate);
	}
	work->ran_on = pthread_self();
	work->runs++;
}

static void on_answer(struct mailbox_message *message)
{
	((struct work *)message)->answers++;
	answered++;
}

static void init_work(struct work *work, struct mailbox *reply, pthread_mutex_t *gate)
{
	*work = (struct work){.job = {.message.on_receive = on_answer, .reply = reply, .run = run},
			      .gate = gate};
}

static void wait_for(struct mailbox *mailbox, unsigned count)
{
	while (answered < count) {
		mailbox_wait(mailbox, -1);
		mailbox_receive(mailbox);
	}
}

static void test_runs_elsewhere_and_comes_back(void **state)
{
	struct blocking *blocking = blocking_create();
	struct mailbox reply;
	struct work work;

	(void)state;
	answered = 0;
	assert_non_null(blocking);
	assert_int_equal(mailbox_init(&reply), 0);
	init_work(&work, &reply, NULL);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(blocking_submit(blocking, &work.job, 1), 0);
		wait_for(&reply, i);
		assert_int_equal(work.runs, i);
		assert_false(pthread_equal(work.ran_on, pthread_self()));
	}
	blocking_destroy(blocking);
	mailbox_finish(&reply);
}

static void test_limit(void **state)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct blocking *blocking = blocking_create();
	struct mailbox reply;
	struct work works[3];

	(void)state;
	answered = 0;
	assert_int_equal(mailbox_init(&reply), 0);
	for (int i = 0; i < 3; i++)
		init_work(&works[i], &reply, &gate);
	pthread_mutex_lock(&gate);
	assert_int_equal(blocking_submit(blocking, &works[0].job, 2), 0);
	assert_int_equal(blocking_submit(blocking, &works[1].job, 2), 0);
	assert_int_equal(blocking_submit(blocking, &works[2].job, 2), -EAGAIN);
	assert_int_equal(blocking_submit(blocking, &works[2].job, 0), -EAGAIN);
	pthread_mutex_unlock(&gate);
	wait_for(&reply, 2);
	assert_int_equal(works[2].runs, 0);
	assert_int_equal(blocking_submit(blocking, &works[2].job, 2), 0);
	wait_for(&reply, 3);
	blocking_destroy(blocking);
	mailbox_finish(&reply);
}

struct submitter {
	pthread_t thread;
	struct blocking *blocking;
	struct work works[JOBS];
};

static void *submit_all(void *argument)
{
	struct submitter *submitter = argument;

	for (int i = 0; i < JOBS; i++)
		blocking_submit(submitter->blocking, &submitter->works[i].job, JOBS * SUBMITTERS);
	return NULL;
}

/* Whatever was submitted is run before the thread ends. */
static void test_destroying_finishes_the_work(void **state)
{
	static struct submitter submitters[SUBMITTERS];
	struct blocking *blocking = blocking_create();
	struct mailbox reply;

	(void)state;
	answered = 0;
	assert_int_equal(mailbox_init(&reply), 0);
	for (int s = 0; s < SUBMITTERS; s++) {
		submitters[s].blocking = blocking;
		for (int i = 0; i < JOBS; i++)
			init_work(&submitters[s].works[i], &reply, NULL);
		assert_int_equal(
		    pthread_create(&submitters[s].thread, NULL, submit_all, &submitters[s]), 0);
	}
	for (int s = 0; s < SUBMITTERS; s++)
		pthread_join(submitters[s].thread, NULL);
	blocking_destroy(blocking);
	mailbox_receive(&reply);
	assert_int_equal(answered, SUBMITTERS * JOBS);
	for (int s = 0; s < SUBMITTERS; s++) {
		for (int i = 0; i < JOBS; i++) {
			assert_int_equal(submitters[s].works[i].runs, 1);
			assert_int_equal(submitters[s].works[i].answers, 1);
		}
	}
	mailbox_finish(&reply);
}

static sem_t started, released;

static void run_slowly(struct blocking_job *job)
{
	sem_post(&started);
	while (sem_wait(&released) < 0)
		;
	run(job);
}

/* Long enough that blocking_destroy() is at work; where it is not, the test proves less. */
static void *release_later(void *argument)
{
	usleep(50000);
	sem_post(&released);
	return argument;
}

/* Also what came while the thread was busy with its last job. */
static void test_destroying_while_busy(void **state)
{
	struct blocking *blocking = blocking_create();
	struct work slow, next;
	struct mailbox reply;
	pthread_t thread;

	(void)state;
	answered = 0;
	sem_init(&started, 0, 0);
	sem_init(&released, 0, 0);
	assert_int_equal(mailbox_init(&reply), 0);
	init_work(&slow, &reply, NULL);
	init_work(&next, &reply, NULL);
	slow.job.run = run_slowly;
	assert_int_equal(blocking_submit(blocking, &slow.job, 2), 0);
	while (sem_wait(&started) < 0)
		;
	assert_int_equal(blocking_submit(blocking, &next.job, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, release_later, NULL), 0);
	blocking_destroy(blocking);
	pthread_join(thread, NULL);
	mailbox_receive(&reply);
	assert_int_equal(answered, 2);
	mailbox_finish(&reply);
}

static void test_nothing_to_destroy(void **state)
{
	(void)state;
	blocking_destroy(NULL);
	for (int i = 0; i < 100; i++)
		blocking_destroy(blocking_create());
}

static void test_out_of_memory(void **state)
{
	struct blocking *blocking;

	(void)state;
	failing_allocator_fail_at(1);
	blocking = blocking_create();
	assert_true(failing_allocator_reset());
	assert_null(blocking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_runs_elsewhere_and_comes_back),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_destroying_finishes_the_work),
	    cmocka_unit_test(test_destroying_while_busy),
	    cmocka_unit_test(test_nothing_to_destroy),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
