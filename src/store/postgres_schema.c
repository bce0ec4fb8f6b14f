/* One transaction creates all, under a lock that nodes which start together wait for.
 *
 * The epoch goes with the identity of the database: that of the cluster, its timeline (which rises
 * when a standby is promoted or a backup is restored to a point in time) and the database's own
 * number. Tables that find themselves elsewhere were restored, and cursors of before are void. */
#include "store/postgres_schema.h"

#include "base/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	VERSION = 3,
	OLDEST_SERVER = 130000,
	PATIENCE = 60000 /* milliseconds that creating and upgrading may take */
};

/* What each version adds to the one before. */
static const char *const versions[VERSION] = {postgres_schema_sql, postgres_schema_sql_2,
					      postgres_schema_sql_3};

/* Functions are for those whom an administrator grants them, whatever version brought them. */
#define REVOKE "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA allim FROM PUBLIC;\n"

#define IDENTITY                                                                             \
	"(SELECT (pg_control_system()).system_identifier || ':' || "                         \
	"left(pg_walfile_name(pg_current_wal_lsn()), 8) || ':' || d.oid FROM pg_database d " \
	"WHERE d.datname = current_database())"

/* A standby has the history of its primary, and cannot be asked for its place in it. */
#define IS_ELSEWHERE                                                                         \
	"SELECT CASE WHEN pg_is_in_recovery() THEN false ELSE identity <> " IDENTITY " END " \
	"FROM allim.meta"

/* Any number will do that nobody else locks: this one is "allim" in ASCII. */
#define LOCK "pg_advisory_xact_lock(418329913709)"

static int run(struct postgres_connection *connection, const char *sql, struct error *error)
{
	PGresult *result;
	int code = postgres_connection_query(connection, sql, &result, error);

	if (code == 0)
		PQclear(result);
	return code;
}

/* The first column of the one row, as text. Returns 0, -ENOENT where there is no row, or a failure
 * with a sentence. */
static int ask(struct postgres_connection *connection, const char *sql, char *ret_text, size_t size,
	       struct error *error)
{
	PGresult *result;
	int code = postgres_connection_query(connection, sql, &result, error);

	if (code < 0)
		return code;
	if (PQntuples(result) == 1)
		snprintf(ret_text, size, "%s", PQgetvalue(result, 0, 0));
	else
		code = -ENOENT;
	PQclear(result);
	return code;
}

static int check_server(struct postgres_connection *connection, struct error *error)
{
	int version = PQserverVersion(connection->handle);
	char encoding[32] = "";
	int result;

	if (version < OLDEST_SERVER)
		return error_set(error, -EINVAL,
				 "PostgreSQL %d is too old; allim needs 13 or later",
				 version / 10000);
	result = ask(connection, "SHOW server_encoding", encoding, sizeof(encoding), error);
	if (result < 0)
		return result;
	if (strcmp(encoding, "UTF8") != 0)
		return error_set(error, -EINVAL,
				 "the database has the encoding %s; create one with "
				 "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
				 encoding);
	return 0;
}

/* Whoever may create in the schema public could put a function of his own in the place of one of
 * PostgreSQL's, so nothing is looked for there. What a role or an address sets otherwise must not
 * change what statements mean.
 *
 * Behind a lock stands what its last holder left, which only READ COMMITTED sees. A lock that
 * another session does not give up, or a node that froze in the middle of a transaction, costs less
 * than the session's own timeout. A commit is durable whatever the server's default; what is short
 * and often run gains nothing from compiling. The server finds out within a minute, as the node
 * does (postgres_url.c), that nobody is there any more: a cut link tells it nothing. */
int postgres_schema_settle(struct postgres_connection *connection, struct error *error)
{
	char sql[896];
	int result = check_server(connection, error);

	snprintf(sql, sizeof(sql),
		 "SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; "
		 "SET standard_conforming_strings = on; %s"
		 "SET lock_timeout = %lld; SET statement_timeout = %lld; "
		 "SET idle_in_transaction_session_timeout = %lld; SET jit = off; "
		 "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; "
		 "SET tcp_keepalives_count = 3; "
		 "SET default_transaction_isolation = 'read committed'; "
		 "SELECT set_config('synchronous_commit', 'on', false) "
		 "WHERE current_setting('synchronous_commit') = 'off'",
		 PQserverVersion(connection->handle) >= 140000 ? "SET idle_session_timeout = 0; "
							       : "",
		 (long long)connection->timeout / 2, (long long)connection->timeout,
		 (long long)connection->timeout);
	return result < 0 ? result : run(connection, sql, error);
}

static int read_version(struct postgres_connection *connection, int *ret_version,
			struct error *error)
{
	char text[24] = "0";
	int result;

