#include "net/timer.h"

#include "base/random.h"
#include "lib/assertions.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIMERS = 200 };

static const int64_t SECOND = 1000, DAY = 24 * 3600 * SECOND, YEAR = 365 * DAY;

struct alarm {
	struct timer timer;
	int64_t when; /* in the model: when it is due, or -1 */
	unsigned fired;
};

/* The wheel, and what it should do. */
struct world {
	struct timer_wheel wheel;
	struct alarm alarms[TIMERS];
	int64_t start, now;
	struct random *random; /* NULL: callbacks do nothing */
};

/* When something that is due at `when` fires: at the end of its step. */
static int64_t firing_time(const struct world *world, int64_t when)
{
	int64_t steps = (when - world->start + TIMER_STEP - 1) / TIMER_STEP;

	return world->start + steps * TIMER_STEP;
}

static void set(struct world *world, struct alarm *alarm, int64_t when)
{
	timer_set(&world->wheel, &alarm->timer, when);
	assert_true(timer_is_set(&alarm->timer));
	alarm->when = when;
}

static void stop(struct alarm *alarm)
{
	timer_stop(&alarm->timer);
	assert_false(timer_is_set(&alarm->timer));
	alarm->when = -1;
}

/* Callbacks may set and stop any timer, themselves included. */
static void disturb(struct world *world, struct alarm *fired)
{
	struct alarm *other = &world->alarms[random_below(world->random, TIMERS)];

	if (random_below(world->random, 4) == 0)
		set(world, fired, world->now + 1 + (int64_t)random_below(world->random, 100));
	if (random_below(world->random, 4) == 0)
		stop(other);
}

static void on_expire(struct timer_wheel *wheel, struct timer *timer)
{
	struct world *world = CONTAINER_OF(wheel, struct world, wheel);
	struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);

	assert_false(timer_is_set(timer));
	assert_true(alarm->when >= 0);
	assert_true(firing_time(world, alarm->when) <= world->now);
	alarm->when = -1;
	alarm->fired++;
	if (world->random != NULL)
		disturb(world, alarm);
}

static struct world *create_world(int64_t start)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->start = world->now = start;
	timer_wheel_init(&world->wheel, start, on_expire);
	for (int i = 0; i < TIMERS; i++) {
		timer_init(&world->alarms[i].timer);
		world->alarms[i].when = -1;
	}
	return world;
}

static void advance(struct world *world, int64_t now)
{
	world->now = now;
	timer_wheel_advance(&world->wheel, now);
}

/* Nothing that is due still waits. */
static void check(const struct world *world)
{
	int64_t next = INT64_MAX;
	int wait = timer_wheel_wait(&world->wheel, world->now);

	for (int i = 0; i < TIMERS; i++) {
		const struct alarm *alarm = &world->alarms[i];

		assert_int_equal(timer_is_set(&alarm->timer), alarm->when >= 0);
		if (alarm->when < 0)
			continue;
		assert_true(firing_time(world, alarm->when) > world->now - TIMER_STEP);
		if (alarm->when > world->now)
			assert_true(firing_time(world, alarm->when) > world->now);
		if (firing_time(world, alarm->when) < next)
			next = firing_time(world, alarm->when);
	}
	if (next == INT64_MAX)
		return;
	/* Whoever sleeps for so long is never late. */
	assert_true(wait >= 0);
	assert_true(wait <= (next > world->now ? next - world->now : 0) + TIMER_STEP);
}

static void test_fires_once_and_not_early(void **state)
{
	struct world *world = create_world(123456789);
	struct alarm *alarm = &world->alarms[0];

	(void)state;
	assert_int_equal(timer_wheel_wait(&world->wheel, world->now), -1);
	set(world, alarm, world->start + 25);
	assert_int_equal(timer_wheel_wait(&world->wheel, world->now), 30);
	advance(world, world->start + 29);
	assert_int_equal(alarm->fired, 0);
	assert_int_equal(timer_wheel_wait(&world->wheel, world->now), 1);
	advance(world, world->start + 30);
	assert_int_equal(alarm->fired, 1);
	advance(world, world->start + DAY);
	assert_int_equal(alarm->fired, 1);
	assert_int_equal(timer_wheel_wait(&world->wheel, world->now), -1);
	free(world);
}

static void test_moving_and_stopping(void **state)
{
	struct world *world = create_world(5);
	struct alarm *alarm = &world->alarms[0];

	(void)state;
	set(world, alarm, 100);
	set(world, alarm, 5000);
	advance(world, 4000);
	assert_int_equal(alarm->fired, 0);
	set(world, alarm, 4100);
	advance(world, 4200);
	assert_int_equal(alarm->fired, 1);
	set(world, alarm, 4300);
	stop(alarm);
	stop(alarm);
	advance(world, DAY);
	assert_int_equal(alarm->fired, 1);
	free(world);
}

