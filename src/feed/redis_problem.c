/* The sentences are in redis_problems.def. What a server says of itself may be anything, so it is
 * shown cut and without control characters (the log escapes them). */
#include "feed/redis_problem.h"

#include <errno.h>

enum { SHOWN_BYTES = 120 };

struct problem {
	const char *prefix;
	const char *sentence;
};

#define REDIS_PROBLEM(prefix, sentence) {(prefix), (sentence)},
static const struct problem problems[] = {
#include "feed/redis_problems.def"
};
#undef REDIS_PROBLEM

int redis_problem_explain(struct slice answer, struct error *error)
{
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (slice_starts_with(answer, slice_from_string(problems[i].prefix)))
			return error_set(error, -EPROTO, "%s", problems[i].sentence);
	}
	return error_set(error, -EPROTO, "it answers \"%.*s\"",
			 (int)(answer.length < SHOWN_BYTES ? answer.length : SHOWN_BYTES),
			 answer.data);
}

bool redis_problem_is_moved(struct slice answer)
{
	static const char *const prefixes[] = {"MOVED ", "ASK ", "TRYAGAIN", "CLUSTERDOWN"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (slice_starts_with(answer, slice_from_string(prefixes[i])))
			return true;
	}
	return false;
}
