#include "cli/bar.h"

#include "lib/assertions.h"

static const struct bar_look plain = {false, false}, coloured = {true, false},
			     blocks = {false, true};

static void assert_bar(double part, enum output_style style, struct bar_look look,
		       const char *expected)
{
	struct buffer buffer = BUFFER_EMPTY;

	bar_append(&buffer, part, 4, style, look);
	assert_buffer(buffer, expected);
	buffer_finish(&buffer);
}

static void a_bar_is_as_long_as_its_part(void **state)
{
	(void)state;
	assert_bar(0, OUTPUT_ACCENT, plain, "");
	assert_bar(0.5, OUTPUT_ACCENT, plain, "##");
	assert_bar(0.6, OUTPUT_ACCENT, plain, "##");
	assert_bar(1, OUTPUT_ACCENT, plain, "####");
	assert_bar(7, OUTPUT_ACCENT, plain, "####");
	assert_bar(-1, OUTPUT_ACCENT, plain, "");
}

static void blocks_have_eighths(void **state)
{
	(void)state;
	assert_bar(0.5, OUTPUT_ACCENT, blocks, "██");
	assert_bar(0.6, OUTPUT_ACCENT, blocks, "██▍");
	assert_bar(0.03125, OUTPUT_ACCENT, blocks, "▏");
	assert_bar(1, OUTPUT_ACCENT, blocks, "████");
}

static void colours_surround_it(void **state)
{
	(void)state;
	assert_bar(0.5, OUTPUT_ACCENT, coloured, "\033[36m##\033[0m");
	assert_bar(0.5, OUTPUT_PLAIN, coloured, "##");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bar_is_as_long_as_its_part),
	    cmocka_unit_test(blocks_have_eighths),
	    cmocka_unit_test(colours_surround_it),
	};

	return cmocka_run_group_tests_name("bar", tests, NULL, NULL);
}
