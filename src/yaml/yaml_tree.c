/* One function reads each kind of node and appends what it holds to a list; depth is bounded, so
 * that recursion is too. */
#include "yaml/yaml_tree.h"

#include "base/json.h"
#include "base/quote.h"
#include "yaml/yaml_text.h"

#include <errno.h>

/* Where the next item or member goes. */
struct holder {
	struct yaml_node *node;
	const struct yaml_node **end;
};

static int read_node(struct yaml_reader *yaml, struct arena *arena, unsigned depth,
		     struct yaml_node **ret_node);

static bool is_bare_letter(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
	       (letter >= '0' && letter <= '9') || memchr(".+-_", letter, 4) != NULL;
}

static bool is_bare(const struct yaml_reader *yaml)
{
	struct slice text = yaml_reader_scalar(yaml);

	if (yaml->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (!is_bare_letter(text.data[i]))
			return false;
	}
	return text.length > 0;
}

static int read_text(struct yaml_reader *yaml, struct arena *arena, struct yaml_node *node)
{
	struct slice text = yaml_reader_scalar(yaml);

	if (yaml->event.type != YAML_SCALAR_EVENT || yaml_reader_is_null(yaml))
		return yaml_reader_refuse(yaml, "a value is missing here; write one, or leave out "
						"what it belongs to");
	if (!yaml_text_is_printable(text))
		return yaml_reader_refuse(yaml, "a text here has a line break or a control "
						"character; leave it out");
	node->is_bare = is_bare(yaml);
	return arena_copy(arena, text, &node->text) < 0 ? yaml_problem_memory(yaml->error) : 0;
}

static int check_room(const struct yaml_reader *yaml, const struct yaml_node *node)
{
	return node->count < YAML_TREE_ITEMS
		   ? 0
		   : yaml_reader_refuse(yaml, "more than 1024 values stand together here");
}

static void append(struct holder *holder, const struct yaml_node *child)
{
	struct yaml_node *last = (struct yaml_node *)(uintptr_t)child;

	*holder->end = child;
	holder->end = &last->next;
	holder->node->count++;
}

static int read_list(struct yaml_reader *yaml, struct arena *arena, unsigned depth,
		     struct yaml_node *node)
{
	struct holder holder = {node, &node->first};
	int result = yaml_reader_next(yaml);

	while (result == 0 && yaml->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yaml_node *item;

		result = check_room(yaml, node);
		if (result == 0)
			result = read_node(yaml, arena, depth, &item);
		if (result != 0)
			return result;
		append(&holder, item);
		result = yaml_reader_next(yaml);
	}
	return result;
}

static int refuse_second(const struct yaml_reader *yaml, const struct yaml_node *first)
{
	struct yaml_place place = yaml_reader_place(yaml);
	char quote[QUOTE_BYTES];

	return yaml_problem(yaml->error, place, "%s is given twice; the first one is on line %zu",
			    quote_word(first->name, quote), first->line);
}

/* The present event is the name. */
static int read_name(struct yaml_reader *yaml, struct arena *arena, const struct yaml_node *node,
		     struct slice *ret_name)
{
	struct slice name = yaml_reader_scalar(yaml);

	if (yaml->event.type != YAML_SCALAR_EVENT || name.length == 0 ||
	    name.length > YAML_TREE_NAME_BYTES || !yaml_text_is_printable(name))
		return yaml_reader_refuse(yaml, "a key must be a name of 1 to 256 bytes");
	for (const struct yaml_node *other = node->first; other != NULL; other = other->next) {
		if (slice_equals(other->name, name))
			return refuse_second(yaml, other);
	}
	return arena_copy(arena, name, ret_name) < 0 ? yaml_problem_memory(yaml->error) : 0;
}

/* A member is where its name is. */
static int read_member(struct yaml_reader *yaml, struct arena *arena, unsigned depth,
		       struct holder *holder)
{
	struct yaml_place place = yaml_reader_place(yaml);
	struct yaml_node *member;
	struct slice name;
	int result = check_room(yaml, holder->node);

	if (result == 0)
		result = read_name(yaml, arena, holder->node, &name);
	if (result == 0)
		result = yaml_reader_next(yaml);
	if (result == 0)
		result = read_node(yaml, arena, depth, &member);
	if (result != 0)
		return result;
	member->name = name;
	member->line = place.line;
	member->column = place.column;
	append(holder, member);
	return yaml_reader_next(yaml);
}

