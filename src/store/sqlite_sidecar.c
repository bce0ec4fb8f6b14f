/* A cursor says what its client has applied in an epoch. It may outlive the database that it was
 * made from: a backup that is put in place knows less than the clients have seen, and once its
 * numbers have caught up, an old cursor would look valid and its client would miss what came in
 * between. So such a database must get a new epoch, and nobody should have to think of it.
 *
 * The table `meta` holds a counter, the beat. About once a second a commit that happens anyway
 * raises it, and once that commit is durable, `allim.epoch` is replaced with the epoch and the
 * beat. The file never runs ahead of the database, whenever the process is killed or the power
 * fails: it is written after the sync of the commit, aside, and synced before it gets its name. At
 * the start there are these cases:
 *
 *	the same epoch, and the file's beat is not above     the database went on from there: keep
 *	no file, and the database never had a beat           a new one, or the file was not invented
 *	                                                     yet: keep, and write the file
 *	the file's beat is above the database's              an older state was put in place: renew
 *	another epoch; or no file, or none that can be read  it was brought in from elsewhere: renew
 *
 * The first commit of a run carries a beat, so a database with anything in it that this run added
 * has one, and the file is there before it. Maintenance and closing make a last beat where inboxes
 * changed since; after that every backup that was made earlier and differs has a lower one. What
 * remains unseen is a backup that was finished in the last second before a crash and put in place
 * before the node ran again; and a folder that went back in time as a whole, file included, which
 * cannot be told from one that was moved. */
#include "store/sqlite_sidecar.h"

#include "base/log.h"
#include "base/random.h"
#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_FORMAT "allim epoch %016" PRIx64 " beat %" PRId64 "\n"

enum { FILE_BYTES = 128 };

struct mark {
	uint64_t epoch;
	int64_t beat;
};

static int name_file(const char *database, char ret_path[static PATH_MAX], struct error *error)
{
	const char *slash = strrchr(database, '/');
	int folder = slash == NULL ? 0 : (int)(slash + 1 - database);

	if (snprintf(ret_path, PATH_MAX, "%.*sallim.epoch", folder, database) >= PATH_MAX)
		return error_set(error, -ENAMETOOLONG, "the folder's name %.64s... is too long",
				 database);
	return 0;
}

/* Only what this program would have written counts, to the byte. */
static bool parse(const char *text, struct mark *ret_mark)
{
	char again[FILE_BYTES];
	struct mark mark;

	if (sscanf(text, "allim epoch %" SCNx64 " beat %" SCNd64, &mark.epoch, &mark.beat) != 2)
		return false;
	snprintf(again, sizeof(again), FILE_FORMAT, mark.epoch, mark.beat);
	if (mark.beat < 0 || strcmp(text, again) != 0)
		return false;
	*ret_mark = mark;
	return true;
}

/* Returns 1, 0 where there is no file that says anything, or a negative errno value. */
static int read_file(const char *path, struct mark *ret_mark, struct error *error)
{
	char text[FILE_BYTES] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	int result = length < 0 ? -errno : 0;

	if (file >= 0)
		close(file);
	if (result == -ENOENT)
		return 0;
	if (result < 0)
		return error_set(error, result, "%s cannot be read: %s", path, strerror(-result));
	return parse(text, ret_mark);
}

static int write_file(const struct sqlite_sidecar *sidecar, struct error *error)
{
	char text[FILE_BYTES];
	int length = snprintf(text, sizeof(text), FILE_FORMAT, sidecar->epoch, sidecar->beat);

	return sqlite_file_replace(sidecar->path, text, (size_t)length, error);
}

static int read_database(struct sqlite_connection *connection, struct mark *ret_mark)
{
	sqlite3_stmt *statement = connection->statements[STATEMENT_META_SELECT];
	int result = sqlite_connection_step(statement);

	if (result <= 0)
		return result < 0 ? result : -EIO;
	ret_mark->epoch = (uint64_t)sqlite3_column_int64(statement, 0);
	ret_mark->beat = sqlite3_column_int64(statement, 4);
	sqlite3_reset(statement);
	return 0;
}

