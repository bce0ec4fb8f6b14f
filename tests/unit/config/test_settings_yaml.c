#include "loading.h"

#include <sys/stat.h>
#include <unistd.h>

static void groups_are_mappings(void **state)
{
	struct loading loading = loading_yaml("# a comment\n"
					      "method: poll\n"
					      "http:\n"
					      "  listen: 127.0.0.1:9000\n"
					      "  header_bytes: 32KiB\n"
					      "auth:\n"
					      "  cookie: \"session\"\n"
					      "  jwt:\n"
					      "    issuer: 42\n"
					      "log: {level: debug}\n");

	(void)state;
	assert_loaded(loading);
	assert_string_equal(loading.settings.method, "poll");
	assert_int_equal(loading.settings.http_listen.port, 9000);
	assert_int_equal(loading.settings.http_header_bytes, 32768);
	assert_string_equal(loading.settings.auth_cookie, "session");
	assert_string_equal(loading.settings.auth_jwt_issuer, "42");
	assert_int_equal(loading.settings.log_level, 0);
	settings_finish(&loading.settings);
}

static void empty_files_and_groups_are_defaults(void **state)
{
	static const char *const contents[] = {
	    "",	  "\n\n",    "# nothing\n", "---\n",	  "---\n...\n",
	    "{}", "http:\n", "http: ~\n",   "http: {}\n", "auth:\n  jwt:\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct loading loading = loading_yaml(contents[i]);

		assert_loaded(loading);
		assert_int_equal(loading.settings.http_listen.port, 8080);
		settings_finish(&loading.settings);
	}
}

static void unknown_keys_are_refused_with_the_nearest(void **state)
{
	(void)state;
	assert_refused_yaml(
	    "# x\nmethod: sse\n\n\n\nhttp:\n  lisen: 127.0.0.1:1\n",
	    "allim.yaml:7:3: unknown setting http.lisen; did you mean http.listen?");
	assert_refused_yaml("htpp:\n  listen: 127.0.0.1:1\n",
			    "allim.yaml:1:1: unknown setting htpp; did you mean http?");
	assert_refused_yaml("auth:\n  jwt:\n    leway: 1s\n",
			    "allim.yaml:3:5: unknown setting auth.jwt.leway; did you mean "
			    "auth.jwt.leeway?");
	assert_refused_yaml("\"a\\nb\": 1\n", "allim.yaml:1:1: unknown setting \"a\\x0ab\"; did ");
	assert_refused_yaml("<<: {}\n", "allim.yaml:1:1: unknown setting <<; did you mean ");
}

static void a_long_key_is_cut(void **state)
{
	char content[1200];

	(void)state;
	memset(content, 'x', sizeof(content));
	memcpy(content, "http: {\"", 8);
	memcpy(content + sizeof(content) - 7, "\": 1}\n", 7);
	assert_refused_yaml(content, "allim.yaml:1:8: unknown setting \"http.xxxxxxxx");
}

static void keys_are_names(void **state)
{
	(void)state;
	assert_refused_yaml("[a]", "allim.yaml:1:1: accepted is a mapping of settings only");
	assert_refused_yaml("text", "allim.yaml:1:1: accepted is a mapping of settings only");
	assert_refused_yaml("{[a]: b}", "allim.yaml:1:2: a key must be the name of a setting");
	assert_refused_yaml("{{a: b}: c}", "allim.yaml:1:2: a key must be the name of a setting");
}

static void keys_are_given_once(void **state)
{
	(void)state;
	assert_refused_yaml(
	    "http:\n  workers: 1\n  workers: 1\n",
	    "allim.yaml:3:3: http.workers is given twice; the first one is on line 2");
	assert_refused_yaml("http: {}\nadmin: {}\nhttp: {}\n",
			    "allim.yaml:3:1: http is given twice; the first one is on line 1");
	assert_refused_yaml("auth:\n  jwt: {}\n  cookie: a\n  jwt:\n",
			    "allim.yaml:4:3: auth.jwt is given twice; the first one is on line 2");
	assert_refused_yaml("http.workers: 1\nhttp: {workers: 1}\n",
			    "allim.yaml:2:8: http.workers is given twice; ");
}

