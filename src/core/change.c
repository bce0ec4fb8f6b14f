/* Two rising lists become one in the order of time. */
#include "core/change.h"

bool change_is_repeated(const struct change *change, const struct change_merge *whole)
{
	if (change->kind != CHANGE_ROW || !change->notification.to_everyone ||
	    change->notification.first_seq != 0)
		return false;
	for (size_t i = 0; i < whole->counts[1]; i++) {
		if (whole->changes[1][i].notification.id == change->notification.id)
			return true;
	}
	return false;
}

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
