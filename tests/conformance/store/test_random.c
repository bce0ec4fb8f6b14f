/* Thousands of random operations, compared after each with a model that keeps every row and every
 * state singly and counts by counting.
 *
 * usage: test_random [SEED [OPERATIONS]]; a failure prints the seed. */
#include "conformance/store/conformance.h"

#include "base/clock.h"
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	USERS = 4,
	EVERYONE = USERS, /* the inbox of broadcasts */
	INBOXES = USERS + 1,
	ROWS = 20000,
	RETENTION = 24,
};

struct model_row {
	int64_t id;
	int owner; /* an inbox */
	int64_t seq;
	int64_t first_seq;
	bool gone; /* retention */
	bool withdrawn;
	bool expired; /* its time has passed, the store's round has not */
	char title[16];
	bool state[USERS][NOTIFICATION_STATES]; /* of an own row: [owner] */
	int64_t state_seq[USERS];		/* of a broadcast, in the user's own inbox */
};

struct model_inbox {
	int64_t head;
	int64_t floor;
	int64_t marker[NOTIFICATION_STATES]; /* the seq of the last mark-all */
	int64_t marked_broadcast[NOTIFICATION_STATES];
	int64_t newest;
};

struct model {
	struct conformance *store;
	struct random random;
	struct model_inbox inboxes[INBOXES];
	struct model_row *rows;
	size_t count;
};

static const char *const names[INBOXES] = {"anna", "minjun", "sofia", "test", ""};

static uint64_t seed;
static unsigned operations = 3000;

static size_t pick(struct model *model, size_t limit)
{
	return (size_t)random_below(&model->random, limit);
}

/* Mostly a recent one. */
static struct model_row *pick_row(struct model *model)
{
	size_t window = model->count < 40 || pick(model, 20) == 0 ? model->count : 40;

	return &model->rows[model->count - 1 - pick(model, window)];
}

static bool is_unread(const struct model_row *row, int user)
{
	return !row->gone && !row->withdrawn && !row->state[user][NOTIFICATION_READ] &&
	       !row->state[user][NOTIFICATION_ARCHIVED];
}

static bool is_in_inbox(const struct model_row *row, int user)
{
	return !row->gone && (row->owner == user || row->owner == EVERYONE);
}

static int64_t count_unread(const struct model *model, int user)
{
	int64_t unread = 0;

	for (size_t i = 0; i < model->count; i++)
		unread += is_in_inbox(&model->rows[i], user) && is_unread(&model->rows[i], user);
	return unread;
}

static int64_t count_kept(const struct model *model, int inbox)
{
	int64_t kept = 0;

	for (size_t i = 0; i < model->count; i++)
		kept += !model->rows[i].gone && model->rows[i].owner == inbox;
	return kept;
}

static void add_row(struct model *model, int owner, int64_t id, const char *title, bool expired)
{
	struct model_inbox *inbox = &model->inboxes[owner];
	struct model_row *row = &model->rows[model->count++];

	*row = (struct model_row){.id = id, .owner = owner, .expired = expired};
	row->seq = row->first_seq = ++inbox->head;
	inbox->newest = id;
	snprintf(row->title, sizeof(row->title), "%s", title);
}

/* An inbox chosen at random, everyone's among them; sometimes what is published has expired. */
static void publish(struct model *model)
{
	int owner = (int)pick(model, INBOXES);
	bool expired = pick(model, 12) == 0;
	struct slice users[2] = {slice_from_string(names[owner]), slice_from_string(names[0])};
	size_t user_count = owner == EVERYONE ? 0 : 1 + pick(model, 2);
	char title[16];
	struct store_item item = {.users = users, .user_count = user_count};

	snprintf(title, sizeof(title), "title %zu", model->count);
	item.content = conformance_content(title);
	item.content.expires_at = expired ? (int64_t)model->count + 1 : 0;
	CONFORMANCE_REQUEST(store_publish, request, STORE_PUBLISH);
	request.items = &item;
	request.item_count = 1;
	assert_int_equal(conformance_call(model->store, &request.request), 0);
	add_row(model, owner, item.ids[0], title, expired);
	if (user_count == 2)
		add_row(model, 0, item.ids[1], title, expired);
	store_request_finish(&request.request);
}

