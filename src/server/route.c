/* The table is short, so it is searched from the top; the commonest requests stand early. */
#include "server/route.h"

#include "server/handlers.h"

const struct route route_table[] = {
#define ROUTE(method, path, listener, access, handler, summary) \
	{HTTP_METHOD_##method, path, ROUTE_##listener, ROUTE_##access, handler, summary},
#include "server/routes.def"
#undef ROUTE
    {.path = NULL},
};

/* A name in braces stands for one segment that is not empty. */
static bool path_matches(const char *pattern, struct slice path, struct slice *ret_parameter)
{
	struct slice parameter = {0};

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '{') {
			struct slice rest = path;

			parameter = slice_split(&rest, '/');
			if (parameter.length == 0)
				return false;
			path = slice_from_bytes(path.data + parameter.length,
						path.length - parameter.length);
			pattern = strchr(pattern, '}');
			continue;
		}
		if (path.length == 0 || path.data[0] != *pattern)
			return false;
		path = slice_from_bytes(path.data + 1, path.length - 1);
	}
	*ret_parameter = parameter;
	return path.length == 0;
}

static void append_allowed(struct buffer *allowed, enum http_method method)
{
	buffer_append_string(allowed, allowed->length == 0 ? "OPTIONS, " : ", ");
	buffer_append_string(allowed, http_request_method_name(method));
	if (method == HTTP_METHOD_GET)
		buffer_append_string(allowed, ", HEAD");
}

enum route_result route_find(enum route_listener listener, bool demo, enum http_method method,
			     struct slice path, const struct route **ret_route,
			     struct slice *ret_parameter, struct buffer *ret_allowed)
{
	enum route_result result = ROUTE_NO_PATH;
	enum http_method wanted = method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET : method;

	for (const struct route *route = route_table; route->path != NULL; route++) {
		struct slice parameter;

		if (route->listener != listener || (route->access == ROUTE_DEMO && !demo) ||
		    !path_matches(route->path, path, &parameter))
			continue;
		if (route->method == wanted) {
			*ret_route = route;
			*ret_parameter = parameter;
			return ROUTE_FOUND;
		}
		result = ROUTE_NO_METHOD;
		append_allowed(ret_allowed, route->method);
	}
	return result;
}
