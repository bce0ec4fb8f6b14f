#include "lib/assertions.h"
#include "running.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET "0ZpJk2n8Qw7vX4rT1sLm6bYc9dHe3fGa"

/* A token of anna, without the end of its line. */
static void make(char token[static 1024], const char *expires)
{
	const struct running *running =
	    RUN("token", "make", "--user", "anna", "--expires", expires);
	size_t length;

	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->errors, "");
	length = strcspn(running->output, "\n");
	assert_in_range(length, 1, 1023);
	memcpy(token, running->output, length);
	token[length] = '\0';
}

static void a_token_goes_there_and_back(void **state)
{
	const struct running *running;
	char token[1024], line[1032];

	(void)state;
	make(token, "8h");
	running = RUN("token", "check", token);
	assert_int_equal(running->status, COMMAND_DONE);
	running_assert_contains(running->output, "user        anna\n");
	running_assert_contains(running->output, "expires     ");
	snprintf(line, sizeof(line), "%s\r\n", token);
	running = RUN_WITH(line, "token", "check", "-", "--json");
	assert_int_equal(running->status, COMMAND_DONE);
	running_assert_contains(running->output, "{\"sub\":\"anna\",\"iat\":");
}

static void what_is_not_valid_is_told(void **state)
{
	char token[1024];
	const struct running *running;
	static char large[8192];

	(void)state;
	make(token, "1h");
	token[strlen(token) - 2] ^= 1;
	running = RUN("token", "check", token);
	assert_int_equal(running->status, COMMAND_FAILED);
	assert_string_equal(running->output, "");
	assert_string_equal(running->errors, "allim token check: the token is not valid: it is no "
					     "token that was signed with this key\n");
	memset(large, 'a', sizeof(large) - 1);
	assert_int_equal(RUN_WITH(large, "token", "check", "-")->status, COMMAND_FAILED);
	assert_int_equal(RUN_WITH("", "token", "check", "-")->status, COMMAND_FAILED);
	assert_int_equal(RUN("token", "check")->status, COMMAND_MISUSED);
}

static void keys_and_secrets_are_data_the_rest_is_talk(void **state)
{
	const struct running *running = RUN("token", "make", "--publisher", "shop");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_int_equal(strlen(running->output), 44);
	running_assert_contains(running->errors, "auth:\n  api_keys:\n    - name: \"shop\"\n");
	running = RUN("token", "make", "--secret");
	assert_int_equal(running->status, COMMAND_DONE);
	assert_int_equal(strlen(running->output), 44);
	assert_string_equal(running->errors, "");
}

static void one_thing_is_made_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(RUN("token", "make")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("token", "make", "--user", "a", "--secret")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("token", "make", "--publisher", "a b")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("token", "make", "--publisher", "environment")->status,
			 COMMAND_MISUSED);
	assert_int_equal(RUN("token", "make", "--user", "")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("token", "make", "--user", "a", "--expires", "0s")->status,
			 COMMAND_MISUSED);
	assert_int_equal(RUN("token", "make", "--user", "a", "--secret-file", "/nowhere")->status,
			 COMMAND_FAILED);
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("ALLIM_CONFIG");
	return setenv("ALLIM_JWT_SECRET", SECRET, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_token_goes_there_and_back),
	    cmocka_unit_test(what_is_not_valid_is_told),
	    cmocka_unit_test(keys_and_secrets_are_data_the_rest_is_talk),
	    cmocka_unit_test(one_thing_is_made_at_a_time),
	};

	return cmocka_run_group_tests_name("token", tests, set_up, NULL);
}
