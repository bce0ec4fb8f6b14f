/* The last branch of a question always holds, so that a rule has an answer to everything that is
 * known; reading refuses another one. */
#include "advisor/rule.h"

#include "advisor/method_list.h"
#include "base/quote.h"

#include <errno.h>
#include <math.h>

static int read_question(const struct rule_question **ret_question, const struct yaml_node *node,
			 unsigned depth, const struct yaml_source *source);

static int read_votes(struct rule_branch *branch, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	const struct yaml_node *votes, *reason = NULL;
	int result = yaml_source_need(source, node, "votes", &votes);

	if (result == 0)
		result = method_list_read(&branch->votes, votes, source);
	if (result == 0)
		result = yaml_source_need(source, node, "reason", &reason);
	return result < 0 ? result : advisor_text_read(&branch->reason, reason, source);
}

static int read_branch(struct rule_branch *branch, enum figure figure, const struct yaml_node *node,
		       unsigned depth, const struct yaml_source *source)
{
	static const char *const members[] = {CONDITION_MEMBERS, "asks",   "branches",
					      "votes",		 "reason", NULL};
	int result = yaml_source_check_map(source, node, "a branch", members);

	*branch = (struct rule_branch){.question = NULL};
	if (result == 0)
		result = condition_read(&branch->condition, figure, node, source);
	if (result < 0)
		return result;
	return yaml_source_member(node, "asks") == NULL
		   ? read_votes(branch, node, source)
		   : read_question(&branch->question, node, depth + 1, source);
}

static int check_last(const struct rule_question *question, const struct yaml_node *branches,
		      const struct yaml_source *source)
{
	const struct condition *last = &question->branches[question->branch_count - 1].condition;

	return isinf(last->low) && isinf(last->high)
		   ? 0
		   : yaml_source_refuse(source, branches,
					"the last branch has a condition; leave it out, so that "
					"every value of %s is answered",
					figure_rows[question->figure].name);
}

static int read_branches(struct rule_question *question, const struct yaml_node *branches,
			 unsigned depth, const struct yaml_source *source)
{
	int result = 0;

	if (branches->kind != YAML_NODE_LIST || branches->count == 0)
		return yaml_source_refuse(source, branches, "branches is a list");
	question->branches =
	    arena_allocate_array(source->arena, branches->count, sizeof(*question->branches));
	if (question->branches == NULL)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = branches->first; node != NULL && result == 0;
	     node = node->next)
		result = read_branch(&question->branches[question->branch_count++],
				     question->figure, node, depth, source);
	return result < 0 ? result : check_last(question, branches, source);
}

/* Of the members asks and branches. */
static int read_question(const struct rule_question **ret_question, const struct yaml_node *node,
			 unsigned depth, const struct yaml_source *source)
{
	struct rule_question *question = arena_allocate_array(source->arena, 1, sizeof(*question));
	const struct yaml_node *asks, *branches;
	char quote[QUOTE_BYTES];
	int result;

	if (question == NULL)
		return yaml_source_memory(source);
	if (depth == RULE_DEPTH)
		return yaml_source_refuse(source, node, "more than %d questions follow one another",
					  RULE_DEPTH);
	result = yaml_source_need(source, node, "asks", &asks);
	if (result == 0)
		result = yaml_source_need(source, node, "branches", &branches);
	if (result < 0)
		return result;
	if (figure_find(asks->text, &question->figure) < 0)
		return yaml_source_refuse(source, asks, "%s is no figure",
					  quote_text(asks->text, quote));
	*ret_question = question;
	return read_branches(question, branches, depth, source);
}

static int read_title(struct rule *rule, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	const struct yaml_node *title = yaml_source_member(node, "title");

	for (int i = 0; i < ADVISOR_LANGUAGES; i++)
		rule->title.languages[i] = node->name;
	return title == NULL ? 0 : advisor_text_read(&rule->title, title, source);
}

int rule_read(struct rule *rule, const struct yaml_node *node, const struct yaml_source *source)
{
	static const char *const members[] = {"title", "section", "asks", "branches", NULL};
	const struct yaml_node *section;
	int result = yaml_source_check_map(source, node, "a rule", members);

	if (result == 0)
		result = yaml_source_need(source, node, "section", &section);
	if (result < 0)
		return result;
	rule->name = node->name;
	rule->section = section->text;
	result = read_title(rule, node, source);
	return result < 0 ? result : read_question(&rule->question, node, 0, source);
}

/* NULL: the figure is unknown, and a condition asks for it. */
static const struct rule_branch *take_branch(const struct rule_question *question,
					     const struct situation *situation)
{
	for (size_t i = 0; i < question->branch_count; i++) {
		const struct rule_branch *branch = &question->branches[i];
		enum condition_result result = condition_check(&branch->condition, situation);

		if (result != CONDITION_FAILS)
			return result == CONDITION_HOLDS ? branch : NULL;
	}
	return NULL;
}

void rule_vote(const struct rule *rule, const struct situation *situation,
	       struct rule_vote *ret_vote)
{
	const struct rule_question *question = rule->question;

	*ret_vote = (struct rule_vote){.methods = 0};
	while (question != NULL) {
		const struct rule_branch *branch = take_branch(question, situation);

		ret_vote->open = question->figure;
		if (branch == NULL)
			return;
		ret_vote->path[ret_vote->length++] = branch;
		ret_vote->methods = branch->votes;
		question = branch->question;
	}
}
