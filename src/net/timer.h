/* Timers on a wheel: setting, moving and stopping one costs the same however many there are.
 *
 * A timer is a link inside what waits for it. The wheel turns in steps of TIMER_STEP milliseconds;
 * a timer fires in the first step that is not before its time. One thread only. */
#ifndef ALLIM_NET_TIMER_H
#define ALLIM_NET_TIMER_H

#include "base/list.h"

#include <stdint.h>

enum {
	TIMER_STEP = 10,  /* milliseconds */
	TIMER_LEVELS = 5, /* 256^5 steps are 348 years */
	TIMER_SLOT_BITS = 8,
	TIMER_SLOTS = 1 << TIMER_SLOT_BITS,
	TIMER_MAP_WORDS = TIMER_SLOTS / 64,
};

struct timer {
	struct list link;
	uint64_t step; /* when it fires, in steps since the wheel started; 0 while it is stopped */
};

struct timer_wheel {
	struct list slots[TIMER_LEVELS][TIMER_SLOTS];
	uint64_t used[TIMER_LEVELS][TIMER_MAP_WORDS]; /* a bit for each slot that may hold timers */
	int64_t start;				      /* monotonic milliseconds of step 0 */
	uint64_t now;				      /* the last step that has fired */
	void (*on_expire)(struct timer_wheel *wheel, struct timer *timer);
};

/* `on_expire` is called for each timer that fires; it is stopped by then and may be set again. */
void timer_wheel_init(struct timer_wheel *wheel, int64_t now,
		      void (*on_expire)(struct timer_wheel *wheel, struct timer *timer));

/* Fires what is due. */
void timer_wheel_advance(struct timer_wheel *wheel, int64_t now);

/* Milliseconds until something may fire, or -1 when nothing is set. */
int timer_wheel_wait(const struct timer_wheel *wheel, int64_t now);

/* For storage that the caller has; it is not set yet. */
void timer_init(struct timer *timer);

/* Sets or moves a timer to `when` (monotonic milliseconds; more than a year ahead counts as a
 * year). */
void timer_set(struct timer_wheel *wheel, struct timer *timer, int64_t when);

/* The same, unless it fires before that anyway. */
void timer_hurry(struct timer_wheel *wheel, struct timer *timer, int64_t when);

/* Nothing happens where it is not set. */
void timer_stop(struct timer *timer);

static inline bool timer_is_set(const struct timer *timer)
{
	return timer->step != 0;
}

#endif
