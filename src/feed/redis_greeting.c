/* INFO is text: `name:value` on lines. A user that may not ask is taken at its word, as is a server
 * that has the command by another name. */
#include "feed/redis_greeting.h"

#include "feed/redis_problem.h"

#include <errno.h>

enum { OLDEST_CLUSTER = 7 /* with sharded channels */ };

/* The value of `name:value` on a line of its own. */
static struct slice info_value(struct slice info, struct slice name)
{
	while (info.length > 0) {
		struct slice line = slice_split(&info, '\n');

		if (slice_starts_with(line, name)) {
			slice_split(&line, ':');
			return line.length > 0 && line.data[line.length - 1] == '\r'
				   ? slice_from_bytes(line.data, line.length - 1)
				   : line;
		}
	}
	return SLICE("");
}

static int check_version(struct slice version, struct error *error)
{
	struct slice major = slice_split(&version, '.');
	uint64_t number;

	if (slice_to_unsigned(major, &number) < 0 || number >= OLDEST_CLUSTER)
		return 0;
	return error_set(error, -EPROTO,
			 "it is Redis %.*s, and redis.cluster needs Redis 7 or later",
			 (int)(major.length), major.data);
}

static int check_server(struct slice info, const struct redis_expectation *expectation,
			bool *ret_is_cluster, struct error *error)
{
	struct slice mode = info_value(info, SLICE("redis_mode:"));
	bool is_cluster = slice_equals(mode, SLICE("cluster"));

	*ret_is_cluster = is_cluster;
	if (!expectation->cluster)
		return 0;
	if (mode.length > 0 && !is_cluster)
		return redis_problem_explain(
		    SLICE("ERR This instance has cluster support disabled"), error);
	return check_version(info_value(info, SLICE("redis_version:")), error);
}

/* PUBLISH works on a replica, and nobody but its own subscribers hears it. */
static int check_replication(struct slice info, const struct redis_expectation *expectation,
			     struct error *error)
{
	if (expectation->any_server ||
	    !slice_equals(info_value(info, SLICE("role:")), SLICE("slave")))
		return 0;
	return error_set(error, -EPROTO,
			 "it is a read-only replica, whose messages other servers' clients do not "
			 "hear; name the primary in redis.url");
}

static bool is_harmless(enum redis_greeting step, struct slice refusal)
{
	return step != REDIS_AUTH && (slice_starts_with(refusal, SLICE("NOPERM")) ||
				      slice_starts_with(refusal, SLICE("ERR unknown command")));
}

int redis_greeting_check(enum redis_greeting step, const redisReply *reply,
			 const struct redis_expectation *expectation, bool *ret_is_cluster,
			 struct error *error)
{
	struct slice text =
	    reply->str == NULL ? SLICE("") : slice_from_bytes(reply->str, reply->len);

	if (reply->type == REDIS_REPLY_ERROR)
		return is_harmless(step, text) ? 0 : redis_problem_explain(text, error);
	if (step == REDIS_INFO_SERVER)
		return check_server(text, expectation, ret_is_cluster, error);
	if (step == REDIS_INFO_REPLICATION)
		return check_replication(text, expectation, error);
	return 0;
}
