/* One way of reading for all of them, so that they refuse alike. */
#include "cli/advice_files.h"

#include "advisor/price_book.h"
#include "advisor/weights.h"
#include "config/yaml_file.h"

#include <errno.h>
#include <stdlib.h>

int advice_files_read(const char *file, const char *built_in, struct buffer *content,
		      struct error *error)
{
	if (file != NULL)
		return yaml_file_read(file, content, error);
	buffer_append_string(content, built_in);
	return buffer_failed(content) ? error_set(error, -ENOMEM, "out of memory") : 0;
}

int advice_files_read_prices(const char *prices, struct buffer *content, struct error *error)
{
	const char *built_in = price_book_find(slice_from_string(prices));

	return advice_files_read(built_in == NULL ? prices : NULL, built_in, content, error);
}

static int read_weight(double *weights, const struct rules *rules, const char *given,
		       struct error *error)
{
	struct slice rest = slice_from_string(given), name = slice_split(&rest, '=');
	char *end;
	double weight = strtod(rest.length == 0 ? "x" : rest.data, &end);

	if (*end != '\0')
		return error_set(error, -EINVAL,
				 "--weight is NAME=NUMBER, such as latency=40; it is \"%.100s\"",
				 given);
	return weights_set(weights, rules, name, weight, error);
}

int advice_files_read_weights(double *weights, const struct rules *rules,
			      const struct flags_texts *given, struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < given->count && result == 0; i++)
		result = read_weight(weights, rules, given->items[i], error);
	return result < 0 ? result : weights_check(weights, rules, error);
}
