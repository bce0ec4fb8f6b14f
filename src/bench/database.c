#include "bench/database.h"

#include "bench/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOCATION_BYTES = 4096, PASSWORD_BYTES = 1200, NUMBER_BYTES = 64 };

static const char *const name = "allim_bench";

static void locate(const struct bench *bench, const char *database, char *location, size_t size)
{
	const char *server = bench->options.postgres;
	size_t length = strlen(server);

	if (length > 0 && server[length - 1] == '/')
		length--;
	snprintf(location, size, "%.*s/%s", (int)length, server, database);
}

void database_location(const struct bench *bench, char *location, size_t size)
{
	locate(bench, name, location, size);
}

int database_command(const char *const *arguments, struct buffer *output, struct error *error)
{
	const char *password = getenv("ALLIM_STORE_PASSWORD");
	char ours[PASSWORD_BYTES], theirs[PASSWORD_BYTES];
	const char *environment[] = {ours, theirs, NULL};

	password = password == NULL ? "" : password;
	snprintf(ours, sizeof(ours), "ALLIM_STORE_PASSWORD=%s", password);
	snprintf(theirs, sizeof(theirs), "PGPASSWORD=%s", password);
	return command_run(arguments, environment, output, error);
}

static int ask_psql(const struct bench *bench, const char *database, const char *statement,
		    struct buffer *output, struct error *error)
{
	char program[LOCATION_BYTES], location[LOCATION_BYTES];
	const char *arguments[] = {program,
				   "--no-psqlrc",
				   "--quiet",
				   "--no-align",
				   "--tuples-only",
				   "--no-password",
				   "--set=ON_ERROR_STOP=1",
				   "--dbname",
				   location,
				   "--command",
				   statement,
				   NULL};

	snprintf(program, sizeof(program), "%s/psql", bench->options.postgres_programs);
	locate(bench, database, location, sizeof(location));
	return database_command(arguments, output, error);
}

static int run_in(const struct bench *bench, const char *database, const char *statement,
		  struct error *error)
{
	struct buffer output = BUFFER_EMPTY;
	int code = ask_psql(bench, database, statement, &output, error);

	buffer_finish(&output);
	return code;
}

int database_drop(const struct bench *bench, struct error *error)
{
	return run_in(bench, "postgres", "DROP DATABASE IF EXISTS allim_bench WITH (FORCE)", error);
}

int database_create(const struct bench *bench, struct error *error)
{
	int code = database_drop(bench, error);

	return code < 0 ? code : run_in(bench, "postgres", "CREATE DATABASE allim_bench", error);
}

int database_run(const struct bench *bench, const char *statement, struct error *error)
{
	return run_in(bench, name, statement, error);
}

/* A row is numbers with | between them. */
static bool read_row(struct slice row, double *ret_numbers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct slice column = slice_trim(slice_split(&row, '|'));
		char number[NUMBER_BYTES], *end;

		snprintf(number, sizeof(number), "%.*s", (int)column.length, column.data);
		ret_numbers[i] = strtod(number, &end);
		if (end == number || *end != '\0')
			return false;
	}
	return true;
}

static int ask_in(const struct bench *bench, const char *database, const char *question,
		  double *ret_numbers, unsigned count, struct error *error)
{
	struct buffer output = BUFFER_EMPTY;
	int code = ask_psql(bench, database, question, &output, error);
	struct slice rest = buffer_slice(&output);

	if (code == 0 && !read_row(slice_split(&rest, '\n'), ret_numbers, count))
		code = error_set(error, -EBADMSG, "PostgreSQL answered no %u numbers to: %s", count,
				 question);
	buffer_finish(&output);
	return code;
}

int database_ask(const struct bench *bench, const char *question, double *ret_numbers,
		 unsigned count, struct error *error)
{
	return ask_in(bench, "postgres", question, ret_numbers, count, error);
}

int database_ask_own(const struct bench *bench, const char *question, double *ret_numbers,
		     unsigned count, struct error *error)
{
	return ask_in(bench, name, question, ret_numbers, count, error);
}
