/* A stream's questions to the store, and what it sends of the answers. A question that fails is
 * asked again as it was: the stream keeps how it began until the store has answered.
 *
 * The response's head travels with the first bytes that follow it; until then it waits in the read
 * that the stream begins with. An answer is gathered in the worker's output and sent at once. */
#include "base/clock.h"
#include "server/stream_internal.h"

#include <stdlib.h>

/* Milliseconds to wait after the store failed, and how often that doubles. */
enum { READ_AGAIN = 1000, READ_AGAIN_DOUBLINGS = 4 };

/* One question to the store. */
struct stream_read {
	union {
		struct store_request request;
		struct store_heads heads;
		struct store_replay replay;
	};
	struct store_head head;
	struct stream *stream;
	enum stream_start start;	   /* the stream's, when it asked */
	bool follows_nothing;		   /* the read before it brought nothing */
	struct subscriber_history history; /* since the first of several reads in a row */
	struct buffer prefix;		   /* the response's head, where it was not sent yet */
	char user[INBOX_NAME_BYTES];
};

static void free_read(struct stream_read *read)
{
	store_request_finish(&read->request);
	buffer_finish(&read->prefix);
	free(read);
}

static struct stream_read *create_read(struct stream *stream)
{
	struct stream_read *read = calloc(1, sizeof(*read));
	struct slice user = inbox_name(stream->subscriber.inbox);

	if (read == NULL)
		return NULL;
	read->stream = stream;
	read->start = stream->start;
	subscriber_history_init(&read->history, stream->subscriber.last);
	memcpy(read->user, user.data, user.length);
	return read;
}

/* The floors, from which everything that is kept follows. */
static void ask_heads(struct stream *stream, struct stream_read *read,
		      void (*on_done)(struct mailbox_message *message))
{
	store_request_init(&read->request, STORE_HEADS, &stream_worker(stream)->loop.mailbox,
			   on_done);
	read->head.user = slice_from_bytes(read->user, stream->subscriber.inbox->name_length);
	read->heads.heads = &read->head;
	read->heads.head_count = 1;
	read->heads.want_broadcasts = true;
}

static void ask_replay(struct stream *stream, struct stream_read *read,
		       void (*on_done)(struct mailbox_message *message))
{
	struct worker *worker = stream_worker(stream);

	store_request_init(&read->request, STORE_REPLAY, &worker->loop.mailbox, on_done);
	read->replay.user = slice_from_bytes(read->user, stream->subscriber.inbox->name_length);
	read->replay.after = stream_cursor(stream);
	if (stream->foreign)
		read->replay.after.epoch = ~read->replay.after.epoch;
	if (read->start == START_LIVE)
		return;
	read->replay.limit = (size_t)worker->settings->delivery_replay_changes;
	read->replay.limit_bytes = (size_t)worker->settings->delivery_replay_bytes;
	metrics_add(&worker->metrics, METRIC_REPLAYS, 1);
}

static void on_store(struct mailbox_message *message);

/* At random, because what failed one stream failed many, and longer each time. */
static void read_later(struct stream *stream)
{
	struct worker *worker = stream_worker(stream);
	int64_t delay = (int64_t)READ_AGAIN << stream->failures;
	int64_t jitter = (int64_t)random_below(&worker->random, (uint64_t)delay / 2 + 1);

	if (stream->failures < READ_AGAIN_DOUBLINGS)
		stream->failures++;
	stream_set_timer(stream, delay - jitter);
}

/* Once the delays have grown, a heartbeat goes with each. */
bool stream_retries_soon(const struct stream *stream)
{
	return stream->failures > 0 && stream->failures < READ_AGAIN_DOUBLINGS && !stream->reading;
}

/* Where memory is short the timer tries again. */
static void read_store(struct stream *stream, struct stream_read *read)
{
	struct worker *worker = stream_worker(stream);

	if (read == NULL) {
		read_later(stream);
		return;
	}
	if (read->start == START_ALL)
		ask_heads(stream, read, on_store);
	else
		ask_replay(stream, read, on_store);
	stream->reading = true;
	worker_submit(worker, &read->request);
}

static enum wire_reset reset_reason(const struct store_replay *replay)
{
	if (replay->after.epoch != replay->cursor.epoch)
		return WIRE_RESET_EPOCH;
	if (replay->after.seq > replay->cursor.seq ||
	    replay->after.broadcast_seq > replay->cursor.broadcast_seq)
		return WIRE_RESET_FUTURE;
	return WIRE_RESET_FORGOTTEN;
}

/* What happened before is not told, and counts as known. */
static void start_from(struct stream *stream, const struct cursor *cursor, struct stream_read *read)
{
	stream->subscriber.last[SUBSCRIBER_OWN] = cursor->seq;
	stream->subscriber.last[SUBSCRIBER_BROADCASTS] = cursor->broadcast_seq;
	subscriber_history_init(&read->history, stream->subscriber.last);
}