	*ret_version = 0;
	result = ask(connection, "SELECT to_regclass('allim.meta') IS NOT NULL", text, sizeof(text),
		     error);
	if (result < 0 || text[0] != 't')
		return result;
	result = ask(connection, "SELECT version FROM allim.meta", text, sizeof(text), error);
	if (result == -ENOENT)
		return error_set(error, -EINVAL,
				 "the table allim.meta is empty: the schema allim is damaged; "
				 "restore it from a backup");
	*ret_version = (int)strtol(text, NULL, 10);
	return result;
}

static int check_version(int version, bool read_only, struct error *error)
{
	if (version > VERSION)
		return error_set(error, -EINVAL,
				 "the schema allim has version %d and this program knows %d; use a "
				 "newer allim",
				 version, VERSION);
	if (version < VERSION && read_only)
		return error_set(error, -ENOENT,
				 "the schema allim is missing or old; start a node that may write "
				 "first");
	return 0;
}

static uint64_t draw_epoch(void)
{
	struct random random;

	random_init(&random, random_system_seed());
	return random_next(&random);
}

static void append_versions(struct buffer *sql, int from)
{
	for (int i = from; i < VERSION; i++) {
		buffer_append_string(sql, versions[i]);
		buffer_append_byte(sql, '\n');
	}
	buffer_append_string(sql, REVOKE);
}

void postgres_schema_append(struct buffer *sql)
{
	buffer_append_string(sql, "SELECT " LOCK ";\nCREATE SCHEMA IF NOT EXISTS allim;\n\n");
	append_versions(sql, 0);
	buffer_append_format(
	    sql,
	    "\nINSERT INTO allim.meta (version, epoch, identity) VALUES (%d, %" PRId64 ", " IDENTITY
	    ");\n\n",
	    VERSION, (int64_t)draw_epoch());
}

static void append_upgrade(struct buffer *sql, int version)
{
	append_versions(sql, version);
	buffer_append_format(sql, "UPDATE allim.meta SET version = %d;\n", VERSION);
}

/* From nothing, or from an older version. */
static int bring_up(struct postgres_connection *connection, int version, struct error *error)
{
	struct buffer sql = BUFFER_EMPTY;
	int result;

	if (version == 0)
		postgres_schema_append(&sql);
	else
		append_upgrade(&sql, version);
	buffer_append_byte(&sql, '\0');
	result = buffer_failed(&sql) ? error_set(error, -ENOMEM, "out of memory")
				     : run(connection, sql.data, error);
	buffer_finish(&sql);
	return result;
}

int postgres_schema_find(struct postgres_connection *connection, bool *ret_exists,
			 struct error *error)
{
	int version;
	int result = read_version(connection, &version, error);

	if (result == 0)
		result = check_version(version, false, error);
	if (result == 0)
		*ret_exists = version > 0;
	return result;
}

static int begin(struct postgres_connection *connection, struct error *error)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		 "BEGIN; SET LOCAL lock_timeout = %d; SET LOCAL statement_timeout = %d", PATIENCE,
		 PATIENCE);
	return run(connection, sql, error);
}

static int migrate(struct postgres_connection *connection, bool read_only, struct error *error)
{
	int version = 0;
	int result = begin(connection, error);

	if (result == 0 && !read_only)
		result = run(connection, "SELECT " LOCK, error);
	if (result == 0)
		result = read_version(connection, &version, error);
	if (result == 0)
		result = check_version(version, read_only, error);
	if (result == 0 && version < VERSION)
		result = bring_up(connection, version, error);
	return result == 0 ? run(connection, "COMMIT", error) : result;
}

/* It and the nodes that wait for it take longer than a request may. */
int postgres_schema_migrate(struct postgres_connection *connection, bool read_only,
			    struct error *error)
{
	int64_t timeout = connection->timeout;
	int result;

	connection->timeout = PATIENCE;
	result = migrate(connection, read_only, error);
	connection->timeout = timeout;
	return result;
}

int postgres_schema_epoch(struct postgres_connection *connection, bool read_only,
			  uint64_t *ret_epoch, bool *ret_is_new, struct error *error)
{
	char sql[512], text[24] = "";
	int result = ask(connection, IS_ELSEWHERE, text, sizeof(text), error);

	snprintf(sql, sizeof(sql),
		 "UPDATE allim.meta SET epoch = %" PRId64 ", identity = " IDENTITY
		 " WHERE identity <> " IDENTITY,
		 (int64_t)draw_epoch());
	*ret_is_new = text[0] == 't' && !read_only;
	if (result == 0 && *ret_is_new)
		result = run(connection, sql, error);
	if (result == 0)
		result = ask(connection, "SELECT epoch FROM allim.meta", text, sizeof(text), error);
	if (result == -ENOENT)
		error_set(error, result,
			  "the table allim.meta is empty: the schema allim is damaged; restore it "
			  "from a backup");
	if (result < 0)
		return result;
	*ret_epoch = (uint64_t)strtoll(text, NULL, 10);
	return 0;
}
