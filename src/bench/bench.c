/* A measure reads as a list of steps: each step turns the loop until something is there. */
#include "bench/bench.h"

#include "base/clock.h"

#include <errno.h>
#include <unistd.h>

static void on_expire(struct timer_wheel *wheel, struct timer *timer)
{
	struct bench *bench = CONTAINER_OF(timer, struct bench, deadline);

	(void)wheel;
	bench->is_late = true;
	loop_stop(&bench->loop);
}

static void on_turn(struct loop *loop)
{
	struct bench *bench = CONTAINER_OF(loop, struct bench, loop);

	if (bench->is_done(bench->context))
		loop_stop(loop);
}

int bench_init(struct bench *bench, const struct options *options, struct error *error)
{
	int code;

	*bench = (struct bench){.options = *options};
	bench->threads =
	    options->threads > 0 ? options->threads : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	report_init(&bench->report);
	timer_init(&bench->deadline);
	code = users_init(&bench->users, error);
	if (code < 0)
		return code;
	code = loop_init(&bench->loop, on_expire);
	if (code < 0) {
		users_finish(&bench->users);
		return error_set(error, code, "cannot make an event loop");
	}
	bench->loop.on_turn = on_turn;
	return 0;
}

void bench_finish(struct bench *bench)
{
	loop_finish(&bench->loop);
	users_finish(&bench->users);
	report_finish(&bench->report);
}

int bench_run_until(struct bench *bench, bool (*is_done)(void *context), void *context,
		    int64_t milliseconds)
{
	if (is_done(context))
		return 0;
	bench->is_done = is_done;
	bench->context = context;
	bench->is_late = false;
	bench->loop.stopping = false;
	bench->loop.now = clock_monotonic();
	timer_set(&bench->loop.timers, &bench->deadline, bench->loop.now + milliseconds);
	loop_run(&bench->loop);
	timer_stop(&bench->deadline);
	return bench->is_late ? -ETIMEDOUT : 0;
}

static bool never(void *context)
{
	(void)context;
	return false;
}

void bench_pause(struct bench *bench, int64_t milliseconds)
{
	bench_run_until(bench, never, NULL, milliseconds);
}
