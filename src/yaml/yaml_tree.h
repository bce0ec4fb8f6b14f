/* A value of a YAML file: texts, lists and mappings in one another, each node with its place, so
 * that whoever reads it further can say where a mistake is.
 *
 * A tree lives in the arena that it was read into and is never changed, so any thread may read it.
 */
#ifndef ALLIM_YAML_YAML_TREE_H
#define ALLIM_YAML_YAML_TREE_H

#include "base/arena.h"
#include "yaml/yaml_reader.h"

enum yaml_node_kind { YAML_NODE_TEXT, YAML_NODE_LIST, YAML_NODE_MAP };

/* How deep nodes may lie in one another, how many one may hold, and how long the name of a member
 * may be. */
enum { YAML_TREE_DEPTH = 16, YAML_TREE_ITEMS = 1024, YAML_TREE_NAME_BYTES = 256 };

struct yaml_node {
	enum yaml_node_kind kind;
	struct slice name; /* of a mapping's member; empty elsewhere */
	struct slice text; /* of a text; one line without control characters */
	/* A text of letters, digits, '.', '+', '-' and '_' without quotes: it may stand for a
	 * number or a word with a meaning. */
	bool is_bare;
	size_t line;
	size_t column;
	size_t count;		       /* of the items or members, */
	const struct yaml_node *first; /* and the first of them */
	const struct yaml_node *next;  /* behind this one in the same list or mapping */
};

/* Reads the value whose first event is the present one; its last one is the present one afterwards.
 * Values that are missing and members that stand twice are refused. Returns 0 or a negative errno
 * value with the reader's error set. */
int yaml_tree_read(struct yaml_reader *yaml, struct arena *arena,
		   const struct yaml_node **ret_root);

/* Reads a whole file of one value; `file` is what messages call it, and is copied. Returns 0 or a
 * negative errno value with a sentence. */
int yaml_tree_read_all(const char *file, struct slice content, struct arena *arena,
		       const struct yaml_node **ret_root, struct error *error);

/* Appends it as YAML on one line, which gives an equal tree when it is read. */
void yaml_tree_append(struct buffer *buffer, const struct yaml_node *node);

/* Whether both say the same, wherever they stand. */
bool yaml_tree_equals(const struct yaml_node *a, const struct yaml_node *b);

#endif
