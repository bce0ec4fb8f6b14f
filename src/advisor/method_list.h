/* Lists of methods in files. */
#ifndef ALLIM_ADVISOR_METHOD_LIST_H
#define ALLIM_ADVISOR_METHOD_LIST_H

#include "advisor/advisor_method.h"
#include "yaml/yaml_source.h"

/* Reads a list of one method at least into bits, by enum advisor_method. Returns 0, -EINVAL or
 * -ENOMEM. */
int method_list_read(unsigned *ret_methods, const struct yaml_node *list,
		     const struct yaml_source *source);

/* Reads the name of a map's member that is a method. Returns 0, -EINVAL or -ENOMEM. */
int method_list_read_name(enum advisor_method *ret_method, const struct yaml_node *member,
			  const struct yaml_source *source);

#endif
