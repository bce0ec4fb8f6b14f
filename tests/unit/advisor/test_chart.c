#include "advisor/chart.h"

#include "lib/assertions.h"

#include <math.h>
#include <string.h>

static void assert_drawn(const struct chart *chart, const char *const *parts)
{
	struct buffer out = BUFFER_EMPTY;

	chart_append_svg(&out, chart, 1);
	buffer_append_byte(&out, '\0');
	assert_false(buffer_failed(&out));
	assert_null(strstr(out.data, "nan"));
	assert_null(strstr(out.data, "inf"));
	for (; *parts != NULL; parts++) {
		if (strstr(out.data, *parts) == NULL)
			fail_msg("\"%s\" does not contain \"%s\"", out.data, *parts);
	}
	buffer_finish(&out);
}

/* The longest is as wide as there is room, and the others by comparison. */
static void bars(void **state)
{
	struct chart_bar rows[] = {{SLICE("poll"), SLICE("$2,080"), {480, 1600}, true},
				   {SLICE("sse-db"), SLICE("$4,160"), {960, 3200}, false}};
	const struct chart chart = {.kind = CHART_BARS,
				    .bars = {{SLICE("a"), SLICE("b")}, 2, rows, 2}};
	static const char *const parts[] = {
	    "height=\"92\"",
	    "<text class=\"label marked\" x=\"0\" y=\"15\">poll</text>",
	    "<rect class=\"series1\" x=\"0.00%\" y=\"22\" width=\"11.54%\" height=\"14\"/>",
	    "<rect class=\"series2\" x=\"11.54%\" y=\"22\" width=\"38.46%\" height=\"14\"/>",
	    "<text class=\"label\" x=\"0\" y=\"61\">sse-db</text>",
	    "<rect class=\"series2\" x=\"23.08%\" y=\"68\" width=\"76.92%\" height=\"14\"/>",
	    NULL,
	};

	(void)state;
	assert_drawn(&chart, parts);
}

static void bars_of_nothing(void **state)
{
	struct chart_bar rows[] = {{SLICE("poll"), SLICE("$0"), {0}, false}};
	const struct chart chart = {.kind = CHART_BARS, .bars = {{SLICE("a")}, 1, rows, 1}};
	static const char *const parts[] = {"class=\"track\"", NULL};

	(void)state;
	assert_drawn(&chart, parts);
}

/* Tenfold in ten months, with a limit that is reached half-way: on this scale the line is straight,
 * and the limit in the middle. */
static void a_line(void **state)
{
	struct chart chart = {.kind = CHART_LINE,
			      .line = {.months = 10,
				       .now = SLICE("now"),
				       .first = SLICE("from"),
				       .last = SLICE("to"),
				       .limits = {{sqrt(1e7), SLICE("limit"), 5, SLICE("month 5")}},
				       .limit_count = 1}};
	static const char *const parts[] = {
	    "<line class=\"limit\" x1=\"0.00%\" y1=\"154.0\" x2=\"100.00%\" y2=\"154.0\"/>",
	    "<circle class=\"mark\" cx=\"50.00%\" cy=\"154.0\" r=\"5\"/>",
	    "<text class=\"mark\" x=\"48.50%\" y=\"146.0\" text-anchor=\"end\">month 5</text>",
	    "<line class=\"load\" x1=\"40.00%\" y1=\"172.8\" x2=\"50.00%\" y2=\"154.0\"/>",
	    "<text class=\"limit\" x=\"100.00%\" y=\"170.0\" text-anchor=\"end\">limit</text>",
	    "text-anchor=\"start\">now</text>",
	    "y=\"267.8\" text-anchor=\"start\">from</text>",
	    "text-anchor=\"end\">to</text>",
	    "text-anchor=\"middle\">8</text>",
	    "text-anchor=\"end\">10</text>",
	    NULL,
	};

	(void)state;
	for (size_t i = 0; i <= 10; i++)
		chart.line.values[i] = 1000 * pow(10, (double)i / 10);
	assert_drawn(&chart, parts);
}

/* Near the end, the limit's name is on the left, what is said of the crossing a row above it, and
 * nothing of the end. */
static void a_crossing_near_the_end(void **state)
{
	struct chart chart = {.kind = CHART_LINE,
			      .line = {.values = {1, 10, 100, 1000, 10000},
				       .months = 4,
				       .last = SLICE("to"),
				       .limits = {{5000, SLICE("limit"), 3.7, SLICE("month 4")}},
				       .limit_count = 1}};
	static const char *const parts[] = {
	    "y=\"51.6\" text-anchor=\"start\">limit</text>",
	    "y=\"33.6\" text-anchor=\"end\">month 4</text>",
	    NULL,
	};
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	assert_drawn(&chart, parts);
	chart_append_svg(&out, &chart, 1);
	buffer_append_byte(&out, '\0');
	assert_null(strstr(out.data, ">to<"));
	buffer_finish(&out);
}

static void a_line_at_nothing(void **state)
{
	const struct chart chart = {
	    .kind = CHART_LINE,
	    .line = {.months = 60, .limits = {{1, SLICE(""), NAN, SLICE("")}}, .limit_count = 1}};
	static const char *const parts[] = {"text-anchor=\"middle\">48</text>", NULL};

	(void)state;
	assert_drawn(&chart, parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bars),
	    cmocka_unit_test(bars_of_nothing),
	    cmocka_unit_test(a_line),
	    cmocka_unit_test(a_crossing_near_the_end),
	    cmocka_unit_test(a_line_at_nothing),
	};

	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
