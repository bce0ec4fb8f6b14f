/* Numbers are those of JSON, so that rules and messages mean the same: 64 bits where they are
 * whole, else a double. The two are compared without turning the integer into a double, which would
 * lose its last digits. */
#include "intake/route_test.h"

#include "base/quote.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* The longer ones first, because the first that fits is taken. */
static const struct relation {
	struct slice text;
	bool less, equal, more;
} relations[] = {
    {{"<=", 2}, true, true, false}, {{">=", 2}, false, true, true}, {{"!=", 2}, true, false, true},
    {{"<", 1}, true, false, false}, {{">", 1}, false, false, true}, {{"=", 1}, false, true, false},
};

enum { RELATIONS = sizeof(relations) / sizeof(relations[0]), NUMBER_BYTES = 64 };

static int sign_of(bool less, bool more)
{
	return less ? -1 : more ? 1 : 0;
}

/* A double of 2^63 and more is greater than any integer; below that its whole part is one. */
static int compare_mixed(int64_t integer, double real)
{
	int64_t whole;

	if (real >= 0x1p63)
		return -1;
	if (real < -0x1p63)
		return 1;
	whole = (int64_t)real;
	if (integer != whole)
		return sign_of(integer < whole, true);
	return sign_of(real > (double)whole, (double)whole > real);
}

int route_number_compare(struct route_number a, struct route_number b)
{
	if (!a.is_real && !b.is_real)
		return sign_of(b.integer > a.integer, a.integer > b.integer);
	if (a.is_real && b.is_real)
		return sign_of(b.real > a.real, a.real > b.real);
	return a.is_real ? -compare_mixed(b.integer, a.real) : compare_mixed(a.integer, b.real);
}

static struct route_number number_of(const json_t *value)
{
	return json_is_real(value)
		   ? (struct route_number){.is_real = true, .real = json_real_value(value)}
		   : (struct route_number){.integer = json_integer_value(value)};
}

static size_t digits_at(struct slice text, size_t at)
{
	size_t end = at;

	while (end < text.length && text.data[end] >= '0' && text.data[end] <= '9')
		end++;
	return end - at;
}

static bool has_at(struct slice text, size_t at, const char *letters)
{
	return at < text.length && text.data[at] != '\0' && strchr(letters, text.data[at]) != NULL;
}

/* Whether it is a number as JSON writes it (RFC 8259, 6), and whether a whole one. */
static bool is_number(struct slice text, bool *ret_is_whole)
{
	size_t at = has_at(text, 0, "-") ? 1 : 0, digits = digits_at(text, at);

	if (digits == 0 || (digits > 1 && text.data[at] == '0'))
		return false;
	at += digits;
	*ret_is_whole = at == text.length;
	if (has_at(text, at, ".")) {
		digits = digits_at(text, at + 1);
		if (digits == 0)
			return false;
		at += 1 + digits;
	}
	if (has_at(text, at, "eE")) {
		at += has_at(text, at + 1, "+-") ? 2 : 1;
		digits = digits_at(text, at);
		if (digits == 0)
			return false;
		at += digits;
	}
	return at == text.length;
}

/* Returns 0, -EINVAL where it is no number, or -ERANGE for one that messages cannot hold either. */
static int parse_number(struct slice text, struct route_number *ret_number)
{
	char copy[NUMBER_BYTES];
	bool is_whole;

	if (!is_number(text, &is_whole))
		return -EINVAL;
	if (text.length >= sizeof(copy))
		return -ERANGE;
	*ret_number = (struct route_number){.is_real = !is_whole};
	if (is_whole)
		return slice_to_integer(text, &ret_number->integer) < 0 ? -ERANGE : 0;
	memcpy(copy, text.data, text.length);
	copy[text.length] = '\0';
	ret_number->real = strtod(copy, NULL);
	return isfinite(ret_number->real) ? 0 : -ERANGE;
}

static const struct relation *find_relation(struct slice text)
{
	for (size_t i = 0; i < RELATIONS; i++) {
		if (slice_starts_with(text, relations[i].text))
			return &relations[i];
	}
	return NULL;
}

static struct slice behind(struct slice text, const struct relation *relation)
{
	size_t length = relation->text.length;

	return slice_trim(slice_from_bytes(text.data + length, text.length - length));
}

static bool is_equality(const struct relation *relation)
{
	return relation->less == relation->more;
}

static int refuse_range(const struct yaml_source *source, const struct yaml_node *node)
{
	char quote[QUOTE_BYTES];

	return yaml_source_refuse(source, node,
				  "%s is a number beyond what messages can hold; take one of 64 "
				  "bits, or put it in quotes where it is a text",
				  quote_text(node->text, quote));
}

static int refuse_comparison(const struct yaml_source *source, const struct yaml_node *node)
{
	char quote[QUOTE_BYTES];

	return yaml_source_refuse(
	    source, node,
	    "%s compares with something that is no number; write \">= 1000\", "
	    "or up to %d of <, <=, > and >= with commas between them",
	    quote_text(node->text, quote), ROUTE_TEST_COMPARISONS);
}

/* "=> 10", "== 10" and the like would ask for a text that begins with the second sign. */
static int refuse_signs(const struct yaml_source *source, const struct yaml_node *node)
{
	char quote[QUOTE_BYTES];

	return yaml_source_refuse(source, node,
				  "%s begins with no sign that there is; accepted are =, !=, <, "
				  "<=, > and >=, with a blank before a text that begins with one",
				  quote_text(node->text, quote));
}

