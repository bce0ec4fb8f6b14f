/* One thread, one mailbox, one request at a time: what runs concurrently is the business of the
 * tests that are about it. */
#include "conformance/store/conformance.h"

#include <stdlib.h>
#include <unistd.h>

static const struct conformance_kind *const kinds[] = {
    &conformance_sqlite,
    &conformance_postgres,
};

/* The kind whose tests run now; cmocka hands nothing to the setup of a test but what it made. */
static const struct conformance_kind *current;

int conformance_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char group[64];

		current = kinds[i];
		snprintf(group, sizeof(group), "%s: %s", current->name, name);
		failed += _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	}
	return failed;
}

static void note_hint(struct conformance *conformance, const struct hint *hint)
{
	struct conformance_hint *noted;

	if (conformance->hint_count == conformance->hint_capacity) {
		conformance->hint_capacity = conformance->hint_capacity * 2 + 64;
		conformance->hints = realloc(conformance->hints, conformance->hint_capacity *
								     sizeof(*conformance->hints));
		assert_non_null(conformance->hints);
	}
	noted = &conformance->hints[conformance->hint_count++];
	*noted = (struct conformance_hint){
	    .seq = hint->seq,
	    .id = hint->change.notification.id,
	    .kind = hint->change.kind,
	    .unread = hint->counts.unread,
	    .is_withdrawn = hint->change.notification.withdrawn_at != 0,
	    .has_change = hint->has_change,
	    .body_length = hint->change.notification.content.body.length,
	};
	snprintf(noted->user, sizeof(noted->user), "%.*s", (int)hint->user.length, hint->user.data);
}

/* On the store's thread; the tests look only after an answer that was sent later. */
static void on_commit(void *context, struct hint_batch *batch)
{
	struct conformance *conformance = context;

	for (size_t i = 0; i < batch->count; i++)
		note_hint(conformance, &batch->hints[i]);
}

int conformance_setup(void **state)
{
	struct conformance *conformance = calloc(1, sizeof(*conformance));

	assert_non_null(conformance);
	conformance->kind = current;
	assert_int_equal(current->create(conformance->location, sizeof(conformance->location)), 0);
	assert_int_equal(mailbox_init(&conformance->mailbox), 0);
	conformance->options = (struct store_options){
	    .location = conformance->location,
	    .password = SLICE(""),
	    .connections = 2, /* one of which writes, so that all takes effect in its order */
	    .timeout = 20000,
	    .idempotency_age = 3600 * INT64_C(1000000),
	    .maintenance_interval = 3600 * 1000,
	    .on_commit = on_commit,
	    .on_commit_context = conformance,
	};
	conformance_open(conformance);
	*state = conformance;
	return 0;
}

int conformance_teardown(void **state)
{
	struct conformance *conformance = *state;

	store_close(conformance->store);
	mailbox_finish(&conformance->mailbox);
	conformance->kind->destroy(conformance->location);
	free(conformance->hints);
	free(conformance);
	return 0;
}

void conformance_open(struct conformance *conformance)
{
	struct error error = {.text = ""};

	if (store_open(&conformance->options, &conformance->store, &error) < 0)
		fail_msg("%s", error.text);
}

void conformance_close(struct conformance *conformance)
{
	store_close(conformance->store);
	conformance->store = NULL;
}

void conformance_reopen(struct conformance *conformance)
{
	conformance_close(conformance);
	conformance_open(conformance);
}

void conformance_crash(struct conformance *conformance)
{
	uint64_t epoch = store_epoch(conformance->store);

	conformance_settle(conformance);
	conformance->kind->crash(conformance);
	conformance_open(conformance);
	assert_int_equal(store_epoch(conformance->store), epoch);
}

/* Between two answers to writes there is upkeep; after a start it takes two turns. */
void conformance_settle(struct conformance *conformance)
{
	for (int i = 0; i < 4; i++) {
		CONFORMANCE_REQUEST(store_probe, probe, STORE_PROBE);
		assert_int_equal(conformance_call(conformance, &probe.request), 0);
		store_request_finish(&probe.request);
	}
}

void conformance_pause(void)
{
	usleep(2000);
}

static void on_done(struct mailbox_message *message)
{
	struct conformance *conformance = store_request_of(message)->context;

	conformance->under_way--;
}

void conformance_prepare(struct store_request *request, enum store_operation operation)
{
	store_request_init(request, operation, NULL, on_done);
}

void conformance_submit(struct conformance *conformance, struct store_request *request)
{
	request->reply = &conformance->mailbox;
	request->context = conformance;
	conformance->under_way++;
	store_submit(conformance->store, request);
}

void conformance_wait(struct conformance *conformance)
{
	while (conformance->under_way > 0) {
		mailbox_wait(&conformance->mailbox, -1);
		mailbox_receive(&conformance->mailbox);
	}
}

