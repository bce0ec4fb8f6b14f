/* The thread's mailbox is its queue; a job's link is used on the way in and again on the way out.
 */
#include "net/blocking.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

struct blocking {
	struct mailbox mailbox;
	_Atomic unsigned waiting;
	_Atomic bool stopping;
	pthread_t thread;
};

static void run_all(struct blocking *blocking)
{
	struct mailbox_message *message = mailbox_take(&blocking->mailbox);

	while (message != NULL) {
		struct mailbox_message *next = message->next;
		struct blocking_job *job = (struct blocking_job *)message;

		job->run(job);
		atomic_fetch_sub(&blocking->waiting, 1);
		mailbox_send(job->reply, message);
		message = next;
	}
}

static void *run_thread(void *argument)
{
	struct blocking *blocking = argument;

	while (!atomic_load(&blocking->stopping)) {
		mailbox_wait(&blocking->mailbox, -1);
		run_all(blocking);
	}
	run_all(blocking);
	return NULL;
}

struct blocking *blocking_create(void)
{
	struct blocking *blocking = malloc(sizeof(*blocking));

	if (blocking == NULL)
		return NULL;
	atomic_init(&blocking->waiting, 0);
	atomic_init(&blocking->stopping, false);
	if (mailbox_init(&blocking->mailbox) < 0) {
		free(blocking);
		return NULL;
	}
	if (pthread_create(&blocking->thread, NULL, run_thread, blocking) != 0) {
		mailbox_finish(&blocking->mailbox);
		free(blocking);
		return NULL;
	}
	return blocking;
}

static void run_nothing(struct blocking_job *job)
{
	(void)job;
}

/* A job without a receiver wakes the thread: its message goes to the thread's own mailbox. */
void blocking_destroy(struct blocking *blocking)
{
	struct blocking_job last = {.run = run_nothing};

	if (blocking == NULL)
		return;
	last.reply = &blocking->mailbox;
	atomic_store(&blocking->stopping, true);
	atomic_fetch_add(&blocking->waiting, 1);
	mailbox_send(&blocking->mailbox, &last.message);
	pthread_join(blocking->thread, NULL);
	mailbox_finish(&blocking->mailbox);
	free(blocking);
}

int blocking_submit(struct blocking *blocking, struct blocking_job *job, unsigned limit)
{
	if (atomic_fetch_add(&blocking->waiting, 1) >= limit) {
		atomic_fetch_sub(&blocking->waiting, 1);
		return -EAGAIN;
	}
	mailbox_send(&blocking->mailbox, &job->message);
	return 0;
}
