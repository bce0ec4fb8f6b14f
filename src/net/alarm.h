/* A timer that knows what to call, where several modules share one loop's wheel. */
#ifndef ALLIM_NET_ALARM_H
#define ALLIM_NET_ALARM_H

#include "net/timer.h"

struct alarm {
	struct timer timer;
	void (*on_expire)(struct alarm *alarm);
};

static inline void alarm_init(struct alarm *alarm, void (*on_expire)(struct alarm *alarm))
{
	timer_init(&alarm->timer);
	alarm->on_expire = on_expire;
}

/* For loop_init(). */
static inline void alarm_expire(struct timer_wheel *wheel, struct timer *timer)
{
	struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);

	(void)wheel;
	alarm->on_expire(alarm);
}

#endif
