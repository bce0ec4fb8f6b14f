/* Two rising lists become one in the order of time. */
#include "core/change.h"

const struct change *change_merge_next(struct change_merge *merge, int *ret_list)
{
	const struct change *first = merge->counts[0] > 0 ? merge->changes[0] : NULL;
	const struct change *second = merge->counts[1] > 0 ? merge->changes[1] : NULL;
	int list;

	if (first == NULL && second == NULL)
		return NULL;
	if (first == NULL || second == NULL)
		list = first == NULL;
	else
		list = change_time(second) < change_time(first);
	*ret_list = list;
	merge->counts[list]--;
	return merge->changes[list]++;
}