static bool mark_row(struct model *model, int user, struct model_row *row, int state)
{
	if (row->withdrawn || row->state[user][state])
		return false;
	row->state[user][state] = true;
	if (row->owner == EVERYONE)
		row->state_seq[user] = ++model->inboxes[user].head;
	else
		row->seq = ++model->inboxes[user].head;
	return true;
}

static void mark_some(struct model *model)
{
	int user = (int)pick(model, USERS);
	int state = (int)pick(model, NOTIFICATION_STATES);
	size_t count = 1 + pick(model, 3);
	struct model_row *rows[3];
	int64_t ids[3];
	int64_t missing = 0;
	size_t marked = 0;
	struct store_mark mark;
	int result;

	for (size_t i = 0; i < count; i++) {
		rows[i] = pick_row(model);
		/* Mostly one that the user has. */
		for (int tries = 0; tries < 4 && !is_in_inbox(rows[i], user); tries++)
			rows[i] = pick_row(model);
		ids[i] = rows[i]->id;
		if (missing == 0 && !is_in_inbox(rows[i], user))
			missing = ids[i];
	}
	result = conformance_mark(model->store, names[user], (enum notification_state)state, ids,
				  count, &mark);
	assert_int_equal(result, missing == 0 ? 0 : -ENOENT);
	assert_int_equal(mark.missing_id, missing);
	for (size_t i = 0; i < count && missing == 0; i++)
		marked += mark_row(model, user, rows[i], state);
	assert_int_equal(mark.marked, marked);
	store_request_finish(&mark.request);
}

static bool is_covered(const struct model *model, int user, int state)
{
	const struct model_inbox *inbox = &model->inboxes[user];
	int64_t later = 0;

	for (int i = 0; i < NOTIFICATION_STATES; i++)
		later += inbox->marker[i] > inbox->marker[state];
	return inbox->head - inbox->marker[state] == later &&
	       model->inboxes[EVERYONE].newest <= inbox->marked_broadcast[state];
}

static void apply_mark_all(struct model *model, int user, int state)
{
	model->inboxes[user].marker[state] = ++model->inboxes[user].head;
	model->inboxes[user].marked_broadcast[state] = model->inboxes[EVERYONE].newest;
	for (size_t i = 0; i < model->count; i++) {
		if (is_in_inbox(&model->rows[i], user))
			model->rows[i].state[user][state] = true;
	}
}

static void mark_all(struct model *model)
{
	int user = (int)pick(model, USERS);
	int state = (int)pick(model, NOTIFICATION_STATES);
	bool covered = is_covered(model, user, state);
	struct store_mark mark;

	assert_int_equal(
	    conformance_mark_all(model->store, names[user], (enum notification_state)state, &mark),
	    0);
	assert_int_equal(mark.marked, !covered);
	store_request_finish(&mark.request);
	if (!covered)
		apply_mark_all(model, user, state);
}

static void withdraw(struct model *model)
{
	struct model_row *row = pick_row(model);

	assert_int_equal(conformance_withdraw(model->store, row->id), row->gone ? -ENOENT : 0);
	if (row->gone || row->withdrawn)
		return;
	row->withdrawn = true;
	row->seq = ++model->inboxes[row->owner].head;
}

static void correct(struct model *model)
{
	struct model_row *row = pick_row(model);
	bool is_there = !row->gone && !row->withdrawn;

	CONFORMANCE_REQUEST(store_correct, request, STORE_CORRECT);
	request.id = row->id;
	request.correction = (struct notification_content){.given = 1u << NOTIFICATION_TITLE,
							   .title = SLICE("corrected")};
	assert_int_equal(conformance_call(model->store, &request.request), is_there ? 0 : -ENOENT);
	store_request_finish(&request.request);
	if (!is_there)
		return;
	snprintf(row->title, sizeof(row->title), "corrected");
	row->seq = ++model->inboxes[row->owner].head;
}

enum burst_kind { BURST_PUBLISH, BURST_MARK, BURST_MARK_ALL, BURST_WITHDRAW, BURST_KINDS };

enum { BURST = 12 };

struct burst_operation {
	enum burst_kind kind;
	int inbox;
	int state;
	struct model_row *row;
	int64_t id;
	char title[16];
	struct slice user;
	struct store_item item;
	union {
		struct store_request request;
		struct store_publish publish;
		struct store_mark mark;
		struct store_withdraw withdraw;
	} as;
};

