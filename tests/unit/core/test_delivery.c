/* The rule of delivery under faults: subscriber.c and hub.c between a model of the store and a
 * model of sockets, driven by a seed.
 *
 * Hints are lost, doubled, delayed, put in another order and sent by a store of before; sockets are
 * full, break, and lose what they hold; reads are answered late and cut short; a sweep tells of
 * heads. A client checks all that reaches it: each change once and in order, a cursor that only
 * rises and that never covers a change which the client has not had. At the end everything has
 * arrived.
 *
 * ALLIM_SEED=n repeats one run. */
#include "core/hub.h"

#include "base/random.h"
#include "lib/assertions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EPOCH = 7,
	USERS = 3,
	EVERYONE = USERS,
	INBOXES,
	CLIENTS = 6,
	ROWS = 40,
	SOCKET = 4,
	HINTS = 32,
	STEPS = 4000,
	RUNS = 40,
};

static const char *const user_names[INBOXES] = {"anna", "minjun", "sofia", ""};

/* What the store has: of each inbox the rows, each at the seq of its last change. */
struct model_inbox {
	int64_t head;
	size_t count;
	struct change rows[ROWS]; /* the notification's id is 1 + the row's place, for marks too */
};

/* What the store answers: a snapshot of when it was asked or later. */
struct answer {
	struct change changes[SUBSCRIBER_STREAMS][ROWS];
	size_t counts[SUBSCRIBER_STREAMS];
	int64_t heads[SUBSCRIBER_STREAMS];
	bool more;
};

enum read_state { READ_NONE, READ_ASKED, READ_TAKEN };

struct frame {
	struct change change; /* with seq 0: none, only a cursor */
	enum subscriber_stream stream;
	bool is_new;
	struct cursor cursor;
};

struct simulation;

struct client {
	struct subscriber subscriber;
	struct simulation *simulation;
	int user;
	bool connected;
	bool broken; /* the connection has ended; nobody has noticed yet */
	enum read_state reading;
	struct answer answer;
	struct frame frames[SOCKET]; /* on their way to the client */
	size_t frame_count;
	/* What the client knows. */
	struct cursor cursor;
	int64_t delivered[SUBSCRIBER_STREAMS][ROWS]; /* the seq at which each row came last */
};

struct simulation {
	struct random random;
	int64_t now;
	struct hub hub;
	struct model_inbox inboxes[INBOXES];
	struct client clients[CLIENTS];
	struct hint hints[HINTS]; /* on their way to the worker */
	size_t hint_count;
	bool quiet; /* no faults any more */
	/* What happened, so that a run that tests nothing is noticed. */
	unsigned deliveries, cut, full, breaks, lost;
};

static bool chance(struct simulation *simulation, unsigned percent)
{
	return random_below(&simulation->random, 100) < percent;
}

static size_t pick(struct simulation *simulation, size_t count)
{
	return (size_t)random_below(&simulation->random, count);
}

static struct client *client_of(struct subscriber *subscriber)
{
	return CONTAINER_OF(subscriber, struct client, subscriber);
}

static int inbox_of(const struct client *client, enum subscriber_stream stream)
{
	return stream == SUBSCRIBER_OWN ? client->user : EVERYONE;
}

/* All that the store has up to the cursor has been delivered as it is, except what is moot. */
static void check_covered(const struct client *client, const struct cursor *cursor)
{
	const int64_t seqs[] = {cursor->seq, cursor->broadcast_seq};

	for (int stream = 0; stream < SUBSCRIBER_STREAMS; stream++) {
		const struct model_inbox *inbox =
		    &client->simulation->inboxes[inbox_of(client, (enum subscriber_stream)stream)];

		assert_true(seqs[stream] <= inbox->head);
		for (size_t i = 0; i < inbox->count; i++) {
			const struct change *row = &inbox->rows[i];
			int64_t delivered = client->delivered[stream][i];
			bool had = delivered != 0 && row->notification.first_seq != 0;

			if (row->seq <= seqs[stream] &&
			    (had || row->notification.withdrawn_at == 0))
				assert_int_equal(delivered, row->seq);
		}
	}
}

static void take_change(struct client *client, const struct frame *frame)
{
	const struct change *change = &frame->change;
	const struct notification *notification = &change->notification;
	int64_t *delivered = &client->delivered[frame->stream][notification->id - 1];

	assert_true(change->seq > (frame->stream == SUBSCRIBER_OWN ? client->cursor.seq
								   : client->cursor.broadcast_seq));
	assert_int_equal(change->seq, frame->stream == SUBSCRIBER_OWN
					  ? frame->cursor.seq
					  : frame->cursor.broadcast_seq);
	/* A cut replay may pass something new for a change, but nothing comes as new twice. */
	if (frame->is_new)
		assert_true(change->kind == CHANGE_ROW && *delivered == 0 &&
			    notification->first_seq != 0 && notification->withdrawn_at == 0);
	*delivered = change->seq;
	client->simulation->deliveries++;
}

