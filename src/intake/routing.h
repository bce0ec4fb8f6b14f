/* Where messages go: the first rule of the settings that holds decides; without any, a message goes
 * where it says itself.
 *
 * The rules are checked as a whole when they are made, are never changed afterwards, and may be
 * asked by any thread. NULL stands for no rules everywhere. */
#ifndef ALLIM_INTAKE_ROUTING_H
#define ALLIM_INTAKE_ROUTING_H

#include "config/configuration.h"
#include "intake/route_rule.h"

struct routing;

/* Reads the rules of settings that must outlive it. Returns 0, or -ENOMEM or -EINVAL with one line
 * that says where, what and what is accepted; `ret_routing` is untouched then. */
int routing_create(const struct settings_rules *rules, struct routing **ret_routing,
		   struct error *error);

void routing_destroy(struct routing *routing);

/* Makes the rules of a configuration and leaves them with it, so that both are taken over and freed
 * together. Before other threads have it. Returns like routing_create(). */
int routing_attach(struct configuration *configuration, struct error *error);

struct routing_decision {
	const struct route_rule *rule; /* that decides; NULL: none does */
	json_t *to;	    /* the recipients that it gives, the caller's to release; NULL: none */
	int64_t expires_at; /* what it gives; 0: none */
};

/* Decides about a message at the time `now`. Returns 0, -ENOMEM, or -EINVAL with a sentence where
 * the rule takes the recipients from something that the message lacks; `ret_decision` then has the
 * rule alone. */
int routing_apply(const struct routing *routing, const json_t *message, int64_t now,
		  struct routing_decision *ret_decision, struct error *error);

/* Says which rule decides and why those before it do not:
 *
 *	{"rule": "vip", "passed_over": [{"rule": "big-orders", "because": [
 *		{"path": "data.amount", "must_be": ">= 1000", "is": 900}]}]}
 *
 * `rule` is null where none decides; `must_not_be` stands instead of `must_be` for what `unless`
 * says; `is` is absent where the message has nothing there. The caller's to release; NULL where
 * memory is short. */
json_t *routing_explain(const struct routing *routing, const json_t *message);

#endif
