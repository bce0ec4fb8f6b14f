/* kill -9 at each point of a commit: what was acknowledged is there afterwards, in order and
 * without gaps, what was not is there wholly or not at all, and cursors stay valid.
 *
 * A child process publishes and writes what was acknowledged into a pipe; the store's on_step kills
 * it at the n-th time that a step is reached. */
#include "conformance/store/conformance.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USERS = 5, MOST = 4000 };

struct acknowledged {
	int user; /* USERS: everyone */
	int64_t id;
	int64_t pair; /* published together with it */
};

static const char *const names[USERS + 1] = {"anna", "minjun", "sofia", "test", "last", NULL};

/* Only in the child: what the callback of its store has to know. */
static const char *fatal_step;
static int steps_to_live;

static void on_step(const char *step)
{
	if (strcmp(step, fatal_step) == 0 && --steps_to_live == 0)
		kill(getpid(), SIGKILL);
}

/* Two notifications at a time, so that half a publish would show. */
static struct acknowledged publish_pair(struct conformance *c, int number)
{
	int user = number % (USERS + 1);
	struct slice users[2] = {slice_from_string(names[user]), SLICE("pair")};
	struct store_item items[2] = {{.users = users, .user_count = names[user] == NULL ? 0 : 1},
				      {.users = users + 1, .user_count = 1}};
	struct acknowledged acknowledged = {.user = user};

	items[0].content = conformance_content("first");
	items[1].content = conformance_content("second");
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = 2;
	assert_int_equal(conformance_call(c, &publish.request), 0);
	acknowledged.id = items[0].ids[0];
	acknowledged.pair = items[1].ids[0];
	store_request_finish(&publish.request);
	return acknowledged;
}

static void publish_until_killed(struct conformance *c, int pipe, const char *step, int times)
{
	fatal_step = step;
	steps_to_live = times;
	c->options.on_step = on_step;
	conformance_open(c);
	for (int i = 0; i < MOST; i++) {
		struct acknowledged acknowledged = publish_pair(c, i);

		if (write(pipe, &acknowledged, sizeof(acknowledged)) != sizeof(acknowledged))
			_exit(2);
		if (i % 3 == 0 && acknowledged.user < USERS)
			conformance_mark_one(c, names[acknowledged.user], NOTIFICATION_READ,
					     acknowledged.id);
	}
	_exit(1);
}

static void assert_replay_holds(struct conformance *c, const char *user, int64_t id, bool broadcast)
{
	struct store_replay replay;
	bool found = false;

	conformance_replay(c, user, 0, 0, 100000, &replay);
	for (size_t i = 0; i < replay.change_count; i++)
		found |= replay.changes[i].notification.id == id;
	for (size_t i = 0; i < replay.broadcast_count && broadcast; i++)
		found |= replay.broadcasts[i].notification.id == id;
	assert_true(found);
	store_request_finish(&replay.request);
}

/* As many pairs as first ones: none was torn. */
static void assert_whole(struct conformance *c)
{
	int64_t firsts = 0;
	int64_t pairs = conformance_head(c, "pair").seq;

	for (int user = 0; user <= USERS; user++) {
		struct store_replay replay;

		conformance_replay(c, names[user] == NULL ? "nobody" : names[user], 0, 0, 100000,
				   &replay);
		firsts += names[user] == NULL ? (int64_t)replay.broadcast_count
					      : (int64_t)replay.change_count;
		store_request_finish(&replay.request);
	}
	assert_int_equal(firsts, pairs);
}

static void kill_at(struct conformance *c, const char *step, int times)
{
	static struct acknowledged acknowledged[MOST];
	uint64_t epoch = store_epoch(c->store);
	size_t count = 0;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	conformance_close(c);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		publish_until_killed(c, ends[1], step, times);
	}
	close(ends[1]);
	while (read(ends[0], &acknowledged[count], sizeof(acknowledged[0])) ==
	       sizeof(acknowledged[0]))
		count++;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	c->options.on_step = NULL;
	conformance_open(c);
	assert_int_equal(store_epoch(c->store), epoch);
	conformance_check(c);
	assert_whole(c);
	for (size_t i = count < 20 ? 0 : count - 20; i < count; i++) {
		const char *user = names[acknowledged[i].user];

		assert_replay_holds(c, user == NULL ? "nobody" : user, acknowledged[i].id, true);
		assert_replay_holds(c, "pair", acknowledged[i].pair, false);
	}
}

static void test_killed_at_each_step(void **state)
{
	static const char *const steps[] = {"begin", "written", "committed", "hinted"};
	struct conformance *c = *state;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		kill_at(c, steps[i], 1);
		kill_at(c, steps[i], 7);
		kill_at(c, steps[i], 40);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_killed_at_each_step),
	};

	return conformance_run("crash", tests, sizeof(tests) / sizeof(tests[0]));
}
