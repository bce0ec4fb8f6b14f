/* One table. */
#include "advisor/advisor_method.h"

#include <errno.h>

static const struct {
	const char *name;
	const char *title;
} methods[ADVISOR_METHODS] = {
#define ADVISOR_METHOD(id, name, title) [ADVISOR_##id] = {name, title},
#include "advisor/advisor_methods.def"
#undef ADVISOR_METHOD
};

const char *advisor_method_name(enum advisor_method method)
{
	return methods[method].name;
}

const char *advisor_method_title(enum advisor_method method)
{
	return methods[method].title;
}

int advisor_method_find(struct slice name, enum advisor_method *ret_method)
{
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if (!slice_equals(name, slice_from_string(methods[i].name)))
			continue;
		*ret_method = (enum advisor_method)i;
		return 0;
	}
	return -ENOENT;
}

int advisor_method_read_current(struct slice text, enum advisor_method *ret_current,
				struct error *error)
{
	if (advisor_method_find(text, ret_current) == 0)
		return 0;
	if (!slice_equals(text, SLICE("none")))
		return error_set(error, -EINVAL,
				 "current is none, poll, sse-db, sse-redis, websocket, kafka or "
				 "rabbitmq");
	*ret_current = ADVISOR_METHODS;
	return 0;
}
