/* Either end of a range may belong to it or not. A switch that is to be on is the range of 1. */
#include "advisor/condition.h"

#include "advisor/figure_text.h"

#include <errno.h>
#include <math.h>

struct end {
	const char *name;
	bool is_low;
	bool is_out;
};

static const struct end ends[] = {
    {"from", true, false},
    {"above", true, true},
    {"up-to", false, false},
    {"below", false, true},
};

static int read_end(struct condition *condition, const struct end *end,
		    const struct yaml_node *node, const struct yaml_source *source)
{
	double *limit = end->is_low ? &condition->low : &condition->high;
	bool *is_out = end->is_low ? &condition->low_is_out : &condition->high_is_out;

	if (figure_rows[condition->figure].kind == FIGURE_SWITCH)
		return yaml_source_refuse(source, node, "%s is yes or no; ask with is: yes",
					  figure_rows[condition->figure].name);
	if (!isinf(*limit))
		return yaml_source_refuse(source, node, "a range has two %s ends; leave one out",
					  end->is_low ? "lower" : "upper");
	*is_out = end->is_out;
	return yaml_source_number(source, node, limit);
}

static int read_switch(struct condition *condition, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	bool is_yes = slice_equals(node->text, SLICE("yes"));

	if (figure_rows[condition->figure].kind != FIGURE_SWITCH)
		return yaml_source_refuse(source, node,
					  "%s is a number; ask with from, above, "
					  "up-to or below",
					  figure_rows[condition->figure].name);
	if (node->kind != YAML_NODE_TEXT || (!is_yes && !slice_equals(node->text, SLICE("no"))))
		return yaml_source_refuse(source, node, "is can be yes or no");
	condition->low = is_yes;
	condition->high = is_yes;
	return 0;
}

int condition_read(struct condition *condition, enum figure figure, const struct yaml_node *map,
		   const struct yaml_source *source)
{
	const struct yaml_node *node = yaml_source_member(map, "is");
	int result = 0;

	*condition = (struct condition){.figure = figure, .low = -INFINITY, .high = INFINITY};
	if (node != NULL)
		result = read_switch(condition, node, source);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && result == 0; i++) {
		node = yaml_source_member(map, ends[i].name);
		if (node != NULL)
			result = read_end(condition, &ends[i], node, source);
	}
	if (result == 0 && condition->low > condition->high)
		result = yaml_source_refuse(source, map, "no number is from %g up to %g",
					    condition->low, condition->high);
	return result;
}

enum condition_result condition_check(const struct condition *condition,
				      const struct situation *situation)
{
	double value = situation->values[condition->figure];

	if (isinf(condition->low) && isinf(condition->high))
		return CONDITION_HOLDS;
	if (isnan(value))
		return CONDITION_IS_OPEN;
	if (value < condition->low || (value == condition->low && condition->low_is_out) ||
	    value > condition->high || (value == condition->high && condition->high_is_out))
		return CONDITION_FAILS;
	return CONDITION_HOLDS;
}

static void append_low(struct buffer *buffer, const struct condition *condition,
		       const struct audience *audience)
{
	buffer_append_format(buffer,
			     condition->low_is_out ? audience->translate("above %.10g")
						   : audience->translate("from %.10g"),
			     condition->low);
}

static void append_high(struct buffer *buffer, const struct condition *condition,
			const struct audience *audience)
{
	buffer_append_format(buffer,
			     condition->high_is_out ? audience->translate("below %.10g")
						    : audience->translate("up to %.10g"),
			     condition->high);
}

void condition_append(struct buffer *buffer, const struct condition *condition,
		      const struct audience *audience)
{
	bool has_low = !isinf(condition->low), has_high = !isinf(condition->high);

	if (has_low && figure_rows[condition->figure].kind == FIGURE_SWITCH) {
		figure_text_append(buffer, condition->figure, condition->low, audience);
		return;
	}
	if (has_low)
		append_low(buffer, condition, audience);
	if (has_low && has_high)
		buffer_append_byte(buffer, ' ');
	if (has_high)
		append_high(buffer, condition, audience);
}
