#include "config/settings.h"

#include "lib/failing_allocator.h"
#include "loading.h"

/* These take the place of libyaml's own, so that its allocations fail as well. */
void *yaml_malloc(size_t size);
void *yaml_realloc(void *old, size_t size);
unsigned char *yaml_strdup(const unsigned char *text);

void *yaml_malloc(size_t size)
{
	return malloc(size == 0 ? 1 : size);
}

void *yaml_realloc(void *old, size_t size)
{
	return old == NULL ? malloc(size == 0 ? 1 : size) : realloc(old, size == 0 ? 1 : size);
}

unsigned char *yaml_strdup(const unsigned char *text)
{
	size_t length = text == NULL ? 0 : strlen((const char *)text) + 1;
	unsigned char *copy = length == 0 ? NULL : malloc(length);

	if (copy != NULL)
		memcpy(copy, text, length);
	return copy;
}

static void defaults_are_those_of_the_table(void **state)
{
	struct settings settings;

	(void)state;
	settings_init_defaults(&settings);
	assert_string_equal(settings.http_listen.host, "127.0.0.1");
	assert_int_equal(settings.http_listen.port, 8080);
	assert_int_equal(settings.admin_listen.port, 8081);
	assert_int_equal(settings.store_retention_age, INT64_C(90) * 86400000);
	assert_int_equal(settings.delivery_sweep_interval, 10000);
	assert_int_equal(settings.http_body_bytes, 4 * 1024 * 1024);
	assert_string_equal(settings.method, "sse");
	assert_int_equal(settings.log_level, 1);
	assert_int_equal(settings.auth_jwt_secret.length, 0);
	assert_int_equal(settings.auth_api_keys.count, 0);
	settings_finish(&settings);
	assert_string_equal(settings.method, "sse");
}

static void no_sources_give_the_defaults(void **state)
{
	struct settings_sources sources = {.file = NULL};
	struct loading loading = loading_of(&sources);

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_listen.port, 8080);
	settings_finish(&loading.settings);
}

static void a_failure_leaves_the_settings_alone(void **state)
{
	struct settings settings;
	struct settings_sources sources = {.content = SLICE("method: poll\nhttp: {workers: x}")};
	struct error error;

	(void)state;
	memset(&settings, 0x5A, sizeof(settings));
	assert_int_equal(settings_load(&settings, &sources, &error), -EINVAL);
	for (size_t i = 0; i < sizeof(settings); i++)
		assert_int_equal(((unsigned char *)&settings)[i], 0x5A);
}

static void settings_outlive_their_sources(void **state)
{
	char content[] = "method: poll\nstore: {location: /srv/a}\n"
			 "http: {listen: '127.0.0.1:1', allowed_origins: [https://a]}\n";
	struct settings_sources sources = {.content = slice_from_string(content)};
	struct loading loading = loading_of(&sources);

	(void)state;
	memset(content, 'x', sizeof(content));
	assert_loaded(loading);
	assert_string_equal(loading.settings.method, "poll");
	assert_string_equal(loading.settings.store_location, "/srv/a");
	assert_string_equal(loading.settings.http_listen.text, "127.0.0.1:1");
	assert_string_equal(loading.settings.http_allowed_origins.items[0], "https://a");
	settings_finish(&loading.settings);
}

static void differences_that_need_a_restart_are_named(void **state)
{
	struct loading before = loading_yaml("");
	struct loading after = loading_yaml("method: poll\nstream: {heartbeat: 20s}\n"
					    "http: {listen: '127.0.0.1:1', workers: 0}\n");
	const char *names[SETTINGS_COUNT];

	(void)state;
	assert_loaded(before);
	assert_loaded(after);
	assert_int_equal(settings_difference(&before.settings, &before.settings, names), 0);
	assert_int_equal(settings_difference(&before.settings, &after.settings, names), 2);
	assert_string_equal(names[0], "method");
	assert_string_equal(names[1], "http.listen");
	settings_finish(&before.settings);
	settings_finish(&after.settings);
}

static int read_flag(struct settings_flag *ret_flag, const char *first, const char *second,
		     struct error *error)
{
	static const char *const others[] = {"demo", "config", NULL};
	char *arguments[] = {(char *)(uintptr_t)first, (char *)(uintptr_t)second, NULL};

	return settings_read_flag(ret_flag, arguments, others, error);
}

