#include "yaml/yaml_tree.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

struct tree {
	struct arena arena;
	const struct yaml_node *root;
	struct error error;
	int result;
};

static struct tree read_tree(const char *text)
{
	struct tree tree = {.arena = ARENA_EMPTY};

	tree.result = yaml_tree_read_all("t.yaml", slice_from_string(text), &tree.arena, &tree.root,
					 &tree.error);
	return tree;
}

static struct tree make_tree(const char *text)
{
	struct tree tree = read_tree(text);

	if (tree.result != 0)
		fail_msg("%s: %s", text, tree.error.text);
	return tree;
}

static void assert_written(const char *text, const char *expected)
{
	struct tree tree = make_tree(text), again;
	struct buffer written = BUFFER_EMPTY;

	yaml_tree_append(&written, tree.root);
	assert_buffer(written, expected);
	buffer_append_byte(&written, '\0');
	again = make_tree(written.data);
	assert_true(yaml_tree_equals(tree.root, again.root));
	arena_finish(&again.arena);
	arena_finish(&tree.arena);
	buffer_finish(&written);
}

static void what_is_written_says_the_same(void **state)
{
	(void)state;
	assert_written("a", "a");
	assert_written("'a'", "\"a\"");
	assert_written("a b", "\"a b\"");
	assert_written("-1.5e+3", "-1.5e+3");
	assert_written("\"a\\\"\\\\\"", "\"a\\\"\\\\\"");
	assert_written("서울", "\"서울\"");
	assert_written("[]", "[]");
	assert_written("{}", "{}");
	assert_written("- a\n- {b: [c, 'd'], e.f: g}\n-  - h",
		       "[a, {\"b\": [c, \"d\"], \"e.f\": g}, [h]]");
	assert_written("? a b\n: c", "{\"a b\": c}");
	assert_written("'<= 5'", "\"<= 5\"");
	assert_written("'null'", "\"null\"");
	assert_written("|-\n  one line", "\"one line\"");
}

static void nodes_know_their_places_and_kinds(void **state)
{
	struct tree tree = make_tree("name: x\nlist:\n  - 'y'\n  - {z: 1}\n");
	const struct yaml_node *name = tree.root->first, *list = name->next;

	(void)state;
	assert_int_equal(tree.root->kind, YAML_NODE_MAP);
	assert_int_equal(tree.root->count, 2);
	assert_slice(name->name, "name");
	assert_slice(name->text, "x");
	assert_true(name->is_bare);
	assert_int_equal(list->kind, YAML_NODE_LIST);
	assert_int_equal(list->line, 2);
	assert_int_equal(list->column, 1);
	assert_int_equal(list->count, 2);
	assert_false(list->first->is_bare);
	assert_int_equal(list->first->line, 3);
	assert_int_equal(list->first->column, 5);
	assert_int_equal(list->first->next->first->column, 6);
	assert_null(list->next);
	arena_finish(&tree.arena);
}

static void trees_differ_in_any_part(void **state)
{
	static const char *const texts[] = {
	    "a", "'a'", "b", "[a]", "[a, a]", "[]", "{a: a}", "{b: a}", "{a: b}", "{a: [a]}", "{}"};
	const size_t count = sizeof(texts) / sizeof(texts[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			struct tree a = make_tree(texts[i]), b = make_tree(texts[k]);

			assert_true(yaml_tree_equals(a.root, b.root) == (i == k));
			arena_finish(&a.arena);
			arena_finish(&b.arena);
		}
	}
}

static void assert_no_tree(const char *text, const char *sentence)
{
	struct tree tree = read_tree(text);

	assert_int_equal(tree.result, -EINVAL);
	assert_string_equal(tree.error.text, sentence);
	arena_finish(&tree.arena);
}

static void what_is_no_value_is_refused(void **state)
{
	(void)state;
	assert_no_tree("a: \nb: 1", "t.yaml:1:3: a value is missing here; write one, or leave out "
				    "what it belongs to");
	assert_no_tree("[a, ~]",
		       "t.yaml:1:5: a value is missing here; write one, or leave out what "
		       "it belongs to");
	assert_no_tree("", "t.yaml: nothing stands in it");
	assert_no_tree("# x", "t.yaml: nothing stands in it");
	assert_no_tree("a: 1\nb: 2\na: 3",
		       "t.yaml:3:1: a is given twice; the first one is on line 1");
	assert_no_tree("[a]: b", "t.yaml:1:1: a key must be a name of 1 to 256 bytes");
	assert_no_tree("'': b", "t.yaml:1:1: a key must be a name of 1 to 256 bytes");
	assert_no_tree("\"a\\nb\"",
		       "t.yaml:1:1: a text here has a line break or a control character; "
		       "leave it out");
	assert_no_tree("|\n a\n b",
		       "t.yaml:1:1: a text here has a line break or a control character; "
		       "leave it out");
	assert_no_tree("{\"a\\u2028\": b}", "t.yaml:1:2: a key must be a name of 1 to 256 bytes");
	assert_no_tree("[*a]", "t.yaml:1:2: aliases are not accepted; write the value out");
}

static void depth_and_width_have_limits(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct tree tree = make_tree("[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]");

	(void)state;
	arena_finish(&tree.arena);
	assert_no_tree("[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]",
		       "t.yaml:1:18: values lie deeper in one another than 16 levels");
	buffer_append_string(&text, "[0");
	for (int i = 1; i < YAML_TREE_ITEMS; i++)
		buffer_append_string(&text, ",0");
	buffer_append_format(&text, "]%c", '\0');
	tree = make_tree(text.data);
	assert_int_equal(tree.root->count, YAML_TREE_ITEMS);
	arena_finish(&tree.arena);
	text.length -= 2;
	buffer_append_format(&text, ",0]%c", '\0');
	assert_no_tree(text.data, "t.yaml:1:2050: more than 1024 values stand together here");
	buffer_clear(&text);
	for (int i = 0; i <= YAML_TREE_ITEMS; i++)
		buffer_append_format(&text, "k%d: 0\n", i);
	buffer_append_byte(&text, '\0');
	assert_no_tree(text.data, "t.yaml:1025:1: more than 1024 values stand together here");
	buffer_finish(&text);
}

static void a_shortage_of_memory_is_survived(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct tree tree;
		bool failed;

		failing_allocator_fail_at(n);
		tree = read_tree("{a: [b, c, 'd'], e: {f: g}}");
		failed = failing_allocator_reset();
		assert_int_equal(tree.result, failed ? -ENOMEM : 0);
		arena_finish(&tree.arena);
		if (!failed)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_says_the_same),
	    cmocka_unit_test(nodes_know_their_places_and_kinds),
	    cmocka_unit_test(trees_differ_in_any_part),
	    cmocka_unit_test(what_is_no_value_is_refused),
	    cmocka_unit_test(depth_and_width_have_limits),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	return cmocka_run_group_tests_name("yaml_tree", tests, NULL, NULL);
}
