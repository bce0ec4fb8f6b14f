/* A database in WAL mode that nobody has open is read as one that does not change: even a reader
 * would make files beside it. */
#include "survey/survey_sqlite_session.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/wording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS = 10000, WRITE_VERSION = 18, WAL = 2, HEADER_BYTES = 20 };

/* The write version of the header: https://www.sqlite.org/fileformat.html, 1.3.3. */
static int read_mode(const char *path, struct error *error)
{
	unsigned char header[HEADER_BYTES] = {0};
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length;

	if (descriptor < 0)
		return error_set(error, -ENOENT, "%.300s cannot be opened: %s", path,
				 strerror(errno));
	length = read(descriptor, header, sizeof(header));
	close(descriptor);
	if (length < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0)
		return error_set(error, -EINVAL,
				 "%.300s is no database of SQLite's; --db is such a file, or "
				 "postgresql://USER@HOST/DATABASE",
				 path);
	return header[WRITE_VERSION];
}

static bool has_wal(const char *path)
{
	struct buffer name = BUFFER_EMPTY;
	struct stat status;
	bool is_there;

	buffer_append_format(&name, "%s-wal", path);
	buffer_append_byte(&name, '\0');
	is_there = buffer_failed(&name) || stat(name.data, &status) == 0;
	buffer_finish(&name);
	return is_there;
}

/* A file: URI (https://www.sqlite.org/uri.html, 3.1). */
static void append_uri(struct buffer *buffer, const char *path, bool stands_still)
{
	buffer_append_string(buffer, path[0] == '/' ? "file://" : "file:");
	for (; *path != '\0'; path++) {
		if (*path == '%' || *path == '?' || *path == '#')
			buffer_append_format(buffer, "%%%02x", (unsigned)*path);
		else
			buffer_append_byte(buffer, *path);
	}
	buffer_append_string(buffer, stands_still ? "?immutable=1" : "");
	buffer_append_byte(buffer, '\0');
}

static int is_late(void *context)
{
	const struct survey_sqlite_session *session = context;

	return clock_monotonic() > session->deadline;
}

static int refuse(struct survey_sqlite_session *session, struct error *error)
{
	switch (sqlite3_errcode(session->handle) & 0xff) {
	case SQLITE_INTERRUPT:
		return error_set(error, -ETIME,
				 _("a statement took longer than %.3g s; give it longer with "
				   "--timeout"),
				 (double)session->timeout / 1000);
	case SQLITE_NOMEM:
		return error_set(error, -ENOMEM, "out of memory");
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(error, -EPIPE, _("the database went away half-way: %.200s"),
				 sqlite3_errmsg(session->handle));
	default:
		return error_set(error, -EINVAL, "SQLite: %.300s", sqlite3_errmsg(session->handle));
	}
}

int survey_sqlite_session_open(struct survey_sqlite_session *session, const char *path,
			       int64_t timeout, struct error *error)
{
	struct buffer uri = BUFFER_EMPTY;
	int mode = read_mode(path, error), code;

	session->handle = NULL;
	session->timeout = timeout;
	if (mode < 0)
		return mode;
	append_uri(&uri, path, mode == WAL && !has_wal(path));
	code = buffer_failed(&uri) ? SQLITE_NOMEM
				   : sqlite3_open_v2(uri.data, &session->handle,
						     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	buffer_finish(&uri);
	if (code != SQLITE_OK) {
		error_set(error, -EINVAL, "%.300s cannot be opened: %s", path,
			  sqlite3_errstr(code));
		survey_sqlite_session_close(session);
		return -EINVAL;
	}
	sqlite3_busy_timeout(session->handle, (int)timeout);
	sqlite3_db_config(session->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_progress_handler(session->handle, STEPS, is_late, session);
	return 0;
}

void survey_sqlite_session_close(struct survey_sqlite_session *session)
{
	sqlite3_close(session->handle);
	session->handle = NULL;
}

int survey_sqlite_session_prepare(struct survey_sqlite_session *session, const char *sql,
				  const char *const *texts, sqlite3_stmt **ret_statement,
				  struct error *error)
{
	sqlite3_stmt *statement = NULL;

	session->deadline = clock_monotonic() + session->timeout;
	if (sqlite3_prepare_v2(session->handle, sql, -1, &statement, NULL) != SQLITE_OK)
		return refuse(session, error);
	for (int i = 0; texts != NULL && texts[i] != NULL; i++) {
		if (sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC) == SQLITE_OK)
			continue;
		sqlite3_finalize(statement);
		return refuse(session, error);
	}
	*ret_statement = statement;
	return 0;
}

int survey_sqlite_session_step(struct survey_sqlite_session *session, sqlite3_stmt *statement,
			       struct error *error)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : refuse(session, error);
}
