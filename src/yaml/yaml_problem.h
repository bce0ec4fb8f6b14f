/* Saying what is wrong in a file of YAML, and where: `allim.yaml:7:3: ...`, in one line. */
#ifndef ALLIM_YAML_YAML_PROBLEM_H
#define ALLIM_YAML_YAML_PROBLEM_H

#include "base/buffer.h"
#include "base/error.h"

/* Lines and columns count from 1, and line 0 is the file as a whole. `file` is what messages call
 * it. */
struct yaml_place {
	struct slice file;
	size_t line;
	size_t column;
};

/* The file, and the place in it unless it is the whole. */
void yaml_place_append(struct buffer *buffer, struct yaml_place place);

/* Fills in `error` with the place and the sentence. Returns -EINVAL, or -ENOMEM. */
int yaml_problem(struct error *error, struct yaml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns -ENOMEM with its sentence. */
int yaml_problem_memory(struct error *error);

#endif
