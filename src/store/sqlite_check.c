/* Each row of the table is a question whose answer must be nothing. What is not folded yet
 * (first_seq above the head in its user's row) has no index and is not counted in the row. */
#include "store/sqlite_check.h"

#include <errno.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

enum { QUESTIONS = 13 };

static const struct question {
	const char *wrong;
	const char *query; /* rows: what is wrong, by id */
} questions[QUESTIONS];

static int ask(sqlite3 *database, size_t question, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, questions[question].query, -1, &statement, NULL);
	int result = 0;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		result = error_set(error, -EIO, "%s (%lld); restore the database from a backup",
				   questions[question].wrong,
				   (long long)sqlite3_column_int64(statement, 0));
	else if (code != SQLITE_DONE)
		result = error_set(error, -EIO, "the database cannot be checked: %s",
				   sqlite3_errmsg(database));
	sqlite3_finalize(statement);
	return result;
}

static int check_file(sqlite3 *database, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	int result = 0;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code != SQLITE_ROW)
		result = error_set(error, -EIO, "the database cannot be checked: %s",
				   sqlite3_errmsg(database));
	else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
		result = error_set(error, -EIO, "the file is damaged: %s; restore it from a backup",
				   (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return result;
}

int sqlite_check(const char *path, struct error *error)
{
	sqlite3 *database = NULL;
	int result = 0;

	if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK ||
	    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK ||
	    sqlite3_exec(database, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		result = error_set(error, -EIO, "%s cannot be opened: %s", path,
				   database == NULL ? "no memory" : sqlite3_errmsg(database));
	if (result == 0)
		result = check_file(database, error);
	for (size_t i = 0; i < QUESTIONS && result == 0; i++)
		result = ask(database, i, error);
	sqlite3_close(database);
	return result;
}

static const struct question questions[QUESTIONS] = {
    {"a notification has no user", "SELECT id FROM notification WHERE user_id NOT IN "
				   "(SELECT id FROM user)"},
    {"a notification is not in the index of its inbox",
     "SELECT n.id FROM notification n JOIN user u ON u.id = n.user_id "
     "LEFT JOIN entry e ON e.user_id = n.user_id AND e.first_seq = n.first_seq "
     "WHERE n.first_seq <= u.head AND e.notification_id IS NOT n.id"},
    {"the index names a notification that does not exist",
     "SELECT notification_id FROM entry WHERE notification_id NOT IN "
     "(SELECT id FROM notification)"},
    {"a changed notification is not in the index of changes",
     "SELECT n.id FROM notification n LEFT JOIN moved m ON m.user_id = n.user_id AND "
     "m.seq = n.seq WHERE n.seq <> n.first_seq AND m.notification_id IS NOT n.id"},
    {"the index of changes names what did not change",
     "SELECT m.notification_id FROM moved m LEFT JOIN notification n ON "
     "n.id = m.notification_id LEFT JOIN broadcast_state s ON s.user_id = m.user_id AND "
     "s.notification_id = m.notification_id "
     "WHERE m.seq IS NOT (CASE WHEN n.user_id = m.user_id THEN n.seq ELSE s.seq END)"},
    {"a change is numbered above the head of its inbox",
     "SELECT m.notification_id FROM moved m JOIN user u ON u.id = m.user_id "
     "WHERE m.seq > u.head"},
    {"a change stands below the floor of its inbox",
     "SELECT n.id FROM notification n JOIN user u ON u.id = n.user_id WHERE n.seq <= u.floor"},
    {"unfolded notifications are not numbered without a gap",
     "SELECT u.id FROM user u JOIN notification n ON n.user_id = u.id AND n.first_seq > u.head "
     "GROUP BY u.id HAVING count(*) <> max(n.first_seq) - u.head OR "
     "max(n.seq <> n.first_seq) > 0 OR min(n.id) <= (SELECT folded FROM meta)"},
    {"the notifications of an inbox are not as many as its row says",
     "SELECT u.id FROM user u LEFT JOIN notification n ON n.user_id = u.id AND "
     "n.first_seq <= u.head GROUP BY u.id HAVING count(n.id) <> u.kept"},
    {"the unread notifications of an inbox are not as many as its row says",
     "SELECT u.id FROM user u LEFT JOIN notification n ON n.user_id = u.id AND "
     "n.first_seq <= u.head AND n.withdrawn_at = 0 AND n.read_at = 0 AND n.archived_at = 0 AND "
     "n.seq > max(u.read_seq, u.archived_seq) GROUP BY u.id HAVING count(n.id) <> u.unread"},
    {"the newest notification of an inbox is not the one its row says",
     "SELECT u.id FROM user u JOIN notification n ON n.user_id = u.id AND "
     "n.first_seq <= u.head GROUP BY u.id HAVING max(n.id) > u.newest"},
    {"the state of a broadcast belongs to none",
     "SELECT s.notification_id FROM broadcast_state s LEFT JOIN notification n ON "
     "n.id = s.notification_id LEFT JOIN user u ON u.id = s.user_id "
     "LEFT JOIN forgotten_broadcast f ON f.notification_id = s.notification_id "
     "WHERE (n.user_id IS NOT 0 AND f.notification_id IS NULL) OR u.touched IS NULL "
     "OR u.touched < s.notification_id"},
    {"the members of a topic are not as many as its row says",
     "SELECT 0 FROM (SELECT topic, count(*) AS members FROM subscription GROUP BY topic) s "
     "LEFT JOIN topic t ON t.name = s.topic WHERE t.members IS NOT s.members "
     "UNION ALL SELECT 0 FROM topic WHERE name NOT IN (SELECT topic FROM subscription)"},
};
