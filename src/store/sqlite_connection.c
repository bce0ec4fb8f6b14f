/* All SQL that runs while the store is open stands in the table at the foot of this file; nothing
 * is prepared twice. Connections are opened without a mutex of their own (NOMUTEX), because each
 * stays on one thread. Automatic checkpoints are off everywhere: the writer makes all of them,
 * because releases of SQLite that are in use can corrupt a WAL that two connections checkpoint at
 * once. */
#include "store/sqlite_connection.h"

#include "base/log.h"

#include <errno.h>

static const char *const texts[STATEMENTS];

static bool is_disk_full(sqlite3 *database, int code)
{
	int cause = sqlite3_system_errno(database);

	return (code & 0xFF) == SQLITE_FULL ||
	       ((code & 0xFF) == SQLITE_IOERR &&
		(cause == ENOSPC || cause == EDQUOT || cause == EFBIG));
}

int sqlite_connection_result(sqlite3 *database, int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return 0;
	if (is_disk_full(database, code))
		return -ENOSPC;
	if ((code & 0xFF) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
		return -ENOMEM;
	if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED)
		return -EAGAIN;
	log_error("the database failed", LOG_TEXT("reason", sqlite3_errmsg(database)),
		  LOG_NUMBER("code", sqlite3_extended_errcode(database)));
	return -EIO;
}

