/* Levels of 256 slots (Varghese and Lauck, 1987, scheme 7). Level 0 holds the next 256 steps one
 * by one; each slot of a higher level holds 256 times as many and is dealt out downwards when the
 * level below has turned once. A bit per slot finds the next used one without a walk, so an idle
 * wheel wakes nobody. */
#include "net/timer.h"

#include <assert.h>

static const int64_t LONGEST = (int64_t)365 * 24 * 3600 * 1000;

void timer_wheel_init(struct timer_wheel *wheel, int64_t now,
		      void (*on_expire)(struct timer_wheel *wheel, struct timer *timer))
{
	*wheel = (struct timer_wheel){.start = now, .on_expire = on_expire};
	for (int level = 0; level < TIMER_LEVELS; level++) {
		for (int slot = 0; slot < TIMER_SLOTS; slot++)
			list_init(&wheel->slots[level][slot]);
	}
}

void timer_init(struct timer *timer)
{
	list_init(&timer->link);
	timer->step = 0;
}

void timer_stop(struct timer *timer)
{
	list_remove(&timer->link);
	timer->step = 0;
}

/* The level is that of the highest digit (base 256) in which the timer's step differs from now. */
static void place(struct timer_wheel *wheel, struct timer *timer)
{
	uint64_t difference = timer->step ^ wheel->now;
	int level = difference == 0 ? 0 : (63 - __builtin_clzll(difference)) / TIMER_SLOT_BITS;
	unsigned slot = (timer->step >> (level * TIMER_SLOT_BITS)) & (TIMER_SLOTS - 1);

	list_append(&wheel->slots[level][slot], &timer->link);
	wheel->used[level][slot / 64] |= (uint64_t)1 << (slot % 64);
}

void timer_set(struct timer_wheel *wheel, struct timer *timer, int64_t when)
{
	int64_t limit = wheel->start + (int64_t)wheel->now * TIMER_STEP + LONGEST;
	int64_t step = ((when < limit ? when : limit) - wheel->start + TIMER_STEP - 1) / TIMER_STEP;

	list_remove(&timer->link);
	timer->step = step <= (int64_t)wheel->now ? wheel->now + 1 : (uint64_t)step;
	place(wheel, timer);
}

void timer_hurry(struct timer_wheel *wheel, struct timer *timer, int64_t when)
{
	if (!timer_is_set(timer) || when < wheel->start + (int64_t)timer->step * TIMER_STEP)
		timer_set(wheel, timer, when);
}

/* The first used slot of the level at or behind `from`, or -1. */
static int next_used(const struct timer_wheel *wheel, int level, unsigned from)
{
	for (unsigned word = from / 64; word < TIMER_MAP_WORDS; word++) {
		uint64_t bits = wheel->used[level][word];

		if (word == from / 64)
			bits &= ~(uint64_t)0 << (from % 64);
		if (bits != 0)
			return (int)(word * 64) + __builtin_ctzll(bits);
	}
	return -1;
}

static unsigned digit(uint64_t step, int level)
{
	return (step >> (level * TIMER_SLOT_BITS)) & (TIMER_SLOTS - 1);
}

/* Empties a slot into `ret_timers`. */
static void take_slot(struct timer_wheel *wheel, int level, unsigned slot, struct list *ret_timers)
{
	list_init(ret_timers);
	list_append_all(ret_timers, &wheel->slots[level][slot]);
	wheel->used[level][slot / 64] &= ~((uint64_t)1 << (slot % 64));
}

/* At the turn of a level, its next slot is dealt out to the levels below. */
static void cascade(struct timer_wheel *wheel)
{
	for (int level = 1; level < TIMER_LEVELS && digit(wheel->now, level - 1) == 0; level++) {
		struct list timers;

		take_slot(wheel, level, digit(wheel->now, level), &timers);
		while (!list_is_empty(&timers)) {
			struct timer *timer = CONTAINER_OF(timers.next, struct timer, link);

			list_remove(&timer->link);
			place(wheel, timer);
		}
	}
}

static void fire(struct timer_wheel *wheel)
{
	struct list timers;

	take_slot(wheel, 0, digit(wheel->now, 0), &timers);
	while (!list_is_empty(&timers)) {
		struct timer *timer = CONTAINER_OF(timers.next, struct timer, link);

		assert(timer->step == wheel->now);
		timer_stop(timer);
		wheel->on_expire(wheel, timer);
	}
}

/* The next step at which something fires or is dealt out; UINT64_MAX when nothing is set. */
static uint64_t next_step(const struct timer_wheel *wheel)
{
	for (int level = 0; level < TIMER_LEVELS; level++) {
		int slot = next_used(wheel, level, digit(wheel->now, level) + 1);
		int shift = level * TIMER_SLOT_BITS;

		if (slot >= 0) {
			uint64_t above = level + 1 == TIMER_LEVELS
					     ? 0
					     : wheel->now >> (shift + TIMER_SLOT_BITS)
								 << (shift + TIMER_SLOT_BITS);
			return above | (uint64_t)slot << shift;
		}
	}
	return UINT64_MAX;
}

void timer_wheel_advance(struct timer_wheel *wheel, int64_t now)
{
	uint64_t target = now <= wheel->start ? 0 : (uint64_t)((now - wheel->start) / TIMER_STEP);

	while (wheel->now < target) {
		uint64_t next = next_step(wheel);

		if (next > target) {
			/* Nothing is dealt out on the way: whatever waits stands beyond `target`,
			 * in the slot that its own step names relative to any time until then. */
			wheel->now = target;
			return;
		}
		wheel->now = next;
		cascade(wheel);
		fire(wheel);
	}
}

int timer_wheel_wait(const struct timer_wheel *wheel, int64_t now)
{
	uint64_t next = next_step(wheel);
	int64_t wait;

	if (next == UINT64_MAX)
		return -1;
	wait = wheel->start + (int64_t)next * TIMER_STEP - now;
	if (wait < 0)
		return 0;
	return wait > INT32_MAX ? INT32_MAX : (int)wait;
}
