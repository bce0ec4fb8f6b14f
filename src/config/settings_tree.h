/* A value of the settings file that is more than a text: lists and mappings in one another, each
 * node with its place, so that whoever reads it further can say where a mistake is.
 *
 * A tree lives in the arena that it was read into and is never changed, so any thread may read it.
 */
#ifndef ALLIM_CONFIG_SETTINGS_TREE_H
#define ALLIM_CONFIG_SETTINGS_TREE_H

#include "config/yaml_reader.h"

enum settings_node_kind { SETTINGS_NODE_TEXT, SETTINGS_NODE_LIST, SETTINGS_NODE_MAP };

/* How deep nodes may lie in one another, how many one may hold, and how long the name of a member
 * may be. */
enum { SETTINGS_TREE_DEPTH = 8, SETTINGS_TREE_ITEMS = 1024, SETTINGS_TREE_NAME_BYTES = 256 };

struct settings_node {
	enum settings_node_kind kind;
	struct slice name; /* of a mapping's member; empty elsewhere */
	struct slice text; /* of a text; one line without control characters */
	/* A text of letters, digits, '.', '+', '-' and '_' without quotes: it may stand for a
	 * number or a word with a meaning. */
	bool is_bare;
	size_t line;
	size_t column;
	size_t count;			   /* of the items or members, */
	const struct settings_node *first; /* and the first of them */
	const struct settings_node *next;  /* behind this one in the same list or mapping */
};

/* Reads the value whose first event is the present one; its last one is the present one afterwards.
 * Values that are missing and members that stand twice are refused. Returns 0 or a negative errno
 * value with the reader's error set. */
int settings_tree_read(struct yaml_reader *yaml, struct arena *arena,
		       const struct settings_node **ret_root);

/* Appends it as YAML on one line, which gives an equal tree when it is read. */
void settings_tree_append(struct buffer *buffer, const struct settings_node *node);

/* Whether both say the same, wherever they stand. */
bool settings_tree_equals(const struct settings_node *a, const struct settings_node *b);

#endif