static void take_frame(struct client *client)
{
	struct frame frame = client->frames[0];

	client->frame_count--;
	memmove(client->frames, client->frames + 1, client->frame_count * sizeof(frame));
	if (frame.change.seq != 0)
		take_change(client, &frame);
	assert_true(frame.cursor.epoch == EPOCH);
	assert_true(frame.cursor.seq >= client->cursor.seq);
	assert_true(frame.cursor.broadcast_seq >= client->cursor.broadcast_seq);
	client->cursor = frame.cursor;
	check_covered(client, &frame.cursor);
}

static void put_frame(struct client *client, struct frame frame)
{
	frame.cursor = subscriber_cursor(&client->subscriber, EPOCH);
	client->frames[client->frame_count++] = frame;
}

static int on_send(struct subscriber *subscriber, const struct change *change, bool is_new)
{
	struct client *client = client_of(subscriber);
	struct frame frame = {.change = *change, .is_new = is_new};

	if (client->broken)
		return -EPIPE;
	if (client->frame_count == SOCKET) {
		client->simulation->full++;
		return -EAGAIN;
	}
	frame.stream = change->notification.to_everyone ? SUBSCRIBER_BROADCASTS : SUBSCRIBER_OWN;
	put_frame(client, frame);
	return 0;
}

static void on_read(struct subscriber *subscriber)
{
	struct client *client = client_of(subscriber);

	assert_int_equal(subscriber->state, SUBSCRIBER_READING);
	assert_int_equal(client->reading, READ_NONE);
	client->reading = READ_ASKED;
}

static void on_live(struct subscriber *subscriber)
{
	struct client *client = client_of(subscriber);

	assert_int_equal(subscriber->state, SUBSCRIBER_LIVE);
	if (!client->broken && client->frame_count < SOCKET)
		put_frame(client, (struct frame){.is_new = false});
}

static const struct subscriber_ops ops = {.send = on_send, .read = on_read, .live = on_live};

static void connect_client(struct client *client)
{
	struct simulation *simulation = client->simulation;
	struct inbox *inbox = hub_open(
	    &simulation->hub, slice_from_string(user_names[client->user]), simulation->now);
	struct cursor present;

	client->connected = true;
	subscriber_init(&client->subscriber, &ops, client->cursor.seq,
			client->cursor.broadcast_seq);
	hub_subscribe(&simulation->hub, inbox, &client->subscriber);
	if (hub_cursor(&simulation->hub, inbox, &present) &&
	    cursor_equals(&present, &client->cursor)) {
		struct subscriber_replay nothing = {.heads = {present.seq, present.broadcast_seq}};

		subscriber_replay(&client->subscriber, &nothing, nothing.heads);
	} else {
		on_read(&client->subscriber);
	}
}

static void disconnect_client(struct client *client)
{
	struct simulation *simulation = client->simulation;

	subscriber_end(&client->subscriber);
	hub_unsubscribe(&simulation->hub, &client->subscriber, simulation->now);
	client->connected = false;
	client->broken = false;
	client->reading = READ_NONE;
	client->frame_count = 0;
	simulation->breaks++;
}

static int compare_seqs(const void *a, const void *b)
{
	const struct change *first = a, *second = b;

	return first->seq < second->seq ? -1 : first->seq > second->seq;
}

static void take_snapshot(struct client *client)
{
	struct simulation *simulation = client->simulation;
	struct answer *answer = &client->answer;

	*answer = (struct answer){.more = false};
	for (int stream = 0; stream < SUBSCRIBER_STREAMS; stream++) {
		const struct model_inbox *inbox =
		    &simulation->inboxes[inbox_of(client, (enum subscriber_stream)stream)];
		size_t *count = &answer->counts[stream];

		for (size_t i = 0; i < inbox->count; i++) {
			if (inbox->rows[i].seq > client->subscriber.last[stream])
				answer->changes[stream][(*count)++] = inbox->rows[i];
		}
		qsort(answer->changes[stream], *count, sizeof(struct change), compare_seqs);
		answer->heads[stream] = inbox->head;
	}
	/* A limit leaves a beginning of each, and at least one change. */
	if (answer->counts[0] + answer->counts[1] > 1 && chance(simulation, 40)) {
		int stream = answer->counts[0] == 0;

		answer->counts[stream] = 1 + pick(simulation, answer->counts[stream]);
		answer->counts[1 - stream] = pick(simulation, answer->counts[1 - stream] + 1);
		answer->more = true;
		simulation->cut++;
	}
	client->reading = READ_TAKEN;
}

