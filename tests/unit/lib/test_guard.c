#include "lib/guard.h"

#include "lib/assertions.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A shell that writes its own and its child's number, and waits for the child. */
static const char *const family[] = {
    "sh", "-c", "sleep 1000 & echo $! $$ >family.new; mv family.new family; wait", NULL};

static void pause_shortly(void)
{
	usleep(2000);
}

static void read_family(const char *folder, int *ret_child, int *ret_parent)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/family", folder);
	while ((file = fopen(path, "r")) == NULL)
		pause_shortly();
	assert_int_equal(fscanf(file, "%d %d", ret_child, ret_parent), 2);
	fclose(file);
}

static char state_of(int pid)
{
	char path[64], state = '-';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return state;
	assert_true(fscanf(file, "%*d (%*[^)]) %c", &state) == 1);
	fclose(file);
	return state;
}

static void test_status_and_log(void **state)
{
	static const char *const command[] = {"sh", "-c", "echo to a log; exit 7", NULL};
	static const char *const missing[] = {"/nonexistent/program", NULL};
	struct guard *guard = guard_create("allim-guard", NULL);

	(void)state;
	assert_false(guard_is_busy(guard));
	assert_true(guard_start(guard, command) > 0);
	assert_int_equal(guard_wait(guard), 7);
	assert_string_equal(guard_log(guard), "to a log\n");
	guard_start(guard, missing);
	assert_int_equal(guard_wait(guard), 127);
	guard_destroy(guard);
}

static void test_kill_ends_the_whole_family(void **state)
{
	struct guard *guard = guard_create("allim-guard", NULL);
	int child, parent, pid;

	(void)state;
	pid = guard_start(guard, family);
	read_family(guard_folder(guard), &child, &parent);
	assert_int_equal(parent, pid);
	assert_true(guard_is_busy(guard));
	guard_kill(guard);
	assert_int_equal(kill(child, 0), -1);
	assert_int_equal(kill(parent, 0), -1);
	assert_false(guard_is_busy(guard));
	guard_destroy(guard);
}

/* Whose parent died is still the guard's. */
static void test_orphans_are_not_forgotten(void **state)
{
	struct guard *guard = guard_create("allim-guard", NULL);
	int child, parent;

	(void)state;
	guard_start(guard, family);
	read_family(guard_folder(guard), &child, &parent);
	assert_int_equal(kill(parent, SIGKILL), 0);
	while (state_of(parent) != 'Z' && state_of(parent) != '-')
		pause_shortly();
	assert_true(guard_is_busy(guard));
	guard_destroy(guard);
	assert_int_equal(state_of(child), '-');
}

static void test_freeze_and_thaw(void **state)
{
	struct guard *guard = guard_create("allim-guard", NULL);
	int child, parent;

	(void)state;
	guard_start(guard, family);
	read_family(guard_folder(guard), &child, &parent);
	guard_freeze(guard);
	assert_int_equal(state_of(child), 'T');
	assert_int_equal(state_of(parent), 'T');
	guard_thaw(guard);
	while (state_of(child) == 'T' || state_of(parent) == 'T')
		pause_shortly();
	guard_destroy(guard);
}

/* A test that is killed leaves nothing: neither processes, frozen ones included, nor the folder. */
static void test_nothing_outlives_the_test(void **state)
{
	struct stat status;
	char folder[128];
	int child, parent, pipes[2];
	ssize_t length;
	pid_t test;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	test = fork();
	if (test == 0) {
		struct guard *guard = guard_create("allim-guard", NULL);

		guard_start(guard, family);
		read_family(guard_folder(guard), &child, &parent);
		guard_freeze(guard);
		length = (ssize_t)strlen(guard_folder(guard));
		_exit(write(pipes[1], guard_folder(guard), (size_t)length) != length ||
		      pause() == 0);
	}
	length = read(pipes[0], folder, sizeof(folder) - 1);
	assert_true(length > 0);
	folder[length] = '\0';
	read_family(folder, &child, &parent);
	assert_int_equal(kill(test, SIGKILL), 0);
	assert_int_equal(waitpid(test, NULL, 0), test);
	while (stat(folder, &status) == 0 || state_of(child) != '-' || state_of(parent) != '-')
		pause_shortly();
	assert_int_equal(errno, ENOENT);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status_and_log),
	    cmocka_unit_test(test_kill_ends_the_whole_family),
	    cmocka_unit_test(test_orphans_are_not_forgotten),
	    cmocka_unit_test(test_freeze_and_thaw),
	    cmocka_unit_test(test_nothing_outlives_the_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
