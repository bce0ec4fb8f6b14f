/* The library versions are what runs, asked at run time, not what was compiled against. */
#include "cli/command.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <yaml.h>

struct options {
	bool verbose;
};

#ifdef ALLIM_JEMALLOC
#include <jemalloc/jemalloc.h>

static void append_allocator(struct buffer *buffer)
{
	const char *version = NULL;
	size_t size = sizeof(version);

	if (mallctl("version", &version, &size, NULL, 0) == 0)
		buffer_append_format(buffer, "  jemalloc   %s\n", version);
}
#else
static void append_allocator(struct buffer *buffer)
{
	buffer_append_string(buffer, "  allocator  of the C library\n");
}
#endif

static void append_libraries(struct buffer *buffer)
{
	buffer_append_format(buffer, "  SQLite     %s\n", sqlite3_libversion());
	buffer_append_format(buffer, "  OpenSSL    %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
	buffer_append_format(buffer, "  libsodium  %s\n", sodium_version_string());
	buffer_append_format(buffer, "  jansson    %s\n", jansson_version_str());
	buffer_append_format(buffer, "  libyaml    %s\n", yaml_get_version_string());
	append_allocator(buffer);
}

int version_run(const struct command *command, char **arguments)
{
	struct options options = {false};
	struct buffer text = BUFFER_EMPTY;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	buffer_append_string(&text, "allim " ALLIM_VERSION "\n");
	if (options.verbose)
		append_libraries(&text);
	return command_print_last(command, &text);
}

const struct cli_flag version_flags[] = {
    {.name = "verbose",
     .help = "with the versions of the libraries in use",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, verbose)},
    {.name = NULL},
};
