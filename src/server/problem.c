/* The table of problems, and their one shape. */
#include "server/problem.h"

#include "base/json.h"

const struct problem_row problem_table[PROBLEMS] = {
#define PROBLEM(name, status, code, title) {status, code, title},
#include "server/problems.def"
#undef PROBLEM
};

void problem_append(struct buffer *out, const struct problem_row *problem, const char *detail)
{
	buffer_append(out, SLICE("{\"type\":\"about:blank\",\"title\":"));
	json_append_string(out, slice_from_string(problem->title));
	buffer_append(out, SLICE(",\"status\":"));
	buffer_append_integer(out, problem->status);
	buffer_append(out, SLICE(",\"code\":"));
	json_append_string(out, slice_from_string(problem->code));
	buffer_append(out, SLICE(",\"detail\":"));
	json_append_string(out, slice_from_string(detail));
	buffer_append_byte(out, '}');
}
