/* What the advisor's commands read beside figures: files in place of built-in ones, and weights. */
#ifndef ALLIM_CLI_ADVICE_FILES_H
#define ALLIM_CLI_ADVICE_FILES_H

#include "advisor/rules.h"
#include "base/buffer.h"
#include "cli/flags.h"

/* Appends what is in the file or, where that is NULL, the built-in text. Returns 0 or a negative
 * errno value with a sentence. */
int advice_files_read(const char *file, const char *built_in, struct buffer *content,
		      struct error *error);

/* The same for prices: the name of a built-in book, or a file. */
int advice_files_read_prices(const char *prices, struct buffer *content, struct error *error);

/* Takes each NAME=NUMBER as the weight of a criterion. Returns 0, or -EINVAL with a sentence. */
int advice_files_read_weights(double *weights, const struct rules *rules,
			      const struct flags_texts *given, struct error *error);

#endif
