#include "cli/command.h"

#include "lib/assertions.h"
#include "running.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const struct command *find(const char *first, const char *second, size_t *ret_words,
				  struct error *error)
{
	static char words[2][32];
	char *arguments[3] = {strcpy(words[0], first), NULL, NULL};

	if (second != NULL)
		arguments[1] = strcpy(words[1], second);
	return command_find(arguments, ret_words, error);
}

static void every_row_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		struct slice rest = slice_from_string(command_table[i].name);
		struct slice first = slice_split(&rest, ' ');
		char word[32];
		struct error error;
		size_t words;

		snprintf(word, sizeof(word), "%.*s", (int)first.length, first.data);
		assert_ptr_equal(find(word, rest.length == 0 ? "other" : rest.data, &words, &error),
				 &command_table[i]);
		assert_int_equal(words, rest.length == 0 ? 1 : 2);
	}
}

static void unknown_names_are_answered_with_the_nearest(void **state)
{
	static const struct {
		const char *first, *second, *sentence;
	} rows[] = {
	    {"publsh", NULL,
	     "unknown command publsh; did you mean publish? (allim --help lists all)"},
	    {"tokne", "make",
	     "unknown command tokne; did you mean token? (allim --help lists all)"},
	    {"token", "mkae",
	     "unknown command token mkae; did you mean token make? (allim --help lists all)"},
	    {"token", NULL, "say which: allim token make or allim token check"},
	    {"token make", NULL,
	     "unknown command token make; did you mean token? (allim --help lists all)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error;
		size_t words;

		assert_null(find(rows[i].first, rows[i].second, &words, &error));
		assert_string_equal(error.text, rows[i].sentence);
	}
}

static void groups_are_names_of_two_words(void **state)
{
	(void)state;
	assert_true(command_is_group(SLICE("token")));
	assert_true(command_is_group(SLICE("config")));
	assert_false(command_is_group(SLICE("serve")));
	assert_false(command_is_group(SLICE("")));
}

static void no_name_and_no_flag_is_given_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(command_table[i].name, command_table[j].name);
		for (const struct cli_flag *a = command_table[i].flags; a->name != NULL; a++) {
			assert_true((a->kind == FLAGS_SWITCH) == (a->value_name == NULL));
			assert_true(a->minimum <= a->maximum);
			for (const struct cli_flag *b = command_table[i].flags; b != a; b++)
				assert_string_not_equal(a->name, b->name);
		}
	}
}

static void every_command_explains_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		char flag[] = "--help";
		struct slice rest = slice_from_string(command_table[i].name);
		struct slice first = slice_split(&rest, ' ');
		char word[32], usage[64];
		const struct running *running;

		snprintf(word, sizeof(word), "%.*s", (int)first.length, first.data);
		snprintf(usage, sizeof(usage), "usage: allim %s", command_table[i].name);
		running = rest.length == 0 ? RUN(word, flag) : RUN(word, rest.data, flag);
		assert_int_equal(running->status, COMMAND_DONE);
		running_assert_contains(running->output, usage);
		running_assert_contains(running->output, command_table[i].example);
		assert_string_equal(running->errors, "");
	}
}

static void mistakes_take_one_line_and_status_2(void **state)
{
	const struct running *running = RUN("version", "--verbos");

	(void)state;
	assert_int_equal(running->status, COMMAND_MISUSED);
	assert_string_equal(running->output, "");
	assert_string_equal(running->errors,
			    "allim version: unknown flag --verbos; did you mean --verbose? "
			    "(allim version --help explains it)\n");
	running = RUN("version", "x");
	assert_int_equal(running->status, COMMAND_MISUSED);
	assert_string_equal(running->errors, "allim version: \"x\" is one argument too many "
					     "(allim version --help explains it)\n");
}

static void messages_obey_nobody(void **state)
{
	const struct running *running = RUN("version", "--\033[2J\n\xc2\x9b");

	(void)state;
	running_assert_contains(running->errors, "--\\x1b[2J\\x0a\\xc2\\x9b;");
}

/* Runs `allim version` with standard output on a descriptor that fails. */
static int run_onto(int descriptor)
{
	int saved = dup(STDOUT_FILENO), status;
	char *arguments[] = {NULL};
	const struct command *command = &command_table[COMMAND_ROW_version];

	fflush(stdout);
	dup2(descriptor, STDOUT_FILENO);
	status = command->run(command, arguments);
	fflush(stdout);
	clearerr(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return status;
}

static void a_reader_that_went_away_ends_it_quietly(void **state)
{
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(run_onto(ends[1]), COMMAND_DONE);
	close(ends[1]);
}

static void a_full_disk_is_a_failure(void **state)
{
	int full = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(full >= 0);
	assert_int_equal(run_onto(full), COMMAND_FAILED);
	close(full);
}

static void the_variables_are_known(void **state)
{
	struct buffer help = BUFFER_EMPTY;

	(void)state;
	assert_true(command_has_variable(SLICE("ALLIM_TOKEN")));
	assert_true(command_has_variable(SLICE("ALLIM_CONFIG")));
	assert_false(command_has_variable(SLICE("ALLIM_API_KEY")));
	command_append_variables(&help);
	buffer_append_byte(&help, '\0');
	running_assert_contains(help.data, "  ALLIM_URL         the node");
	buffer_finish(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_is_found_by_its_name),
	    cmocka_unit_test(unknown_names_are_answered_with_the_nearest),
	    cmocka_unit_test(groups_are_names_of_two_words),
	    cmocka_unit_test(no_name_and_no_flag_is_given_twice),
	    cmocka_unit_test(every_command_explains_itself),
	    cmocka_unit_test(mistakes_take_one_line_and_status_2),
	    cmocka_unit_test(messages_obey_nobody),
	    cmocka_unit_test(a_reader_that_went_away_ends_it_quietly),
	    cmocka_unit_test(a_full_disk_is_a_failure),
	    cmocka_unit_test(the_variables_are_known),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
