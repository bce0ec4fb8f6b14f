/* Rules and prices come as the YAML that files of them are, so that there is one form of each. */
#include "advisor/inquiry.h"

#include "advisor/advice_json.h"
#include "advisor/cost_json.h"
#include "advisor/situation_json.h"
#include "advisor/weights.h"
#include "base/quote.h"

#include <errno.h>
#include <stdlib.h>

static int fail_for_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory");
}

static int read_situation(struct situation *situation, const json_t *json, struct error *error)
{
	int result;

	situation_init(situation);
	result = situation_json_read(situation, json, error);
	return result < 0 ? result : situation_check(situation, error);
}

/* A member that is a text, or `otherwise` where there is none. */
static int read_text(struct slice *ret_text, const json_t *json, const char *name,
		     const char *otherwise, struct error *error)
{
	const json_t *member = json_object_get(json, name);

	if (member != NULL && !json_is_string(member))
		return error_set(error, -EINVAL, "%s is no text", name);
	if (member != NULL && json_string_length(member) > INQUIRY_TEXT_BYTES)
		return error_set(error, -EINVAL, "%s is longer than %d bytes; use the command line",
				 name, INQUIRY_TEXT_BYTES);
	*ret_text = member == NULL
			? slice_from_string(otherwise)
			: slice_from_bytes(json_string_value(member), json_string_length(member));
	return 0;
}

/* Advice */

static int read_language(enum advisor_language *ret_language, const json_t *json,
			 struct error *error)
{
	struct slice name;
	int result = read_text(&name, json, "language", "en", error);

	if (result == 0 && advisor_text_find_language(name, ret_language) < 0)
		result = error_set(error, -EINVAL, "language is en or ko");
	return result;
}

static int read_weight(double *weights, const struct rules *rules, const char *name,
		       const json_t *weight, struct error *error)
{
	char quote[QUOTE_BYTES];

	if (!json_is_number(weight))
		return error_set(error, -EINVAL, "the weight of %s is no number",
				 quote_word(slice_from_string(name), quote));
	return weights_set(weights, rules, slice_from_string(name), json_number_value(weight),
			   error);
}

static int read_weights(double *weights, const struct rules *rules, const json_t *json,
			struct error *error)
{
	json_t *members = json_object_get(json, "weights"), *weight;
	const char *name;

	if (members != NULL && !json_is_object(members))
		return error_set(error, -EINVAL, "weights is an object of criteria and numbers");
	json_object_foreach(members, name, weight)
	{
		int result = read_weight(weights, rules, name, weight, error);

		if (result < 0)
			return result;
	}
	return weights_check(weights, rules, error);
}

static int advise(json_t **ret_answer, const struct rules *rules, const double *weights,
		  const struct situation *situation, enum advisor_language language,
		  struct error *error)
{
	struct advice advice;
	json_t *answer;

	if (advice_give(&advice, rules, situation, weights) < 0)
		return fail_for_memory(error);
	answer = advice_json_create(&advice, rules, situation, weights, language);
	advice_finish(&advice);
	if (answer == NULL)
		return fail_for_memory(error);
	*ret_answer = answer;
	return 0;
}

static int advise_by(json_t **ret_answer, const struct rules *rules,
		     const struct situation *situation, const json_t *json, struct error *error)
{
	enum advisor_language language;
	double *weights = weights_create(rules);
	int result = weights == NULL ? fail_for_memory(error) : 0;

	if (result == 0)
		result = read_language(&language, json, error);
	if (result == 0)
		result = read_weights(weights, rules, json, error);
	if (result == 0)
		result = advise(ret_answer, rules, weights, situation, language, error);
	free(weights);
	return result;
}

int inquiry_advise(const json_t *json, json_t **ret_answer, struct error *error)
{
	struct situation situation;
	struct slice text;
	struct rules rules;
	int result = read_situation(&situation, json, error);

	if (result == 0)
		result = read_text(&text, json, "rules", rules_text, error);
	if (result == 0)
		result = rules_read(&rules, "rules", text, error);
	if (result < 0)
		return result;
	result = advise_by(ret_answer, &rules, &situation, json, error);
	rules_finish(&rules);
	return result;
}

/* Costs */

static int read_months(double *ret_months, const json_t *json, struct error *error)
{
	const json_t *member = json_object_get(json, "months");
	json_int_t months = member == NULL ? COST_MONTHS : json_integer_value(member);

	if (months < 1 || months > COST_MONTHS_MOST)
		return error_set(error, -EINVAL, "months is a whole number from 1 to %d",
				 COST_MONTHS_MOST);
	*ret_months = (double)months;
	return 0;
}

static int read_current(enum advisor_method *ret_current, const json_t *json, struct error *error)
{
	struct slice name;
	int result = read_text(&name, json, "current", "none", error);

	return result < 0 ? result : advisor_method_read_current(name, ret_current, error);
}

static int refuse_book(struct slice name, struct error *error)
{
	char quote[QUOTE_BYTES];

	return error_set(error, -EINVAL,
			 "there is no price book %s; prices is guide, aws-2026, or the YAML of a "
			 "book",
			 quote_text(name, quote));
}

/* A name is one word; the text of a book has colons and lines. The name of a built-in book is that
 * of the inquiry, which ends with a NUL. */
static int read_prices(struct price_book *book, const char **ret_name, const json_t *json,
		       struct error *error)
{
	struct slice given;
	const char *built_in;
	int result = read_text(&given, json, "prices", PRICE_BOOK_DEFAULT, error);

	if (result < 0)
		return result;
	built_in = price_book_find(given);
	if (built_in == NULL && slice_has_only(given, "-._"))
		return refuse_book(given, error);
	*ret_name = built_in == NULL ? "own" : given.data;
	return price_book_read(book, "prices",
			       built_in == NULL ? given : slice_from_string(built_in), error);
}

int inquiry_cost(const json_t *json, json_t **ret_answer, struct error *error)
{
	struct situation situation;
	struct price_book book;
	const char *name = NULL;
	enum advisor_method current = ADVISOR_METHODS;
	double months = COST_MONTHS;
	json_t *answer;
	int result = read_situation(&situation, json, error);

	if (result == 0)
		result = read_months(&months, json, error);
	if (result == 0)
		result = read_current(&current, json, error);
	if (result == 0)
		result = read_prices(&book, &name, json, error);
	if (result < 0)
		return result;
	answer = cost_json_create(&book, name, &situation, current, months);
	price_book_finish(&book);
	if (answer == NULL)
		return fail_for_memory(error);
	*ret_answer = answer;
	return 0;
}