/* As the server does it. */
static void deliver_answer(struct client *client)
{
	struct answer answer = client->answer;
	struct hub *hub = &client->simulation->hub;
	struct inbox *inbox = client->subscriber.inbox;
	struct inbox_counts counts = {0};
	struct subscriber_replay replay = {
	    .changes = {{answer.changes[0], answer.changes[1]},
			{answer.counts[0], answer.counts[1]}},
	    .more = answer.more,
	    .heads = {answer.heads[0], answer.heads[1]},
	};
	int64_t known[SUBSCRIBER_STREAMS];

	client->reading = READ_NONE;
	hub_learn(inbox, answer.heads[0], &counts);
	hub_learn_broadcast_head(hub, answer.heads[1]);
	known[0] = inbox->head;
	known[1] = hub->broadcast_offered;
	subscriber_replay(&client->subscriber, &replay, known);
}

static void add_hint(struct simulation *simulation, struct hint hint)
{
	if (simulation->hint_count < HINTS)
		simulation->hints[simulation->hint_count++] = hint;
	else
		simulation->lost++;
}

static void change_inbox(struct simulation *simulation, int number)
{
	struct model_inbox *inbox = &simulation->inboxes[number];
	bool grows = inbox->count == 0 || (inbox->count < ROWS && chance(simulation, 50));
	size_t place = grows ? inbox->count++ : pick(simulation, inbox->count);
	struct change *row = &inbox->rows[place];
	struct notification *notification = &row->notification;

	inbox->head++;
	if (grows) {
		/* Some are marks of everything, some a user's state of a broadcast. */
		bool is_state = number != EVERYONE && chance(simulation, 20);

		row->kind = number != EVERYONE && chance(simulation, 10) ? CHANGE_ALL : CHANGE_ROW;
		notification->id = (int64_t)place + 1;
		notification->to_everyone = number == EVERYONE;
		notification->first_seq = is_state ? 0 : inbox->head;
	} else if (chance(simulation, 20)) {
		notification->withdrawn_at = simulation->now;
	}
	/* Clocks do not always agree with the order. */
	row->seq = notification->seq = inbox->head;
	row->marked_at = notification->changed_at = simulation->now + (int64_t)pick(simulation, 3);
	if (!grows && row->kind == CHANGE_ALL)
		notification->first_seq = 0;
	add_hint(simulation, (struct hint){.user = slice_from_string(user_names[number]),
					   .seq = inbox->head,
					   .has_change = chance(simulation, 90),
					   .change = *row});
}

static void receive_hint(struct simulation *simulation, const struct hint *hint, uint64_t epoch)
{
	struct hint_batch *batch = hint_batch_create(epoch, 1);

	assert_int_equal(hint_batch_add(batch, hint), 0);
	hub_receive(&simulation->hub, batch);
	hint_batch_release(batch);
}

static void step_hint(struct simulation *simulation)
{
	size_t place;
	struct hint hint;

	if (simulation->hint_count == 0)
		return;
	place = chance(simulation, 70) ? 0 : pick(simulation, simulation->hint_count);
	hint = simulation->hints[place];
	if (!chance(simulation, 10)) /* else it comes again */
		memmove(&simulation->hints[place], &simulation->hints[place + 1],
			(--simulation->hint_count - place) * sizeof(hint));
	if (chance(simulation, 15)) {
		simulation->lost++;
		return;
	}
	receive_hint(simulation, &hint, EPOCH);
	if (chance(simulation, 5)) {
		hint.seq += 1000;
		receive_hint(simulation, &hint, EPOCH + 1);
	}
}

static void step_change(struct simulation *simulation)
{
	change_inbox(simulation, (int)pick(simulation, INBOXES));
}

static void step_store(struct simulation *simulation)
{
	struct client *client = &simulation->clients[pick(simulation, CLIENTS)];

	if (!client->connected)
		return;
	if (client->reading == READ_ASKED)
		take_snapshot(client);
	else if (client->reading == READ_TAKEN)
		deliver_answer(client);
}

static void step_socket(struct simulation *simulation)
{
	struct client *client = &simulation->clients[pick(simulation, CLIENTS)];

	if (!client->connected || client->frame_count == 0 || client->broken)
		return;
	take_frame(client);
	if (client->frame_count == 0 || chance(simulation, 50))
		subscriber_drained(&client->subscriber);
}

static void step_break(struct simulation *simulation)
{
	struct client *client = &simulation->clients[pick(simulation, CLIENTS)];

	if (!client->connected)
		connect_client(client);
	else if (client->broken)
		disconnect_client(client);
	else
		client->broken = chance(simulation, 30);
}

static void step_sweep(struct simulation *simulation)
{
	for (int i = 0; i < INBOXES; i++) {
		struct hint hint = {.user = slice_from_string(user_names[i]),
				    .seq = simulation->inboxes[i].head};

		receive_hint(simulation, &hint, EPOCH);
	}
}

