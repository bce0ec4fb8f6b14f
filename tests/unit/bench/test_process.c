#include "bench/process.h"

#include "lib/assertions.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *const environment[] = {"GREETING=hello", NULL};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void wait_for_end(struct process *process)
{
	while (process_is_running(process))
		usleep(1000);
}

static void test_output_and_environment(void **state)
{
	const char *const arguments[] = {"/bin/sh", "-c", "echo $GREETING; echo $HOME", NULL};
	char log[] = "/tmp/allim-test-process-XXXXXX", line[32];
	struct process process;
	struct error error;
	int descriptor = mkstemp(log);
	FILE *file;

	(void)state;
	assert_true(descriptor >= 0);
	assert_int_equal(process_start(&process, arguments, environment, log, &error), 0);
	wait_for_end(&process);
	assert_int_equal(process.pid, 0);
	file = fdopen(descriptor, "r");
	assert_non_null(file);
	assert_string_equal(fgets(line, sizeof(line), file), "hello\n");
	assert_string_equal(fgets(line, sizeof(line), file), "\n");
	fclose(file);
	unlink(log);
}

/* The work is done in a child, as nginx does it, so its time must be added. */
static void test_cpu_of_children(void **state)
{
	const char *const arguments[] = {"/bin/sh", "-c", "(while kill -0 $$; do :; done) & wait",
					 NULL};
	int64_t end = now() + 60, cpu = 0;
	struct process process;
	struct error error;

	(void)state;
	assert_int_equal(process_start(&process, arguments, environment, "/dev/null", &error), 0);
	while (cpu < 50 * 1000 * 1000 && now() < end) {
		usleep(10000);
		cpu = process_cpu(&process);
	}
	assert_true(cpu >= 50 * 1000 * 1000);
	process_stop(&process);
	assert_false(process_is_running(&process));
}

static void test_memory(void **state)
{
	const char *const arguments[] = {"/bin/sleep", "60", NULL};
	struct process process;
	struct error error;

	(void)state;
	assert_int_equal(process_start(&process, arguments, environment, "/dev/null", &error), 0);
	assert_true(process_is_running(&process));
	/* It has no memory of its own until it has begun to run. */
	while (process_anonymous(&process) == 0)
		usleep(1000);
	assert_true(process_anonymous(&process) > 0);
	assert_true(process_anonymous_counter(&process) > 0);
	assert_true(process_written(&process) >= 0);
	process_stop(&process);
	assert_int_equal(process.pid, 0);
	process_stop(&process);
}

static void test_no_program(void **state)
{
	const char *const arguments[] = {"/no/such/program", NULL};
	struct process process;
	struct error error;

	(void)state;
	assert_int_equal(process_start(&process, arguments, environment, "/dev/null", &error), 0);
	wait_for_end(&process);
	assert_true(process_anonymous(&process) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_output_and_environment),
	    cmocka_unit_test(test_cpu_of_children),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