static void test_the_past_fires_next(void **state)
{
	struct world *world = create_world(1000000);
	struct alarm *alarm = &world->alarms[0];

	(void)state;
	advance(world, world->start + 50000);
	timer_set(&world->wheel, &alarm->timer, world->start + 10);
	alarm->when = world->now;
	assert_in_range(timer_wheel_wait(&world->wheel, world->now), 0, TIMER_STEP);
	advance(world, world->now + TIMER_STEP);
	assert_int_equal(alarm->fired, 1);
	timer_set(&world->wheel, &alarm->timer, -1);
	alarm->when = world->now;
	advance(world, world->now + TIMER_STEP);
	assert_int_equal(alarm->fired, 2);
	/* So does the present. */
	set(world, alarm, world->now);
	assert_int_equal(timer_wheel_wait(&world->wheel, world->now + 1000), 0);
	advance(world, world->now + TIMER_STEP);
	assert_int_equal(alarm->fired, 3);
	/* A clock that stands or goes back does nothing. */
	set(world, alarm, world->now + 100);
	timer_wheel_advance(&world->wheel, world->start - 5);
	assert_int_equal(alarm->fired, 3);
	free(world);
}

static void test_more_than_a_year_is_a_year(void **state)
{
	struct world *world = create_world(0);
	struct alarm *alarm = &world->alarms[0];

	(void)state;
	timer_set(&world->wheel, &alarm->timer, INT64_MAX);
	alarm->when = YEAR;
	assert_true(timer_wheel_wait(&world->wheel, 0) > 0);
	advance(world, YEAR - 1);
	assert_int_equal(alarm->fired, 0);
	advance(world, YEAR);
	assert_int_equal(alarm->fired, 1);
	free(world);
}

/* Every distance from every place near the turns of the wheel's levels. */
static void test_turns_of_levels(void **state)
{
	static const int64_t turns[] = {256, 65536, 16777216, 4294967296};
	struct world *world = create_world(77);

	(void)state;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		for (int64_t offset = -2; offset <= 2; offset++) {
			struct alarm *near = &world->alarms[0], *far = &world->alarms[1];
			unsigned fired = near->fired;

			advance(world, world->start + (turns[i] + offset - 1) * TIMER_STEP);
			set(world, near, world->now + 1);
			set(world, far, world->now + 255 * TIMER_STEP);
			check(world);
			advance(world, world->now + TIMER_STEP);
			assert_int_equal(near->fired, fired + 1);
			assert_true(timer_is_set(&far->timer));
			stop(far);
		}
	}
	free(world);
}

static int64_t distance(struct random *random)
{
	static const int64_t scales[] = {10, 1000, 30000, 3600000, 90000000, 3000000000};

	return (int64_t)random_below(random, (uint64_t)scales[random_below(random, 6)]);
}

static void test_against_a_model(void **state)
{
	uint64_t seed = random_system_seed();
	struct random random;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 40; round++) {
		struct world *world = create_world((int64_t)random_below(&random, 1ULL << 40));

		world->random = &random;
		/* Nodes that have been up for long: 278 years at most. */
		if (round % 2 == 1)
			advance(world, world->start + (int64_t)random_below(&random, 1ULL << 43));
		for (int step = 0; step < 500; step++) {
			struct alarm *alarm = &world->alarms[random_below(&random, TIMERS)];

			switch (random_below(&random, 4)) {
			case 0:
			case 1:
				set(world, alarm, world->now + 1 + distance(&random));
				break;
			case 2:
				stop(alarm);
				break;
			default:
				advance(world, world->now + distance(&random));
				check(world);
			}
		}
		free(world);
	}
}

static void test_hurrying(void **state)
{
	struct world *world = create_world(0);
	struct alarm *alarm = &world->alarms[0];

	(void)state;
	timer_hurry(&world->wheel, &alarm->timer, 5000);
	assert_int_equal(alarm->timer.step, 5000 / TIMER_STEP);
	timer_hurry(&world->wheel, &alarm->timer, 6000);
	assert_int_equal(alarm->timer.step, 5000 / TIMER_STEP);
	timer_hurry(&world->wheel, &alarm->timer, 1000);
	assert_int_equal(alarm->timer.step, 1000 / TIMER_STEP);
	free(world);
}

/* A far jump costs what is used, not what is passed: 300 years with a few timers. */
static void test_far_jump_is_cheap(void **state)
{
	struct world *world = create_world(0);

	(void)state;
	for (int i = 0; i < TIMERS; i++)
		set(world, &world->alarms[i], i * DAY + 1);
	advance(world, 300 * YEAR);
	for (int i = 0; i < TIMERS; i++)
		assert_int_equal(world->alarms[i].fired, 1);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fires_once_and_not_early),
	    cmocka_unit_test(test_moving_and_stopping),
	    cmocka_unit_test(test_the_past_fires_next),
	    cmocka_unit_test(test_more_than_a_year_is_a_year),
	    cmocka_unit_test(test_turns_of_levels),
	    cmocka_unit_test(test_against_a_model),
	    cmocka_unit_test(test_hurrying),
	    cmocka_unit_test(test_far_jump_is_cheap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
