/* Picks the implementation and passes calls on. */
#include "store/store.h"

#include "store/postgres.h"
#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>

static const struct operation {
	const char *name;
	bool is_write;
	int refusals[3]; /* what it may come back with that is its own matter */
} operations[STORE_OPERATIONS];

const char *store_operation_name(enum store_operation operation)
{
	return operations[operation].name;
}

bool store_operation_is_write(enum store_operation operation)
{
	return operations[operation].is_write;
}

size_t store_publish_receivers(const struct store_publish *publish)
{
	size_t count = 0;

	for (size_t i = 0; i < publish->item_count; i++)
		count += store_item_receivers(&publish->items[i]);
	return count;
}

bool store_publish_names_topic(const struct store_publish *publish)
{
	for (size_t i = 0; i < publish->item_count; i++) {
		if (!slice_is_empty(publish->items[i].topic))
			return true;
	}
	return false;
}

static size_t weight_of_publish(const struct store_publish *publish)
{
	size_t weight = 0;

	for (size_t i = 0; i < publish->item_count; i++)
		weight += slice_is_empty(publish->items[i].topic)
			      ? store_item_receivers(&publish->items[i])
			      : STORE_TOPIC_WEIGHT;
	return weight;
}

size_t store_request_weight(const struct store_request *request)
{
	const struct store_mark *mark = (const struct store_mark *)request;

	if (request->operation == STORE_PUBLISH)
		return weight_of_publish((const struct store_publish *)request);
	if (request->operation == STORE_SUBSCRIBE)
		return ((const struct store_subscribe *)request)->user_count;
	if (request->operation == STORE_MARK && mark->id_count > 0)
		return mark->id_count;
	if (request->operation == STORE_BURY)
		return ((const struct store_bury *)request)->letter_count + 1;
	if (request->operation == STORE_AUDIT)
		return ((const struct store_audit *)request)->record_count;
	return 1;
}

bool store_publish_names_nobody(const struct store_publish *publish)
{
	for (size_t i = 0; i < publish->item_count; i++) {
		const struct store_item *item = &publish->items[i];

		for (size_t k = 0; k < item->user_count && slice_is_empty(item->topic); k++) {
			if (slice_is_empty(item->users[k]))
				return true;
		}
	}
	return false;
}

const struct store_ops *const store_table[] = {&sqlite_store_ops, &postgres_store_ops, NULL};

const struct store_ops *store_find(const char *location)
{
	size_t row = 0;

	while (store_table[row] != NULL && !store_table[row]->takes(location))
		row++;
	return store_table[row];
}

int store_open(const struct store_options *options, struct store **ret_store, struct error *error)
{
	const struct store_ops *ops = store_find(options->location);

	if (ops != NULL)
		return ops->open(options, ret_store, error);
	return error_set(error, -EINVAL,
			 "%s is no store that allim knows; give store.location a folder, or "
			 "postgresql://USER@HOST/DATABASE",
			 options->location);
}

void store_close(struct store *store)
{
	if (store != NULL)
		store->ops->close(store);
}

static bool has_item_keys(const struct store_publish *publish)
{
	for (size_t i = 0; i < publish->item_count; i++) {
		if (!slice_is_empty(publish->items[i].key))
			return true;
	}
	return false;
}

static bool has_limit_and_keys(const struct store_request *request)
{
	const struct store_publish *publish = (const struct store_publish *)request;

	return request->operation == STORE_PUBLISH && publish->limit > 0 && has_item_keys(publish);
}

void store_submit(struct store *store, struct store_request *request)
{
	assert(!has_limit_and_keys(request));
	store->ops->submit(store, request);
}

uint64_t store_epoch(const struct store *store)
{
	return store->ops->epoch(store);
}

void store_statistics(struct store *store, struct store_statistics *ret_statistics)
{
	store->ops->statistics(store, ret_statistics);
}

void store_reconfigure(struct store *store, const struct store_options *options)
{
	store->ops->reconfigure(store, options);
}

int store_check(struct store *store, struct error *error)
{
	return store->ops->check(store, error);
}

void store_request_init(struct store_request *request, enum store_operation operation,
			struct mailbox *reply, void (*on_done)(struct mailbox_message *message))
{
	*request = (struct store_request){
	    .message = {.on_receive = on_done},
	    .reply = reply,
	    .operation = operation,
	    .arena = ARENA_EMPTY,
	};
}

bool store_request_failed(const struct store_request *request)
{
	const int *refusals = operations[request->operation].refusals;

	return request->result != 0 && request->result != refusals[0] &&
	       request->result != refusals[1] && request->result != refusals[2];
}

void store_request_finish(struct store_request *request)
{
	arena_finish(&request->arena);
}

static const struct operation operations[STORE_OPERATIONS] = {
    [STORE_PUBLISH] = {"publish", true, {-ENOENT, -EEXIST, -E2BIG}},
    [STORE_CORRECT] = {"correct", true, {-ENOENT}},
    [STORE_WITHDRAW] = {"withdraw", true, {-ENOENT}},
    [STORE_MARK] = {"mark", true, {-ENOENT}},
    [STORE_SUBSCRIBE] = {"subscribe", true, {-ENOENT, -E2BIG}},
    [STORE_REDEEM] = {"redeem", true, {-EEXIST}},
    [STORE_HEADS] = {"heads", false, {0}},
    [STORE_REPLAY] = {"replay", false, {0}},
    [STORE_LIST] = {"list", false, {0}},
    [STORE_TOPICS] = {"topics", false, {0}},
    [STORE_SWEEP] = {"sweep", false, {0}},
    [STORE_PROBE] = {"probe", true, {0}},
    [STORE_BEAT] = {"beat", false, {0}},
    [STORE_BURY] = {"bury", true, {0}},
    [STORE_BURY_AGAIN] = {"bury again", true, {-ENOENT}},
    [STORE_EXHUME] = {"exhume", true, {0}},
    [STORE_DEAD_LETTERS] = {"dead letters", false, {0}},
    [STORE_AUDIT] = {"audit", true, {0}},
    [STORE_AUDIT_READ] = {"audit read", false, {0}},
};
