/* One rule of routing: which messages it is for, and what becomes of them.
 *
 * A rule is read from a node of the settings, to whose texts it points, and lives in the source's
 * arena. It is never changed; any thread may ask it. Messages are JSON objects as publishers send
 * them. */
#ifndef ALLIM_INTAKE_ROUTE_RULE_H
#define ALLIM_INTAKE_ROUTE_RULE_H

#include "core/notification.h"
#include "intake/route_target.h"
#include "intake/route_test.h"

enum {
	ROUTE_RULE_NAME_BYTES = 64,
	ROUTE_RULE_CONDITIONS = 16, /* of `when` and `unless` together */
	ROUTE_RULE_TESTS = 100	    /* of one condition */
};

/* Holds where one of its tests passes. */
struct route_condition {
	struct route_path path;
	bool is_exception; /* stands in `unless` */
	bool holds_absent; /* what holds where the message has nothing there */
	const struct route_test *tests;
	size_t test_count;
	struct slice wanted; /* as the settings say it, on one line */
};

struct route_rule {
	struct slice name;
	const struct route_condition *conditions;
	size_t condition_count;
	bool has_target;
	struct route_target target;
	bool has_priority;
	enum notification_priority priority;
	int64_t expires_in; /* microseconds; 0: as the message says */
	bool drops;
};

/* Returns 0 or a negative errno value with the source's error set. */
int route_rule_read(struct route_rule *rule, const struct yaml_node *node,
		    const struct yaml_source *source);

/* Whether the condition lets the message pass: it holds, or as an exception it does not. */
bool route_rule_allows(const struct route_condition *condition, const json_t *message);

/* Whether all conditions let it pass. */
bool route_rule_holds(const struct route_rule *rule, const json_t *message);

#endif
