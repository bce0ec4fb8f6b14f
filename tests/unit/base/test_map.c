/* The map against a plain array, through random inserts and removals. */
#include "base/map.h"

#include "base/random.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdio.h>

enum { ITEMS = 500, STEPS = 20000 };

struct item {
	char key[16];
	bool inside;
};

static struct slice key_of(const struct item *item)
{
	return slice_from_string(item->key);
}

static bool matches(const void *item, struct slice key)
{
	return slice_equals(key_of(item), key);
}

static void make_items(struct item items[ITEMS])
{
	for (int i = 0; i < ITEMS; i++) {
		items[i].inside = false;
		snprintf(items[i].key, sizeof(items[i].key), "user-%d", i);
	}
}

static void test_empty(void **state)
{
	struct map map;
	size_t position = 0;

	(void)state;
	map_init(&map, matches);
	assert_null(map_find(&map, SLICE("x")));
	assert_null(map_remove(&map, SLICE("x")));
	assert_null(map_next(&map, &position));
	map_finish(&map);
}

static void step(struct map *map, struct item *item)
{
	if (item->inside) {
		assert_ptr_equal(map_remove(map, key_of(item)), item);
		assert_null(map_find(map, key_of(item)));
	} else {
		assert_int_equal(map_insert(map, key_of(item), item), 0);
	}
	item->inside = !item->inside;
}

static void assert_same(const struct map *map, const struct item items[ITEMS])
{
	size_t position = 0, visited = 0, inside = 0;
	const struct item *item;

	for (int i = 0; i < ITEMS; i++) {
		inside += items[i].inside;
		assert_ptr_equal(map_find(map, key_of(&items[i])),
				 items[i].inside ? &items[i] : NULL);
	}
	for (; (item = map_next(map, &position)) != NULL; visited++)
		assert_true(item->inside);
	assert_int_equal(visited, inside);
	assert_int_equal(map->count, inside);
}

static void test_against_an_array(void **state)
{
	struct item items[ITEMS];
	struct random random;
	struct map map;

	(void)state;
	make_items(items);
	random_init(&random, 1);
	map_init(&map, matches);
	for (int i = 0; i < STEPS; i++) {
		step(&map, &items[random_below(&random, ITEMS)]);
		if (i % 500 == 0)
			assert_same(&map, items);
	}
	assert_same(&map, items);
	map_finish(&map);
}

static void test_every_allocation(void **state)
{
	struct item items[ITEMS];
	unsigned n = 1;

	(void)state;
	make_items(items);
	for (bool failed = true; failed; n++) {
		struct map map;
		int result = 0;
		int i = 0;

		map_init(&map, matches);
		failing_allocator_fail_at(n);
		for (; i < 100 && result == 0; i++)
			result = map_insert(&map, key_of(&items[i]), &items[i]);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		assert_int_equal(map.count, failed ? i - 1 : i);
		if (i > 1)
			assert_ptr_equal(map_find(&map, key_of(&items[0])), &items[0]);
		map_finish(&map);
	}
	assert_true(n > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_against_an_array),
	    cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