/* One that retention, which the model follows only afterwards, does not take meanwhile. */
static struct model_row *pick_fresh_row(struct model *model)
{
	for (int tries = 0; tries < 100 && model->count > 0; tries++) {
		struct model_row *row = pick_row(model);

		if (!row->gone && row->seq > model->inboxes[row->owner].head - 8)
			return row;
	}
	return NULL;
}

static void start_publish(struct model *model, struct burst_operation *operation, size_t number)
{
	operation->inbox = (int)pick(model, INBOXES);
	operation->user = slice_from_string(names[operation->inbox]);
	snprintf(operation->title, sizeof(operation->title), "title %zu", model->count + number);
	operation->item = (struct store_item){
	    .users = &operation->user,
	    .user_count = operation->inbox == EVERYONE ? 0 : 1,
	    .content = conformance_content(operation->title),
	};
	conformance_prepare(&operation->as.request, STORE_PUBLISH);
	operation->as.publish.items = &operation->item;
	operation->as.publish.item_count = 1;
}

static void start_mark(struct model *model, struct burst_operation *operation)
{
	operation->inbox = (int)pick(model, USERS);
	operation->state = (int)pick(model, NOTIFICATION_STATES);
	operation->id = operation->row->id;
	conformance_prepare(&operation->as.request, STORE_MARK);
	operation->as.mark.user = slice_from_string(names[operation->inbox]);
	operation->as.mark.state = (enum notification_state)operation->state;
	operation->as.mark.all = operation->kind == BURST_MARK_ALL;
	operation->as.mark.ids = &operation->id;
	operation->as.mark.id_count = 1;
}

static void start(struct model *model, struct burst_operation *operation, size_t number)
{
	memset(operation, 0, sizeof(*operation));
	operation->kind = (enum burst_kind)pick(model, BURST_KINDS);
	operation->row = pick_fresh_row(model);
	if (operation->kind == BURST_PUBLISH || operation->row == NULL) {
		operation->kind = BURST_PUBLISH;
		start_publish(model, operation, number);
	} else if (operation->kind == BURST_WITHDRAW) {
		conformance_prepare(&operation->as.request, STORE_WITHDRAW);
		operation->as.withdraw.id = operation->row->id;
	} else {
		start_mark(model, operation);
	}
	conformance_submit(model->store, &operation->as.request);
}

/* The model does them in the order in which they were submitted. */
static void finish(struct model *model, struct burst_operation *operation)
{
	struct model_row *row = operation->row;
	int result = operation->as.request.result;

	switch (operation->kind) {
	case BURST_PUBLISH:
		assert_int_equal(result, 0);
		add_row(model, operation->inbox, operation->item.ids[0], operation->title, false);
		break;
	case BURST_MARK:
		assert_int_equal(result, is_in_inbox(row, operation->inbox) ? 0 : -ENOENT);
		if (result == 0)
			mark_row(model, operation->inbox, row, operation->state);
		break;
	case BURST_MARK_ALL:
		assert_int_equal(operation->as.mark.marked,
				 !is_covered(model, operation->inbox, operation->state));
		if (operation->as.mark.marked > 0)
			apply_mark_all(model, operation->inbox, operation->state);
		break;
	case BURST_WITHDRAW:
		assert_int_equal(result, 0);
		if (!row->withdrawn)
			row->seq = ++model->inboxes[row->owner].head;
		row->withdrawn = true;
		break;
	case BURST_KINDS:
		break;
	}
	store_request_finish(&operation->as.request);
}

/* What is submitted together shares commits, so that several changes of one inbox meet in one. */
static void burst(struct model *model)
{
	static struct burst_operation started[BURST];
	size_t count = 2 + pick(model, BURST - 2);

	for (size_t i = 0; i < count; i++)
		start(model, &started[i], i);
	conformance_wait(model->store);
	for (size_t i = 0; i < count; i++)
		finish(model, &started[i]);
}

/* The round after a start withdraws what has expired, in the order of the expiry, which is that of
 * publishing here. */
