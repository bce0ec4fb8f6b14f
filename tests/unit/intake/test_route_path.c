#include "rules.h"

static void paths_lead_into_objects_and_arrays(void **state)
{
	const char *message = "{\"type\":\"t\",\"data\":{\"a\":{\"b\":[{\"c\":1},{\"c\":2}]},"
			      "\"서울\":1,\"0\":3,\"n\":null,\"dot.ted\":1},\"user\":{\"plan\":"
			      "\"pro\"},\"to\":{\"user\":\"anna\"}}";

	(void)state;
	assert_true(rules_condition_holds("type: t", message));
	assert_true(rules_condition_holds("data.a.b.1.c: 2", message));
	assert_true(rules_condition_holds("data.a.b.0.c: 1", message));
	assert_true(rules_condition_holds("data.a.b.2.c: absent", message));
	assert_true(rules_condition_holds("data.a.b.x: absent", message));
	assert_true(rules_condition_holds("data.a.b.-1: absent", message));
	assert_true(rules_condition_holds("data.a.b.18446744073709551615: absent", message));
	assert_true(rules_condition_holds("data.a.b.18446744073709551616: absent", message));
	assert_true(rules_condition_holds("data.0: 3", message));
	assert_true(rules_condition_holds("data.서울: 1", message));
	assert_true(rules_condition_holds("data.n.x: absent", message));
	assert_true(rules_condition_holds("data.dot.ted: absent", message));
	assert_true(rules_condition_holds("user.plan: pro", message));
	assert_true(rules_condition_holds("to.user: anna", message));
	assert_true(rules_condition_holds("data: present", message));
	assert_true(rules_condition_holds("body: absent", message));
	assert_true(rules_condition_holds("data.a.b.c.d.e.f.g: absent", message));
	assert_true(rules_condition_holds("data.x: absent", "{\"data\":5}"));
	assert_true(rules_condition_holds("data.0: 5", "{\"data\":[5]}"));
}

static void a_path_that_can_never_be_there_is_refused(void **state)
{
	(void)state;
	rules_assert_refused("[{name: a, when: {dat.x: 1}}]",
			     "allim.yaml:3:23: rule a: dat is no member of a message; accepted are "
			     "type, title, ");
	rules_assert_refused("[{name: a, when: {type.x: 1}}]",
			     "allim.yaml:3:23: rule a: \"type.x\" is no path: only data, user and");
	rules_assert_refused("[{name: a, when: {data..x: 1}}]",
			     "allim.yaml:3:23: rule a: \"data..x\" is no path: a name between");
	rules_assert_refused("[{name: a, when: {data.: 1}}]",
			     "allim.yaml:3:23: rule a: \"data.\" is no path: write 1 to 128");
	rules_assert_refused("[{name: a, when: {.data: 1}}]",
			     "allim.yaml:3:23: rule a: \".data\" is no path: a name between");
	rules_assert_refused("[{name: a, when: {data.b.c.d.e.f.g.h.i: 1}}]",
			     "allim.yaml:3:23: rule a: \"data.b.c.d.e.f.g.h.i\" is no path: it has "
			     "more than 8 names");
}

static void a_path_has_a_limit(void **state)
{
	struct buffer list = BUFFER_EMPTY;

	(void)state;
	buffer_append_format(&list, "[{name: a, when: {data.%0*d: 1}}]%c", 124, 0, '\0');
	rules_assert_refused(list.data, "allim.yaml:3:23: rule a: \"data.0");
	buffer_clear(&list);
	buffer_append_format(&list, "data.%0*d: absent%c", 123, 0, '\0');
	assert_true(rules_condition_holds(list.data, "{}"));
	buffer_finish(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_lead_into_objects_and_arrays),
	    cmocka_unit_test(a_path_that_can_never_be_there_is_refused),
	    cmocka_unit_test(a_path_has_a_limit),
	};

	return cmocka_run_group_tests_name("route_path", tests, NULL, NULL);
}