/* Tells the client to load its list anew. */
static void append_reset(struct stream *stream, enum wire_reset reason,
			 const struct cursor *present)
{
	struct worker *worker = stream_worker(stream);
	size_t start = wire_begin_event(stream_wire(stream), &worker->output);

	stream_wire(stream)->reset(&worker->output, reason);
	wire_end_event(stream_wire(stream), &worker->output, start, present);
	metrics_add(&worker->metrics, METRIC_RESETS, 1);
}

static void take_replay(struct stream *stream, struct stream_read *read)
{
	const struct store_replay *replay = &read->replay;
	struct hub *hub = &stream_worker(stream)->hub;
	struct inbox *inbox = stream->subscriber.inbox;
	struct subscriber_replay changes = {
	    .changes = {{replay->changes, replay->broadcasts},
			{replay->change_count, replay->broadcast_count}},
	    .more = replay->more,
	    .heads = {replay->cursor.seq, replay->cursor.broadcast_seq},
	    .history = &read->history,
	};
	int64_t known[SUBSCRIBER_STREAMS];

	if (replay->request.epoch == hub->epoch) {
		hub_learn(inbox, replay->cursor.seq, &replay->counts);
		hub_learn_broadcast_head(hub, replay->cursor.broadcast_seq);
	}
	known[SUBSCRIBER_OWN] = inbox->head;
	known[SUBSCRIBER_BROADCASTS] = hub->broadcast_offered;
	stream->start = START_AFTER;
	stream->foreign = false;
	if (read->start == START_LIVE) {
		start_from(stream, &replay->cursor, read);
		changes.more = false;
	} else if (replay->reset) {
		start_from(stream, &replay->cursor, read);
		append_reset(stream, reset_reason(replay), &replay->cursor);
	}
	subscriber_replay(&stream->subscriber, &changes, known);
}

/* Begins behind what retention has forgotten. */
static void take_floors(struct stream *stream, struct stream_read *read)
{
	struct cursor floors = {.seq = read->head.floor,
				.broadcast_seq = read->heads.everyone.floor};

	start_from(stream, &floors, read);
	stream->start = START_AFTER;
	stream_read(&stream->subscriber);
}

/* Gathers what there is to send; stream_read() then only says that more is to be read. */
static void take_answer(struct stream *stream, struct stream_read *read)
{
	buffer_append(&stream_worker(stream)->output, buffer_slice(&read->prefix));
	stream->gathering = true;
	stream->again = false;
	if (read->request.result < 0) {
		read_later(stream);
	} else if (read->start == START_ALL) {
		take_floors(stream, read);
	} else {
		take_replay(stream, read);
	}
	stream->gathering = false;
}

static bool brought_nothing(const struct stream *stream, const struct stream_read *read)
{
	struct cursor reached = stream_cursor(stream);

	return read->start == START_AFTER && !read->replay.more &&
	       read->replay.after.seq == reached.seq &&
	       read->replay.after.broadcast_seq == reached.broadcast_seq;
}

/* The next read of several in a row. A snapshot may be older than the hint that led to it, but not
 * twice: then the store itself is behind what it said before (a restored database, a replica that
 * took over), and asking at once would not end. */
static void read_on(struct stream *stream, const struct stream_read *before)
{
	bool nothing = brought_nothing(stream, before);
	struct stream_read *next;

	stream->again = false;
	if (nothing && before->follows_nothing) {
		read_later(stream);
		return;
	}
	next = create_read(stream);
	if (next != NULL) {
		next->history = before->history;
		next->follows_nothing = nothing;
	}
	read_store(stream, next);
}

static void on_store(struct mailbox_message *message)
{
	struct stream_read *read = (struct stream_read *)store_request_of(message);
	struct stream *stream = read->stream;

	stream->reading = false;
	if (stream->closed) {
		free_read(read);
		free(stream);
		return;
	}
	if (!stream_is_open(stream)) {
		free_read(read);
		return;
	}
	take_answer(stream, read);
	stream_send_output(stream);
	if (!stream_is_open(stream)) {
		free_read(read);
		return;
	}
	if (stream->again)
		read_on(stream, read);
	else if (read->request.result == 0)
		stream->failures = 0;
	free_read(read);
	if (!connection_is_full(stream->connection))
		subscriber_drained(&stream->subscriber);
}

void stream_read(struct subscriber *subscriber)
{
	struct stream *stream = CONTAINER_OF(subscriber, struct stream, subscriber);

	if (stream->gathering)
		stream->again = true;
	else if (!stream->reading) /* else its answer leads to another read where that is needed */
		read_store(stream, create_read(stream));
}

void stream_read_first(struct stream *stream, struct buffer *prefix)
{
	struct stream_read *read = buffer_failed(prefix) ? NULL : create_read(stream);

	if (read == NULL) {
		buffer_finish(prefix);
		connection_close(stream->connection);
		return;
	}
	read->prefix = *prefix;
	read_store(stream, read);
}
