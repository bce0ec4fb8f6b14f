/* The most that the guide has in its scenarios A and B, and the least of C. */
#include "cli/team.h"

#include <errno.h>

static const struct {
	const char *name;
	double developers;
} teams[] = {{"small", 2}, {"medium", 5}, {"large", 10}};

int team_find(struct slice name, double *ret_developers)
{
	for (size_t i = 0; i < sizeof(teams) / sizeof(teams[0]); i++) {
		if (!slice_equals(name, slice_from_string(teams[i].name)))
			continue;
		*ret_developers = teams[i].developers;
		return 0;
	}
	return -ENOENT;
}
