#include "advisor/document_html.h"
#include "advisor/document_markdown.h"

#include "hostile.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

static void assert_clean(const char *text, const char *expected)
{
	struct document document;

	document_init(&document, ADVISOR_ENGLISH);
	document_paragraph(&document, DOCUMENT_PLAIN, text);
	assert_slice(document.parts->text, expected);
	document_finish(&document);
}

static void texts_are_cleaned(void **state)
{
	(void)state;
	assert_clean("알림 & more", "알림 & more");
	assert_clean("a\nb\tc\x1b[1m\x7f", "a b c [1m ");
	assert_clean("a\xc2\x85z\xc2\xa0", "a z\xc2\xa0");
	assert_clean("user\xe2\x80\xaegnp.exe", "usergnp.exe");
	assert_clean("\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\xa8y", "xy");
	assert_clean("cut \xec\x95", "cut ");
	assert_clean("", "");
}

static void texts_are_made(void **state)
{
	struct document document;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	assert_string_equal(document_format(&document, "month %d of %s", 3, "six"),
			    "month 3 of six");
	assert_string_equal(document_copy(&document, SLICE("week")), "week");
	assert_false(document_failed(&document));
	document_finish(&document);
}

static void parts_keep_their_order(void **state)
{
	struct document document;
	struct document_item *list, *item;

	(void)state;
	document_init(&document, ADVISOR_ENGLISH);
	document_heading(&document, 1, "title");
	list = document_list(&document, DOCUMENT_STEPS);
	item = document_item(&document, list, "week 1", "prepare");
	document_item(&document, list, "week 2", "test");
	document_item(&document, item, "", "a");
	document_item(&document, item, "", "b");
	assert_int_equal(document.parts->kind, DOCUMENT_HEADING);
	assert_int_equal(document.parts->next->kind, DOCUMENT_LIST);
	assert_slice(document.parts->next->items.first->next->term, "week 2");
	assert_slice(item->first->next->text, "b");
	assert_null(document.parts->next->next);
	document_finish(&document);
}

/* Whichever allocation fails, building goes on and the end tells. */
static void a_shortage_of_memory_is_told_at_the_end(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct buffer markdown = BUFFER_EMPTY, html = BUFFER_EMPTY;
		struct document document;
		bool failed;

		failing_allocator_fail_at(n);
		document_init(&document, ADVISOR_KOREAN);
		hostile_fill(&document);
		document_paragraph(&document, DOCUMENT_PLAIN, "a\nb");
		document_markdown_append(&markdown, &document);
		document_html_append(&html, &document);
		failed =
		    document_failed(&document) || buffer_failed(&markdown) || buffer_failed(&html);
		buffer_finish(&markdown);
		buffer_finish(&html);
		document_finish(&document);
		if (!failing_allocator_reset())
			break;
		assert_true(failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_cleaned),
	    cmocka_unit_test(texts_are_made),
	    cmocka_unit_test(parts_keep_their_order),
	    cmocka_unit_test(a_shortage_of_memory_is_told_at_the_end),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
