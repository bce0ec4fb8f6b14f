/* How a client receives: what bytes an inbox becomes. Two kinds.
 *
 * A holding wire (SSE) keeps its connection and gets each change as it happens. The bytes of a
 * change are the same for every connection and are made once; only the mark behind them, which
 * tells the client its cursor, is each connection's own. An answering wire (polling) gets one
 * answer and ends.
 *
 * No I/O here: wires append to buffers. A row of wire_table names each. */
#ifndef ALLIM_WIRE_WIRE_H
#define ALLIM_WIRE_WIRE_H

#include "base/buffer.h"
#include "core/change.h"
#include "core/cursor.h"

/* Why a cursor is void; resets.def says what each means. */
enum wire_reset {
#define RESET(name, word, meaning) WIRE_RESET_##name,
#include "core/resets.def"
#undef RESET
	WIRE_RESETS
};

/* What an answering wire is given: a part of the inbox from one snapshot. */
struct wire_answer {
	const struct notification *notifications; /* newest first */
	size_t notification_count;
	const struct change *changes; /* or changes, oldest first */
	size_t change_count;
	bool is_replay; /* changes rather than a list */
	bool reset;
	bool more;
	int64_t unread;
	struct cursor cursor;
};

struct wire_ops {
	const char *name;
	const char *content_type;

	/* Holding wires only; the others have NULL. */
	void (*begin)(struct buffer *out, int64_t retry_milliseconds);
	/* `is_new`: the client never had this notification. `unread`: its user's count afterwards,
	 * or -1 where that is not known. */
	void (*change)(struct buffer *out, const struct change *change, bool is_new,
		       int64_t unread);
	void (*count)(struct buffer *out, int64_t unread);
	void (*reset)(struct buffer *out, enum wire_reset reason);
	/* Ends a change, a count or a reset with the cursor after it. */
	void (*mark)(struct buffer *out, const struct cursor *cursor);
	/* What keeps an idle connection alive. */
	struct slice heartbeat;

	/* Answering wires only: the body. */
	void (*answer)(struct buffer *out, const struct wire_answer *answer);
};

extern const struct wire_ops poll_wire_ops;
extern const struct wire_ops sse_wire_ops;

/* All wires, ended by NULL. */
extern const struct wire_ops *const wire_table[];

/* The row of a wire in the table. */
size_t wire_index(const struct wire_ops *ops);

/* The wire with that name, or NULL. */
const struct wire_ops *wire_find(struct slice name);

#endif