static int prepare(struct sqlite_connection *connection)
{
	for (int i = 0; i < STATEMENTS; i++) {
		int code =
		    sqlite3_prepare_v3(connection->database, texts[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &connection->statements[i], NULL);

		if (code != SQLITE_OK)
			return code;
	}
	return SQLITE_OK;
}

static int configure(struct sqlite_connection *connection, bool writable)
{
	sqlite3 *database = connection->database;
	const char *settings = writable
				   ? "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
				     "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY"
				   : "PRAGMA query_only = 1; PRAGMA cache_size = -4096;"
				     "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY";

	sqlite3_extended_result_codes(database, 1);
	sqlite3_busy_timeout(database, 1000);
	sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return sqlite3_exec(database, settings, NULL, NULL, NULL);
}

/* A statement begins. Only the connection's thread counts, so no other can come in between. */
static int on_statement(unsigned event, void *context, void *statement, void *text)
{
	_Atomic uint64_t *queries = context;

	(void)event;
	(void)statement;
	(void)text;
	atomic_store_explicit(queries, atomic_load_explicit(queries, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	return 0;
}

int sqlite_connection_open(struct sqlite_connection *connection, const char *path, bool writable,
			   struct error *error)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	int code = sqlite3_open_v2(path, &connection->database, flags, NULL);
	int result;

	if (code == SQLITE_OK)
		code = configure(connection, writable);
	if (code == SQLITE_OK)
		code = prepare(connection);
	if (code == SQLITE_OK)
		code = sqlite3_trace_v2(connection->database, SQLITE_TRACE_STMT, on_statement,
					&connection->queries);
	if (code == SQLITE_OK)
		return 0;
	result = (code & 0xFF) == SQLITE_NOMEM ? -ENOMEM : -EIO;
	error_set(error, result, "%s cannot be used: %s; restore it from a backup or move it away",
		  path,
		  connection->database == NULL ? sqlite3_errstr(code)
					       : sqlite3_errmsg(connection->database));
	sqlite_connection_close(connection);
	return result;
}

void sqlite_connection_close(struct sqlite_connection *connection)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(connection->statements[i]);
	sqlite3_close(connection->database);
	*connection = (struct sqlite_connection){.database = NULL};
}

sqlite3_stmt *sqlite_connection_bind(struct sqlite_connection *connection,
				     enum sqlite_statement statement, int count,
				     const int64_t *numbers)
{
	sqlite3_stmt *prepared = connection->statements[statement];

	for (int i = 0; i < count; i++)
		sqlite3_bind_int64(prepared, i + 1, numbers[i]);
	return prepared;
}

/* A NULL pointer would bind NULL where the empty text is meant. */
void sqlite_connection_bind_text(sqlite3_stmt *statement, int parameter, struct slice text)
{
	sqlite3_bind_text64(statement, parameter, text.length == 0 ? "" : text.data, text.length,
			    SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_connection_bind_bytes(sqlite3_stmt *statement, int parameter, const void *bytes,
				  size_t length)
{
	sqlite3_bind_blob64(statement, parameter, length == 0 ? "" : bytes, length, SQLITE_STATIC);
}

int sqlite_connection_step(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	int result;

	if (code == SQLITE_ROW)
		return 1;
	result = sqlite_connection_result(sqlite3_db_handle(statement), code);
	sqlite3_reset(statement);
	return result;
}

int sqlite_connection_run(struct sqlite_connection *connection, enum sqlite_statement statement,
			  int count, const int64_t *numbers)
{
	sqlite3_stmt *prepared = sqlite_connection_bind(connection, statement, count, numbers);
	int result = sqlite_connection_step(prepared);

	if (result > 0)
		sqlite3_reset(prepared);
	return result < 0 ? result : 0;
}

int sqlite_connection_number(struct sqlite_connection *connection, enum sqlite_statement statement,
			     int count, const int64_t *numbers, int64_t *ret_number)
{
	sqlite3_stmt *prepared = sqlite_connection_bind(connection, statement, count, numbers);
	int result = sqlite_connection_step(prepared);

	if (result < 0)
		return result;
	*ret_number = result > 0 ? sqlite3_column_int64(prepared, 0) : 0;
	sqlite3_reset(prepared);
	return 0;
}

struct slice sqlite_connection_text(sqlite3_stmt *statement, int column)
{
	const void *text = sqlite3_column_blob(statement, column);

	return slice_from_bytes(text == NULL ? "" : text,
				(size_t)sqlite3_column_bytes(statement, column));
}

/* The columns that sqlite_row_read(), sqlite_user_read() and sqlite_dead_letter.c expect, in their
 * order. */
#define ROW_NUMBERS                                                                                \
	"n.id, n.user_id, n.seq, n.first_seq, n.priority, n.created_at, n.changed_at, n.seen_at, " \
	"n.read_at, n.archived_at, n.withdrawn_at, n.expires_at"
#define ROW_COLUMNS ROW_NUMBERS ", n.type, n.title, n.body, n.link, n.data"
#define USER_COLUMNS                                                                          \
	"id, name, head, floor, kept, unread, newest, touched, position, seen_seq, seen_at, " \
	"seen_broadcast, read_seq, read_at, read_broadcast, archived_seq, archived_at, "      \
	"archived_broadcast"
#define LETTER_COLUMNS \
	"id, tries, first_at, buried_at, length(body), source, position, key, content_type, reason"
#define ENTRIES_DOWN                                                               \
	"SELECT " ROW_COLUMNS " FROM entry e CROSS JOIN notification n ON n.id = " \
	"e.notification_id WHERE e.user_id = ?1 AND e.first_seq < ?2 ORDER BY e.first_seq DESC"

static const char *const texts[STATEMENTS] = {
    [STATEMENT_BEGIN_READ] = "BEGIN",
    [STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_META_SELECT] = "SELECT epoch, folded, last_id, probe, beat FROM meta WHERE id = 1",
    [STATEMENT_META_FOLDED] = "UPDATE meta SET folded = ?1 WHERE id = 1",
    [STATEMENT_META_LAST_ID] = "UPDATE meta SET last_id = ?1 WHERE id = 1",
    [STATEMENT_META_PROBE] = "UPDATE meta SET probe = ?1 WHERE id = 1",
    [STATEMENT_META_EPOCH] = "UPDATE meta SET epoch = ?1 WHERE id = 1",
    [STATEMENT_META_BEAT] = "UPDATE meta SET beat = ?1 WHERE id = 1",
    [STATEMENT_USER_INSERT] = "INSERT INTO user (id, name) VALUES (?1, ?2)",
    [STATEMENT_USER_UPDATE] =
	"UPDATE user SET head = ?2, floor = ?3, kept = ?4, unread = ?5, newest = ?6, touched = ?7, "
	"position = ?8, seen_seq = ?9, seen_at = ?10, seen_broadcast = ?11, read_seq = ?12, "
	"read_at = ?13, read_broadcast = ?14, archived_seq = ?15, archived_at = ?16, "
	"archived_broadcast = ?17 WHERE id = ?1",
    [STATEMENT_USER_BY_NAME] = "SELECT " USER_COLUMNS " FROM user WHERE name = ?1",
    [STATEMENT_USER_BY_ID] = "SELECT " USER_COLUMNS " FROM user WHERE id = ?1",
    [STATEMENT_USER_LAST] = "SELECT max(id) FROM user",
    [STATEMENT_USERS_CHANGED] = "SELECT " USER_COLUMNS " FROM user WHERE position > ?1",
    /* Nothing in an inbox is older than what came first, so that is looked at before the user is
     * brought into memory. */
    [STATEMENT_USERS_WALK] = "SELECT id, kept > ?3 OR coalesce((SELECT n.created_at FROM entry e "
			     "CROSS JOIN notification n ON n.id = e.notification_id "
			     "WHERE e.user_id = user.id ORDER BY e.first_seq LIMIT 1) < ?4, 0) "
			     "FROM user WHERE id > ?1 ORDER BY id LIMIT ?2",
    [STATEMENT_NOTIFICATION_INSERT] =
	"INSERT INTO notification (id, user_id, seq, first_seq, priority, created_at, changed_at, "
	"expires_at, type, title, body, link, data) "
	"VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [STATEMENT_NOTIFICATION_SELECT] = "SELECT " ROW_COLUMNS " FROM notification n WHERE n.id = ?1",
    [STATEMENT_NOTIFICATION_NUMBERS] = "SELECT " ROW_NUMBERS " FROM notification n WHERE n.id = ?1",
    [STATEMENT_NOTIFICATION_MOVE] =
	"UPDATE notification SET seq = ?2, changed_at = ?3, seen_at = ?4, read_at = ?5, "
	"archived_at = ?6, withdrawn_at = ?7 WHERE id = ?1",
    [STATEMENT_NOTIFICATION_CORRECT] =
	"UPDATE notification SET priority = ?2, expires_at = ?3, type = ?4, title = ?5, body = ?6, "
	"link = ?7, data = ?8 WHERE id = ?1",
    [STATEMENT_NOTIFICATION_DELETE] = "DELETE FROM notification WHERE id = ?1",
    [STATEMENT_NOTIFICATION_LAST] = "SELECT max(id) FROM notification",
    [STATEMENT_NOTIFICATIONS_UNFOLDED] =
	"SELECT id, user_id, first_seq FROM notification WHERE id > ?1 ORDER BY id",
    [STATEMENT_NOTIFICATIONS_EXPIRED] =
	"SELECT id FROM notification WHERE withdrawn_at = 0 AND expires_at > 0 AND "
	"expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
    [STATEMENT_ENTRY_INSERT] = "INSERT INTO entry (user_id, first_seq, notification_id) "
			       "VALUES (?1, ?2, ?3)",
    [STATEMENT_ENTRY_DELETE] = "DELETE FROM entry WHERE user_id = ?1 AND first_seq = ?2",
    [STATEMENT_ENTRY_AT] = "SELECT first_seq, notification_id FROM entry WHERE user_id = ?1 AND "
			   "first_seq <= ?2 ORDER BY first_seq DESC LIMIT 1",
    /* Twice, because a list walks the user's inbox and everyone's side by side. */
    [STATEMENT_ENTRIES_DOWN] = ENTRIES_DOWN,
    [STATEMENT_ENTRIES_DOWN_EVERYONE] = ENTRIES_DOWN,
    [STATEMENT_LIVE_IDS] = "SELECT n.id FROM entry e CROSS JOIN notification n ON n.id = "
			   "e.notification_id WHERE e.user_id = ?1 AND n.withdrawn_at = 0 "
			   "ORDER BY e.first_seq",
    [STATEMENT_MOVED_INSERT] = "INSERT INTO moved (user_id, seq, notification_id) "
			       "VALUES (?1, ?2, ?3)",
    [STATEMENT_MOVED_DELETE] = "DELETE FROM moved WHERE user_id = ?1 AND seq = ?2",
    [STATEMENT_CHANGES] =
	"SELECT " ROW_COLUMNS ", e.first_seq AS at FROM entry e CROSS JOIN notification n ON "
	"n.id = e.notification_id AND n.seq = e.first_seq "
	"WHERE e.user_id = ?1 AND e.first_seq > ?2 "
	"UNION ALL SELECT " ROW_COLUMNS ", m.seq AS at FROM moved m CROSS JOIN notification n ON "
	"n.id = m.notification_id WHERE m.user_id = ?1 AND m.seq > ?2 ORDER BY at",
    [STATEMENT_STATE_SELECT] = "SELECT seq, seen_at, read_at, archived_at FROM broadcast_state "
			       "WHERE user_id = ?1 AND notification_id = ?2",
    [STATEMENT_STATE_REPLACE] =
	"INSERT OR REPLACE INTO broadcast_state (user_id, notification_id, seq, seen_at, read_at, "
	"archived_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_STATES_HANDLED] =
	"SELECT count(*) FROM broadcast_state s CROSS JOIN notification n ON "
	"n.id = s.notification_id WHERE s.user_id = ?1 AND s.notification_id > ?2 AND "
	"(s.read_at > 0 OR s.archived_at > 0) AND n.withdrawn_at = 0",
    [STATEMENT_STATES_MOVED_DELETE] =
	"DELETE FROM moved WHERE (user_id, seq) IN "
	"(SELECT user_id, seq FROM broadcast_state WHERE notification_id = ?1 "
	"ORDER BY user_id LIMIT ?2)",
    [STATEMENT_STATES_DELETE] =
	"DELETE FROM broadcast_state WHERE notification_id = ?1 AND user_id IN "
	"(SELECT user_id FROM broadcast_state WHERE notification_id = ?1 "
	"ORDER BY user_id LIMIT ?2)",
    [STATEMENT_FORGOTTEN_INSERT] = "INSERT INTO forgotten_broadcast (notification_id) VALUES (?1)",
    [STATEMENT_FORGOTTEN_SELECT] = "SELECT min(notification_id) FROM forgotten_broadcast",
    [STATEMENT_FORGOTTEN_DELETE] = "DELETE FROM forgotten_broadcast WHERE notification_id = ?1",
    [STATEMENT_TOPIC_MEMBERS] = "SELECT members FROM topic WHERE name = ?1",
    [STATEMENT_TOPIC_CHANGE] = "INSERT INTO topic (name, members) VALUES (?2, ?1) "
			       "ON CONFLICT (name) DO UPDATE SET members = members + ?1",
    [STATEMENT_TOPIC_DELETE] = "DELETE FROM topic WHERE name = ?1 AND members = 0",
    /* These three are asked in one way, so all have their page behind ?3. */
    [STATEMENT_TOPICS_LIST] = "SELECT name, members FROM topic WHERE name > ?3 "
			      "ORDER BY name LIMIT ?1",
    [STATEMENT_SUBSCRIPTIONS_OF_TOPIC] = "SELECT user, since FROM subscription "
					 "WHERE topic = ?2 AND user > ?3 ORDER BY user LIMIT ?1",
    [STATEMENT_SUBSCRIPTIONS_OF_USER] = "SELECT topic, since FROM subscription "
					"WHERE user = ?2 AND topic > ?3 ORDER BY topic LIMIT ?1",
    [STATEMENT_SUBSCRIPTION_INSERT] = "INSERT OR IGNORE INTO subscription (topic, user, since) "
				      "VALUES (?2, ?3, ?1)",
    [STATEMENT_SUBSCRIPTION_DELETE] = "DELETE FROM subscription WHERE topic = ?2 AND user = ?3",
    [STATEMENT_SUBSCRIPTIONS_COUNT] = "SELECT count(*) FROM subscription WHERE user = ?1",
    [STATEMENT_IDEMPOTENCY_SELECT] = "SELECT fingerprint, ids, created_at, note, members FROM "
				     "idempotency WHERE publisher = ?1 AND key = ?2",
    [STATEMENT_IDEMPOTENCY_REPLACE] =
	"INSERT OR REPLACE INTO idempotency (publisher, key, fingerprint, ids, created_at, "
	"note, members) VALUES (?2, ?3, ?4, ?5, ?1, ?6, ?7)",
    [STATEMENT_IDEMPOTENCY_PRUNE] = "DELETE FROM idempotency WHERE created_at < ?1 AND rowid IN "
				    "(SELECT rowid FROM idempotency ORDER BY rowid LIMIT ?2)",
    [STATEMENT_ITEM_KEY_TAKE] =
	"INSERT INTO item_key (taken_at, publisher, key) VALUES (?1, ?3, ?4) "
	"ON CONFLICT (publisher, key) DO UPDATE SET taken_at = ?1 WHERE taken_at < ?2",
    [STATEMENT_ITEM_KEY_PRUNE] = "DELETE FROM item_key WHERE taken_at < ?1 AND rowid IN "
				 "(SELECT rowid FROM item_key ORDER BY rowid LIMIT ?2)",
    [STATEMENT_TICKET_INSERT] = "INSERT OR IGNORE INTO ticket (expires_at, id) VALUES (?1, ?2)",
    [STATEMENT_TICKET_PRUNE] = "DELETE FROM ticket WHERE id IN (SELECT id FROM ticket "
			       "WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
    [STATEMENT_DEAD_LETTER_INSERT] =
	"INSERT INTO dead_letter (tries, first_at, buried_at, source, position, key, content_type, "
	"reason, body) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM "
	"dead_letter WHERE source = ?4 AND position = ?5 AND body = ?9)",
    [STATEMENT_DEAD_LETTER_SELECT] =
	"SELECT " LETTER_COLUMNS ", body FROM dead_letter WHERE id = ?1",
    [STATEMENT_DEAD_LETTER_BLAME] =
	"UPDATE dead_letter SET tries = tries + 1, reason = ?2 WHERE id = ?1",
    [STATEMENT_DEAD_LETTER_DELETE] = "DELETE FROM dead_letter WHERE id = ?1",
    [STATEMENT_DEAD_LETTERS_DELETE] =
	"DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter ORDER BY id LIMIT ?1)",
    [STATEMENT_DEAD_LETTERS_DELETE_SOURCE] =
	"DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter WHERE source = ?2 "
	"ORDER BY id LIMIT ?1)",
    [STATEMENT_DEAD_LETTERS_DOWN] =
	"SELECT " LETTER_COLUMNS " FROM dead_letter WHERE id < ?1 ORDER BY id DESC",
    [STATEMENT_DEAD_LETTERS_DOWN_SOURCE] =
	"SELECT " LETTER_COLUMNS " FROM dead_letter WHERE id < ?1 AND source = ?2 "
	"ORDER BY id DESC",
    [STATEMENT_DEAD_LETTERS_COUNT] = "SELECT count(*) FROM dead_letter",
    [STATEMENT_DEAD_LETTERS_PRUNE] = "DELETE FROM dead_letter WHERE buried_at < ?1 AND id IN "
				     "(SELECT id FROM dead_letter ORDER BY id LIMIT ?2)",
    [STATEMENT_AUDIT_BATCH] =
	"INSERT INTO audit_node (node, batch, appended_at) VALUES (?1, ?2, ?3) ON CONFLICT (node) "
	"DO UPDATE SET batch = ?2, appended_at = ?3 WHERE batch < ?2",
    [STATEMENT_AUDIT_INSERT] = "INSERT INTO audit (appended_at, time, event, user, line) "
			       "VALUES (?1, ?2, ?3, ?4, ?5)",
    /* Behind which id the records are that were appended since; behind the last where none were. */
    [STATEMENT_AUDIT_BEFORE] = "SELECT coalesce((SELECT id - 1 FROM audit WHERE appended_at >= ?1 "
			       "ORDER BY appended_at, id LIMIT 1), (SELECT max(id) FROM audit), 0)",
    [STATEMENT_AUDIT_UP] =
	"SELECT id, time, event, line FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2",
    [STATEMENT_AUDIT_UP_USER] =
	"SELECT id, time, event, line FROM audit WHERE id > ?1 AND user = ?3 AND user <> '' "
	"ORDER BY id LIMIT ?2",
    [STATEMENT_AUDIT_PRUNE] = "DELETE FROM audit WHERE appended_at < ?1 AND id IN "
			      "(SELECT id FROM audit ORDER BY id LIMIT ?2)",
    [STATEMENT_AUDIT_PRUNE_NODES] = "DELETE FROM audit_node WHERE node IN "
				    "(SELECT node FROM audit_node WHERE appended_at < ?1 LIMIT ?2)",
};
