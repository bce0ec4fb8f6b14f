/* One epoll instance. The mailbox is received at the start of every turn, so that what other
 * threads have announced is known before any request of this turn is answered. */
#include "net/loop.h"

#include "base/clock.h"
#include "base/list.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_PER_TURN = 256 };

/* Mostly the start of the turn has received already and left nothing to do. */
static void on_mailbox_ready(struct loop_source *source, uint32_t events)
{
	struct loop *loop = CONTAINER_OF(source, struct loop, mailbox_source);

	(void)events;
	mailbox_clear(&loop->mailbox);
	mailbox_receive(&loop->mailbox);
}

int loop_init(struct loop *loop, void (*on_expire)(struct timer_wheel *wheel, struct timer *timer))
{
	int error;

	*loop = (struct loop){.now = clock_monotonic()};
	timer_wheel_init(&loop->timers, loop->now, on_expire);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	error = mailbox_init(&loop->mailbox);
	if (error < 0) {
		close(loop->epoll);
		return error;
	}
	loop->mailbox_source.on_ready = on_mailbox_ready;
	error = loop_add(loop, loop->mailbox.event, EPOLLIN, &loop->mailbox_source);
	if (error < 0)
		loop_finish(loop);
	return error;
}

void loop_finish(struct loop *loop)
{
	mailbox_finish(&loop->mailbox);
	close(loop->epoll);
}

static void turn(struct loop *loop)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int wait = timer_wheel_wait(&loop->timers, loop->now);
	int count = epoll_wait(loop->epoll, events, EVENTS_PER_TURN, wait);

	loop->now = clock_monotonic();
	mailbox_receive(&loop->mailbox);
	for (int i = 0; i < count; i++) {
		struct loop_source *source = events[i].data.ptr;

		source->on_ready(source, events[i].events);
	}
	timer_wheel_advance(&loop->timers, loop->now);
	if (loop->on_turn != NULL)
		loop->on_turn(loop);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopping)
		turn(loop);
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

static int control(struct loop *loop, int operation, int descriptor, uint32_t events,
		   struct loop_source *source)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(loop->epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, int descriptor, uint32_t events, struct loop_source *source)
{
	return control(loop, EPOLL_CTL_ADD, descriptor, events, source);
}

int loop_modify(struct loop *loop, int descriptor, uint32_t events, struct loop_source *source)
{
	return control(loop, EPOLL_CTL_MOD, descriptor, events, source);
}

void loop_remove(struct loop *loop, int descriptor)
{
	control(loop, EPOLL_CTL_DEL, descriptor, 0, NULL);
}