static void restart(struct model *model)
{
	if (pick(model, 2) == 0)
		conformance_reopen(model->store);
	else
		conformance_crash(model->store);
	conformance_settle(model->store);
	for (size_t i = 0; i < model->count; i++) {
		struct model_row *row = &model->rows[i];

		if (!row->expired || row->withdrawn || row->gone)
			continue;
		row->withdrawn = true;
		row->seq = ++model->inboxes[row->owner].head;
	}
	conformance_check(model->store);
}

/* Which rows retention takes is read off the floors; that it takes neither too many nor too few is
 * checked. */
static void follow_floor(struct model *model, int inbox, int64_t floor)
{
	int64_t before = model->inboxes[inbox].floor;

	assert_true(floor >= before && floor <= model->inboxes[inbox].head);
	model->inboxes[inbox].floor = floor;
	for (size_t i = 0; i < model->count; i++) {
		struct model_row *row = &model->rows[i];

		if (row->owner == inbox && row->seq <= floor)
			row->gone = true;
		if (inbox != EVERYONE && row->state_seq[inbox] <= floor)
			row->state_seq[inbox] = 0;
	}
	if (floor > before)
		assert_true(count_kept(model, inbox) >= RETENTION);
	assert_true(count_kept(model, inbox) <= RETENTION + RETENTION / 8 + 1);
}

static void compare_heads(struct model *model)
{
	struct store_head heads[INBOXES];
	int64_t broadcasts = 0;

	for (int i = 0; i < INBOXES; i++)
		heads[i] = (struct store_head){.user = slice_from_string(names[i])};
	CONFORMANCE_REQUEST(store_heads, request, STORE_HEADS);
	request.heads = heads;
	request.head_count = INBOXES;
	request.want_broadcasts = true;
	assert_int_equal(conformance_call(model->store, &request.request), 0);
	for (int i = 0; i < INBOXES; i++) {
		assert_int_equal(heads[i].seq, model->inboxes[i].head);
		follow_floor(model, i, heads[i].floor);
	}
	for (int user = 0; user < USERS; user++) {
		int64_t unread = heads[user].counts.unread - heads[user].counts.broadcasts_handled;

		for (size_t i = 0; i < request.broadcast_count; i++)
			unread += request.broadcast_ids[i] > heads[user].counts.broadcasts_marked;
		assert_int_equal(unread, count_unread(model, user));
	}
	for (size_t i = 0; i < model->count; i++)
		broadcasts += model->rows[i].owner == EVERYONE && !model->rows[i].gone &&
			      !model->rows[i].withdrawn;
	assert_int_equal(request.broadcast_count, broadcasts);
	store_request_finish(&request.request);
}

static bool passes(const struct model_row *row, int user, enum store_filter filter)
{
	const bool *state = row->state[user];

	if (!is_in_inbox(row, user) || row->withdrawn || row->expired)
		return false;
	if (filter == STORE_FILTER_INBOX)
		return !state[NOTIFICATION_ARCHIVED];
	if (filter == STORE_FILTER_UNREAD)
		return !state[NOTIFICATION_ARCHIVED] && !state[NOTIFICATION_READ];
	return filter == STORE_FILTER_ALL || state[NOTIFICATION_ARCHIVED];
}

static void compare_row(const struct notification *row, const struct model_row *expected, int user)
{
	assert_int_equal(row->id, expected->id);
	assert_slice(row->content.title, expected->title);
	assert_int_equal(row->to_everyone, expected->owner == EVERYONE);
	assert_int_equal(row->withdrawn_at != 0, expected->withdrawn);
	for (int i = 0; i < NOTIFICATION_STATES; i++)
		assert_int_equal(row->state_at[i] != 0, expected->state[user][i]);
}

static void compare_list(struct model *model, int user)
{
	enum store_filter filter = (enum store_filter)pick(model, 4);
	size_t limit = 1 + pick(model, 30);
	int64_t before = pick(model, 3) == 0 ? 0 : pick_row(model)->id;
	struct store_list list;
	size_t next = 0;
	bool more = false;

	conformance_list(model->store, names[user], filter, before, limit, &list);
	for (size_t i = model->count; i-- > 0;) {
		const struct model_row *row = &model->rows[i];

		if ((before != 0 && row->id >= before) || !passes(row, user, filter))
			continue;
		if (next == limit) {
			more = true;
			break;
		}
		assert_true(next < list.notification_count);
		compare_row(&list.notifications[next++], row, user);
	}
	assert_int_equal(list.notification_count, next);
	assert_int_equal(list.more, more);
	assert_int_equal(list.cursor.seq, model->inboxes[user].head);
	store_request_finish(&list.request);
}