int conformance_call(struct conformance *conformance, struct store_request *request)
{
	conformance_submit(conformance, request);
	conformance_wait(conformance);
	return request->result;
}

void conformance_check(struct conformance *conformance)
{
	struct error error = {.text = ""};

	if (store_check(conformance->store, &error) < 0)
		fail_msg("%s", error.text);
}

struct notification_content conformance_content(const char *title)
{
	return (struct notification_content){
	    .type = SLICE("test"),
	    .title = slice_from_string(title),
	    .body = SLICE("a body"),
	    .link = SLICE("/somewhere"),
	    .data = SLICE("{\"n\":1}"),
	    .priority = NOTIFICATION_HIGH,
	};
}

int64_t conformance_publish(struct conformance *conformance, const char *user, const char *title)
{
	struct slice name = slice_from_string(user);
	struct store_item item = {.users = &name,
				  .user_count = user == NULL ? 0 : 1,
				  .content = conformance_content(title)};
	int64_t id;

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(conformance_call(conformance, &publish.request), 0);
	id = item.ids[0];
	store_request_finish(&publish.request);
	return id;
}

static int mark(struct conformance *conformance, struct store_mark *mark,
		struct store_mark *ret_mark)
{
	int result = conformance_call(conformance, &mark->request);

	if (ret_mark != NULL)
		*ret_mark = *mark;
	else
		store_request_finish(&mark->request);
	return result;
}

int conformance_mark(struct conformance *conformance, const char *user,
		     enum notification_state state, const int64_t *ids, size_t count,
		     struct store_mark *ret_mark)
{
	CONFORMANCE_REQUEST(store_mark, request, STORE_MARK);
	request.user = slice_from_string(user);
	request.state = state;
	request.ids = ids;
	request.id_count = count;
	return mark(conformance, &request, ret_mark);
}

int conformance_mark_all(struct conformance *conformance, const char *user,
			 enum notification_state state, struct store_mark *ret_mark)
{
	CONFORMANCE_REQUEST(store_mark, request, STORE_MARK);
	request.user = slice_from_string(user);
	request.state = state;
	request.all = true;
	return mark(conformance, &request, ret_mark);
}

void conformance_mark_one(struct conformance *conformance, const char *user,
			  enum notification_state state, int64_t id)
{
	assert_int_equal(conformance_mark(conformance, user, state, &id, 1, NULL), 0);
}

int conformance_withdraw(struct conformance *conformance, int64_t id)
{
	int result;

	CONFORMANCE_REQUEST(store_withdraw, withdraw, STORE_WITHDRAW);
	withdraw.id = id;
	result = conformance_call(conformance, &withdraw.request);
	store_request_finish(&withdraw.request);
	return result;
}

struct store_head conformance_head(struct conformance *conformance, const char *user)
{
	struct store_head head = {.user = slice_from_string(user)};

	CONFORMANCE_REQUEST(store_heads, heads, STORE_HEADS);
	heads.heads = &head;
	heads.head_count = 1;
	assert_int_equal(conformance_call(conformance, &heads.request), 0);
	store_request_finish(&heads.request);
	return head;
}

void conformance_list(struct conformance *conformance, const char *user, enum store_filter filter,
		      int64_t before, size_t limit, struct store_list *ret_list)
{
	CONFORMANCE_REQUEST(store_list, list, STORE_LIST);
	list.user = slice_from_string(user);
	list.filter = filter;
	list.before = before;
	list.limit = limit;
	assert_int_equal(conformance_call(conformance, &list.request), 0);
	*ret_list = list;
}

void conformance_replay(struct conformance *conformance, const char *user, int64_t seq,
			int64_t broadcast_seq, size_t limit, struct store_replay *ret_replay)
{
	CONFORMANCE_REQUEST(store_replay, replay, STORE_REPLAY);
	replay.user = slice_from_string(user);
	replay.after = (struct cursor){store_epoch(conformance->store), seq, broadcast_seq};
	replay.limit = limit;
	assert_int_equal(conformance_call(conformance, &replay.request), 0);
	*ret_replay = replay;
}

int64_t conformance_unread(struct conformance *conformance, const char *user)
{
	struct store_head head = {.user = slice_from_string(user)};
	int64_t unread = 0;

	CONFORMANCE_REQUEST(store_heads, heads, STORE_HEADS);
	heads.heads = &head;
	heads.head_count = 1;
	heads.want_broadcasts = true;
	assert_int_equal(conformance_call(conformance, &heads.request), 0);
	for (size_t i = 0; i < heads.broadcast_count; i++)
		unread += heads.broadcast_ids[i] > head.counts.broadcasts_marked;
	unread += head.counts.unread - head.counts.broadcasts_handled;
	store_request_finish(&heads.request);
	return unread;
}