static void values_have_the_shape_of_their_type(void **state)
{
	(void)state;
	assert_refused_yaml(
	    "http: {workers: [1]}",
	    "allim.yaml:1:17: http.workers: a list was given; accepted is 0 to 256");
	assert_refused_yaml("http: {workers: {a: 1}}",
			    "allim.yaml:1:17: http.workers: a mapping was given; accepted is 0 to");
	assert_refused_yaml("http:\n  workers:\n",
			    "allim.yaml:2:11: http.workers: no value was given");
	assert_refused_yaml("http: {workers: null}",
			    "allim.yaml:1:17: http.workers: no value was given; ");
	assert_refused_yaml("http: 8080",
			    "allim.yaml:1:7: http is a group of settings; accepted is a "
			    "mapping with listen in it");
	assert_refused_yaml(
	    "auth: {jwt: [x]}",
	    "allim.yaml:1:13: auth.jwt is a group of settings; accepted is a mapping "
	    "with secret_file in it");
	assert_refused_yaml("method: ''",
			    "allim.yaml:1:9: method: a text of 0 bytes is too short; ");
}

static void secrets_are_not_read_from_the_file(void **state)
{
	(void)state;
	assert_refused_yaml(
	    "auth:\n  jwt:\n    secret: hunter2\n",
	    "allim.yaml:3:5: auth.jwt.secret: secrets are not accepted in this file; "
	    "set ALLIM_JWT_SECRET in the environment");
	assert_refused_yaml("auth: {api_key: hunter2}",
			    "allim.yaml:1:8: auth.api_key: secrets are not accepted in this file; "
			    "set ALLIM_API_KEY");
}

static void write_file(const char *file, const char *content, size_t repeat)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	for (size_t i = 0; i < repeat; i++)
		fputs(content, stream);
	assert_int_equal(fclose(stream), 0);
}

static void files_are_read(void **state)
{
	char folder[] = "/tmp/allim-settings-XXXXXX", file[64], expected[128];
	struct settings_sources sources = {.file = file};
	struct loading loading;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/allim.yaml", folder);
	snprintf(expected, sizeof(expected), "%s: cannot be read: No such file or directory", file);
	loading = loading_of(&sources);
	assert_int_equal(loading.result, -ENOENT);
	assert_string_equal(loading.error.text, expected);
	write_file(file, "http: {workers: 7}\n", 1);
	loading = loading_of(&sources);
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_workers, 7);
	settings_finish(&loading.settings);
	write_file(file, "# 64 bytes of a comment that says nothing, again and again......\n",
		   20000);
	snprintf(expected, sizeof(expected), "%s: larger than 1 MiB; ", file);
	assert_refused(loading_of(&sources), expected);
	unlink(file);
	snprintf(file, sizeof(file), "%s", folder);
	snprintf(expected, sizeof(expected), "%s: cannot be read: Is a directory", folder);
	assert_refused(loading_of(&sources), expected);
	rmdir(folder);
}

static void a_pipe_is_refused_at_once(void **state)
{
	char folder[] = "/tmp/allim-settings-XXXXXX", file[64], expected[128];
	struct settings_sources sources = {.file = file};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/pipe", folder);
	assert_int_equal(mkfifo(file, 0600), 0);
	snprintf(expected, sizeof(expected), "%s: cannot be read: it is a pipe; name a file", file);
	assert_refused(loading_of(&sources), expected);
	unlink(file);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(groups_are_mappings),
	    cmocka_unit_test(empty_files_and_groups_are_defaults),
	    cmocka_unit_test(unknown_keys_are_refused_with_the_nearest),
	    cmocka_unit_test(a_long_key_is_cut),
	    cmocka_unit_test(keys_are_names),
	    cmocka_unit_test(keys_are_given_once),
	    cmocka_unit_test(values_have_the_shape_of_their_type),
	    cmocka_unit_test(secrets_are_not_read_from_the_file),
	    cmocka_unit_test(files_are_read),
	    cmocka_unit_test(a_pipe_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
