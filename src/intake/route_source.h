/* Where the rules that are being read come from, for whatever is wrong with them. */
#ifndef ALLIM_INTAKE_ROUTE_SOURCE_H
#define ALLIM_INTAKE_ROUTE_SOURCE_H

#include "yaml/yaml_tree.h"

struct route_source {
	struct slice file;
	struct slice rule; /* the name of the present rule, as soon as it is known */
	struct arena *arena;
	struct error *error;
};

/* Says what is wrong with a node, in one line that begins with its place:
 * `allim.yaml:7:3: rule big-orders: ...`. Returns -EINVAL. */
int route_source_refuse(const struct route_source *source, const struct yaml_node *node,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Refuses the node's name, which is none of `names` (NULL at the end), the members `of` something.
 */
int route_source_refuse_name(const struct route_source *source, const struct yaml_node *node,
			     const char *of, const char *const *names);

/* Returns -ENOMEM with its sentence. */
int route_source_memory(const struct route_source *source);

#endif
