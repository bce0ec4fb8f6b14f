#include "server/route.h"

#include "lib/assertions.h"

#include <string.h>

/* A path that the route's pattern stands for. */
static void append_example(const struct route *route, const char *id, struct buffer *out)
{
	for (const char *byte = route->path; *byte != '\0'; byte++) {
		if (*byte == '{') {
			buffer_append_string(out, id);
			byte = strchr(byte, '}');
		} else {
			buffer_append_byte(out, *byte);
		}
	}
}

static enum route_result find(const struct route *like, bool demo, enum http_method method,
			      struct slice path, const struct route **ret_route,
			      struct slice *ret_parameter)
{
	struct buffer allowed = BUFFER_EMPTY;
	enum route_result result =
	    route_find(like->listener, demo, method, path, ret_route, ret_parameter, &allowed);

	if (result != ROUTE_FOUND)
		assert_int_equal(allowed.length > 0, result == ROUTE_NO_METHOD);
	buffer_finish(&allowed);
	return result;
}

static void test_every_row_is_reachable(void **state)
{
	(void)state;
	for (const struct route *row = route_table; row->path != NULL; row++) {
		struct buffer path = BUFFER_EMPTY;
		const struct route *found = NULL;
		struct slice parameter;

		append_example(row, "17", &path);
		assert_int_equal(
		    find(row, true, row->method, buffer_slice(&path), &found, &parameter),
		    ROUTE_FOUND);
		assert_ptr_equal(found, row);
		assert_slice(parameter, strchr(row->path, '{') == NULL ? "" : "17");
		assert_true(row->handle != NULL && row->summary[0] != '\0');
		if (row->method == HTTP_METHOD_GET) {
			assert_int_equal(find(row, true, HTTP_METHOD_HEAD, buffer_slice(&path),
					      &found, &parameter),
					 ROUTE_FOUND);
			assert_ptr_equal(found, row);
		}
		buffer_finish(&path);
	}
}

/* Each listener has its own routes; those of the demo are there with --demo only. */
static void test_who_has_a_route(void **state)
{
	(void)state;
	for (const struct route *row = route_table; row->path != NULL; row++) {
		struct route other = {.listener = row->listener == ROUTE_PUBLIC ? ROUTE_ADMIN
										: ROUTE_PUBLIC};
		struct buffer path = BUFFER_EMPTY;
		const struct route *found = NULL;
		struct slice parameter;

		append_example(row, "17", &path);
		if (row->access == ROUTE_DEMO)
			assert_int_equal(
			    find(row, false, row->method, buffer_slice(&path), &found, &parameter),
			    ROUTE_NO_PATH);
		if (strcmp(row->path, "/stats") != 0)
			assert_int_equal(find(&other, true, row->method, buffer_slice(&path),
					      &found, &parameter),
					 ROUTE_NO_PATH);
		assert_null(found);
		buffer_finish(&path);
	}
}

static enum route_result find_public(enum http_method method, const char *path,
				     struct slice *ret_parameter, struct buffer *ret_allowed)
{
	const struct route *found = NULL;

	return route_find(ROUTE_PUBLIC, false, method, slice_from_string(path), &found,
			  ret_parameter, ret_allowed);
}

static void assert_allowed(const char *path, const char *expected)
{
	struct buffer allowed = BUFFER_EMPTY;
	struct slice parameter;

	assert_int_equal(find_public(HTTP_METHOD_OPTIONS, path, &parameter, &allowed),
			 ROUTE_NO_METHOD);
	assert_buffer(allowed, expected);
	buffer_clear(&allowed);
	assert_int_equal(find_public(HTTP_METHOD_OTHER, path, &parameter, &allowed),
			 ROUTE_NO_METHOD);
	assert_buffer(allowed, expected);
	buffer_finish(&allowed);
}

static void test_allowed_methods(void **state)
{
	(void)state;
	assert_allowed("/v1/inbox", "OPTIONS, GET, HEAD");
	assert_allowed("/v1/notifications", "OPTIONS, POST");
	assert_allowed("/v1/notifications/5", "OPTIONS, PATCH, DELETE");
}

static void test_other_paths(void **state)
{
	static const char *const paths[] = {
	    "",
	    "*",
	    "/v1",
	    "/v1/",
	    "/v1/inbox/",
	    "/v1/inboxx",
	    "//v1/inbox",
	    "/V1/inbox",
	    "/v1/inbo",
	    "/v1/notifications/",
	    "/v1/notifications//",
	    "/v1/notifications/5/",
	    "/v1/notifications/5/6",
	    "/v1/inbox%2fstream",
	    "/v1/../v1/inbox",
	    "/metrics",
	};
	struct buffer allowed = BUFFER_EMPTY;
	struct slice parameter;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		for (int method = 0; method < HTTP_METHODS; method++)
			assert_int_equal(
			    find_public((enum http_method)method, paths[i], &parameter, &allowed),
			    ROUTE_NO_PATH);
	}
	assert_int_equal(allowed.length, 0);
	buffer_finish(&allowed);
}

/* {id} is one segment, whatever its bytes; what it means is the handler's to say. */
static void test_parameters(void **state)
{
	static const char *const parameters[] = {"5",  "x",  "%2F", "{id}",
						 "-1", "5?", "..",  "99999999999999999999999"};
	struct buffer path = BUFFER_EMPTY, allowed = BUFFER_EMPTY;
	struct slice parameter;

	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		buffer_clear(&path);
		buffer_append_format(&path, "/v1/notifications/%s", parameters[i]);
		buffer_append(&path, slice_from_bytes("", 1));
		assert_int_equal(find_public(HTTP_METHOD_DELETE, path.data, &parameter, &allowed),
				 ROUTE_FOUND);
		assert_slice(parameter, parameters[i]);
	}
	buffer_finish(&path);
	buffer_finish(&allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_row_is_reachable),
	    cmocka_unit_test(test_who_has_a_route),
	    cmocka_unit_test(test_allowed_methods),
	    cmocka_unit_test(test_other_paths),
	    cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