static void flags_take_one_argument_or_two(void **state)
{
	struct settings_flag flag;
	struct error error;

	(void)state;
	assert_int_equal(read_flag(&flag, "--listen", "[::1]:1", &error), 2);
	assert_slice(flag.name, "listen");
	assert_string_equal(flag.value, "[::1]:1");
	assert_int_equal(read_flag(&flag, "--listen=[::1]:1", "x", &error), 1);
	assert_slice(flag.name, "listen");
	assert_string_equal(flag.value, "[::1]:1");
	assert_int_equal(read_flag(&flag, "--store=", NULL, &error), 1);
	assert_string_equal(flag.value, "");
	assert_int_equal(read_flag(&flag, "--listen", NULL, &error), 1);
	assert_null(flag.value);
	assert_int_equal(read_flag(&flag, "--http-insecure-plain-text", "true", &error), 1);
	assert_null(flag.value);
	assert_int_equal(read_flag(&flag, "--http-insecure-plain-text=false", NULL, &error), 1);
	assert_string_equal(flag.value, "false");
}

static void other_arguments_are_refused(void **state)
{
	struct settings_flag flag;
	struct error error;

	(void)state;
	assert_int_equal(read_flag(&flag, "--lisen", "x", &error), -EINVAL);
	assert_string_equal(error.text, "--lisen: unknown flag; did you mean --listen?");
	assert_int_equal(read_flag(&flag, "--dmeo", NULL, &error), -EINVAL);
	assert_string_equal(error.text, "--dmeo: unknown flag; did you mean --demo?");
	assert_int_equal(read_flag(&flag, "listen", NULL, &error), -EINVAL);
	assert_string_equal(error.text, "unexpected argument listen");
	assert_int_equal(read_flag(&flag, "--", NULL, &error), -EINVAL);
	assert_int_equal(read_flag(&flag, "-l", NULL, &error), -EINVAL);
	assert_int_equal(read_flag(&flag, "", NULL, &error), -EINVAL);
	assert_string_equal(error.text, "unexpected argument \"\"");
}

static const char rich[] =
    "http: {listen: '127.0.0.1:1', allowed_origins: [https://a, https://b, https://c]}\n"
    "auth:\n  api_keys:\n    - name: a\n"
    "      sha256: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";

static struct loading load_failing_at(unsigned n, const char *content)
{
	char *environment[] = {(char[]){"ALLIM_JWT_SECRET=another-32-bytes-of-pure-randomness"},
			       NULL};
	struct settings_flag flag = {SLICE("data"), "/srv/b"};
	struct settings_sources sources = {
	    .file = "allim.yaml",
	    .content = slice_from_string(content),
	    .environment = environment,
	    .flags = &flag,
	    .flag_count = 1,
	};
	struct loading loading;

	failing_allocator_fail_at(n);
	loading = loading_of(&sources);
	return loading;
}

/* The n-th allocation fails, for every n. */
static void short_memory_is_told(void **state)
{
	struct loading loading;
	unsigned n;

	(void)state;
	for (n = 1;; n++) {
		loading = load_failing_at(n, rich);
		if (!failing_allocator_reset())
			break;
		assert_int_equal(loading.result, -ENOMEM);
		assert_int_equal(strncmp(loading.error.text, "out of memory while reading ", 28),
				 0);
	}
	assert_true(n > 20);
	assert_loaded(loading);
	settings_finish(&loading.settings);
}

static void short_memory_while_complaining_is_told(void **state)
{
	struct loading loading;
	unsigned n;

	(void)state;
	for (n = 1;; n++) {
		loading = load_failing_at(n, "http: {workers: x}");
		if (!failing_allocator_reset())
			break;
		assert_int_equal(loading.result, -ENOMEM);
		assert_int_equal(strncmp(loading.error.text, "out of memory while reading ", 28),
				 0);
	}
	assert_true(n > 1);
	assert_int_equal(loading.result, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_are_those_of_the_table),
	    cmocka_unit_test(no_sources_give_the_defaults),
	    cmocka_unit_test(a_failure_leaves_the_settings_alone),
	    cmocka_unit_test(settings_outlive_their_sources),
	    cmocka_unit_test(differences_that_need_a_restart_are_named),
	    cmocka_unit_test(flags_take_one_argument_or_two),
	    cmocka_unit_test(other_arguments_are_refused),
	    cmocka_unit_test(short_memory_is_told),
	    cmocka_unit_test(short_memory_while_complaining_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
