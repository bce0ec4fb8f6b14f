/* Many publishes: what is folded in slices, and what a crash in the middle of it leaves. */
#include "unit/store/folder.h"

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

/* A generation starts after 65,536 notifications and takes some dozen commits. */
static void test_killed_while_folding(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	int64_t total = 0;

	for (int commits = 60; commits <= 90; commits += 10) {
		total += publish_and_kill(folder, commits);
		assert_int_equal(
		    folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
		if (store_check(folder->store, &error) < 0)
			fail_msg("%s", error.text);
		assert_int_equal(folder_heads(folder, USERS), total);
		folder_close(folder);
		assert_int_equal(
		    folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
		assert_int_equal(folder_heads(folder, USERS), total);
		folder_close(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_killed_while_folding, folder_setup,
					    folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
