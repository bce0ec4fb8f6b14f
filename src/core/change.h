/* One step of an inbox: what raised its head from seq - 1 to seq.
 *
 * A change reaches a connection live, from a hint, or as a replay, from the store; both carry this
 * structure, and every wire encodes it. */
#ifndef ALLIM_CORE_CHANGE_H
#define ALLIM_CORE_CHANGE_H

#include "core/notification.h"

enum change_kind {
	CHANGE_ROW, /* one notification came or changed */
	CHANGE_ALL, /* everything before `seq` was marked: one seq for the whole inbox */
};

struct change {
	enum change_kind kind;
	int64_t seq;
	struct notification notification; /* CHANGE_ROW */
	enum notification_state state;	  /* CHANGE_ALL: what everything was marked as, */
	int64_t marked_at;		  /* when, */
	int64_t marked_broadcasts;	  /* and up to which broadcast, by id */
};

/* When it happened, in microseconds. */
static inline int64_t change_time(const struct change *change)
{
	return change->kind == CHANGE_ROW ? change->notification.changed_at : change->marked_at;
}

/* True for a withdrawn notification that a client with everything up to `last` of this stream never
 * had, and for a user's state of a withdrawn broadcast: the client would have nothing to do. A
 * broadcast itself may have come by the user's own stream before, as such a state. */
static inline bool change_is_moot(const struct change *change, int64_t last)
{
	int64_t first = change->notification.first_seq;

	return change->kind == CHANGE_ROW && change->notification.withdrawn_at != 0 &&
	       (first == 0 || (first > last && !change->notification.to_everyone));
}

/* What is left of two lists of changes: a user's own and the broadcasts. */
struct change_merge {
	const struct change *changes[2];
	size_t counts[2];
};

/* True for a user's state of a broadcast that is among the broadcasts as well: both lists are of
 * one snapshot, so that row says all of it. `whole` is what there was at first. */
bool change_is_repeated(const struct change *change, const struct change_merge *whole);

/* Takes the change that happened first, and tells from which list; NULL when both are at their end.
 * The order within a list is kept whatever the times say. */
const struct change *change_merge_next(struct change_merge *merge, int *ret_list);

/* What a user's badge is computed from. A broadcast is unread for a user unless it was marked one
 * by one (`broadcasts_handled` counts those) or by "all" up to `broadcasts_marked`. */
struct inbox_counts {
	/* The user's own notifications. */
	int64_t unread;
	/* The id of the last broadcast that "all read" or "all archived" covers. */
	int64_t broadcasts_marked;
	/* Live broadcasts beyond it that were read or archived singly. */
	int64_t broadcasts_handled;
};

#endif
