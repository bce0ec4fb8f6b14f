/* A rule of the guide: it asks figures one after the other, and votes for methods.
 *
 * Rules are data. They live in the arena and the tree that they are read from, and never change. */
#ifndef ALLIM_ADVISOR_RULE_H
#define ALLIM_ADVISOR_RULE_H

#include "advisor/advisor_method.h"
#include "advisor/advisor_text.h"
#include "advisor/condition.h"

/* How many questions may follow one another. */
enum { RULE_DEPTH = 4 };

struct rule_question;

struct rule_branch {
	struct condition condition;
	const struct rule_question *question; /* that follows; NULL: it votes */
	unsigned votes;			      /* bits, by enum advisor_method */
	struct advisor_text reason;	      /* of a vote */
};

/* The first branch whose condition holds is taken. */
struct rule_question {
	enum figure figure;
	struct rule_branch *branches;
	size_t branch_count;
};

struct rule {
	struct slice name;
	struct advisor_text title; /* the name, where the file has no other */
	struct slice section;	   /* of the guide */
	const struct rule_question *question;
};

struct rule_vote {
	unsigned methods; /* bits; 0: it does not vote, since a figure is unknown */
	enum figure open; /* that one */
	const struct rule_branch *path[RULE_DEPTH];
	size_t length; /* of the path; its last branch votes */
};

/* Reads a named map with the members title, section, asks and branches; it may have no title.
 * Returns 0, -EINVAL or -ENOMEM. */
int rule_read(struct rule *rule, const struct yaml_node *node, const struct yaml_source *source);

void rule_vote(const struct rule *rule, const struct situation *situation,
	       struct rule_vote *ret_vote);

#endif
