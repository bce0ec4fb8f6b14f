/* Reading a tree into what it stands for, and saying what is wrong with it, in one line that begins
 * with its place: `allim.yaml:7:3: rule big-orders: ...`. */
#ifndef ALLIM_YAML_YAML_SOURCE_H
#define ALLIM_YAML_YAML_SOURCE_H

#include "yaml/yaml_tree.h"

struct yaml_source {
	struct slice file;
	const char *part;  /* what is read now: "rule" */
	struct slice name; /* its name, as soon as it is known; empty: not yet */
	struct arena *arena;
	struct error *error;
};

/* Says what is wrong with a node. Returns -EINVAL, or -ENOMEM. */
int yaml_source_refuse(const struct yaml_source *source, const struct yaml_node *node,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Refuses the node's name, which is none of `names` (NULL at the end), the members `of` something.
 */
int yaml_source_refuse_name(const struct yaml_source *source, const struct yaml_node *node,
			    const char *of, const char *const *names);

/* Returns -ENOMEM with its sentence. */
int yaml_source_memory(const struct yaml_source *source);

/* Refuses what is no map, or has a member that is none of `names`. `of` is what the map is: "a
 * rule". Returns 0, -EINVAL or -ENOMEM. */
int yaml_source_check_map(const struct yaml_source *source, const struct yaml_node *node,
			  const char *of, const char *const *names);

/* The member of a map; NULL where it has none. The other one refuses that, and returns 0, -EINVAL
 * or -ENOMEM. */
const struct yaml_node *yaml_source_member(const struct yaml_node *map, const char *name);
int yaml_source_need(const struct yaml_source *source, const struct yaml_node *map,
		     const char *name, const struct yaml_node **ret_member);

/* The same, and refuses what is no map. */
int yaml_source_need_map(const struct yaml_source *source, const struct yaml_node *map,
			 const char *name, const struct yaml_node **ret_map);

/* Refuses what is no map, or whose member `version` is another one; to be asked before anything
 * else, since another version may have other members. `of` is what the file is: "a price book".
 * Returns 0, -EINVAL or -ENOMEM. */
int yaml_source_check_version(const struct yaml_source *source, const struct yaml_node *root,
			      const char *of, int version);

/* A finite number without quotes. Returns 0, -EINVAL or -ENOMEM. */
int yaml_source_number(const struct yaml_source *source, const struct yaml_node *node,
		       double *ret_number);

#endif
