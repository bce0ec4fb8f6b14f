/* A new database is built aside, as a rollback-journal file that is synced and closed, and only
 * then gets its name: so the name never stands for half a schema, and the header in the file itself
 * (not only in a WAL) always says whose it is. */
#include "store/sqlite_schema.h"

#include "base/random.h"
#include "store/sqlite_file.h"
#include "store/sqlite_sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x616C6C6D /* "allm" */, HEADER_BYTES = 100, VERSION = 5 };

/* One element for each version; a database of version n has seen the first n. */
static const char *const migrations[VERSION];

static uint32_t number_at(const unsigned char *header, size_t offset)
{
	return (uint32_t)header[offset] << 24 | (uint32_t)header[offset + 1] << 16 |
	       (uint32_t)header[offset + 2] << 8 | header[offset + 3];
}

static int64_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? 0 : (int64_t)status.st_size;
}

/* With a WAL beside it the file may be shorter than its header says: a checkpoint was cut short. */
static bool is_cut(const char *path, const unsigned char *header)
{
	char wal[PATH_MAX + 8];
	uint32_t page = (uint32_t)header[16] << 8 | header[17];
	int64_t expected = (int64_t)(page == 1 ? 65536 : page) * number_at(header, 28);

	snprintf(wal, sizeof(wal), "%s-wal", path);
	return size_of(wal) == 0 && size_of(path) < expected;
}

/* A file gets its name with the first version at least. */
static int check_version(const char *path, int32_t version, struct error *error)
{
	if (version < 1)
		return error_set(
		    error, -EINVAL,
		    "%s is damaged: no allim writes version %d of the schema; restore it "
		    "from a backup",
		    path, version);
	if (version > VERSION)
		return error_set(
		    error, -EINVAL,
		    "%s was written by a newer allim (version %d of its schema, this one "
		    "knows %d); start that one",
		    path, version, VERSION);
	return 0;
}

/* The layout of the header: https://www.sqlite.org/fileformat.html, 1.3. */
static int check_header(const char *path, const unsigned char *header, ssize_t length,
			struct error *error)
{
	if (length < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0)
		return error_set(
		    error, -EINVAL,
		    "%s is not a database of allim's, or was cut short; move it away or "
		    "restore it from a backup",
		    path);
	if (number_at(header, 68) != APPLICATION_ID)
		return error_set(error, -EINVAL,
				 "%s is the database of another application; choose another folder",
				 path);
	if (check_version(path, (int32_t)number_at(header, 60), error) < 0)
		return -EINVAL;
	if (is_cut(path, header))
		return error_set(error, -EINVAL,
				 "%s is damaged: a part of it is missing; restore it from a backup",
				 path);
	return 0;
}

static int run(sqlite3 *database, const char *path, const char *text, struct error *error)
{
	int code = sqlite3_exec(database, text, NULL, NULL, NULL);

	if (code == SQLITE_OK)
		return 0;
	return error_set(error,
			 code == SQLITE_FULL	? -ENOSPC
			 : code == SQLITE_NOMEM ? -ENOMEM
						: -EIO,
			 "%s cannot be written: %s", path, sqlite3_errmsg(database));
}

static int run_migrations(sqlite3 *database, const char *path, int from, struct error *error)
{
	char text[128];
	int result = 0;

	for (int i = from; i < VERSION && result == 0; i++) {
		result = run(database, path, "BEGIN IMMEDIATE", error);
		if (result == 0)
			result = run(database, path, migrations[i], error);
		snprintf(text, sizeof(text), "PRAGMA user_version = %d; COMMIT", i + 1);
		if (result == 0)
			result = run(database, path, text, error);
	}
	return result;
}

static int fill(sqlite3 *database, const char *path, struct error *error)
{
	char text[256];
	int result;

	snprintf(text, sizeof(text), "PRAGMA synchronous = FULL; PRAGMA application_id = %d",
		 APPLICATION_ID);
	result = run(database, path, text, error);
	if (result == 0)
		result = run_migrations(database, path, 0, error);
	/* Zero stands for "no epoch", and SQLite keeps 63 bits and a sign. */
	snprintf(text, sizeof(text),
		 "INSERT INTO meta (id, epoch) VALUES (1, %lld); PRAGMA journal_mode = WAL",
		 (long long)(random_system_seed() | 1));
	if (result == 0)
		result = run(database, path, text, error);
	return result;
}

static int create_file(const char *path, struct error *error)
{
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (file < 0)
		return error_set(error, -errno, "%s cannot be created: %s", path, strerror(errno));
	close(file);
	return 0;
}

/* SQLite would take a journal that a removed database left for the new one's, and play it into it.
 * Such a journal may hold what was acknowledged last, so only an empty one goes. */
