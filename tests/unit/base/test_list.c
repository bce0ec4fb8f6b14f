#include "base/list.h"

#include "lib/assertions.h"

struct item {
	int number;
	struct list link;
};

static void fill(struct list *list, struct item *items, int first, int count)
{
	list_init(list);
	for (int i = 0; i < count; i++) {
		items[i].number = first + i;
		list_append(list, &items[i].link);
	}
}

/* The numbers of the list are first, first + 1 and so on up to last. */
static void assert_run(struct list *list, int first, int last)
{
	int expected = first;

	LIST_FOR_EACH(link, list)
		assert_int_equal(CONTAINER_OF(link, struct item, link)->number, expected++);
	assert_int_equal(expected, last + 1);
}

static void test_order(void **state)
{
	struct item items[3];
	struct list list;

	(void)state;
	list_init(&list);
	assert_true(list_is_empty(&list));
	fill(&list, items, 1, 3);
	assert_false(list_is_empty(&list));
	assert_run(&list, 1, 3);
}

static void test_removal(void **state)
{
	struct item items[3];
	struct list list;

	(void)state;
	fill(&list, items, 1, 3);
	list_remove(&items[0].link);
	assert_run(&list, 2, 3);
	list_remove(&items[0].link);
	assert_run(&list, 2, 3);
	LIST_FOR_EACH(link, &list)
		list_remove(link);
	assert_true(list_is_empty(&list));
}

static void test_joining(void **state)
{
	struct item items[5];
	struct list first, second;

	(void)state;
	fill(&first, items, 1, 2);
	fill(&second, items + 2, 3, 3);
	list_append_all(&first, &second);
	assert_run(&first, 1, 5);
	assert_true(list_is_empty(&second));
	list_append_all(&first, &second);
	assert_run(&first, 1, 5);
	list_append_all(&second, &first);
	assert_run(&second, 1, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_removal),
	    cmocka_unit_test(test_joining),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
