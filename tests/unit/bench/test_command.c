#include "bench/command.h"

#include "lib/assertions.h"

#include <errno.h>

static const char *const environment[] = {"GREETING=hello", NULL};

static int run(const char *script, struct buffer *output, struct error *error)
{
	const char *const arguments[] = {"/bin/sh", "-c", script, NULL};

	return command_run(arguments, environment, output, error);
}

static void test_output(void **state)
{
	struct buffer output = BUFFER_EMPTY;
	struct error error;

	(void)state;
	buffer_append_string(&output, "kept;");
	assert_int_equal(run("echo $GREETING $HOME; echo oh >&2", &output, &error), 0);
	assert_true(slice_equals(buffer_slice(&output), SLICE("kept;hello\noh\n")));
	buffer_clear(&output);
	assert_int_equal(run("yes | head -c 300000", &output, &error), 0);
	assert_int_equal(output.length, 300000);
	buffer_finish(&output);
}

static void test_failures(void **state)
{
	const char *const missing[] = {"/nowhere/at/all", NULL};
	struct buffer output = BUFFER_EMPTY;
	struct error error;

	(void)state;
	assert_int_equal(run("echo first; echo the reason; echo; exit 3", &output, &error),
			 -ECHILD);
	assert_non_null(strstr(error.text, "/bin/sh failed: the reason"));
	assert_int_equal(run("kill -9 $$", &output, &error), -ECHILD);
	assert_int_equal(command_run(missing, environment, &output, &error), -ECHILD);
	assert_non_null(strstr(error.text, "No such file"));
	buffer_finish(&output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
