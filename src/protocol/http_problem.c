/* The rows of http_problem.def, by kind. */
#include "protocol/http_problem.h"

#include <assert.h>

static const struct http_problem problems[] = {
#define HTTP_PROBLEM(name, status, code, sentence, source) {status, code, sentence},
#include "protocol/http_problem.def"
#undef HTTP_PROBLEM
};

const struct http_problem *http_problem_get(enum http_problem_kind kind)
{
	assert(kind >= 0 && kind < HTTP_PROBLEMS);
	return &problems[kind];
}