/* The database first: if the file stays behind, the next start only renews again, what no client
 * has seen yet. */
static int renew(struct sqlite_sidecar *sidecar, struct sqlite_connection *connection)
{
	/* Zero stands for "no epoch", and SQLite keeps 63 bits and a sign. */
	uint64_t epoch = random_system_seed() | 1;
	int result =
	    sqlite_connection_run(connection, STATEMENT_META_EPOCH, SQLITE_NUMBERS((int64_t)epoch));

	if (result < 0)
		return result;
	sidecar->epoch = epoch;
	return 0;
}

int sqlite_sidecar_open(struct sqlite_sidecar *sidecar, const char *database,
			struct sqlite_connection *connection, struct error *error)
{
	struct mark mark = {.epoch = 0};
	struct mark seen = {.epoch = 0};
	int result = name_file(database, sidecar->path, error);
	int found;

	if (result < 0)
		return result;
	result = read_database(connection, &mark);
	if (result < 0)
		return error_set(
		    error, result,
		    "%s is damaged: its first row cannot be read; restore it from a backup",
		    database);
	found = read_file(sidecar->path, &seen, error);
	if (found < 0)
		return found;
	sidecar->epoch = mark.epoch;
	sidecar->beat = mark.beat;
	sidecar->written = seen.beat;
	sidecar->beaten_at = INT64_MIN / 2;
	if (found > 0 && seen.epoch == mark.epoch && seen.beat <= mark.beat)
		return 0;
	sidecar->written = mark.beat;
	if (found == 0 && mark.beat == 0)
		return write_file(sidecar, error);
	result = renew(sidecar, connection);
	if (result < 0)
		return error_set(error, result, "%s cannot be given a new epoch: %s", database,
				 strerror(-result));
	result = write_file(sidecar, error);
	if (result == 0)
		log_warning("the database was restored from a backup; clients will reload",
			    LOG_TEXT("database", database));
	return result;
}

int sqlite_sidecar_remove(const char *database, struct error *error)
{
	char path[PATH_MAX];
	int result = name_file(database, path, error);

	if (result == 0 && unlink(path) < 0 && errno != ENOENT)
		result =
		    error_set(error, -errno, "%s cannot be removed: %s", path, strerror(errno));
	return result;
}

int sqlite_sidecar_beat(struct sqlite_sidecar *sidecar, struct sqlite_connection *connection,
			int64_t now)
{
	int result = sqlite_connection_run(connection, STATEMENT_META_BEAT,
					   SQLITE_NUMBERS(sidecar->beat + 1));

	sidecar->is_beating = result == 0;
	sidecar->beating_at = now;
	return result;
}

int sqlite_sidecar_follow(struct sqlite_sidecar *sidecar, struct sqlite_connection *connection,
			  int64_t now, int64_t interval)
{
	if (sidecar->is_beating || now - sidecar->beaten_at < interval)
		return 0;
	return sqlite_sidecar_beat(sidecar, connection, now);
}

void sqlite_sidecar_commit(struct sqlite_sidecar *sidecar, bool with_news)
{
	if (sidecar->is_beating) {
		sidecar->beat++;
		sidecar->beaten_at = sidecar->beating_at;
		sidecar->is_behind = false;
	} else if (with_news) {
		sidecar->is_behind = true;
	}
	sidecar->is_beating = false;
}

void sqlite_sidecar_rollback(struct sqlite_sidecar *sidecar)
{
	sidecar->is_beating = false;
}

void sqlite_sidecar_write(struct sqlite_sidecar *sidecar)
{
	struct error error;

	if (sidecar->written >= sidecar->beat)
		return;
	if (write_file(sidecar, &error) == 0) {
		sidecar->written = sidecar->beat;
		sidecar->is_failing = false;
	} else if (!sidecar->is_failing) {
		sidecar->is_failing = true;
		log_warning("the epoch file cannot be written; until it can, a restored backup "
			    "may not be noticed",
			    LOG_TEXT("reason", error.text));
	}
}
