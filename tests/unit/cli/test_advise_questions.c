/* Over a pseudo-terminal, as a person has it: the command runs in a child whose standard streams
 * are the terminal's. */
#include "lib/assertions.h"
#include "running.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHOWN_BYTES = 64 * 1024, PATIENCE_MS = 20000 };

struct terminal {
	int descriptor;
	pid_t child;
	char shown[SHOWN_BYTES];
	size_t length;
};

static void run(const char *const *words)
{
	char *arguments[16] = {NULL};
	const struct command *command;
	struct error error;
	size_t used;

	for (size_t i = 0; words[i] != NULL; i++)
		arguments[i] = strdup(words[i]);
	command = command_find(arguments, &used, &error);
	_exit(command->run(command, arguments + used));
}

static void begin(struct terminal *terminal, const char *const *words)
{
	*terminal = (struct terminal){.length = 0};
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	terminal->child = forkpty(&terminal->descriptor, NULL, NULL, NULL);
	assert_true(terminal->child >= 0);
	if (terminal->child == 0)
		run(words);
}

/* Returns whether there may be more: a terminal whose last program ended gives EIO. */
static bool look(struct terminal *terminal)
{
	struct pollfd ready = {.fd = terminal->descriptor, .events = POLLIN};
	ssize_t length;

	assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
	length = read(terminal->descriptor, terminal->shown + terminal->length,
		      sizeof(terminal->shown) - 1 - terminal->length);
	if (length <= 0)
		return false;
	terminal->length += (size_t)length;
	terminal->shown[terminal->length] = '\0';
	return true;
}

/* Waits until `question` and a prompt behind it are shown, and answers. */
static void answer(struct terminal *terminal, const char *question, const char *text)
{
	const char *asked;

	while ((asked = strstr(terminal->shown, question)) == NULL || strstr(asked, "> ") == NULL)
		assert_true(look(terminal));
	terminal->length = 0;
	terminal->shown[0] = '\0';
	assert_int_equal(write(terminal->descriptor, text, strlen(text)), strlen(text));
}

