#include "base/clock.h"

#include "lib/assertions.h"

#include <errno.h>
#include <time.h>

static void test_monotonic(void **state)
{
	int64_t before = clock_monotonic();

	(void)state;
	assert_true(before > 0);
	assert_true(clock_monotonic() >= before);
}

static void test_wall(void **state)
{
	int64_t seconds = clock_wall() / 1000000;

	(void)state;
	assert_in_range((uintmax_t)(time(NULL) - seconds + 2), 0, 4);
}

static void test_round_trip(void **state)
{
	static const struct {
		const char *text;
		int64_t microseconds;
	} rows[] = {
	    {"1970-01-01T00:00:00.000Z", 0},
	    {"2026-05-01T09:30:00.250Z", 1777627800250000},
	    {"2000-02-29T23:59:59.999Z", 951868799999000},
	    {"2100-03-01T00:00:00.000Z", 4107542400000000},
	    {"9999-12-31T23:59:59.000Z", 253402300799000000},
	};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t parsed = -1;

		buffer_clear(&buffer);
		clock_append_wall(&buffer, rows[i].microseconds);
		assert_buffer(buffer, rows[i].text);
		assert_int_equal(clock_parse_wall(slice_from_string(rows[i].text), &parsed), 0);
		assert_true(parsed == rows[i].microseconds);
	}
	buffer_finish(&buffer);
}

/* Each of them is the same moment as the one beside it. */
static void test_forms(void **state)
{
	static const char *const same[][2] = {
	    {"2026-05-01t09:30:00z", "2026-05-01T09:30:00.000Z"},
	    {"2026-05-01 09:30:00Z", "2026-05-01T09:30:00.000Z"},
	    {"2026-05-01T18:30:00+09:00", "2026-05-01T09:30:00.000Z"},
	    {"2026-05-01T00:00:00-09:30", "2026-05-01T09:30:00.000Z"},
	    {"2026-05-01T09:30:00.1234567Z", "2026-05-01T09:30:00.123456Z"},
	    {"2026-05-01T09:30:00.5-00:00", "2026-05-01T09:30:00.500Z"},
	    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
	    {"1969-12-31T23:59:00-00:01", "1970-01-01T00:00:00Z"},
	    {"9999-12-31T23:59:59+23:59", "9999-12-31T00:00:59Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		int64_t first, second;

		assert_int_equal(clock_parse_wall(slice_from_string(same[i][0]), &first), 0);
		assert_int_equal(clock_parse_wall(slice_from_string(same[i][1]), &second), 0);
		assert_true(first == second);
	}
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
	    "",
	    "2026-05-01",
	    "2026-05-01T09:30:00",
	    "2026-05-01T09:30Z",
	    "2026-5-01T09:30:00Z",
	    "2026-13-01T09:30:00Z",
	    "2026-00-01T09:30:00Z",
	    "2026-02-29T09:30:00Z",
	    "1900-02-29T09:30:00Z",
	    "2026-04-31T09:30:00Z",
	    "2026-05-00T09:30:00Z",
	    "2026-05-01T24:00:00Z",
	    "2026-05-01T09:60:00Z",
	    "2026-05-01T09:30:61Z",
	    "2026-05-01T09:30:00.Z",
	    "2026-05-01T09:30:00+9:00",
	    "2026-05-01T09:30:00+24:00",
	    "2026-05-01T09:30:00+09:60",
	    "2026-05-01T09:30:00Z ",
	    " 2026-05-01T09:30:00Z",
	    "+026-05-01T09:30:00Z",
	    "tomorrow",
	    "9999-12-31T23:59:59-23:59",
	    "9999-12-31T23:59:60Z",
	    "1970-01-01T00:00:00+00:01",
	    "1969-12-31T23:59:59.999Z",
	    "0000-01-01T00:00:00Z",
	};
	int64_t untouched = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(clock_parse_wall(slice_from_string(bad[i]), &untouched), -EINVAL);
	assert_true(untouched == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_monotonic),  cmocka_unit_test(test_wall),
	    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
