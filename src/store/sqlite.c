/* Opens and closes; the work is done by two threads, which share nothing but the users in memory:
 *
 *	submit -> writer (sqlite_writer.c)   publish, mark, correct, retention: all that changes
 *	       -> reader (sqlite_reader.c)   heads, replay, list, sweep: from snapshots
 *
 * sqlite_fold.h tells why a publish does not write its user's row, sqlite_row.h what a mark-all
 * does instead of touching rows, sqlite_sidecar.c how a restored backup is noticed. */
#include "store/sqlite.h"

#include "base/clock.h"
#include "store/sqlite_check.h"
#include "store/sqlite_dead_letter.h"
#include "store/sqlite_reader.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Users in memory beyond those with unfolded notifications; about 10 MB. */
enum { USERS_IN_MEMORY = 32768 };

struct sqlite_store {
	struct store base;
	char path[PATH_MAX];
	int lock;
	bool is_read_only;
	bool has_users;
	struct sqlite_users users;
	struct store_figures figures;
	struct sqlite_settings settings;
	struct sqlite_writer writer;
	struct sqlite_reader reader;
	bool writer_runs;
	bool reader_runs;
};

static struct sqlite_store *store_of(struct store *store)
{
	return CONTAINER_OF(store, struct sqlite_store, base);
}

static int create_folder(const char *location, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s", location);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_set(error, -errno, "the folder %s cannot be created: %s", location,
				 strerror(errno));
	if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
		return error_set(error, -ENOTDIR, "%s is not a folder; name one for the data",
				 location);
	return 0;
}

/* Two processes on one database would each believe their own memory. */
static int lock_folder(struct sqlite_store *store, const char *location, struct error *error)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/allim.lock", location);
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return error_set(error, -errno, "the folder %s cannot be written: %s", location,
				 strerror(errno));
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(
		    error, -EBUSY,
		    "another allim uses the folder %s; stop it or choose another folder", location);
	return 0;
}

static void apply_settings(struct sqlite_settings *settings, const struct store_options *options)
{
	atomic_store(&settings->retention_age, options->retention_age);
	atomic_store(&settings->retention_count, options->retention_count);
	atomic_store(&settings->idempotency_age, options->idempotency_age);
	atomic_store(&settings->dead_letter_age, options->dead_letter_age);
	atomic_store(&settings->audit_age, options->audit_age);
	atomic_store(&settings->maintenance_interval,
		     options->maintenance_interval > 0 ? options->maintenance_interval : 1000);
}

static int read_meta(struct sqlite_store *store, int64_t *ret_folded, struct error *error)
{
	struct sqlite_connection *connection = &store->reader.connection;
	sqlite3_stmt *statement = connection->statements[STATEMENT_META_SELECT];
	int64_t last_id = 0;
	int result = sqlite_connection_step(statement);

	if (result <= 0)
		return error_set(
		    error, -EIO,
		    "%s is damaged: its first row is missing; restore it from a backup",
		    store->path);
	store->reader.epoch = (uint64_t)sqlite3_column_int64(statement, 0);
	store->writer.epoch = store->reader.epoch;
	*ret_folded = sqlite3_column_int64(statement, 1);
	store->writer.last_id = sqlite3_column_int64(statement, 2);
	store->writer.probe = sqlite3_column_int64(statement, 3);
	sqlite3_reset(statement);
	result =
	    sqlite_connection_number(connection, STATEMENT_NOTIFICATION_LAST, 0, NULL, &last_id);
	if (result == 0)
		result = sqlite_connection_number(connection, STATEMENT_USER_LAST, 0, NULL,
						  &store->users.last_user_id);
	if (result == 0)
		result = sqlite_dead_letter_count(connection, &store->figures);
	if (last_id > store->writer.last_id)
		store->writer.last_id = last_id;
	return result < 0 ? error_set(error, result, "%s cannot be read: %s", store->path,
				      strerror(-result))
			  : 0;
}

/* Positions go on from the clock, so that they rise over restarts without being written down. */
static int recover_users(struct sqlite_store *store, struct error *error)
{
	struct sqlite_connection *connection = &store->reader.connection;
	struct sqlite_users *users = &store->users;
	int64_t folded = 0;
	int result = sqlite_users_init(users, USERS_IN_MEMORY);

	if (result < 0)
		return error_set(error, result, "the store cannot be started: %s",
				 strerror(-result));
	store->has_users = true;
	users->position = clock_wall();
	users->committed_position = users->position;
	users->left_position = users->position;
	result = read_meta(store, &folded, error);
	if (result < 0)
		return result;
	result = sqlite_users_find_id(users, connection, 0, &users->everyone);
	if (result < 0)
		return error_set(
		    error, result,
		    "%s is damaged: everyone's inbox is missing; restore it from a backup",
		    store->path);
	return sqlite_fold_recover(users, connection, folded, error);
}

/* From one snapshot: who only reads may do so beside a node that writes. */
static int recover(struct sqlite_store *store, struct error *error)
{
	struct sqlite_connection *connection = &store->reader.connection;
	int result = sqlite_connection_run(connection, STATEMENT_BEGIN_READ, 0, NULL);

	if (result < 0)
		return error_set(error, result, "%s cannot be read: %s", store->path,
				 strerror(-result));
	result = recover_users(store, error);
	if (!sqlite3_get_autocommit(connection->database))
		sqlite_connection_run(connection, STATEMENT_COMMIT, 0, NULL);
	return result;
}