/* What the model says stands at a seq of a stream: a row, a marker, or nothing any more. */
static const struct model_row *row_at(const struct model *model, int inbox, int64_t seq)
{
	for (size_t i = 0; i < model->count; i++) {
		const struct model_row *row = &model->rows[i];

		if (row->gone)
			continue;
		if (row->owner == inbox && row->seq == seq)
			return row;
		if (inbox != EVERYONE && row->owner == EVERYONE && row->state_seq[inbox] == seq)
			return row;
	}
	return NULL;
}

static int marker_at(const struct model *model, int inbox, int64_t seq)
{
	for (int i = 0; i < NOTIFICATION_STATES; i++) {
		if (model->inboxes[inbox].marker[i] == seq)
			return i;
	}
	return -1;
}

static void compare_stream(const struct model *model, int inbox, int user, int64_t after,
			   const struct change *changes, size_t count)
{
	size_t next = 0;

	for (int64_t seq = after + 1; seq <= model->inboxes[inbox].head; seq++) {
		const struct model_row *row = row_at(model, inbox, seq);
		int marker = marker_at(model, inbox, seq);

		if (row == NULL && marker < 0)
			continue;
		assert_true(next < count);
		assert_int_equal(changes[next].seq, seq);
		if (row == NULL) {
			assert_int_equal(changes[next].kind, CHANGE_ALL);
			assert_int_equal(changes[next].state, marker);
		} else {
			const struct notification *shown = &changes[next].notification;

			assert_int_equal(changes[next].kind, CHANGE_ROW);
			compare_row(shown, row, user);
			assert_int_equal(shown->seq, seq);
			assert_int_equal(shown->first_seq,
					 row->owner == inbox ? row->first_seq : 0);
		}
		next++;
	}
	assert_int_equal(next, count);
}

static int64_t pick_cursor(struct model *model, int inbox)
{
	const struct model_inbox *of = &model->inboxes[inbox];

	return of->floor + (int64_t)pick(model, (size_t)(of->head - of->floor) + 1);
}

static void compare_replay(struct model *model, int user)
{
	int64_t seq = pick_cursor(model, user);
	int64_t broadcast_seq = pick_cursor(model, EVERYONE);
	struct store_replay replay;

	conformance_replay(model->store, names[user], seq, broadcast_seq, 100000, &replay);
	assert_false(replay.reset);
	assert_false(replay.more);
	compare_stream(model, user, user, seq, replay.changes, replay.change_count);
	compare_stream(model, EVERYONE, user, broadcast_seq, replay.broadcasts,
		       replay.broadcast_count);
	store_request_finish(&replay.request);
}

static void do_one(struct model *model)
{
	size_t choice = pick(model, 100);

	if (model->count == 0 || choice < 30)
		publish(model);
	else if (choice < 45)
		burst(model);
	else if (choice < 75)
		mark_some(model);
	else if (choice < 82)
		mark_all(model);
	else if (choice < 90)
		withdraw(model);
	else if (choice < 98)
		correct(model);
	else
		restart(model);
}

static void test_random_operations(void **state)
{
	struct model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	model->rows = calloc(ROWS, sizeof(*model->rows));
	assert_non_null(model->rows);
	model->store = *state;
	model->store->options.retention_count = RETENTION;
	conformance_reopen(model->store);
	conformance_settle(model->store);
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&model->random, seed);
	for (unsigned i = 0; i < operations && model->count < ROWS - 2; i++) {
		int user = (int)pick(model, USERS);

		do_one(model);
		compare_heads(model);
		compare_list(model, user);
		compare_replay(model, user);
	}
	conformance_check(model->store);
	free(model->rows);
	free(model);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_random_operations),
	};

	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : random_system_seed();
	if (argc > 2)
		operations = (unsigned)strtoul(argv[2], NULL, 10);
	return conformance_run("random", tests, sizeof(tests) / sizeof(tests[0]));
}
