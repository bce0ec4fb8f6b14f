/* allim-bench: runs the measures one after the other and writes what they found. What was measured
 * stays written when a later measure fails. */
#include "bench/machine.h"
#include "bench/measures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Servers, and what measures need of them. */
enum needs {
	NEEDS_NOTHING = 0,
	NEEDS_POSTGRES = 1,
	NEEDS_REDIS = 2,
	NEEDS_CLUSTER = NEEDS_POSTGRES | NEEDS_REDIS,
	NEEDS_A_KAFKA = 4,
	NEEDS_KAFKA = NEEDS_POSTGRES | NEEDS_A_KAFKA,
	NEEDS_A_RABBITMQ = 8,
	NEEDS_RABBITMQ = NEEDS_POSTGRES | NEEDS_A_RABBITMQ
};

struct measure {
	const char *name;
	enum needs needs;
	const char *help;
	int (*run)(struct bench *bench, struct error *error);
};

static const struct measure measures[] = {
#define MEASURE(name_, needs_, help_) {#name_, NEEDS_##needs_, help_, measure_##name_},
#include "bench/measures.def"
};

enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

static void print_help(void)
{
	struct buffer options = BUFFER_EMPTY;

	printf("usage: allim-bench [OPTION VALUE]...\n\nmeasures (--only):\n");
	for (size_t i = 0; i < MEASURES; i++)
		printf("  %-24s %s\n", measures[i].name, measures[i].help);
	options_append_help(&options);
	printf("\noptions:\n%.*s", (int)options.length, options.data);
	buffer_finish(&options);
}

/* A name in --only that is no measure would silently run nothing. */
static int check_only(const struct options *options, struct error *error)
{
	struct slice rest = slice_from_string(options->only);

	while (rest.length > 0) {
		struct slice name = slice_split(&rest, ',');
		size_t i = 0;

		while (i < MEASURES && !slice_equals(name, slice_from_string(measures[i].name)))
			i++;
		if (i == MEASURES)
			return error_set(error, -EINVAL, "there is no measure \"%.*s\"",
					 (int)name.length, name.data);
	}
	return 0;
}

static int write_file(const char *path, const struct buffer *content, struct error *error)
{
	FILE *file;
	bool written;

	if (buffer_failed(content))
		return error_set(error, -ENOMEM, "out of memory");
	file = fopen(path, "we");
	if (file == NULL)
		goto failed;
	written = fwrite(content->data, 1, content->length, file) == content->length &&
		  fputc('\n', file) != EOF;
	if (fclose(file) == 0 && written)
		return 0;
failed:
	return error_set(error, -EIO, "cannot write %s: %s", path, strerror(errno));
}

static int write_results(const struct bench *bench, const struct buffer *machine,
			 struct error *error)
{
	struct buffer results = BUFFER_EMPTY, raw = BUFFER_EMPTY;
	int code;

	report_append_results(&bench->report, &results);
	buffer_append_string(&raw, "{\"machine\":");
	buffer_append(&raw, buffer_slice(machine));
	buffer_append_string(&raw, ",\n\"options\":{");
	options_append_json(&bench->options, &raw);
	buffer_append_string(&raw, "},\n\"samples\":");
	report_append_samples(&bench->report, &raw);
	buffer_append_string(&raw, "}");
	code = write_file(bench->options.output, &results, error);
	if (code == 0)
		code = write_file(bench->options.raw, &raw, error);
	buffer_finish(&results);
	buffer_finish(&raw);
	return code;
}

static void print_needs(const struct options *options)
{
	unsigned needs = NEEDS_NOTHING;

	for (size_t i = 0; i < MEASURES; i++) {
		if (options_select(options, measures[i].name))
			needs |= measures[i].needs;
	}
	if (needs & NEEDS_POSTGRES)
		puts("postgres");
	if (needs & NEEDS_REDIS)
		puts("redis");
	if (needs & NEEDS_A_KAFKA)
		puts("kafka");
	if (needs & NEEDS_A_RABBITMQ)
		puts("rabbitmq");
}

/* The option that a measure lacks, or NULL. */
static const char *find_missing(const struct options *options, enum needs needs)
{
	if ((needs & NEEDS_POSTGRES) && *options->postgres == '\0')
		return "--postgres";
	if ((needs & NEEDS_REDIS) && *options->redis == '\0')
		return "--redis";
	if ((needs & NEEDS_A_KAFKA) && *options->kafka == '\0')
		return "--kafka";
	if ((needs & NEEDS_A_RABBITMQ) && *options->rabbitmq == '\0')
		return "--rabbitmq";
	return NULL;
}

static int run_measure(struct bench *bench, const struct measure *measure, struct error *error)
{
	const char *missing = find_missing(&bench->options, measure->needs);
	int64_t begin = bench_now();
	int code;

	if (missing != NULL) {
		fprintf(stderr, "%s: skipped, because it needs %s\n", measure->name, missing);
		return 0;
	}
	fprintf(stderr, "%s: %s ...\n", measure->name, measure->help);
	code = measure->run(bench, error);
	if (code < 0)
		fprintf(stderr, "%s: %s\n", measure->name, error->text);
	fprintf(stderr, "%s: %.0f s\n", measure->name, (double)(bench_now() - begin) / 1e9);
	return code;
}

/* Runs what is selected. Returns how many measures failed, or a negative errno value. */
static int run_measures(struct bench *bench, const struct buffer *machine, struct error *error)
{
	int failures = 0;

	for (size_t i = 0; i < MEASURES; i++) {
		if (!options_select(&bench->options, measures[i].name))
			continue;
		if (run_measure(bench, &measures[i], error) < 0)
			failures++;
		if (write_results(bench, machine, error) < 0)
			return -EIO;
	}
	return failures;
}

/* Thousands of connections on the client's side, and as many in each server, which inherits this.
 */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(const struct options *options, struct error *error)
{
	struct buffer machine = BUFFER_EMPTY;
	struct bench bench;
	int failures = check_only(options, error);

	if (failures < 0)
		return failures;
	if (mkdir(options->folder, 0755) < 0 && errno != EEXIST)
		return error_set(error, -errno, "cannot make the folder %s: %s", options->folder,
				 strerror(errno));
	failures = bench_init(&bench, options, error);
	if (failures < 0)
		return failures;
	machine_append_json(options->folder, &machine);
	failures = run_measures(&bench, &machine, error);
	report_print(&bench.report, stdout);
	printf("\nmachine: %.*s\n", (int)machine.length, machine.data);
	buffer_finish(&machine);
	bench_finish(&bench);
	return failures;
}

int main(int argument_count, char **arguments)
{
	struct options options;
	struct error error;
	int failures;

	(void)argument_count;
	if (options_read(&options, arguments + 1, &error) < 0) {
		fprintf(stderr, "allim-bench: %s\n", error.text);
		return 2;
	}
	if (options.help) {
		print_help();
		return 0;
	}
	if (options.needs) {
		print_needs(&options);
		return 0;
	}
	raise_limit();
	failures = run(&options, &error);
	if (failures < 0)
		fprintf(stderr, "allim-bench: %s\n", error.text);
	return failures == 0 ? 0 : 1;
}
