/* The sentences are in kafka_problems.def. librdkafka has one code for all that ends a connection,
 * and says in its text what it was; so a row may ask for words of the text, too. An error that no
 * row knows is shown as it is, cut (the log escapes control characters). */
#include "broker/kafka_problem.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum { SHOWN_BYTES = 240 };

/* What kafka_problem_explain() returns. */
enum kind { CLEAR = -EPROTO, VAGUE = -EAGAIN, PASSING = 0 };

struct problem {
	const char *words;
	const char *sentence;
	rd_kafka_resp_err_t code;
	enum kind kind;
};

#define KAFKA_PROBLEM(code, words, kind, sentence) \
	{(words), (sentence), RD_KAFKA_RESP_ERR_##code, (kind)},
static const struct problem problems[] = {
#include "broker/kafka_problems.def"
};
#undef KAFKA_PROBLEM

int kafka_problem_explain(rd_kafka_resp_err_t code, const char *detail, struct error *error)
{
	const char *text = detail == NULL || detail[0] == '\0' ? rd_kafka_err2str(code) : detail;

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		const struct problem *problem = &problems[i];

		if (problem->code != code || strstr(text, problem->words) == NULL)
			continue;
		return problem->kind == PASSING
			   ? 0
			   : error_set(error, (int)problem->kind, "%s", problem->sentence);
	}
	return error_set(error, -EPROTO, "it says \"%.*s\"", SHOWN_BYTES, text);
}
