/* Why a request was refused before anybody looked at its meaning. All of them end the connection,
 * because after one it is no longer certain where the next request begins. */
#ifndef ALLIM_PROTOCOL_HTTP_PROBLEM_H
#define ALLIM_PROTOCOL_HTTP_PROBLEM_H

enum http_problem_kind {
#define HTTP_PROBLEM(name, status, code, sentence, source) HTTP_PROBLEM_##name,
#include "protocol/http_problem.def"
#undef HTTP_PROBLEM
	HTTP_PROBLEMS
};

struct http_problem {
	int status;
	const char *code;   /* stable, for problem+json */
	const char *detail; /* one sentence, without a final full stop */
};

/* Static storage; any thread. */
const struct http_problem *http_problem_get(enum http_problem_kind kind);

#endif
