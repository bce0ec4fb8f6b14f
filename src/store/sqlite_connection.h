/* One connection to the database, with its statements prepared once and for good.
 *
 * A connection belongs to one thread at a time. Every function that can fail logs what SQLite said
 * and returns an errno value of store.h's list: -ENOSPC, -ENOMEM, -EAGAIN or -EIO. */
#ifndef ALLIM_STORE_SQLITE_CONNECTION_H
#define ALLIM_STORE_SQLITE_CONNECTION_H

#include "base/error.h"
#include "base/slice.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum sqlite_statement {
	STATEMENT_BEGIN_READ,
	STATEMENT_BEGIN_WRITE,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_META_SELECT,
	STATEMENT_META_FOLDED,
	STATEMENT_META_LAST_ID,
	STATEMENT_META_PROBE,
	STATEMENT_META_EPOCH,
	STATEMENT_META_BEAT,
	STATEMENT_USER_INSERT,
	STATEMENT_USER_UPDATE,
	STATEMENT_USER_BY_NAME,
	STATEMENT_USER_BY_ID,
	STATEMENT_USER_LAST,
	STATEMENT_USERS_CHANGED,
	STATEMENT_USERS_WALK,
	STATEMENT_NOTIFICATION_INSERT,
	STATEMENT_NOTIFICATION_SELECT,
	STATEMENT_NOTIFICATION_NUMBERS,
	STATEMENT_NOTIFICATION_MOVE,
	STATEMENT_NOTIFICATION_CORRECT,
	STATEMENT_NOTIFICATION_DELETE,
	STATEMENT_NOTIFICATION_LAST,
	STATEMENT_NOTIFICATIONS_UNFOLDED,
	STATEMENT_NOTIFICATIONS_EXPIRED,
	STATEMENT_ENTRY_INSERT,
	STATEMENT_ENTRY_DELETE,
	STATEMENT_ENTRY_AT,
	STATEMENT_ENTRIES_DOWN,
	STATEMENT_ENTRIES_DOWN_EVERYONE,
	STATEMENT_LIVE_IDS,
	STATEMENT_MOVED_INSERT,
	STATEMENT_MOVED_DELETE,
	STATEMENT_CHANGES,
	STATEMENT_STATE_SELECT,
	STATEMENT_STATE_REPLACE,
	STATEMENT_STATES_HANDLED,
	STATEMENT_STATES_MOVED_DELETE,
	STATEMENT_STATES_DELETE,
	STATEMENT_FORGOTTEN_INSERT,
	STATEMENT_FORGOTTEN_SELECT,
	STATEMENT_FORGOTTEN_DELETE,
	STATEMENT_TOPIC_MEMBERS,
	STATEMENT_TOPIC_CHANGE,
	STATEMENT_TOPIC_DELETE,
	STATEMENT_TOPICS_LIST,
	STATEMENT_SUBSCRIPTION_INSERT,
	STATEMENT_SUBSCRIPTION_DELETE,
	STATEMENT_SUBSCRIPTIONS_COUNT,
	STATEMENT_SUBSCRIPTIONS_OF_TOPIC,
	STATEMENT_SUBSCRIPTIONS_OF_USER,
	STATEMENT_IDEMPOTENCY_SELECT,
	STATEMENT_IDEMPOTENCY_REPLACE,
	STATEMENT_IDEMPOTENCY_PRUNE,
	STATEMENT_ITEM_KEY_TAKE,
	STATEMENT_ITEM_KEY_PRUNE,
	STATEMENT_TICKET_INSERT,
	STATEMENT_TICKET_PRUNE,
	STATEMENT_DEAD_LETTER_INSERT,
	STATEMENT_DEAD_LETTER_SELECT,
	STATEMENT_DEAD_LETTER_BLAME,
	STATEMENT_DEAD_LETTER_DELETE,
	STATEMENT_DEAD_LETTERS_DELETE,
	STATEMENT_DEAD_LETTERS_DELETE_SOURCE,
	STATEMENT_DEAD_LETTERS_DOWN,
	STATEMENT_DEAD_LETTERS_DOWN_SOURCE,
	STATEMENT_DEAD_LETTERS_COUNT,
	STATEMENT_DEAD_LETTERS_PRUNE,
	STATEMENT_AUDIT_BATCH,
	STATEMENT_AUDIT_INSERT,
	STATEMENT_AUDIT_BEFORE,
	STATEMENT_AUDIT_UP,
	STATEMENT_AUDIT_UP_USER,
	STATEMENT_AUDIT_PRUNE,
	STATEMENT_AUDIT_PRUNE_NODES,
	STATEMENTS
};

struct sqlite_connection {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENTS];
	_Atomic uint64_t queries; /* statements run; counted by its thread, read by any */
};

/* Opens an existing database and prepares every statement, which also proves the schema. A
 * connection that is not `writable` refuses to write. Returns 0 or a negative errno value with a
 * sentence. */
int sqlite_connection_open(struct sqlite_connection *connection, const char *path, bool writable,
			   struct error *error);

/* Closes without a checkpoint. A connection that was never opened (all zero) is allowed. */
void sqlite_connection_close(struct sqlite_connection *connection);

/* Gives the statement's first `count` parameters their numbers and returns it, ready to be stepped.
 */
sqlite3_stmt *sqlite_connection_bind(struct sqlite_connection *connection,
				     enum sqlite_statement statement, int count,
				     const int64_t *numbers);

#define SQLITE_NUMBERS(...)                                                                \
	(int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]) \
	{                                                                                  \
		__VA_ARGS__                                                                \
	}

/* The bytes must stay until the statement is done. */
void sqlite_connection_bind_text(sqlite3_stmt *statement, int parameter, struct slice text);
void sqlite_connection_bind_bytes(sqlite3_stmt *statement, int parameter, const void *bytes,
				  size_t length);

/* Returns 1 with a row, 0 at the end, or a negative errno value; after anything but a row the
 * statement is reset. Who stops before the end resets it. */
int sqlite_connection_step(sqlite3_stmt *statement);

/* Binds, steps once and resets. Returns 0 or a negative errno value. */
int sqlite_connection_run(struct sqlite_connection *connection, enum sqlite_statement statement,
			  int count, const int64_t *numbers);

/* The same for one number as the result: `*ret_number` is 0 where there was no row. */
int sqlite_connection_number(struct sqlite_connection *connection, enum sqlite_statement statement,
			     int count, const int64_t *numbers, int64_t *ret_number);

/* A column of the present row, valid until the next step. */
struct slice sqlite_connection_text(sqlite3_stmt *statement, int column);

/* What an error of SQLite's is to those who call the store. Logs what is neither full nor short. */
int sqlite_connection_result(sqlite3 *database, int code);

#endif