static const char *end_with(struct terminal *terminal, int expected)
{
	int status;

	while (look(terminal)) {
	}
	assert_int_equal(waitpid(terminal->child, &status, 0), terminal->child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
	close(terminal->descriptor);
	return terminal->shown;
}

static const char *end(struct terminal *terminal)
{
	return end_with(terminal, COMMAND_DONE);
}

#define BEGIN(terminal, ...) begin(terminal, (const char *const[]){__VA_ARGS__, NULL})

static void what_is_unknown_is_asked(void **state)
{
	struct terminal terminal;
	const char *shown;

	(void)state;
	BEGIN(&terminal, "advise", "--latency", "2s", "--bidirectional", "no", "--binary", "no",
	      "--durable", "no", "--notifications", "5", "--growth", "0");
	answer(&terminal, "[1/7] \033[1musers\033[0m: users that are connected", "3000\n");
	answer(&terminal, "[2/7] \033[1mservers", "4\n");
	answer(&terminal, "[3/7] \033[1mredis", "n\n");
	answer(&terminal, "[4/7] \033[1mdevelopers", "small\n");
	answer(&terminal, "[5/7] \033[1mbudget", "250\n");
	answer(&terminal, "[6/7] \033[1mdays", "4\n");
	answer(&terminal, "[7/7] \033[1msla", "99.9%\n");
	shown = end(&terminal);
	running_assert_contains(shown, "SSE + database polling");
	running_assert_contains(
	    shown, "users 3000 (up to 5000) > latency 2 s (up to 2000) > redis no\r\n");
	running_assert_contains(shown, "100 to 300 dollars a month");
	running_assert_contains(shown, "█");
	running_assert_contains(shown, "the same for cost and report: --users 3000 --servers 4 "
				       "--notifications 5 --latency 2000ms --bidirectional no "
				       "--binary no --redis no --durable no --developers 2 "
				       "--budget 250 --days 4 --sla 99.9% --growth 0%\r\n");
}

/* A second try, an empty line, and the end of the input. */
static void answers_may_be_bad_or_missing(void **state)
{
	struct terminal terminal;
	const char *shown;

	(void)state;
	BEGIN(&terminal, "advise");
	answer(&terminal, "[1/13] ", "many\n");
	answer(&terminal, "That is not understood; write a whole number.", "2.5\n");
	answer(&terminal, "That is not understood; write a whole number.", "-5\n");
	answer(&terminal, "That cannot be; it is from 0 to 1000000000 users.", "  300  \n");
	answer(&terminal, "servers", "\n");
	answer(&terminal, "latency", "30\n");
	answer(&terminal, "That is not understood; write a time with its unit", "30s\n");
	answer(&terminal, "redis", "perhaps\n");
	answer(&terminal, "That is not understood; write yes or no.", "Yes\n");
	answer(&terminal, "bidirectional", "\n");
	answer(&terminal, "binary", "\004");
	shown = end(&terminal);
	running_assert_contains(shown, "REST polling");
	running_assert_contains(shown, "question 1: both directions -> sse-db, sse-redis");
	running_assert_contains(shown, "question 4: how many servers (say --servers)");
}

static void a_peak_is_no_less_than_the_average(void **state)
{
	struct terminal terminal;

	(void)state;
	BEGIN(&terminal, "advise", "--average-users", "20");
	answer(&terminal, "[1/13] ", "10\n");
	answer(&terminal, "That is less than the average, which was said; write more.", "30\n");
	answer(&terminal, "servers", "\004");
	running_assert_contains(end(&terminal), "users 30");
}

static void questions_are_asked_in_korean(void **state)
{
	struct terminal terminal;

	(void)state;
	BEGIN(&terminal, "advise", "--lang", "ko");
	answer(&terminal, "동시 접속자", "많음\n");
	answer(&terminal, "알아들을 수 없습니다. 답 형식은 정수입니다.", "300\n");
	answer(&terminal, "서버 수", "1\n");
	answer(&terminal, "지연", "30s\n");
	answer(&terminal, "Redis", "아니요\n");
	answer(&terminal, "양방향", "예\n");
	answer(&terminal, "바이너리", "\004");
	running_assert_contains(end(&terminal), "양방향 통신이 필요하다");
}

static void nothing_is_asked_where_it_is_not_wanted(void **state)
{
	struct terminal terminal;

	(void)state;
	BEGIN(&terminal, "advise", "--no-questions");
	running_assert_contains(end(&terminal), "decision tree (say --users)");
	BEGIN(&terminal, "advise", "--format", "json");
	assert_null(strstr(end(&terminal), "[1/"));
	BEGIN(&terminal, "advise", "--export-rules");
	assert_null(strstr(end(&terminal), "[1/"));
	assert_null(strstr(RUN_WITH("300\n", "advise")->errors, "[1/"));
}

/* What is wrong is said before anybody has answered. */
static void nobody_answers_for_nothing(void **state)
{
	struct terminal terminal;
	const char *shown;

	(void)state;
	BEGIN(&terminal, "advise", "--weight", "speed=1");
	shown = end_with(&terminal, COMMAND_MISUSED);
	running_assert_contains(shown, "there is no criterion speed");
	assert_null(strstr(shown, "[1/"));
	BEGIN(&terminal, "advise", "--bench", "/nowhere");
	assert_null(strstr(end_with(&terminal, COMMAND_FAILED), "[1/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_unknown_is_asked),
	    cmocka_unit_test(answers_may_be_bad_or_missing),
	    cmocka_unit_test(a_peak_is_no_less_than_the_average),
	    cmocka_unit_test(questions_are_asked_in_korean),
	    cmocka_unit_test(nothing_is_asked_where_it_is_not_wanted),
	    cmocka_unit_test(nobody_answers_for_nothing),
	};

	return cmocka_run_group_tests_name("advise_questions", tests, NULL, NULL);
}
