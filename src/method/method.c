/* The table of methods, read from methods.def. */
#include "method/method.h"

#include <errno.h>

int method_find(struct slice name, const struct method **ret_method, struct error *error)
{
	struct buffer names = BUFFER_EMPTY;

	for (const struct method *method = method_table; method->name != NULL; method++) {
		if (slice_equals(slice_from_string(method->name), name)) {
			*ret_method = method;
			buffer_finish(&names);
			return 0;
		}
		buffer_append_string(&names, names.length == 0 ? "" : ", ");
		buffer_append_string(&names, method->name);
	}
	error_set(error, -EINVAL, "unknown method \"%.*s\"; choose one of %.*s", (int)name.length,
		  name.data, (int)names.length, buffer_slice(&names).data);
	buffer_finish(&names);
	return -EINVAL;
}

const struct method method_table[] = {
#define METHOD(name, wire, feed) {name, &wire##_wire_ops, &feed##_feed_ops},
#include "method/methods.def"
#undef METHOD
    {NULL, NULL, NULL},
};