/* The worker asks again which broadcasts there are. The ids matter to badges only. */
static void step_refresh(struct simulation *simulation)
{
	int64_t head = simulation->inboxes[EVERYONE].head;

	if (!hub_knows_broadcasts(&simulation->hub))
		hub_learn_broadcasts(&simulation->hub,
				     head - (int64_t)pick(simulation, (size_t)head + 1) / 4, NULL,
				     0);
}

static void step_forget(struct simulation *simulation)
{
	hub_forget(&simulation->hub, simulation->now - 100);
}

static void step(struct simulation *simulation)
{
	static const struct {
		unsigned weight;
		void (*run)(struct simulation *simulation);
	} steps[] = {{25, step_change}, {30, step_hint},   {40, step_store}, {40, step_socket},
		     {6, step_break},	{1, step_refresh}, {1, step_forget}};
	size_t count = sizeof(steps) / sizeof(steps[0]);
	unsigned total = 0, number;

	simulation->now += (int64_t)pick(simulation, 3);
	for (size_t i = 0; i < count; i++)
		total += steps[i].weight;
	number = (unsigned)pick(simulation, total);
	for (size_t i = 0; i < count; i++) {
		if (number < steps[i].weight) {
			steps[i].run(simulation);
			return;
		}
		number -= steps[i].weight;
	}
}

/* At rest a client that is live has all that its worker has offered. */
static void check_live(const struct simulation *simulation)
{
	for (int i = 0; i < CLIENTS; i++) {
		const struct client *client = &simulation->clients[i];
		const struct subscriber *subscriber = &client->subscriber;

		if (!client->connected || client->broken || subscriber->state != SUBSCRIBER_LIVE)
			continue;
		assert_true(subscriber->last[0] >= subscriber->inbox->head);
		assert_true(subscriber->last[1] >= simulation->hub.broadcast_offered);
	}
}

/* One sweep, and everything arrives. */
static void settle(struct simulation *simulation)
{
	simulation->hint_count = 0;
	for (int i = 0; i < CLIENTS; i++) {
		if (simulation->clients[i].broken)
			disconnect_client(&simulation->clients[i]);
		if (!simulation->clients[i].connected)
			connect_client(&simulation->clients[i]);
	}
	step_sweep(simulation);
	for (int i = 0; i < CLIENTS * ROWS * 100; i++) {
		step_store(simulation);
		step_socket(simulation);
	}
	for (int i = 0; i < CLIENTS; i++) {
		struct client *client = &simulation->clients[i];
		struct cursor heads = {EPOCH, simulation->inboxes[client->user].head,
				       simulation->inboxes[EVERYONE].head};

		assert_int_equal(client->subscriber.state, SUBSCRIBER_LIVE);
		assert_int_equal(client->subscriber.last[0], heads.seq);
		assert_int_equal(client->subscriber.last[1], heads.broadcast_seq);
		check_covered(client, &heads);
	}
}

static void begin(struct simulation *simulation, uint64_t seed)
{
	*simulation = (struct simulation){.now = 1000000};
	random_init(&simulation->random, seed);
	hub_init(&simulation->hub, EPOCH);
	for (int i = 0; i < CLIENTS; i++) {
		simulation->clients[i] = (struct client){
		    .simulation = simulation, .user = i % USERS, .cursor = {EPOCH, 0, 0}};
		connect_client(&simulation->clients[i]);
	}
}

static void run(struct simulation *simulation, uint64_t seed)
{
	begin(simulation, seed);
	for (int phase = 0; phase < 4; phase++) {
		for (int i = 0; i < STEPS / 4; i++) {
			step(simulation);
			check_live(simulation);
		}
		settle(simulation);
	}
	for (int i = 0; i < CLIENTS; i++)
		disconnect_client(&simulation->clients[i]);
	hub_finish(&simulation->hub);
}

static void test_every_change_once_and_in_order(void **state)
{
	const char *given = getenv("ALLIM_SEED");
	struct simulation *simulation = malloc(sizeof(*simulation));
	uint64_t seed = given == NULL ? random_system_seed() : strtoull(given, NULL, 10);

	(void)state;
	assert_non_null(simulation);
	for (int i = 0; i < (given == NULL ? RUNS : 1); i++) {
		/* The last line tells which seed failed. */
		printf("ALLIM_SEED=%llu\n", (unsigned long long)seed + (unsigned)i);
		fflush(stdout);
		run(simulation, seed + (unsigned)i);
		assert_true(simulation->deliveries > STEPS / 4);
		assert_true(simulation->cut > 10 && simulation->full > 10);
		assert_true(simulation->breaks > 10 && simulation->lost > 10);
	}
	free(simulation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_change_once_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
