#include "advisor/price_book.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

#define HEAD  "version: 1\ncurrency: USD\nregion: r\ndate: d\nsource: s\n"
#define ITEMS "items: {a: 1}\n"
#define BILLS "bills: {}\n"
#define TAIL  "labour: {hour: 1, hours-a-day: 1}\nwork: {}\n"

static void items_are_the_books_or_their_own(void **state)
{
	const char *text = HEAD "items:\n  a: 2\n  b: {price: 3.5, date: today, source: them}\n"
				"  c: {region: here, price: 4}\n" BILLS TAIL;
	struct price_book book;
	struct error error = {""};

	(void)state;
	if (price_book_read(&book, "p.yaml", slice_from_string(text), &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(book.item_count, 3);
	assert_true(book.items[0].price == 2);
	assert_slice(book.items[0].region, "r");
	assert_slice(book.items[0].date, "d");
	assert_slice(book.items[0].source, "s");
	assert_true(book.items[1].price == 3.5);
	assert_slice(book.items[1].region, "r");
	assert_slice(book.items[1].date, "today");
	assert_slice(book.items[1].source, "them");
	assert_true(book.items[2].price == 4);
	assert_slice(book.items[2].region, "here");
	assert_slice(book.items[2].date, "d");
	price_book_finish(&book);
}

static void assert_refused(const char *text, const char *sentence)
{
	struct price_book book;
	struct error error = {""};

	assert_int_equal(price_book_read(&book, "p.yaml", slice_from_string(text), &error),
			 -EINVAL);
	assert_string_equal(error.text, sentence);
}

static void mistakes_in_items_are_refused(void **state)
{
	(void)state;
	assert_refused(HEAD "items: {a: -1}\n" BILLS TAIL,
		       "p.yaml:6:9: a is -1; accepted is 0 to 1e+12");
	assert_refused(HEAD "items: {a: 2e12}\n" BILLS TAIL,
		       "p.yaml:6:9: a is 2e+12; accepted is 0 to 1e+12");
	assert_refused(HEAD "items: {a: \"1\"}\n" BILLS TAIL,
		       "p.yaml:6:9: \"1\" is a text; a number has no quotes");
	assert_refused(HEAD "items: {a: cheap}\n" BILLS TAIL, "p.yaml:6:9: \"cheap\" is no number");
	assert_refused(HEAD "items: {a: {date: d}}\n" BILLS TAIL,
		       "p.yaml:6:9: price is missing here");
	assert_refused(HEAD "items: {a: {price: 1, currency: KRW}}\n" BILLS TAIL,
		       "p.yaml:6:23: currency is no member of an item; accepted are price, region, "
		       "date and source");
	assert_refused(HEAD "items: {a: {price: 1, date: [1]}}\n" BILLS TAIL,
		       "p.yaml:6:23: a text is expected here");
	assert_refused(HEAD "items: {a: 1, a: 2}\n" BILLS TAIL,
		       "p.yaml:6:15: a is given twice; the first one is on line 6");
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_refused("version: 2",
		       "p.yaml:1:1: a price book of version 2; this allim reads version 1");
	assert_refused(
	    "version: 1\ncurrency: dollars\nregion: r\ndate: d\nsource: s\n",
	    "p.yaml:2:1: \"dollars\" is no currency; write its three letters, such as USD or KRW");
	assert_refused("version: 1\ncurrency: XYZ\nregion: r\ndate: d\nsource: s\n",
		       "p.yaml:2:1: \"XYZ\" is no currency; write its three letters, such as USD "
		       "or KRW");
	assert_refused("version: 2\nnovelty: yes\n",
		       "p.yaml:1:1: a price book of version 2; this allim reads version 1");
	assert_refused(HEAD ITEMS TAIL, "p.yaml:1:1: bills is missing here");
	assert_refused(HEAD ITEMS BILLS "labour: {hour: 1, hours-a-day: 25}\nwork: {}\n",
		       "p.yaml:8:1: a day has 24 hours");
	assert_refused(HEAD ITEMS "bills: {poll: [{item: b, count: 1}]}\n" TAIL,
		       "p.yaml:7:17: \"b\" has no price; add it to items");
	assert_refused(HEAD ITEMS "bills: {poll: [{item: a}]}\n" TAIL,
		       "p.yaml:7:16: a line has either count or per");
	assert_refused(HEAD ITEMS "bills: {poll: [{item: a, count: -1}]}\n" TAIL,
		       "p.yaml:7:26: count is -1; accepted is 0 to 1e+12");
	assert_refused(HEAD ITEMS "bills: {poll: [{item: a, per: {connections: 0}}]}\n" TAIL,
		       "p.yaml:7:32: connections is 0; it says for how many one is enough");
	assert_refused(HEAD ITEMS "bills: {poll: [{item: a, per: {people: 1}}]}\n" TAIL,
		       "p.yaml:7:32: people is no member of per; accepted are servers, "
		       "connections, gigabytes-an-hour, gigabytes-a-month and stored-gigabytes");
	assert_refused(HEAD ITEMS "bills: {pol: []}\n" TAIL, "p.yaml:7:9: pol is no method");
	assert_refused(HEAD ITEMS "bills: {poll: []}\n" TAIL,
		       "p.yaml:7:9: a bill is a list of lines");
	assert_refused(HEAD ITEMS
		       "bills: {}\nlabour: {hour: 1, hours-a-day: 1}\nwork: {poll: {}}\n",
		       "p.yaml:9:8: development is missing here");
}

static void a_shortage_of_memory_is_survived(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct price_book book;
		struct error error;
		int result;
		bool failed;

		failing_allocator_fail_at(n);
		result =
		    price_book_read(&book, "p.yaml", slice_from_string(price_book_guide), &error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (failed)
			continue;
		price_book_finish(&book);
		break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(items_are_the_books_or_their_own),
	    cmocka_unit_test(mistakes_in_items_are_refused),
	    cmocka_unit_test(mistakes_are_refused),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	return cmocka_run_group_tests_name("price_book", tests, NULL, NULL);
}