static int read_map(struct yaml_reader *yaml, struct arena *arena, unsigned depth,
		    struct yaml_node *node)
{
	struct holder holder = {node, &node->first};
	int result = yaml_reader_next(yaml);

	while (result == 0 && yaml->event.type != YAML_MAPPING_END_EVENT)
		result = read_member(yaml, arena, depth, &holder);
	return result;
}

static int read_node(struct yaml_reader *yaml, struct arena *arena, unsigned depth,
		     struct yaml_node **ret_node)
{
	struct yaml_place place = yaml_reader_place(yaml);
	struct yaml_node *node = arena_allocate_array(arena, 1, sizeof(*node));

	if (node == NULL) {
		yaml_problem_memory(yaml->error);
		return -ENOMEM;
	}
	if (depth > YAML_TREE_DEPTH) {
		yaml_reader_refuse(yaml, "values lie deeper in one another than 16 levels");
		return -EINVAL;
	}
	*ret_node = node;
	node->line = place.line;
	node->column = place.column;
	if (yaml->event.type == YAML_SEQUENCE_START_EVENT) {
		node->kind = YAML_NODE_LIST;
		return read_list(yaml, arena, depth + 1, node);
	}
	if (yaml->event.type == YAML_MAPPING_START_EVENT) {
		node->kind = YAML_NODE_MAP;
		return read_map(yaml, arena, depth + 1, node);
	}
	return read_text(yaml, arena, node);
}

int yaml_tree_read(struct yaml_reader *yaml, struct arena *arena, const struct yaml_node **ret_root)
{
	struct yaml_node *root = NULL;
	int result = read_node(yaml, arena, 0, &root);

	if (result == 0)
		*ret_root = root;
	return result;
}

/* Start of stream, start of document, the tree, end of document, end of stream. */
static int read_stream(struct yaml_reader *yaml, struct arena *arena,
		       const struct yaml_node **ret_tree)
{
	int result = 0;

	for (int i = 0; i < 2 && result == 0; i++)
		result = yaml_reader_next(yaml);
	if (result == 0 && yaml->event.type == YAML_STREAM_END_EVENT)
		result = yaml_problem(yaml->error, (struct yaml_place){yaml->file, 0, 0},
				      "nothing stands in it");
	if (result == 0)
		result = yaml_reader_next(yaml);
	if (result == 0)
		result = yaml_tree_read(yaml, arena, ret_tree);
	for (int i = 0; i < 2 && result == 0; i++)
		result = yaml_reader_next(yaml);
	return result;
}

int yaml_tree_read_all(const char *file, struct slice content, struct arena *arena,
		       const struct yaml_node **ret_root, struct error *error)
{
	struct yaml_reader yaml;
	int result = yaml_reader_init(&yaml, file, content, error);

	if (result < 0)
		return result;
	result = read_stream(&yaml, arena, ret_root);
	yaml_reader_finish(&yaml);
	return result;
}

static void append_text(struct buffer *buffer, const struct yaml_node *node)
{
	if (node->is_bare)
		buffer_append(buffer, node->text);
	else
		json_append_string(buffer, node->text);
}

void yaml_tree_append(struct buffer *buffer, const struct yaml_node *node)
{
	bool is_map = node->kind == YAML_NODE_MAP;

	if (node->kind == YAML_NODE_TEXT) {
		append_text(buffer, node);
		return;
	}
	buffer_append_byte(buffer, is_map ? '{' : '[');
	for (const struct yaml_node *child = node->first; child != NULL; child = child->next) {
		buffer_append_string(buffer, child == node->first ? "" : ", ");
		if (is_map) {
			json_append_string(buffer, child->name);
			buffer_append_string(buffer, ": ");
		}
		yaml_tree_append(buffer, child);
	}
	buffer_append_byte(buffer, is_map ? '}' : ']');
}

bool yaml_tree_equals(const struct yaml_node *a, const struct yaml_node *b)
{
	const struct yaml_node *left = a->first, *right = b->first;

	if (a->kind != b->kind || !slice_equals(a->name, b->name) || a->is_bare != b->is_bare ||
	    !slice_equals(a->text, b->text) || a->count != b->count)
		return false;
	for (; left != NULL; left = left->next, right = right->next) {
		if (!yaml_tree_equals(left, right))
			return false;
	}
	return true;
}
