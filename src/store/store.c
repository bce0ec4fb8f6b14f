/* Picks the implementation and passes calls on. */
#include "store/store.h"

#include "store/sqlite.h"

static const struct operation {
	const char *name;
	bool is_write;
} operations[STORE_OPERATIONS];

const char *store_operation_name(enum store_operation operation)
{
	return operations[operation].name;
}

bool store_operation_is_write(enum store_operation operation)
{
	return operations[operation].is_write;
}

const struct store_ops *store_ops_for(const char *location)
{
	(void)location;
	return &sqlite_store_ops;
}

int store_open(const struct store_options *options, struct store **ret_store, struct error *error)
{
	return store_ops_for(options->location)->open(options, ret_store, error);
}

void store_close(struct store *store)
{
	if (store != NULL)
		store->ops->close(store);
}

void store_submit(struct store *store, struct store_request *request)
{
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

void store_request_finish(struct store_request *request)
{
	arena_finish(&request->arena);
}

static const struct operation operations[STORE_OPERATIONS] = {
    [STORE_PUBLISH] = {"publish", true},   [STORE_CORRECT] = {"correct", true},
    [STORE_WITHDRAW] = {"withdraw", true}, [STORE_MARK] = {"mark", true},
    [STORE_REDEEM] = {"redeem", true},	   [STORE_HEADS] = {"heads", false},
    [STORE_REPLAY] = {"replay", false},	   [STORE_LIST] = {"list", false},
    [STORE_SWEEP] = {"sweep", false},	   [STORE_PROBE] = {"probe", true},
};
