/* Statements are prepared, as allim's are, and there is no vacuum before, which would look for
 * pgbench's own tables. */
#include "bench/pgbench.h"

#include "bench/command.h"
#include "bench/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 4096, NUMBER_BYTES = 32 };

/* The number behind a text that stands once in the output. */
static bool find_number(struct slice output, const char *before, double *ret_number)
{
	const char *found = memmem(output.data, output.length, before, strlen(before));
	char copy[NUMBER_BYTES], *end;

	if (found == NULL)
		return false;
	found += strlen(before);
	snprintf(copy, sizeof(copy), "%.*s", (int)(output.data + output.length - found), found);
	*ret_number = strtod(copy, &end);
	return end != copy;
}

int pgbench_read(struct slice output, struct pgbench_figures *ret_figures)
{
	struct pgbench_figures figures;
	const char *without;
	double failed;

	if (find_number(output, "number of failed transactions: ", &failed) && failed > 0)
		return -EBADMSG;
	/* Version 13 tells two rates, of which the second is without the time for connecting. */
	without = memmem(output.data, output.length, "including connections establishing", 34);
	if (!find_number(output, "latency average = ", &figures.latency))
		return -EBADMSG;
	if (without != NULL)
		output = slice_from_bytes(without, (size_t)(output.data + output.length - without));
	if (!find_number(output, "tps = ", &figures.rate) || !(figures.rate > 0))
		return -EBADMSG;
	*ret_figures = figures;
	return 0;
}

static int write_script(const char *path, const char *script, struct error *error)
{
	FILE *file = fopen(path, "we");
	bool is_written = file != NULL && fputs(script, file) >= 0;

	if (file == NULL || fclose(file) != 0 || !is_written)
		return error_set(error, -EIO, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

int pgbench_run(const struct bench *bench, const struct pgbench_plan *plan,
		struct pgbench_figures *ret_figures, struct error *error)
{
	char program[PATH_BYTES], script[PATH_BYTES], database[PATH_BYTES];
	char clients[NUMBER_BYTES], threads[NUMBER_BYTES], seconds[NUMBER_BYTES];
	char users[2 * NUMBER_BYTES];
	const char *arguments[] = {program,    "--no-vacuum", "--protocol=prepared",
				   "--client", clients,	      "--jobs",
				   threads,    "--time",      seconds,
				   "--define", users,	      "--file",
				   script,     database,      NULL};
	struct buffer output = BUFFER_EMPTY;
	int code;

	snprintf(program, sizeof(program), "%s/pgbench", bench->options.postgres_programs);
	snprintf(script, sizeof(script), "%s/pgbench.sql", bench->options.folder);
	snprintf(clients, sizeof(clients), "%u", plan->clients);
	snprintf(threads, sizeof(threads), "%u",
		 plan->clients < bench->threads ? plan->clients : bench->threads);
	snprintf(users, sizeof(users), "users=%u", plan->users);
	snprintf(seconds, sizeof(seconds), "%u", plan->seconds);
	database_location(bench, database, sizeof(database));
	code = write_script(script, plan->script, error);
	if (code == 0)
		code = database_command(arguments, &output, error);
	if (code == 0 && pgbench_read(buffer_slice(&output), ret_figures) < 0)
		code = error_set(error, -EBADMSG, "pgbench printed something unexpected: %.*s",
				 (int)output.length, output.data);
	remove(script);
	buffer_finish(&output);
	return code;
}
