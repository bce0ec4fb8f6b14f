#include "config/settings_table.h"

#include "lib/assertions.h"

#include <stdio.h>

static void every_name_is_found(void **state)
{
	char variable[SETTINGS_NAME_BYTES], flag[SETTINGS_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];

		settings_table_variable(setting, variable);
		settings_table_flag(setting, flag);
		assert_true(strlen(setting->name) + strlen("ALLIM_") < SETTINGS_NAME_BYTES);
		assert_ptr_equal(settings_table_find(slice_from_string(setting->name)), setting);
		assert_ptr_equal(settings_table_find_variable(slice_from_string(variable)),
				 setting);
		assert_ptr_equal(settings_table_find_flag(slice_from_string(flag)), setting);
		assert_null(settings_table_find_group(slice_from_string(setting->name)));
	}
}

/* Otherwise a generated file would open a group twice. */
static void rows_of_a_group_stand_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		struct slice rest = slice_from_string(settings_table[i].name);
		struct slice group = slice_split(&rest, '.');
		const struct setting *first = settings_table_find_group(group);

		for (size_t j = first == NULL ? i : settings_table_row(first); j <= i; j++)
			assert_true(
			    slice_starts_with(slice_from_string(settings_table[j].name), group));
	}
}

static void names_follow_the_rules(void **state)
{
	const struct setting *setting = settings_table_find(SLICE("http.header_bytes"));
	char text[SETTINGS_NAME_BYTES];

	(void)state;
	settings_table_variable(setting, text);
	assert_string_equal(text, "ALLIM_HTTP_HEADER_BYTES");
	settings_table_flag(setting, text);
	assert_string_equal(text, "http-header-bytes");
}

static void aliases_are_names_too(void **state)
{
	const struct setting *store = settings_table_find(SLICE("store.location"));
	const struct setting *secret = settings_table_find(SLICE("auth.jwt.secret"));

	(void)state;
	assert_ptr_equal(settings_table_find_flag(SLICE("data")), store);
	assert_ptr_equal(settings_table_find_flag(SLICE("store")), store);
	assert_string_equal(settings_table_alias(store, 0), "data");
	assert_string_equal(settings_table_alias(store, 1), "store");
	assert_null(settings_table_alias(store, 2));
	assert_ptr_equal(settings_table_find_flag(SLICE("listen")),
			 settings_table_find(SLICE("http.listen")));
	assert_ptr_equal(settings_table_find_flag(SLICE("admin-listen")),
			 settings_table_find(SLICE("admin.listen")));
	assert_ptr_equal(settings_table_find_variable(SLICE("ALLIM_JWT_SECRET")), secret);
	assert_null(settings_table_find_variable(SLICE("ALLIM_AUTH_JWT_SECRET")));
}

static void unknown_names_are_not_found(void **state)
{
	(void)state;
	assert_null(settings_table_find(SLICE("")));
	assert_null(settings_table_find(SLICE("http")));
	assert_null(settings_table_find(SLICE("http.listen.x")));
	assert_null(settings_table_find_group(SLICE("")));
	assert_null(settings_table_find_group(SLICE("htt")));
	assert_non_null(settings_table_find_group(SLICE("auth.jwt")));
	assert_null(settings_table_find_flag(SLICE("http.listen")));
	assert_null(settings_table_find_variable(SLICE("HTTP_LISTEN")));
}

static void finds_what_was_meant(void **state)
{
	char text[SETTINGS_NAME_BYTES];
	static const char *const others[] = {"demo", "config", NULL};

	(void)state;
	assert_slice(settings_nearest(SLICE("http.lisen")), "http.listen");
	assert_slice(settings_nearest(SLICE("adnim.listen")), "admin.listen");
	assert_slice(settings_nearest(SLICE("htpp")), "http");
	assert_slice(settings_nearest(SLICE("auth.jtw")), "auth.jwt");
	assert_slice(settings_nearest(SLICE("http.heartbeat")), "stream.heartbeat");
	assert_slice(settings_nearest(SLICE("listen")), "http.listen");
	settings_table_nearest_variable(SLICE("ALLIM_HTP_WORKERS"), text);
	assert_string_equal(text, "ALLIM_HTTP_WORKERS");
	settings_table_nearest_variable(SLICE("ALLIM_JWTSECRET"), text);
	assert_string_equal(text, "ALLIM_JWT_SECRET");
	settings_table_nearest_flag(SLICE("lsiten"), NULL, text);
	assert_string_equal(text, "listen");
	settings_table_nearest_flag(SLICE("dmeo"), others, text);
	assert_string_equal(text, "demo");
	settings_table_nearest_flag(SLICE("sse-hartbeat"), others, text);
	assert_string_equal(text, "stream-heartbeat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_name_is_found),
	    cmocka_unit_test(rows_of_a_group_stand_together),
	    cmocka_unit_test(names_follow_the_rules),
	    cmocka_unit_test(aliases_are_names_too),
	    cmocka_unit_test(unknown_names_are_not_found),
	    cmocka_unit_test(finds_what_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
