/* Only so many are under way at a time: a burst beyond the listener's backlog would wait a second
 * for TCP to try again. */
#include "bench/opener.h"

#include <errno.h>

enum { UNDER_WAY = 128, PATIENCE_MILLISECONDS = 120000 };

struct opener {
	struct bench *bench;
	const struct target *targets;
	unsigned target_count;
	struct streams *streams;
	unsigned wanted;
	struct buffer request;
	int code;
	struct error *error;
};

static int open_next(struct opener *opener)
{
	unsigned number = opener->streams->opened;
	const struct target *target = &opener->targets[number % opener->target_count];

	buffer_clear(&opener->request);
	target_append_stream_request(target, opener->streams->wire, &opener->bench->users,
				     number + 1, &opener->request);
	if (buffer_failed(&opener->request))
		return error_set(opener->error, -ENOMEM, "cannot compose a request");
	return streams_open(opener->streams, &target->address, buffer_slice(&opener->request),
			    opener->error);
}

static bool is_open(void *context)
{
	struct opener *opener = context;
	struct streams *streams = opener->streams;

	while (opener->code == 0 && streams->opened < opener->wanted &&
	       streams->opened - streams->ready < UNDER_WAY)
		opener->code = open_next(opener);
	return opener->code < 0 || streams->error < 0 || streams->ready == opener->wanted;
}

int opener_spread(struct bench *bench, const struct target *targets, unsigned target_count,
		  struct streams *streams, unsigned count, struct error *error)
{
	struct opener opener = {
	    .bench = bench,
	    .targets = targets,
	    .target_count = target_count,
	    .streams = streams,
	    .wanted = count,
	    .error = error,
	};

	if (bench_run_until(bench, is_open, &opener, PATIENCE_MILLISECONDS) < 0)
		opener.code = error_set(error, -ETIMEDOUT, "only %u of %u streams are served",
					streams->ready, count);
	else if (opener.code == 0 && streams->error < 0)
		opener.code =
		    error_set(error, streams->error, "a stream failed after %u: %s %s",
			      streams->ready, strerror(-streams->error), streams->refusal);
	buffer_finish(&opener.request);
	return opener.code;
}

int opener_open(struct bench *bench, const struct target *target, struct streams *streams,
		unsigned count, struct error *error)
{
	return opener_spread(bench, target, 1, streams, count, error);
}
