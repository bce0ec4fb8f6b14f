/* How a client receives: what bytes an inbox becomes. Two kinds.
 *
 * A holding wire (SSE, WebSocket) keeps its connection and gets each change as it happens. The
 * bytes of a change are the same for every connection and are made once; only its end, which tells
 * the client its cursor, is each connection's own. An answering wire (polling) gets one answer and
 * ends.
 *
 * No I/O here: wires append to buffers. A row of wire_table names each. */
#ifndef ALLIM_WIRE_WIRE_H
#define ALLIM_WIRE_WIRE_H

#include "base/buffer.h"
#include "core/change.h"
#include "core/cursor.h"
#include "protocol/websocket_deflate.h"

/* Why a cursor is void; resets.def says what each means. */
enum wire_reset {
#define RESET(name, word, meaning) WIRE_RESET_##name,
#include "core/resets.def"
#undef RESET
	WIRE_RESETS
};

/* Why a held connection is ended; goodbyes.def says what each means. */
enum wire_goodbye {
#define GOODBYE(name, word, close, meaning) WIRE_GOODBYE_##name,
#include "core/goodbyes.def"
#undef GOODBYE
	WIRE_GOODBYES
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
	const char *content_type; /* of its answers; NULL: it has left HTTP */

	/* Holding wires only; the others have NULL. An event is one of change, count and reset,
	 * between wire_begin_event() and wire_end_event(). */
	size_t head_bytes; /* what stays free before an event, for what is known at its end */
	void (*begin)(struct buffer *out, int64_t retry_milliseconds);
	/* `is_new`: the client never had this notification. `unread`: its user's count afterwards,
	 * or -1 where that is not known. */
	void (*change)(struct buffer *out, const struct change *change, bool is_new,
		       int64_t unread);
	void (*count)(struct buffer *out, int64_t unread);
	void (*reset)(struct buffer *out, enum wire_reset reason);
	/* Makes of the event that begins at `start`, before its end, what all connections get; NULL
	 * where it is that already. */
	void (*share)(struct buffer *out, size_t start, struct websocket_deflate *codec);
	/* Ends the event that begins at `start` with the cursor after it. Returns how many of the
	 * head_bytes before it are not needed; they are not to be sent. */
	size_t (*end)(struct buffer *out, size_t start, const struct cursor *cursor);
	/* What keeps an idle connection alive; `head` is the newest that the worker knows of. */
	void (*heartbeat)(struct buffer *out, const struct cursor *head);
	/* The last that a client hears, and when it may come again. */
	void (*goodbye)(struct buffer *out, enum wire_goodbye reason, int64_t retry_milliseconds);

	/* Answering wires only: the body. */
	void (*answer)(struct buffer *out, const struct wire_answer *answer);
};

extern const struct wire_ops poll_wire_ops;
extern const struct wire_ops sse_wire_ops;
extern const struct wire_ops websocket_wire_ops;
extern const struct wire_ops websocket_deflate_wire_ops;

enum { WIRES = 4 };

/* All wires, ended by NULL. */
extern const struct wire_ops *const wire_table[WIRES + 1];

/* The row of a wire in the table. */
size_t wire_index(const struct wire_ops *ops);

/* The wire with that name, or NULL. */
const struct wire_ops *wire_find(struct slice name);

/* Begins an event of a holding wire, and returns where. */
size_t wire_begin_event(const struct wire_ops *ops, struct buffer *out);

/* Ends the event that begins at `start`, and closes the gap that the wire may have left. */
void wire_end_event(const struct wire_ops *ops, struct buffer *out, size_t start,
		    const struct cursor *cursor);

#endif
