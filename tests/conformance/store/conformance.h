/* What every store must do, told through store.h alone.
 *
 * Each test runs once for every row of the table of stores; a new store adds a row, and a file
 * kind_<name>.c with what only it needs. Helpers wait
 * for the answer and fail the test where something else than the awaited result comes. */
#ifndef ALLIM_TESTS_CONFORMANCE_STORE_H
#define ALLIM_TESTS_CONFORMANCE_STORE_H

#include "lib/assertions.h"
#include "store/store.h"

struct conformance;

/* How one kind of store comes to a fresh place, and what becomes of the place. */
struct conformance_kind {
	const char *name;
	int (*create)(char *ret_location, size_t size);
	void (*destroy)(const char *location);
	/* Ends the store as a crash would, closes what is left of it, and sets the location where
	 * the database that it left is. */
	void (*crash)(struct conformance *conformance);
};

extern const struct conformance_kind conformance_sqlite;
extern const struct conformance_kind conformance_postgres;

/* What was told to the feed, in order. */
struct conformance_hint {
	char user[32];
	int64_t seq;
	int64_t id;
	enum change_kind kind;
	int64_t unread;
	bool is_withdrawn;
	bool has_change;
	size_t body_length;
};

struct conformance {
	const struct conformance_kind *kind;
	char location[128];
	struct store_options options; /* a test may change them before conformance_reopen() */
	struct store *store;
	struct mailbox mailbox;
	size_t under_way; /* requests */
	struct conformance_hint *hints;
	size_t hint_count;
	size_t hint_capacity;
};

/* Runs the tests for every kind of store. Returns how many failed. */
int conformance_run(const char *name, const struct CMUnitTest *tests, size_t count);

/* clang-format off */
#define CONFORMANCE_TEST(function) \
	{#function, function, conformance_setup, conformance_teardown, NULL}
/* clang-format on */

int conformance_setup(void **state);
int conformance_teardown(void **state);

void conformance_open(struct conformance *conformance);
void conformance_close(struct conformance *conformance);
void conformance_reopen(struct conformance *conformance);

/* Ends the store as a crash would, and opens what it left. Nothing may be under way. */
void conformance_crash(struct conformance *conformance);

/* Waits until the store has nothing left to do by itself. */
void conformance_settle(struct conformance *conformance);

/* Submits without waiting, and waits for all that was submitted. */
void conformance_submit(struct conformance *conformance, struct store_request *request);
void conformance_wait(struct conformance *conformance);

/* Submits and waits. Returns the request's result. */
int conformance_call(struct conformance *conformance, struct store_request *request);

/* Checks the database as a whole. */
void conformance_check(struct conformance *conformance);

/* Prepares a request of any kind; finish it with store_request_finish(). */
#define CONFORMANCE_REQUEST(type, name, what) \
	struct type name;                     \
                                              \
	memset(&name, 0, sizeof(name));       \
	conformance_prepare(&name.request, (what))

void conformance_prepare(struct store_request *request, enum store_operation operation);

struct notification_content conformance_content(const char *title);

/* To one user, or to everyone (NULL). Returns the id. */
int64_t conformance_publish(struct conformance *conformance, const char *user, const char *title);

/* Returns the result; `*ret_request` is to be finished where it is given. */
int conformance_mark(struct conformance *conformance, const char *user,
		     enum notification_state state, const int64_t *ids, size_t count,
		     struct store_mark *ret_mark);
int conformance_mark_all(struct conformance *conformance, const char *user,
			 enum notification_state state, struct store_mark *ret_mark);
void conformance_mark_one(struct conformance *conformance, const char *user,
			  enum notification_state state, int64_t id);
int conformance_withdraw(struct conformance *conformance, int64_t id);

struct store_head conformance_head(struct conformance *conformance, const char *user);

/* These fail the test unless the result is 0; finish their requests. */
void conformance_list(struct conformance *conformance, const char *user, enum store_filter filter,
		      int64_t before, size_t limit, struct store_list *ret_list);
void conformance_replay(struct conformance *conformance, const char *user, int64_t seq,
			int64_t broadcast_seq, size_t limit, struct store_replay *ret_replay);

/* The badge that a user sees. */
int64_t conformance_unread(struct conformance *conformance, const char *user);

/* Waits until the store's own upkeep has done something; for as long as the test may run. */
#define CONFORMANCE_WAIT_FOR(condition) \
	while (!(condition))            \
	conformance_pause()

void conformance_pause(void);

#endif
