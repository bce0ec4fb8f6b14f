#include "loading.h"

#include <sys/stat.h>
#include <unistd.h>

#define SECRET	"0ZpJk2n8Qw7vX4rT1sLm6bYc9dHe3fGa"
#define EXAMPLE "Change_Me-please-before-you-go-to-production"

struct secret_file {
	char folder[40];
	char path[64];
};

static int make_folder(void **state)
{
	static struct secret_file file;

	strcpy(file.folder, "/tmp/allim-secret-XXXXXX");
	if (mkdtemp(file.folder) == NULL)
		return -1;
	snprintf(file.path, sizeof(file.path), "%s/key", file.folder);
	*state = &file;
	return 0;
}

static int remove_folder(void **state)
{
	struct secret_file *file = *state;

	unlink(file->path);
	return rmdir(file->folder);
}

static void write_secret(const struct secret_file *file, const char *content, mode_t mode)
{
	FILE *stream = fopen(file->path, "w");

	assert_non_null(stream);
	fputs(content, stream);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(chmod(file->path, mode), 0);
}

static struct loading load_file(const struct secret_file *file)
{
	return loading_flag("auth-jwt-secret-file", file->path);
}

static void assert_secret(struct loading loading, const char *secret)
{
	assert_loaded(loading);
	assert_slice(loading.settings.auth_jwt_secret, secret);
	settings_finish(&loading.settings);
	assert_int_equal(loading.settings.auth_jwt_secret.length, 0);
}

static void a_private_file_is_read(void **state)
{
	struct secret_file *file = *state;

	write_secret(file, SECRET, 0600);
	assert_secret(load_file(file), SECRET);
	write_secret(file, SECRET "\n", 0400);
	assert_secret(load_file(file), SECRET);
	unlink(file->path);
	write_secret(file, SECRET "\r\n", 0600);
	assert_secret(load_file(file), SECRET);
}

static void a_file_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0660, 0644, 0610, 0601, 0602, 0620};
	struct secret_file *file = *state;
	char expected[256];

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_secret(file, SECRET, modes[i]);
		snprintf(
		    expected, sizeof(expected),
		    "--auth-jwt-secret-file: auth.jwt.secret_file \"%s\" has mode %04o, so that "
		    "others can read it; run: chmod 600 %s",
		    file->path, (unsigned)modes[i], file->path);
		assert_refused(load_file(file), expected);
	}
}

static void a_file_of_somebody_else_is_refused(void **state)
{
	struct secret_file *file = *state;

	if (geteuid() != 0)
		skip();
	write_secret(file, SECRET, 0600);
	assert_int_equal(chown(file->path, 12345, (gid_t)-1), 0);
	assert_refused(load_file(file), "--auth-jwt-secret-file: auth.jwt.secret_file ");
	assert_non_null(strstr(load_file(file).error.text, "belongs to another user; chown it"));
}

static void what_is_no_file_is_refused(void **state)
{
	struct secret_file *file = *state;

	assert_int_equal(load_file(file).result, -ENOENT);
	assert_int_equal(mkfifo(file->path, 0600), 0);
	assert_non_null(strstr(load_file(file).error.text, "is no regular file"));
	unlink(file->path);
	assert_refused_yaml(
	    "auth: {jwt: {secret_file: /dev/null}}",
	    "allim.yaml:1:27: auth.jwt.secret_file \"/dev/null\" is no regular file");
}

static void short_and_long_secrets_are_refused(void **state)
{
	struct secret_file *file = *state;
	char text[5000], expected[256];

	write_secret(file, "short-secret\n", 0600);
	snprintf(expected, sizeof(expected),
		 "--auth-jwt-secret-file: auth.jwt.secret_file \"%s\" holds a secret of 12 bytes; "
		 "accepted is 32 to 4096 bytes",
		 file->path);
	assert_refused(load_file(file), expected);
	assert_null(strstr(load_file(file).error.text, "short-secret"));
	memset(text, 'x', sizeof(text));
	text[4999] = '\0';
	write_secret(file, text, 0600);
	assert_non_null(strstr(load_file(file).error.text,
			       "\" holds a secret of more than 4096 bytes; accepted is 32 to"));
	text[4097] = '\0';
	write_secret(file, text, 0600);
	assert_non_null(strstr(load_file(file).error.text, "more than 4096 bytes"));
	strcpy(text + 4096, "\r\n");
	write_secret(file, text, 0600);
	text[4096] = '\0';
	assert_secret(load_file(file), text);
	strcpy(text + 4096, "\r\nmore");
	write_secret(file, text, 0600);
	assert_non_null(strstr(load_file(file).error.text, "more than 4096 bytes"));
	write_secret(file, SECRET "\nold: " SECRET "\n", 0600);
	assert_non_null(strstr(load_file(file).error.text, "holds more than one line of text"));
	assert_refused(loading_variable("ALLIM_JWT_SECRET=1234567890123456789012345678901"),
		       "ALLIM_JWT_SECRET: a secret of 31 bytes is too short; accepted is 32 to");
}

