#include "yaml/yaml_tree.h"

#include "lib/assertions.h"

/* One line that begins with `sentence`. */
static void assert_refused(struct slice content, const char *sentence)
{
	struct arena arena = ARENA_EMPTY;
	const struct yaml_node *root;
	struct error error = {""};

	assert_true(yaml_tree_read_all("allim.yaml", content, &arena, &root, &error) < 0);
	assert_null(strchr(error.text, '\n'));
	if (strncmp(error.text, sentence, strlen(sentence)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", error.text, sentence);
	arena_finish(&arena);
}

static void assert_refused_yaml(const char *content, const char *sentence)
{
	assert_refused(slice_from_string(content), sentence);
}

/* Reads the content, which is no more than a text. */
static void assert_text(struct slice content, const char *text)
{
	struct arena arena = ARENA_EMPTY;
	const struct yaml_node *root;
	struct error error = {""};

	if (yaml_tree_read_all("allim.yaml", content, &arena, &root, &error) < 0)
		fail_msg("%s", error.text);
	assert_slice(root->text, text);
	arena_finish(&arena);
}

static void surprises_are_refused(void **state)
{
	(void)state;
	assert_refused_yaml(
	    "http: &a {workers: 1}",
	    "allim.yaml:1:7: anchors are not accepted; write the value where it is");
	assert_refused_yaml("http: {workers: &a 1}", "allim.yaml:1:17: anchors are not accepted; ");
	assert_refused_yaml("http: {allowed_origins: &a []}",
			    "allim.yaml:1:25: anchors are not accepted; ");
	assert_refused_yaml("http: *a",
			    "allim.yaml:1:7: aliases are not accepted; write the value");
	assert_refused_yaml("http: {workers: !!int 1}",
			    "allim.yaml:1:17: tags are not accepted; write the plain value");
	assert_refused_yaml("http: !x {}", "allim.yaml:1:7: tags are not accepted; ");
	assert_refused_yaml("%TAG ! tag:x,2000:\n---\n{}",
			    "allim.yaml:1:1: tags are not accepted; ");
	assert_refused_yaml("---\nhttp: {}\n---\nadmin: {}\n",
			    "allim.yaml:3:1: a second document is not accepted; put everything");
	assert_refused_yaml("http: {}\n...\n---\n", "allim.yaml:3:1: a second document is not ");
}

static void broken_yaml_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_refused_yaml("http:\n\tworkers: 1\n", "allim.yaml:2:1: not YAML: ");
	assert_refused_yaml("http: {workers: 1\n", "allim.yaml:2:1: not YAML: ");
	assert_refused_yaml("http:\n  workers: 1\n backlog: 2\n", "allim.yaml:3:2: not YAML: ");
	assert_refused_yaml("\n# 알림\nhttp: '\n", "allim.yaml:4:1: not YAML: ");
	assert_refused_yaml("%YAML 9.9\n---\n{}\n", "allim.yaml:1:1: not YAML: ");
	assert_refused_yaml("method: >= 5\n",
			    "allim.yaml:1:10: not YAML: while scanning a block scalar, did not "
			    "find expected comment or line break; put a text that begins with > or "
			    "| in quotes");
}

static void only_text_in_utf8_is_read(void **state)
{
	(void)state;
	assert_refused_yaml("# 알림\nhttp: {} # \xff\n",
			    "allim.yaml:2:12: not UTF-8; save the file in that encoding");
	assert_refused_yaml("\xff\xfeh\1t\1", "allim.yaml:1:1: not UTF-8; ");
	assert_refused_yaml("http: {} # \xe2\x82", "allim.yaml:1:12: not UTF-8; ");
	assert_refused_yaml("# \xed\xa0\x80", "allim.yaml:1:3: not UTF-8; ");
	assert_refused_yaml("\n# 알림 \x01",
			    "allim.yaml:2:6: not YAML: control characters are not");
}

static void a_byte_order_mark_is_no_harm(void **state)
{
	(void)state;
	assert_text(SLICE("\xef\xbb\xbfword\n"), "word");
}

static void huge_files_are_refused(void **state)
{
	static char content[YAML_READER_LIMIT + 1] = "word ";

	(void)state;
	memset(content + 5, '#', sizeof(content) - 5);
	assert_text(slice_from_bytes(content, YAML_READER_LIMIT), "word");
	assert_refused(slice_from_bytes(content, YAML_READER_LIMIT + 1),
		       "allim.yaml: larger than 1 MiB; ");
}

static void deep_nesting_is_refused_early(void **state)
{
	static char content[100000];

	(void)state;
	memset(content, '[', sizeof(content));
	assert_refused(slice_from_bytes(content, sizeof(content)), "allim.yaml:1:18: ");
	memset(content, '{', sizeof(content));
	assert_refused(slice_from_bytes(content, sizeof(content)), "allim.yaml:1:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(surprises_are_refused),
	    cmocka_unit_test(broken_yaml_is_refused_with_its_place),
	    cmocka_unit_test(only_text_in_utf8_is_read),
	    cmocka_unit_test(a_byte_order_mark_is_no_harm),
	    cmocka_unit_test(huge_files_are_refused),
	    cmocka_unit_test(deep_nesting_is_refused_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
