/* An event loop: waits for descriptors, a mailbox and timers, and calls back. One thread each. */
#ifndef ALLIM_NET_LOOP_H
#define ALLIM_NET_LOOP_H

#include "net/mailbox.h"
#include "net/timer.h"

#include <stdbool.h>
#include <stdint.h>

/* Embedded in whatever owns a descriptor. `events` are EPOLLIN, EPOLLOUT, EPOLLHUP, ... */
struct loop_source {
	void (*on_ready)(struct loop_source *source, uint32_t events);
};

struct loop {
	int epoll;
	bool stopping;
	int64_t now; /* monotonic milliseconds, read once a turn */
	struct timer_wheel timers;
	struct mailbox mailbox; /* for messages from other threads */
	struct loop_source mailbox_source;
	/* Called at the end of each turn, before sleeping; NULL is allowed. */
	void (*on_turn)(struct loop *loop);
};

/* Returns 0 or a negative errno value. */
int loop_init(struct loop *loop, void (*on_expire)(struct timer_wheel *wheel, struct timer *timer));
void loop_finish(struct loop *loop);

/* Turns until loop_stop(). */
void loop_run(struct loop *loop);

/* From a callback of the loop. */
void loop_stop(struct loop *loop);

/* Watches, changes or leaves a descriptor. A source that left during a turn may still be called in
 * that turn, so its memory stays until loop_run() has called `on_turn`. */
int loop_add(struct loop *loop, int descriptor, uint32_t events, struct loop_source *source);
int loop_modify(struct loop *loop, int descriptor, uint32_t events, struct loop_source *source);
void loop_remove(struct loop *loop, int descriptor);

#endif
