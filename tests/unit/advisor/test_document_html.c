#include "advisor/document_html.h"

#include "hostile.h"
#include "lib/assertions.h"

#include <string.h>

static struct document document;
static struct buffer out;

static int setup(void **state)
{
	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	out = BUFFER_EMPTY;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_finish(&out);
	document_finish(&document);
	return 0;
}

/* The page, terminated. */
static const char *page(void)
{
	document_html_append(&out, &document);
	buffer_append_byte(&out, '\0');
	assert_false(document_failed(&document) || buffer_failed(&out));
	return out.data;
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%.*s\" does not contain \"%s\"", (int)out.length, out.data, part);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *found = strstr(text, part); found != NULL; found = strstr(found + 1, part))
		count++;
	return count;
}

static void the_page_needs_nothing_else(void **state)
{
	const char *text;

	(void)state;
	document.language = ADVISOR_KOREAN;
	document_heading(&document, 1, "결정 & more");
	text = page();
	assert_contains(text, "<!DOCTYPE html>\n<html lang=\"ko\">");
	assert_contains(text, "<title>결정 &amp; more</title>");
	assert_contains(text, "default-src 'none'; style-src 'sha256-");
	assert_int_equal(strlen(document_style_hash), 44);
	assert_contains(text, document_style);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, " style="));
	assert_null(strstr(text, "http:"));
	assert_null(strstr(text, "https:"));
	assert_null(strstr(text, "url("));
}

static void sections_begin_at_headings(void **state)
{
	const char *text;

	(void)state;
	document_heading(&document, 1, "title");
	document_paragraph(&document, DOCUMENT_LEAD, "verdict");
	document_heading(&document, 2, "one");
	document_heading(&document, 3, "detail");
	document_heading(&document, 2, "two");
	text = page();
	assert_contains(text, "<header>\n<h1 id=\"id1\">title</h1>\n<p class=\"lead\">verdict</p>\n"
			      "</header>\n<section aria-labelledby=\"id2\">\n"
			      "<h2 id=\"id2\">one</h2>\n<h3 id=\"id3\">detail</h3>\n</section>\n"
			      "<section aria-labelledby=\"id4\">\n<h2 id=\"id4\">two</h2>\n"
			      "</section>\n</main>");
}

static void items_below_items(void **state)
{
	struct document_item *list = document_list(&document, DOCUMENT_STEPS);
	struct document_item *item = document_item(&document, list, "Week 1", "prepare");
	const char *text;

	(void)state;
	document_item(&document, item, "", "a");
	document_item(&document, item, "", "b");
	text = page();
	assert_contains(text, "<ol class=\"steps\">\n<li><span class=\"term\">Week 1</span> "
			      "<span class=\"text\">prepare</span>\n<ul>\n"
			      "<li><span class=\"text\">a</span></li>\n"
			      "<li><span class=\"text\">b</span></li>\n</ul>\n</li>\n</ol>");
}

static void blanks_are_left_to_be_filled_in(void **state)
{
	const struct document_column columns[] = {{"who", DOCUMENT_TEXT},
						  {"date", DOCUMENT_NUMBER}};
	const char *const cells[] = {"CTO", ""};
	struct document_item *list = document_list(&document, DOCUMENT_CHECKS);
	struct document_part *table;
	const char *text;

	(void)state;
	document_item(&document, list, "users", "");
	table = document_table(&document, "approval", columns, 2);
	table->marked_column = 0;
	document_row(&document, table, DOCUMENT_MARKED, cells);
	text = page();
	assert_contains(text, "<li class=\"open\"><span class=\"term\">users</span> <span "
			      "class=\"text\"><span class=\"blank\">______</span></span></li>");
	assert_contains(text, "<caption id=\"id1\">approval</caption>");
	assert_contains(text, "<th scope=\"col\" class=\"words marked\">who</th>");
	assert_contains(text,
			"<tr class=\"marked\"><th scope=\"row\" class=\"words marked\">CTO</th>"
			"<td class=\"number blank\"></td></tr>");
}

static void nothing_gets_out_of_a_text(void **state)
{
	const char *text;

	(void)state;
	hostile_fill(&document);
	text = page();
	assert_null(strstr(text, "<b "));
	assert_null(strstr(text, "onclick='"));
	assert_true(count_of(text, "&lt;b onclick=&#39;x&#39;&gt;&quot;a&quot; &amp; | `b`") > 30);
}

static void charts_name_themselves(void **state)
{
	const char *text;
	struct chart *chart;

	(void)state;
	document_heading(&document, 1, "title");
	chart = hostile_chart(&document, CHART_BARS);
	if (chart == NULL) {
		fail_msg("there is no memory for a chart");
		return;
	}
	chart->title = SLICE("Costs");
	chart->description = SLICE("In dollars.");
	document_chart(&document, chart);
	text = page();
	assert_contains(text, "<figcaption>Costs</figcaption>");
	assert_contains(text, "<svg role=\"img\" width=\"100%\" height=\"46\" "
			      "aria-labelledby=\"id2t id2d\">\n<title id=\"id2t\">Costs</title>\n"
			      "<desc id=\"id2d\">In dollars.</desc>");
	assert_contains(text, "<li class=\"series2\">");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_page_needs_nothing_else, setup, teardown),
	    cmocka_unit_test_setup_teardown(sections_begin_at_headings, setup, teardown),
	    cmocka_unit_test_setup_teardown(items_below_items, setup, teardown),
	    cmocka_unit_test_setup_teardown(blanks_are_left_to_be_filled_in, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_gets_out_of_a_text, setup, teardown),
	    cmocka_unit_test_setup_teardown(charts_name_themselves, setup, teardown),
	};

	return cmocka_run_group_tests_name("document_html", tests, NULL, NULL);
}
