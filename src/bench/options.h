/* The command line of the benchmarks. */
#ifndef ALLIM_BENCH_OPTIONS_H
#define ALLIM_BENCH_OPTIONS_H

#include "base/buffer.h"
#include "base/error.h"

struct options {
#define OPTION_TEXT(member_, ...)   const char *member_;
#define OPTION_NUMBER(member_, ...) unsigned member_;
#include "bench/options.def"
	bool help;
	bool needs; /* only tell which servers the selected measures need */
};

/* Reads `--name VALUE` and `--name=VALUE`; texts point into the arguments. --quick makes everything
 * small wherever it stands, and other flags overrule it. Returns 0, or -EINVAL with a sentence. */
int options_read(struct options *ret_options, char *const *arguments, struct error *error);

/* A line for each option. */
void options_append_help(struct buffer *buffer);

/* The numbers as members of a JSON object, without its braces. */
void options_append_json(const struct options *options, struct buffer *buffer);

/* Whether `only` names the measure, or none. */
bool options_select(const struct options *options, const char *measure);

#endif
