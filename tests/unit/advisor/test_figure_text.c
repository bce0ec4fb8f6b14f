#include "advisor/figure_text.h"

#include "lib/assertions.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static void assert_read(enum figure figure, const char *text, double expected)
{
	struct error error = {""};
	double value = -1;

	if (figure_text_read(figure, slice_from_string(text), &value, &error) < 0)
		fail_msg("%s", error.text);
	if (value != expected)
		fail_msg("%s is %g, not %g", text, value, expected);
}

static void figures_are_read(void **state)
{
	(void)state;
	assert_read(FIGURE_USERS, "3000", 3000);
	assert_read(FIGURE_TABS, "1.5", 1.5);
	assert_read(FIGURE_USERS, "-1", -1); /* whether that can be is said elsewhere */
	assert_read(FIGURE_LATENCY, "100ms", 100);
	assert_read(FIGURE_LATENCY, "2s", 2000);
	assert_read(FIGURE_LATENCY, "1.5s", 1500);
	assert_read(FIGURE_LATENCY, "5m", 300000);
	assert_read(FIGURE_POLL_INTERVAL, "10s", 10);
	assert_read(FIGURE_POLL_INTERVAL, "500ms", 0.5);
	assert_read(FIGURE_SLA, "99.99", 99.99);
	assert_read(FIGURE_SLA, "99.99%", 99.99);
	assert_read(FIGURE_REDIS, "yes", 1);
	assert_read(FIGURE_REDIS, "no", 0);
}

static void assert_refused(enum figure figure, const char *text, const char *sentence)
{
	struct error error = {""};
	double value = -1;

	assert_int_equal(figure_text_read(figure, slice_from_string(text), &value, &error),
			 -EINVAL);
	assert_string_equal(error.text, sentence);
	assert_true(value == -1);
}

static void mistakes_are_refused(void **state)
{
	static const char *const no_numbers[] = {"",	"x",   "1x", "1,000", "1e3", "0x10",
						 "inf", "nan", "1%", "1.2.3", "--1", "5s"};

	(void)state;
	for (size_t i = 0; i < sizeof(no_numbers) / sizeof(no_numbers[0]); i++) {
		char sentence[128];

		snprintf(sentence, sizeof(sentence),
			 "users is \"%s\"; accepted is a number, such as 12.5", no_numbers[i]);
		assert_refused(FIGURE_USERS, no_numbers[i], sentence);
	}
	assert_refused(FIGURE_LATENCY, "2",
		       "latency is \"2\"; accepted is a time with its unit, such as 500ms, 2s or "
		       "5m");
	assert_refused(FIGURE_LATENCY, "2 s",
		       "latency is \"2 s\"; accepted is a time with its unit, such as 500ms, 2s or "
		       "5m");
	assert_refused(FIGURE_REDIS, "maybe", "redis is \"maybe\"; accepted is yes or no");
}

static void assert_said_to(const struct audience *audience, enum figure figure, double value,
			   const char *expected)
{
	struct buffer buffer = BUFFER_EMPTY;

	figure_text_append(&buffer, figure, value, audience);
	assert_buffer(buffer, expected);
	buffer_finish(&buffer);
}

static void assert_said(enum figure figure, double value, const char *expected)
{
	assert_said_to(&audience_english, figure, value, expected);
}

static void figures_are_said(void **state)
{
	(void)state;
	assert_said(FIGURE_USERS, 3000, "3000 users");
	assert_said(FIGURE_LATENCY, 100, "100 ms");
	assert_said(FIGURE_LATENCY, 2000, "2 s");
	assert_said(FIGURE_POLL_INTERVAL, 10, "10 s");
	assert_said(FIGURE_SLA, 99.99, "99.99 %");
	assert_said(FIGURE_REDIS, 1, "yes");
	assert_said(FIGURE_REDIS, 0, "no");
	assert_said(FIGURE_REDIS, NAN, "unknown");
	assert_string_equal(figure_text_placeholder(FIGURE_LATENCY), "TIME");
}

static const char *in_french(const char *text)
{
	static const char *const texts[][2] = {
	    {"users", "utilisateurs"}, {"yes", "oui"}, {"unknown", "inconnu"}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(text, texts[i][0]) == 0)
			return texts[i][1];
	}
	return text;
}

static void figures_are_said_to_an_audience(void **state)
{
	const struct audience french = {ADVISOR_ENGLISH, in_french};

	(void)state;
	assert_said_to(&french, FIGURE_USERS, 3000, "3000 utilisateurs");
	assert_said_to(&french, FIGURE_REDIS, 1, "oui");
	assert_said_to(&french, FIGURE_SLA, NAN, "inconnu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(figures_are_read),
	    cmocka_unit_test(mistakes_are_refused),
	    cmocka_unit_test(figures_are_said),
	    cmocka_unit_test(figures_are_said_to_an_audience),
	};

	return cmocka_run_group_tests_name("figure_text", tests, NULL, NULL);
}
