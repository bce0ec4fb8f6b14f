/* Errors as clients see them: problem details (RFC 9457). */
#ifndef ALLIM_SERVER_PROBLEM_H
#define ALLIM_SERVER_PROBLEM_H

#include "base/buffer.h"

enum problem {
#define PROBLEM(name, status, code, title) PROBLEM_##name,
#include "server/problems.def"
#undef PROBLEM
	PROBLEMS
};

struct problem_row {
	int status;
	const char *code;
	const char *title;
};

/* All problems, by enum problem. */
extern const struct problem_row problem_table[PROBLEMS];

/* Appends the JSON object. `detail` says what to do. */
void problem_append(struct buffer *out, const struct problem_row *problem, const char *detail);

#endif