static int remove_rest(const char *path, const char *suffix, struct error *error)
{
	char name[PATH_MAX + 16];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (size_of(name) > 0)
		return error_set(error, -EEXIST,
				 "%s is gone, but %s holds a part of it: put %s back, or remove "
				 "%s too to begin with an empty database",
				 path, name, path, name);
	if (unlink(name) < 0 && errno != ENOENT)
		return error_set(error, -errno, "%s cannot be removed: %s", name, strerror(errno));
	return 0;
}

static int remove_rests(const char *path, struct error *error)
{
	char shared[PATH_MAX + 8];
	int result = remove_rest(path, "-wal", error);

	if (result == 0)
		result = remove_rest(path, "-journal", error);
	/* The index of a WAL is made from it whenever it is missing. */
	snprintf(shared, sizeof(shared), "%s-shm", path);
	if (result == 0 && unlink(shared) < 0 && errno != ENOENT)
		result =
		    error_set(error, -errno, "%s cannot be removed: %s", shared, strerror(errno));
	return result;
}

static int create(const char *path, struct error *error)
{
	char aside[PATH_MAX + 8];
	sqlite3 *database = NULL;
	int result;

	snprintf(aside, sizeof(aside), "%s.new", path);
	result = remove_rests(path, error);
	if (result == 0)
		result = sqlite_sidecar_remove(path, error);
	if (result == 0)
		result = create_file(aside, error);
	if (result < 0)
		return result;
	if (sqlite3_open_v2(aside, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
	    SQLITE_OK)
		result = fill(database, aside, error);
	else
		result = error_set(error, -EIO, "%s cannot be opened", aside);
	sqlite3_close(database);
	if (result == 0)
		result = sqlite_file_put_in_place(aside, path, error);
	if (result < 0)
		unlink(aside);
	return result;
}

int sqlite_schema_prepare(const char *path, bool read_only, struct error *error)
{
	unsigned char header[HEADER_BYTES];
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait */
	ssize_t length;

	if (file < 0 && errno == ENOENT && !read_only)
		return create(path, error);
	if (file < 0)
		return error_set(error, -errno, "%s cannot be read: %s", path, strerror(errno));
	length = read(file, header, sizeof(header));
	close(file);
	return check_header(path, header, length, error);
}

static int read_version(sqlite3 *database, int *ret_version)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : -EIO;
}

/* A copy that SQLite made (VACUUM INTO) is a rollback-journal file; on a WAL this changes nothing.
 */
static int use_wal(sqlite3 *database, const char *path, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
	bool is_wal;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	is_wal = code == SQLITE_ROW &&
		 sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
	sqlite3_finalize(statement);
	if (is_wal)
		return 0;
	return error_set(error, (code & 0xFF) == SQLITE_NOMEM ? -ENOMEM : -EIO,
			 "%s cannot be used: %s; restore it from a backup or move it away", path,
			 sqlite3_errmsg(database));
}

/* The header is looked at again through SQLite: a migration may still be in the WAL. */
int sqlite_schema_migrate(const char *path, struct error *error)
{
	sqlite3 *database = NULL;
	int found = 0;
	int result = 0;

	if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		result = error_set(error, -EIO, "%s cannot be opened: %s", path,
				   database == NULL ? "no memory" : sqlite3_errmsg(database));
	if (result == 0)
		sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (result == 0 && read_version(database, &found) < 0)
		result = error_set(error, -EIO, "%s is damaged: %s; restore it from a backup", path,
				   sqlite3_errmsg(database));
	if (result == 0)
		result = check_version(path, found, error);
	if (result == 0)
		result = use_wal(database, path, error);
	if (result == 0)
		result = run_migrations(database, path, found, error);
	sqlite3_close(database);
	return result;
}

/* Times are microseconds, 0 stands for "not yet". User 0, whose name is empty, is everyone.
 * `entry` finds a user's notifications in the order they came in, which is also that of their ids;
 * `moved` finds those that changed later, and the user's states of broadcasts, by the seq of their
 * last change. */