static void secrets_of_manuals_are_refused(void **state)
{
	static const char *const variables[] = {
	    ("ALLIM_JWT_SECRET=" EXAMPLE),
	    "ALLIM_JWT_SECRET=a-string-secret-at-least-256-bits-long",
	    "ALLIM_JWT_SECRET=your-256-bit-secret-your-256-bit-secret",
	    "ALLIM_JWT_SECRET=YOUR_SECRET_KEY_OF_AT_LEAST_32_BYTES",
	};
	struct secret_file *file = *state;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		assert_refused(
		    loading_variable(variables[i]),
		    "ALLIM_JWT_SECRET: is an example that everybody knows; accepted is a "
		    "random secret");
	write_secret(file, EXAMPLE, 0600);
	assert_refused(load_file(file),
		       "--auth-jwt-secret-file: is an example that everybody knows; ");
	assert_refused(loading_variable("ALLIM_API_KEY=changeme"),
		       "ALLIM_API_KEY: is an example that everybody knows; ");
}

static void the_api_key_fits_a_header(void **state)
{
	struct loading loading = loading_variable("ALLIM_API_KEY=k~!");

	(void)state;
	assert_loaded(loading);
	assert_slice(loading.settings.auth_api_key, "k~!");
	settings_finish(&loading.settings);
	assert_refused(loading_variable("ALLIM_API_KEY=a b"),
		       "ALLIM_API_KEY: has bytes that a header cannot carry; ");
	assert_refused(loading_variable("ALLIM_API_KEY=\xc3\xa9"),
		       "ALLIM_API_KEY: has bytes that ");
	assert_refused(loading_variable("ALLIM_API_KEY="),
		       "ALLIM_API_KEY: a secret of 0 bytes is too short; accepted is 1 to 512");
}

static struct loading load_three(const char *yaml, const char *variable, const char *more,
				 const char *flag)
{
	char *environment[] = {strdup(variable), more == NULL ? NULL : strdup(more), NULL};
	struct settings_flag flags[] = {{SLICE("auth-jwt-secret-file"), flag}};
	struct settings_sources sources = {
	    .file = "allim.yaml",
	    .content = slice_from_string(yaml),
	    .environment = environment,
	    .flags = flags,
	    .flag_count = flag == NULL ? 0 : 1,
	};
	struct loading loading = loading_of(&sources);

	free(environment[0]);
	free(environment[1]);
	return loading;
}

static void one_source_gives_the_secret(void **state)
{
	static const char other[] = "ALLIM_JWT_SECRET=another-32-bytes-of-pure-randomness";
	struct secret_file *file = *state;
	char yaml[128], variable[128];

	write_secret(file, SECRET, 0600);
	snprintf(yaml, sizeof(yaml), "auth: {jwt: {secret_file: %s}}", file->path);
	snprintf(variable, sizeof(variable), "ALLIM_AUTH_JWT_SECRET_FILE=%s", file->path);
	assert_secret(load_three(yaml, "A=B", NULL, NULL), SECRET);
	assert_refused(load_three(yaml, other, NULL, NULL),
		       "allim.yaml:1:27: auth.jwt.secret_file and ALLIM_JWT_SECRET are both given; "
		       "keep one of them");
	assert_secret(load_three("auth: {jwt: {secret_file: \"\"}}", other, NULL, NULL),
		      other + strlen("ALLIM_JWT_SECRET="));
	assert_secret(load_three("", other, NULL, file->path), SECRET);
	assert_secret(load_three(yaml, other, variable, file->path), SECRET);
	assert_refused(
	    load_three("", other, variable, NULL),
	    "ALLIM_AUTH_JWT_SECRET_FILE: auth.jwt.secret_file and ALLIM_JWT_SECRET are ");
	assert_secret(load_three("", other, "ALLIM_AUTH_JWT_SECRET_FILE=", NULL),
		      other + strlen("ALLIM_JWT_SECRET="));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_FOLDER(a_private_file_is_read),
	    WITH_FOLDER(a_file_that_others_can_read_is_refused),
	    WITH_FOLDER(a_file_of_somebody_else_is_refused),
	    WITH_FOLDER(what_is_no_file_is_refused),
	    WITH_FOLDER(short_and_long_secrets_are_refused),
	    WITH_FOLDER(secrets_of_manuals_are_refused),
	    WITH_FOLDER(the_api_key_fits_a_header),
	    WITH_FOLDER(one_source_gives_the_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
