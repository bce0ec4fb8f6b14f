#include "cli/columns.h"

#include "lib/assertions.h"

static void a_korean_letter_takes_two(void **state)
{
	(void)state;
	assert_int_equal(columns_width(SLICE("")), 0);
	assert_int_equal(columns_width(SLICE("users")), 5);
	assert_int_equal(columns_width(SLICE("접속자 3")), 8);
}

static void assert_left(const char *text, size_t width, const char *expected)
{
	struct buffer buffer = BUFFER_EMPTY;

	columns_append_left(&buffer, slice_from_string(text), width);
	assert_buffer(buffer, expected);
	buffer_finish(&buffer);
}

static void assert_right(const char *text, size_t width, const char *expected)
{
	struct buffer buffer = BUFFER_EMPTY;

	columns_append_right(&buffer, slice_from_string(text), width);
	assert_buffer(buffer, expected);
	buffer_finish(&buffer);
}

static void columns_are_filled_or_cut(void **state)
{
	(void)state;
	assert_left("ab", 4, "ab  ");
	assert_left("서버", 6, "서버  ");
	assert_left("서버 인스턴스", 6, "서버 …");
	assert_right("12", 4, "  12");
	assert_right("서버", 6, "  서버");
	assert_right("123456", 4, "123456");
}

#define TEN	"nine long "
#define FORTY	TEN TEN TEN TEN
#define NINETY	FORTY FORTY TEN
#define HANGUL5 "가나다라마"

static void assert_wrapped(const char *text, size_t used, size_t indent, const char *expected)
{
	struct buffer buffer = BUFFER_EMPTY;

	columns_append_wrapped(&buffer, slice_from_string(text), used, indent);
	assert_buffer(buffer, expected);
	buffer_finish(&buffer);
}

static void long_texts_go_on_in_the_next_line(void **state)
{
	(void)state;
	assert_wrapped("", 0, 0, "\n");
	assert_wrapped("short", 2, 2, "short\n");
	assert_wrapped(NINETY "0123456789", 0, 0, NINETY "0123456789\n");
	assert_wrapped(NINETY "0123456789 x", 0, 2, NINETY "0123456789\n  x\n");
	assert_wrapped("a " NINETY "0123456789", 0, 2,
		       "a " FORTY FORTY "nine long\n  0123456789\n");
	assert_wrapped("x y", 99, 2, "x\n  y\n");
	assert_wrapped("xx y", 99, 2, "\n  xx y\n");
}

/* Where there is no blank, letters are kept whole. */
static void a_word_longer_than_a_line_is_broken(void **state)
{
	const char *word =
	    HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 "끝";

	(void)state;
	assert_wrapped(
	    word, 0, 0,
	    HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5 HANGUL5
	    "\n끝\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_korean_letter_takes_two),
	    cmocka_unit_test(columns_are_filled_or_cut),
	    cmocka_unit_test(long_texts_go_on_in_the_next_line),
	    cmocka_unit_test(a_word_longer_than_a_line_is_broken),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