static const char *const migrations[VERSION] = {
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL,"
    " folded INTEGER NOT NULL DEFAULT 0, last_id INTEGER NOT NULL DEFAULT 0,"
    " probe INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " head INTEGER NOT NULL DEFAULT 0, floor INTEGER NOT NULL DEFAULT 0,"
    " kept INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0,"
    " newest INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0,"
    " position INTEGER NOT NULL DEFAULT 0,"
    " seen_seq INTEGER NOT NULL DEFAULT 0, seen_at INTEGER NOT NULL DEFAULT 0,"
    " seen_broadcast INTEGER NOT NULL DEFAULT 0,"
    " read_seq INTEGER NOT NULL DEFAULT 0, read_at INTEGER NOT NULL DEFAULT 0,"
    " read_broadcast INTEGER NOT NULL DEFAULT 0,"
    " archived_seq INTEGER NOT NULL DEFAULT 0, archived_at INTEGER NOT NULL DEFAULT 0,"
    " archived_broadcast INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO user (id, name) VALUES (0, '');"
    "CREATE TABLE notification (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, first_seq INTEGER NOT NULL, priority INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,"
    " seen_at INTEGER NOT NULL DEFAULT 0, read_at INTEGER NOT NULL DEFAULT 0,"
    " archived_at INTEGER NOT NULL DEFAULT 0, withdrawn_at INTEGER NOT NULL DEFAULT 0,"
    " expires_at INTEGER NOT NULL DEFAULT 0, type TEXT NOT NULL, title TEXT NOT NULL,"
    " body TEXT NOT NULL, link TEXT NOT NULL, data TEXT NOT NULL);"
    "CREATE INDEX notification_expiry ON notification (expires_at)"
    " WHERE expires_at > 0 AND withdrawn_at = 0;"
    "CREATE TABLE entry (user_id INTEGER NOT NULL, first_seq INTEGER NOT NULL,"
    " notification_id INTEGER NOT NULL, PRIMARY KEY (user_id, first_seq)) WITHOUT ROWID;"
    "CREATE TABLE moved (user_id INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " notification_id INTEGER NOT NULL, PRIMARY KEY (user_id, seq)) WITHOUT ROWID;"
    "CREATE TABLE broadcast_state (user_id INTEGER NOT NULL, notification_id INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, seen_at INTEGER NOT NULL, read_at INTEGER NOT NULL,"
    " archived_at INTEGER NOT NULL, PRIMARY KEY (user_id, notification_id)) WITHOUT ROWID;"
    "CREATE INDEX broadcast_state_notification ON broadcast_state (notification_id);"
    "CREATE TABLE idempotency (id INTEGER PRIMARY KEY, publisher TEXT NOT NULL,"
    " key TEXT NOT NULL, fingerprint BLOB NOT NULL, ids BLOB NOT NULL,"
    " created_at INTEGER NOT NULL, UNIQUE (publisher, key));"
    "CREATE TABLE ticket (id BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;",
    /* See sqlite_sidecar.c. */
    "ALTER TABLE meta ADD COLUMN beat INTEGER NOT NULL DEFAULT 0;",
    /* Broadcasts that are gone, while users' states of them are still there: sqlite_forget.c. */
    ("CREATE TABLE forgotten_broadcast (notification_id INTEGER PRIMARY KEY);"
     "CREATE INDEX ticket_expiry ON ticket (expires_at);"
     "ALTER TABLE idempotency ADD COLUMN note TEXT NOT NULL DEFAULT '';"),
    /* Which of a source's messages were published, and which never could be. A letter's body stands
     * last: what a page shows is then read without it. */
    ("CREATE TABLE item_key (id INTEGER PRIMARY KEY, publisher TEXT NOT NULL, key TEXT NOT NULL,"
     " taken_at INTEGER NOT NULL, UNIQUE (publisher, key));"
     "CREATE TABLE dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, tries INTEGER NOT NULL,"
     " first_at INTEGER NOT NULL, buried_at INTEGER NOT NULL, source TEXT NOT NULL,"
     " position TEXT NOT NULL, key BLOB NOT NULL, content_type BLOB NOT NULL,"
     " reason TEXT NOT NULL, body BLOB NOT NULL);"
     "CREATE INDEX dead_letter_position ON dead_letter (source, position);"
     "CREATE INDEX dead_letter_source ON dead_letter (source);"),
    /* See sqlite_topic.c; `members` of a key is as store_members.h packs it. */
    ("CREATE TABLE topic (name TEXT PRIMARY KEY, members INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE subscription (topic TEXT NOT NULL, user TEXT NOT NULL, since INTEGER NOT NULL,"
     " PRIMARY KEY (topic, user)) WITHOUT ROWID;"
     "CREATE INDEX subscription_user ON subscription (user, topic);"
     "ALTER TABLE idempotency ADD COLUMN members BLOB NOT NULL DEFAULT x'';"
     /* See sqlite_audit.c. */
     "CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, appended_at INTEGER NOT NULL,"
     " time INTEGER NOT NULL, event TEXT NOT NULL, user TEXT NOT NULL, line TEXT NOT NULL);"
     "CREATE INDEX audit_appended ON audit (appended_at);"
     "CREATE INDEX audit_user ON audit (user) WHERE user <> '';"
     "CREATE TABLE audit_node (node INTEGER PRIMARY KEY, batch INTEGER NOT NULL,"
     " appended_at INTEGER NOT NULL);"),
};