static int open_files(struct sqlite_store *store, const struct store_options *options,
		      struct error *error)
{
	const char *location = options->location;
	int result = 0;

	if (snprintf(store->path, sizeof(store->path), "%s/allim.db", location) >=
	    (int)sizeof(store->path) - 8)
		return error_set(error, -ENAMETOOLONG, "the folder's name %.64s... is too long",
				 location);
	if (!options->read_only)
		result = create_folder(location, error);
	if (result == 0 && !options->read_only)
		result = lock_folder(store, location, error);
	if (result == 0)
		result = sqlite_schema_prepare(store->path, options->read_only, error);
	if (result == 0 && !options->read_only)
		result = sqlite_schema_migrate(store->path, error);
	if (result == 0 && !options->read_only)
		result =
		    sqlite_connection_open(&store->writer.connection, store->path, true, error);
	if (result == 0 && !options->read_only)
		result = sqlite_sidecar_open(&store->writer.sidecar, store->path,
					     &store->writer.connection, error);
	if (result == 0)
		result =
		    sqlite_connection_open(&store->reader.connection, store->path, false, error);
	return result;
}

static int start(struct sqlite_store *store, const struct store_options *options,
		 struct error *error)
{
	int result;

	store->reader.users = &store->users;
	store->reader.figures = &store->figures;
	result = sqlite_reader_start(&store->reader);
	store->reader_runs = result == 0;
	store->writer.users = &store->users;
	store->writer.figures = &store->figures;
	store->writer.settings = &store->settings;
	store->writer.reader = &store->reader.mailbox;
	store->writer.on_commit = options->on_commit;
	store->writer.on_commit_context = options->on_commit_context;
	store->writer.on_step = options->on_step;
	if (result == 0 && !store->is_read_only) {
		result = sqlite_writer_start(&store->writer);
		store->writer_runs = result == 0;
	}
	return result < 0 ? error_set(error, result, "the store's threads cannot be started: %s",
				      strerror(-result))
			  : 0;
}

/* The last one to close makes the database one file again. */
static void close_store(struct store *base)
{
	struct sqlite_store *store = store_of(base);

	if (store->writer_runs)
		sqlite_writer_stop(&store->writer);
	if (store->reader_runs)
		sqlite_reader_stop(&store->reader);
	sqlite_connection_close(&store->reader.connection);
	if (store->writer_runs)
		sqlite3_wal_checkpoint_v2(store->writer.connection.database, NULL,
					  SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite_connection_close(&store->writer.connection);
	if (store->has_users)
		sqlite_users_finish(&store->users);
	if (store->lock >= 0)
		close(store->lock);
	free(store);
}

static int open_store(const struct store_options *options, struct store **ret_store,
		      struct error *error)
{
	struct sqlite_store *store;
	int result;

	/* Its statistics cost a lock for every allocation; too late is no harm. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	store->base.ops = &sqlite_store_ops;
	store->lock = -1;
	store->is_read_only = options->read_only;
	apply_settings(&store->settings, options);
	result = open_files(store, options, error);
	if (result == 0)
		result = recover(store, error);
	if (result == 0)
		result = start(store, options, error);
	if (result < 0) {
		close_store(&store->base);
		return result;
	}
	*ret_store = &store->base;
	return 0;
}

static void submit(struct store *base, struct store_request *request)
{
	struct sqlite_store *store = store_of(base);

	request->epoch = store->reader.epoch;
	if (!store_operation_is_write(request->operation)) {
		store_figures_submit(&store->figures);
		mailbox_send(&store->reader.mailbox, &request->message);
	} else if (!store->is_read_only) {
		store_figures_submit(&store->figures);
		mailbox_send(&store->writer.mailbox, &request->message);
	} else {
		request->result = -EROFS;
		mailbox_send(request->reply, &request->message);
	}
}

static uint64_t epoch(const struct store *base)
{
	/* `base` is the first member. */
	return ((const struct sqlite_store *)base)->reader.epoch;
}

static uint64_t bytes_of(const char *path, const char *suffix)
{
	char name[PATH_MAX + 8];
	struct stat status;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &status) < 0 ? 0 : (uint64_t)status.st_size;
}

static void statistics(struct store *base, struct store_statistics *ret_statistics)
{
	struct sqlite_store *store = store_of(base);

	*ret_statistics = (struct store_statistics){
	    .queries = atomic_load(&store->writer.connection.queries) +
		       atomic_load(&store->reader.connection.queries),
	    .bytes = bytes_of(store->path, "") + bytes_of(store->path, "-wal"),
	};
	store_figures_read(&store->figures, ret_statistics);
}

static void reconfigure(struct store *base, const struct store_options *options)
{
	apply_settings(&store_of(base)->settings, options);
}

static int check(struct store *base, struct error *error)
{
	return sqlite_check(store_of(base)->path, error);
}

/* A folder may have any name, but what looks like a URL is no folder. */
/* postgresql//USER@HOST is an address with a slip in it, and no folder. */
static bool takes(const char *location)
{
	bool is_slip = strncmp(location, "postgres", 8) == 0 && strchr(location, '@') != NULL;

	return strstr(location, "://") == NULL && !is_slip;
}

const struct store_ops sqlite_store_ops = {
    .name = "sqlite",
    .takes = takes,
    .open = open_store,
    .close = close_store,
    .submit = submit,
    .epoch = epoch,
    .statistics = statistics,
    .reconfigure = reconfigure,
    .check = check,
};
