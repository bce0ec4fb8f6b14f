#include "cli/flags.h"

#include "lib/assertions.h"

#include <errno.h>

struct options {
	bool demo;
	const char *title;
	struct flags_texts to;
	int64_t count;
	int64_t timeout;
};

static const struct cli_flag table[] = {
    {"demo", NULL, "try it", FLAGS_SWITCH, offsetof(struct options, demo), 0, 0},
    {"title", "TEXT", "its title", FLAGS_TEXT, offsetof(struct options, title), 0, 0},
    {"to", "USER", "who", FLAGS_TEXTS, offsetof(struct options, to), 0, 0},
    {"count", "NUMBER", "how many", FLAGS_NUMBER, offsetof(struct options, count), 1, 10},
    {"timeout", "TIME", "how long", FLAGS_DURATION, offsetof(struct options, timeout), 1, 60000},
    {NULL, NULL, NULL, FLAGS_SWITCH, 0, 0, 0},
};

struct reading {
	struct options options;
	char *arguments[16];
	struct error error;
	int result;
};

static const struct reading *read_with(const struct flags_others *others, const char *const *words)
{
	static struct reading reading;
	static char copies[16][64];

	memset(&reading, 0, sizeof(reading));
	for (size_t i = 0; words[i] != NULL; i++)
		reading.arguments[i] = strcpy(copies[i], words[i]);
	reading.result =
	    flags_read(table, &reading.options, reading.arguments, others, &reading.error);
	return &reading;
}

#define READ(...) read_with(NULL, (const char *const[]){__VA_ARGS__, NULL})

static void each_kind_is_read(void **state)
{
	const struct reading *reading = READ("--demo", "--title", "a b", "--to=anna", "--to",
					     "minjun", "--count=10", "--timeout", "1500ms");

	(void)state;
	assert_int_equal(reading->result, 0);
	assert_true(reading->options.demo);
	assert_string_equal(reading->options.title, "a b");
	assert_int_equal(reading->options.to.count, 2);
	assert_string_equal(reading->options.to.items[1], "minjun");
	assert_int_equal(reading->options.count, 10);
	assert_int_equal(reading->options.timeout, 1500);
}

static void a_bare_duration_is_seconds(void **state)
{
	(void)state;
	assert_int_equal(READ("--timeout", "5")->options.timeout, 5000);
	assert_int_equal(READ("--timeout", "1m")->options.timeout, 60000);
}

static void operands_move_to_the_front(void **state)
{
	const struct reading *reading = READ("a", "--demo", "-", "--title=b", "--", "--demo", "-h");

	(void)state;
	assert_int_equal(reading->result, 4);
	assert_string_equal(reading->arguments[0], "a");
	assert_string_equal(reading->arguments[1], "-");
	assert_string_equal(reading->arguments[2], "--demo");
	assert_string_equal(reading->arguments[3], "-h");
	assert_null(reading->arguments[4]);
	assert_string_equal(reading->options.title, "b");
}

static void help_is_told_apart(void **state)
{
	(void)state;
	assert_int_equal(READ("a", "--help")->result, -ECANCELED);
	assert_int_equal(READ("-h")->result, -ECANCELED);
	assert_int_equal(READ("--title", "-h")->result, 0);
}

static void mistakes_are_explained(void **state)
{
	static const struct {
		const char *words[4];
		const char *sentence;
	} rows[] = {
	    {{"--titel", "x"}, "unknown flag --titel; did you mean --title?"},
	    {{"--halp"}, "unknown flag --halp; did you mean --help?"},
	    {{"-t"}, "unknown flag -t; flags have two dashes"},
	    {{"--title"}, "--title needs a value: TEXT"},
	    {{"--title", "--demo"},
	     "--title is followed by --demo instead of a value; write --title=--demo if that is "
	     "meant"},
	    {{"--title=a", "--title=b"}, "--title is given twice"},
	    {{"--title="}, "--title is empty; give it a value or leave it out"},
	    {{"--title", ""}, "--title is empty; give it a value or leave it out"},
	    {{"--demo=true"}, "--demo takes no value"},
	    {{"--count=11"}, "--count: \"11\" is too large; accepted is 1 to 10"},
	    {{"--count=x"}, "--count: \"x\" is not a number; accepted is 1 to 10"},
	    {{"--timeout=2h"}, "--timeout: \"2h\" is too large; accepted is 1ms to 1m"},
	    {{"--timeout=61"}, "--timeout: \"61s\" is too large; accepted is 1ms to 1m"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct reading *reading = read_with(NULL, rows[i].words);

		assert_int_equal(reading->result, -EINVAL);
		assert_string_equal(reading->error.text, rows[i].sentence);
	}
}

static int read_other(void *context, char *const *arguments, struct error *error)
{
	*(const char **)context = arguments[0];
	return strcmp(arguments[0], "--bad") == 0 ? error_set(error, -EINVAL, "bad") : 2;
}

static void other_flags_are_handed_on(void **state)
{
	const char *seen = NULL;
	const struct flags_others others = {.read = read_other, .context = &seen};
	const struct reading *reading =
	    read_with(&others, (const char *const[]){"--other", "--demo", "x", NULL});

	(void)state;
	assert_string_equal(seen, "--other");
	assert_int_equal(reading->result, 1);
	assert_false(reading->options.demo);
	assert_int_equal(read_with(&others, (const char *const[]){"--bad", NULL})->result, -EINVAL);
}

static void too_many_texts_are_refused(void **state)
{
	static struct options options;
	static char text[] = "--to=a";
	static char *arguments[FLAGS_TEXTS_MOST + 2];
	struct error error;

	(void)state;
	for (size_t i = 0; i <= FLAGS_TEXTS_MOST; i++)
		arguments[i] = text;
	assert_int_equal(flags_read(table, &options, arguments, NULL, &error), -EINVAL);
	assert_string_equal(error.text, "--to is given more than 1000 times");
}

static void help_has_a_row_for_each(void **state)
{
	struct buffer help = BUFFER_EMPTY;

	(void)state;
	flags_append_row(&help, "a-name-that-fills-the-column", "TEXT", "below");
	flags_append_help(&help, table);
	assert_buffer(help, "  --a-name-that-fills-the-column TEXT\n"
			    "                            below\n"
			    "  --demo                    try it\n"
			    "  --title TEXT              its title\n"
			    "  --to USER                 who\n"
			    "  --count NUMBER            how many\n"
			    "  --timeout TIME            how long\n"
			    "  --help                    explain this command\n");
	buffer_finish(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_is_read),
	    cmocka_unit_test(a_bare_duration_is_seconds),
	    cmocka_unit_test(operands_move_to_the_front),
	    cmocka_unit_test(help_is_told_apart),
	    cmocka_unit_test(mistakes_are_explained),
	    cmocka_unit_test(other_flags_are_handed_on),
	    cmocka_unit_test(too_many_texts_are_refused),
	    cmocka_unit_test(help_has_a_row_for_each),
	};

	return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