/* A comma separates comparisons of size. */
static int read_comparisons(struct route_test *test, const struct yaml_node *node,
			    const struct yaml_source *source)
{
	struct slice rest = node->text;

	test->kind = ROUTE_TEST_NUMBER;
	while (rest.length > 0) {
		struct slice part = slice_trim(slice_split(&rest, ','));
		const struct relation *relation = find_relation(part);
		struct route_comparison *next = &test->comparisons[test->comparison_count];
		int result;

		if (relation == NULL || is_equality(relation) ||
		    test->comparison_count == ROUTE_TEST_COMPARISONS)
			return refuse_comparison(source, node);
		*next = (struct route_comparison){
		    relation->less, relation->equal, relation->more, {.is_real = false}};
		result = parse_number(behind(part, relation), &next->number);
		if (result < 0)
			return result == -ERANGE ? refuse_range(source, node)
						 : refuse_comparison(source, node);
		test->comparison_count++;
	}
	return 0;
}

/* A number, true or false, or else the text itself. */
static int read_operand(struct route_test *test, struct slice text, const struct yaml_node *node,
			const struct yaml_source *source)
{
	struct route_number number = {.is_real = false};
	int result = parse_number(text, &number);

	if (result == -ERANGE)
		return refuse_range(source, node);
	if (result == 0) {
		test->kind = ROUTE_TEST_NUMBER;
		test->comparisons[0] = (struct route_comparison){false, true, false, number};
		test->comparison_count = 1;
	} else if (slice_equals(text, SLICE("true")) || slice_equals(text, SLICE("false"))) {
		test->kind = ROUTE_TEST_BOOLEAN;
		test->truth = text.length == sizeof("true") - 1;
	} else {
		test->kind = ROUTE_TEST_TEXT;
		test->text = text;
	}
	return 0;
}

/* With its star, which may stand at the end only. */
static int read_pattern(struct route_test *test, const struct yaml_node *node,
			const struct yaml_source *source)
{
	struct slice text = node->text;
	const char *star = text.length == 0 ? NULL : memchr(text.data, '*', text.length);
	char quote[QUOTE_BYTES];

	test->kind = star == NULL ? ROUTE_TEST_TEXT : ROUTE_TEST_PREFIX;
	test->text = text;
	if (star == NULL)
		return 0;
	test->text.length--;
	if (star == text.data + test->text.length)
		return 0;
	return yaml_source_refuse(
	    source, node,
	    "%s has a * before its end; put it at the end, or write \"= ...\" "
	    "for exactly this text",
	    quote_text(text, quote));
}

int route_test_read(struct route_test *test, const struct yaml_node *node,
		    const struct yaml_source *source)
{
	const struct relation *relation = find_relation(node->text);

	*test = (struct route_test){.kind = ROUTE_TEST_TEXT, .text = SLICE("")};
	if (node->text.length > ROUTE_TEST_BYTES)
		return yaml_source_refuse(source, node, "a text of %zu bytes; accepted are %d",
					  node->text.length, ROUTE_TEST_BYTES);
	if (relation != NULL && is_equality(relation)) {
		if (has_at(node->text, relation->text.length, "<>=!"))
			return refuse_signs(source, node);
		test->negated = !relation->equal;
		return read_operand(test, behind(node->text, relation), node, source);
	}
	if (relation != NULL)
		return read_comparisons(test, node, source);
	if (node->is_bare && slice_equals(node->text, SLICE("present")))
		test->kind = ROUTE_TEST_PRESENT;
	else if (node->is_bare && slice_equals(node->text, SLICE("absent")))
		test->kind = ROUTE_TEST_ABSENT;
	else if (node->is_bare)
		return read_operand(test, node->text, node, source);
	else
		return read_pattern(test, node, source);
	return 0;
}

static bool passes_comparisons(const struct route_test *test, const json_t *value)
{
	if (!json_is_number(value))
		return false;
	for (size_t i = 0; i < test->comparison_count; i++) {
		const struct route_comparison *comparison = &test->comparisons[i];
		int order = route_number_compare(number_of(value), comparison->number);

		if (!(order < 0	  ? comparison->less
		      : order > 0 ? comparison->more
				  : comparison->equal))
			return false;
	}
	return true;
}

/* One value, that is no array; as if the test were not negated. */
static bool passes_one(const struct route_test *test, const json_t *value)
{
	struct slice text = slice_from_bytes(json_string_value(value), json_string_length(value));

	if (test->kind == ROUTE_TEST_TEXT)
		return json_is_string(value) && slice_equals(text, test->text);
	if (test->kind == ROUTE_TEST_PREFIX)
		return json_is_string(value) && slice_starts_with(text, test->text);
	if (test->kind == ROUTE_TEST_BOOLEAN)
		return json_is_boolean(value) && json_is_true(value) == test->truth;
	return passes_comparisons(test, value);
}

bool route_test_passes(const struct route_test *test, const json_t *value)
{
	bool passes = false;

	if (test->kind == ROUTE_TEST_ABSENT || test->kind == ROUTE_TEST_PRESENT)
		return test->kind == ROUTE_TEST_PRESENT;
	if (!json_is_array(value))
		return passes_one(test, value) != test->negated;
	for (size_t i = 0; i < json_array_size(value) && !passes; i++)
		passes = passes_one(test, json_array_get(value, i));
	return passes != test->negated;
}
