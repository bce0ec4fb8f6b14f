#include "loading.h"

static void flags_overrule_variables_overrule_the_file(void **state)
{
	char *environment[] = {(char[]){"ALLIM_HTTP_WORKERS=2"}, (char[]){"ALLIM_HTTP_BACKLOG=20"},
			       NULL};
	struct settings_flag flag = {SLICE("http-workers"), "3"};
	struct settings_sources sources = {
	    .file = "allim.yaml",
	    .content = SLICE("http: {workers: 1, backlog: 10, header_count: 9}"),
	    .environment = environment,
	    .flags = &flag,
	    .flag_count = 1,
	};
	struct loading loading = loading_of(&sources);

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_workers, 3);
	assert_int_equal(loading.settings.http_backlog, 20);
	assert_int_equal(loading.settings.http_header_count, 9);
	assert_int_equal(loading.settings.http_target_bytes, 8192);
	settings_finish(&loading.settings);
}

/* A mistake must not come to light only when another source stops covering it. */
static void overruled_values_are_checked(void **state)
{
	char *environment[] = {(char[]){"ALLIM_HTTP_WORKERS=2"}, NULL};
	struct settings_sources sources = {
	    .file = "allim.yaml",
	    .content = SLICE("http: {workers: -1}"),
	    .environment = environment,
	};

	(void)state;
	assert_refused(loading_of(&sources),
		       "allim.yaml:1:17: http.workers: \"-1\" is too small; ");
}

static void a_list_is_replaced_and_not_joined(void **state)
{
	char *environment[] = {(char[]){"ALLIM_HTTP_ALLOWED_ORIGINS=https://b"}, NULL};
	struct settings_sources sources = {
	    .content = SLICE("http: {allowed_origins: [https://a]}"),
	    .environment = environment,
	};
	struct loading loading = loading_of(&sources);

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_allowed_origins.count, 1);
	assert_string_equal(loading.settings.http_allowed_origins.items[0], "https://b");
	settings_finish(&loading.settings);
}

static void unknown_variables_are_refused(void **state)
{
	(void)state;
	assert_refused(loading_variable("ALLIM_HTTP_LISEN=1"),
		       "ALLIM_HTTP_LISEN: unknown variable; did you mean ALLIM_HTTP_LISTEN?");
	assert_refused(loading_variable("ALLIM_=1"),
		       "ALLIM_: unknown variable; did you mean ALLIM_");
	assert_refused(loading_variable("ALLIM_API_KYE=1"),
		       "ALLIM_API_KYE: unknown variable; did you mean ALLIM_API_KEY?");
	assert_refused(loading_variable("ALLIM_A\nB"), "\"ALLIM_A\\x0aB\": unknown variable; ");
	assert_refused(loading_variable("ALLIM_HTTP_PORT=80"),
		       "ALLIM_HTTP_PORT: unknown variable; ");
}

static void other_variables_are_left_alone(void **state)
{
	static const char *const variables[] = {
	    "PATH=/bin",
	    "ALLIMX=1",
	    "allim_http_listen=1",
	    "NOTHING",
	    "ALLIM_CONFIG=/etc/allim.yaml",
	    "ALLIM_SERVICE_HOST=10.0.0.1",
	    "ALLIM_SERVICE_PORT=8080",
	    "ALLIM_SERVICE_PORT_HTTP=8080",
	    "ALLIM_PORT=tcp://10.0.0.1:8080",
	    "ALLIM_PORT_8080_TCP=tcp://10.0.0.1:8080",
	    "ALLIM_PORT_8080_TCP_ADDR=10.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		struct loading loading = loading_variable(variables[i]);

		assert_loaded(loading);
		settings_finish(&loading.settings);
	}
}

static void a_value_may_contain_an_equals_sign(void **state)
{
	struct loading loading = loading_variable("ALLIM_AUTH_JWT_ISSUER=a=b");

	(void)state;
	assert_loaded(loading);
	assert_string_equal(loading.settings.auth_jwt_issuer, "a=b");
	settings_finish(&loading.settings);
}

static void flags_are_refused_with_their_name(void **state)
{
	(void)state;
	assert_refused(loading_flag("lisen", "x"), "--lisen: unknown flag; did you mean --listen?");
	assert_refused(loading_flag("http-workers", NULL),
		       "--http-workers: no value was given; accepted is 0 to 256 threads");
	assert_refused(
	    loading_flag("auth-jwt-secret", "x"),
	    "--auth-jwt-secret: secrets are not accepted as flags; set ALLIM_JWT_SECRET");
	assert_refused(loading_flag("auth-api-key", NULL),
		       "--auth-api-key: secrets are not accepted as flags; set ALLIM_API_KEY");
}

static void the_last_of_equal_flags_counts(void **state)
{
	struct settings_flag flags[] = {{SLICE("data"), "a"}, {SLICE("store"), "b"}};
	struct settings_sources sources = {.flags = flags, .flag_count = 2};
	struct loading loading = loading_of(&sources);

	(void)state;
	assert_loaded(loading);
	assert_string_equal(loading.settings.store_location, "b");
	settings_finish(&loading.settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flags_overrule_variables_overrule_the_file),
	    cmocka_unit_test(overruled_values_are_checked),
	    cmocka_unit_test(a_list_is_replaced_and_not_joined),
	    cmocka_unit_test(unknown_variables_are_refused),
	    cmocka_unit_test(other_variables_are_left_alone),
	    cmocka_unit_test(a_value_may_contain_an_equals_sign),
	    cmocka_unit_test(flags_are_refused_with_their_name),
	    cmocka_unit_test(the_last_of_equal_flags_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
