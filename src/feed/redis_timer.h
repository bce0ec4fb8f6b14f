/* A timer that knows what to call: several modules of the feed share one loop's wheel. */
#ifndef ALLIM_FEED_REDIS_TIMER_H
#define ALLIM_FEED_REDIS_TIMER_H

#include "net/timer.h"

struct redis_timer {
	struct timer timer;
	void (*on_expire)(struct redis_timer *timer);
};

static inline void redis_timer_init(struct redis_timer *timer,
				    void (*on_expire)(struct redis_timer *timer))
{
	timer_init(&timer->timer);
	timer->on_expire = on_expire;
}

/* For loop_init(). */
static inline void redis_timer_expire(struct timer_wheel *wheel, struct timer *timer)
{
	struct redis_timer *expired = CONTAINER_OF(timer, struct redis_timer, timer);

	(void)wheel;
	expired->on_expire(expired);
}

#endif
