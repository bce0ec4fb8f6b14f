/* Messages name the file. */
#include "cli/bench_file.h"

#include "advisor/bench_json.h"
#include "config/yaml_file.h"
#include "core/json_reader.h"

static int read_content(const char *file, struct slice content, struct capacities *capacities,
			struct error *error)
{
	struct error reason;
	json_t *json = NULL;
	int result = json_reader_read(content, &json, &reason);

	if (result == 0)
		result = bench_json_read(capacities, json, &reason);
	json_decref(json);
	return result < 0 ? error_set(error, result, "%.200s: %s", file, reason.text) : 0;
}

int bench_file_read(const char *file, struct capacities *ret_capacities, struct error *error)
{
	struct buffer content = BUFFER_EMPTY;
	struct capacities capacities;
	int result = yaml_file_read(file, &content, error);

	if (result == 0)
		result = read_content(file, buffer_slice(&content), &capacities, error);
	if (result == 0)
		*ret_capacities = capacities;
	buffer_finish(&content);
	return result;
}
