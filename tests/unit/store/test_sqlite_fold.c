/* Many publishes: what is folded in slices, and what a crash in the middle of it leaves. */
#include "unit/store/folder.h"

#include "base/random.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USERS = 300, ITEMS = 1000, REQUESTS = 100 };

/* Only in the child. */
static int commits_to_live;

static void on_step(const char *step)
{
	if (strcmp(step, "written") == 0 && --commits_to_live == 0)
		kill(getpid(), SIGKILL);
}

static void publish_until_killed(struct folder *folder, int pipe)
{
	struct store_options options = {.on_step = on_step};
	struct error error;

	if (folder_open(folder, options, &error) < 0)
		_exit(2);
	for (int i = 0; i < REQUESTS; i++) {
		if (folder_publish(folder, ITEMS, USERS, 10) < 0 || write(pipe, "+", 1) != 1)
			_exit(3);
	}
	_exit(1);
}

static int64_t publish_and_kill(struct folder *folder, int commits)
{
	int64_t acknowledged = 0;
	int ends[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	commits_to_live = commits;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		publish_until_killed(folder, ends[1]);
	close(ends[1]);
	while (read(ends[0], &byte, 1) == 1)
		acknowledged += ITEMS;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return acknowledged;
}

/* A generation starts after 65,536 notifications and takes some dozen commits. The fold of one that
 * was acknowledged may be what is killed before the parent hears of it. */
static void test_killed_while_folding(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.location = NULL};
	struct error error = {.text = ""};
	int64_t total = 0;

	for (int commits = 70; commits <= 84; commits += 14) {
		int64_t heads;

		total += publish_and_kill(folder, commits);
		assert_int_equal(folder_open(folder, options, &error), 0);
		if (store_check(folder->store, &error) < 0)
			fail_msg("%s", error.text);
		heads = folder_heads(folder, USERS);
		assert_true(heads == total || heads == total + ITEMS);
		folder_close(folder);
		assert_int_equal(folder_open(folder, options, &error), 0);
		total = folder_heads(folder, USERS);
		assert_int_equal(total, heads);
		folder_close(folder);
	}
}

struct follower {
	struct store *store;
	struct mailbox mailbox;
	pthread_t thread;
	_Atomic bool stopping;
	bool answered;
	size_t rounds;
	size_t wrong;
};

static void on_answer(struct mailbox_message *message)
{
	struct follower *follower = store_request_of(message)->context;

	follower->answered = true;
}

static int ask(struct follower *follower, struct store_request *request)
{
	request->context = follower;
	follower->answered = false;
	store_submit(follower->store, request);
	while (!follower->answered) {
		mailbox_wait(&follower->mailbox, -1);
		mailbox_receive(&follower->mailbox);
	}
	return request->result;
}

/* Every inbox holds nothing but publishes here, so a replay has no gap and a page no hole. */
static bool replay_is_whole(struct follower *follower, struct slice user, int64_t after)
{
	struct store_replay replay;
	bool whole;

	memset(&replay, 0, sizeof(replay));
	store_request_init(&replay.request, STORE_REPLAY, &follower->mailbox, on_answer);
	replay.user = user;
	replay.after = (struct cursor){store_epoch(follower->store), after, 0};
	replay.limit = 100;
	whole = ask(follower, &replay.request) == 0;
	if (whole && !replay.reset) {
		int64_t waiting = replay.cursor.seq - after;

		whole = (int64_t)replay.change_count == (waiting < 100 ? waiting : 100) &&
			replay.more == (waiting > 100);
		for (size_t i = 0; i < replay.change_count; i++)
			whole &= replay.changes[i].seq == after + 1 + (int64_t)i;
	}
	store_request_finish(&replay.request);
	return whole;
}

static bool list_is_whole(struct follower *follower, struct slice user)
{
	struct store_list list;
	bool whole;

	memset(&list, 0, sizeof(list));
	store_request_init(&list.request, STORE_LIST, &follower->mailbox, on_answer);
	list.user = user;
	list.limit = 30;
	whole = ask(follower, &list.request) == 0 && list.counts.unread == list.cursor.seq;
	for (size_t i = 0; i < list.notification_count; i++)
		whole &= list.notifications[i].seq == list.cursor.seq - (int64_t)i;
	whole &= (int64_t)list.notification_count == (list.cursor.seq < 30 ? list.cursor.seq : 30);
	store_request_finish(&list.request);
	return whole;
}

static void *follow(void *context)
{
	struct follower *follower = context;
	struct random random;

	random_init(&random, 5);
	while (!follower->stopping) {
		char name[24];
		size_t length = (size_t)snprintf(name, sizeof(name), "user-%d",
						 (int)random_below(&random, USERS));
		struct slice user = slice_from_bytes(name, length);

		follower->wrong +=
		    !replay_is_whole(follower, user, (int64_t)random_below(&random, 400));
		follower->wrong += !list_is_whole(follower, user);
		follower->rounds++;
	}
	return NULL;
}

static void test_reading_while_folding(void **state)
{
	struct folder *folder = *state;
	struct follower follower = {.rounds = 0};
	struct error error = {.text = ""};

	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(mailbox_init(&follower.mailbox), 0);
	follower.store = folder->store;
	assert_int_equal(pthread_create(&follower.thread, NULL, follow, &follower), 0);
	for (int i = 0; i < REQUESTS; i++)
		assert_int_equal(folder_publish(folder, ITEMS, USERS, 10), 0);
	follower.stopping = true;
	pthread_join(follower.thread, NULL);
	mailbox_finish(&follower.mailbox);
	assert_true(follower.rounds > 0);
	assert_int_equal(follower.wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_reading_while_folding, folder_setup,
					    folder_teardown),
	    cmocka_unit_test_setup_teardown(test_killed_while_folding, folder_setup,
					    folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
