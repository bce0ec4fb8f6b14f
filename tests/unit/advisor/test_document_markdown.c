#include "advisor/document_markdown.h"

#include "hostile.h"
#include "lib/assertions.h"

static void assert_markdown(struct document *document, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;

	document_markdown_append(&out, document);
	assert_false(document_failed(document));
	assert_buffer(out, expected);
	buffer_finish(&out);
	document_finish(document);
}

static void headings_and_paragraphs(void **state)
{
	struct document document;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	document_heading(&document, 1, "Decision");
	document_paragraph(&document, DOCUMENT_LEAD, "SSE + database polling");
	document_paragraph(&document, DOCUMENT_PLAIN, "- no list");
	document_paragraph(&document, DOCUMENT_PLAIN, "10. no list either");
	document_paragraph(&document, DOCUMENT_PLAIN, "3,000 users");
	document_paragraph(&document, DOCUMENT_NOTE, "a < b");
	document_paragraph(&document, DOCUMENT_NOTE, "");
	assert_markdown(&document, "# Decision\n\n"
				   "**SSE + database polling**\n\n"
				   "\\- no list\n\n"
				   "10\\. no list either\n\n"
				   "3,000 users\n\n"
				   "*a \\< b*\n\n");
}

static void lists(void **state)
{
	struct document document;
	struct document_item *list, *item;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	list = document_list(&document, DOCUMENT_CHECKS);
	item = document_item(&document, list, "users", "3,000");
	document_item_note(&document, item, "measured", "of 1 %");
	document_item(&document, list, "servers", "");
	list = document_list(&document, DOCUMENT_NUMBERS);
	document_item(&document, list, "", "first");
	document_item(&document, list, "", "second");
	list = document_list(&document, DOCUMENT_STEPS);
	item = document_item(&document, list, "Week 1", "prepare");
	document_item(&document, item, "", "a_b");
	assert_markdown(&document, "- [x] users: 3,000 (measured; of 1 %)\n"
				   "- [ ] servers: ______\n\n"
				   "1. first\n"
				   "2. second\n\n"
				   "- **Week 1**: prepare\n"
				   "  - a\\_b\n\n");
}

static void tables(void **state)
{
	const struct document_column columns[] = {
	    {"what | which", DOCUMENT_TEXT}, {"cost", DOCUMENT_NUMBER}, {"query", DOCUMENT_CODE}};
	const char *const usual[] = {"a|b", "2,080", "x | y"}, *const marked[] = {"c", "", "``"};
	struct document document;
	struct document_part *table;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	table = document_table(&document, "costs", columns, 3);
	document_row(&document, table, DOCUMENT_USUAL, usual);
	document_row(&document, table, DOCUMENT_MARKED, marked);
	assert_markdown(&document, "costs\n\n"
				   "| what \\| which | cost | query |\n"
				   "|---|---:|---|\n"
				   "| a\\|b | 2,080 | `x \\| y` |\n"
				   "| **c** | ______ | ``` `` ``` |\n\n");
}

/* No character of it means anything any more. */
static void nothing_gets_out_of_a_text(void **state)
{
	struct document document;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	document_paragraph(&document, DOCUMENT_PLAIN, HOSTILE);
	assert_markdown(&document, "\\<b onclick='x'\\>\"a\" \\& \\| \\`b\\` \\*c\\* \\_d\\_ "
				   "\\[e\\](f) \\# \\~g\\~ \\\\\n\n");
}

static void lines_are_said_in_words(void **state)
{
	struct document document;
	struct chart *chart;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	chart = hostile_chart(&document, CHART_LINE);
	if (chart == NULL) {
		fail_msg("there is no memory for a chart");
		return;
	}
	chart->description = SLICE("10,000 users in month 9");
	document_chart(&document, chart);
	document_chart(&document, hostile_chart(&document, CHART_BARS));
	assert_markdown(&document, "*10,000 users in month 9*\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headings_and_paragraphs),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(tables),
	    cmocka_unit_test(nothing_gets_out_of_a_text),
	    cmocka_unit_test(lines_are_said_in_words),
	};

	return cmocka_run_group_tests_name("document_markdown", tests, NULL, NULL);
}
