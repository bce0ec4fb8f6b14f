/* What a rule asks of a figure: whether it is in a range, or a switch is on or off. */
#ifndef ALLIM_ADVISOR_CONDITION_H
#define ALLIM_ADVISOR_CONDITION_H

#include "advisor/audience.h"
#include "advisor/situation.h"
#include "base/buffer.h"
#include "yaml/yaml_source.h"

struct condition {
	enum figure figure;
	double low; /* -INFINITY: there is none */
	double high;
	bool low_is_out;  /* `above` rather than `from` */
	bool high_is_out; /* `below` rather than `up-to` */
};

enum condition_result { CONDITION_FAILS, CONDITION_HOLDS, CONDITION_IS_OPEN };

/* The members of a map that say a condition. */
#define CONDITION_MEMBERS "from", "above", "up-to", "below", "is"

/* Reads it from a map, which may have further members. Without any of CONDITION_MEMBERS it always
 * holds. Returns 0, -EINVAL or -ENOMEM. */
int condition_read(struct condition *condition, enum figure figure, const struct yaml_node *map,
		   const struct yaml_source *source);

/* Where the figure is unknown it is open, unless the condition always holds. */
enum condition_result condition_check(const struct condition *condition,
				      const struct situation *situation);

/* "below 500", "from 1000 up to 10000", "above 20", "yes"; nothing where it always holds. */
void condition_append(struct buffer *buffer, const struct condition *condition,
		      const struct audience *audience);

#endif
