/* Each row of the table is a question whose answer must be nothing. They read whole tables, so they
 * may take as long as they need. */
#include "store/postgres_check.h"

#include "store/postgres_schema.h"

#include <errno.h>

enum { PATIENCE = 3600 * 1000 /* milliseconds for each question */ };

static const struct question {
	const char *wrong;
	const char *query; /* rows: what is wrong, by id or name */
} questions[] = {
    {"the inbox of everyone is missing",
     "SELECT 0 WHERE NOT EXISTS (SELECT FROM allim.inbox WHERE id = 0 AND name = '')"},
    {"a notification is in no inbox",
     "SELECT n.id FROM allim.notification n LEFT JOIN allim.inbox i ON i.id = n.inbox_id "
     "WHERE i.id IS NULL"},
    {"a change stands below the floor of its inbox or above its head",
     "SELECT n.id FROM allim.notification n JOIN allim.inbox i ON i.id = n.inbox_id "
     "WHERE n.seq <= i.floor OR n.seq > i.head"},
    {"two changes of an inbox have the same number",
     "SELECT min(c.id) FROM ("
     "SELECT n.inbox_id, n.seq, n.id FROM allim.notification n UNION ALL "
     "SELECT s.inbox_id, s.seq, s.notification_id FROM allim.broadcast_state s UNION ALL "
     "SELECT i.id, m.seq, 0 FROM allim.inbox i, "
     "LATERAL (VALUES (i.seen_seq), (i.read_seq), (i.archived_seq)) m (seq) WHERE m.seq > 0"
     ") c GROUP BY c.inbox_id, c.seq HAVING count(*) > 1"},
    {"a notification changed before it came",
     "SELECT n.id FROM allim.notification n WHERE n.first_seq > n.seq OR n.first_seq < 1"},
    {"the ids of an inbox do not rise with the order in which its notifications came",
     "SELECT o.id FROM (SELECT n.id, n.first_seq, "
     "lag(n.first_seq) OVER (PARTITION BY n.inbox_id ORDER BY n.id) AS before "
     "FROM allim.notification n) o WHERE o.first_seq <= o.before"},
    {"the notifications of an inbox are not as many as its row says",
     "SELECT i.name FROM allim.inbox i LEFT JOIN (SELECT n.inbox_id, count(*) AS kept "
     "FROM allim.notification n GROUP BY n.inbox_id) c ON c.inbox_id = i.id "
     "WHERE i.kept <> coalesce(c.kept, 0)"},
    {"the unread notifications of an inbox are not as many as its row says",
     "SELECT i.name FROM allim.inbox i LEFT JOIN (SELECT o.inbox_id, count(*) AS unread "
     "FROM allim.own o WHERE o.read_at = 0 AND o.archived_at = 0 AND o.withdrawn_at = 0 "
     "GROUP BY o.inbox_id) c ON c.inbox_id = i.id WHERE i.unread <> coalesce(c.unread, 0)"},
    {"the newest notification of an inbox is not the one its row says",
     "SELECT i.name FROM allim.inbox i WHERE i.newest < coalesce((SELECT max(n.id) "
     "FROM allim.notification n WHERE n.inbox_id = i.id), 0) "
     "OR i.newest > (SELECT last_value FROM allim.notification_id)"},
    {"a notification has an id that is still to be given",
     "SELECT n.id FROM allim.notification n "
     "WHERE n.id > (SELECT last_value FROM allim.notification_id)"},
    {"a mark of everything is numbered above the head of its inbox",
     "SELECT i.name FROM allim.inbox i "
     "WHERE greatest(i.seen_seq, i.read_seq, i.archived_seq, i.floor) > i.head"},
    {"the state of a broadcast belongs to none",
     "SELECT s.notification_id FROM allim.broadcast_state s "
     "LEFT JOIN allim.notification n ON n.id = s.notification_id "
     "LEFT JOIN allim.inbox i ON i.id = s.inbox_id "
     "LEFT JOIN allim.forgotten_broadcast f ON f.notification_id = s.notification_id "
     "WHERE (n.inbox_id IS DISTINCT FROM 0 AND f.notification_id IS NULL) "
     "OR i.id IS NULL OR i.id = 0 OR s.seq > i.head"},
    {"the newest broadcast that a user marked is not the one the user's inbox says",
     "SELECT i.name FROM allim.inbox i JOIN allim.broadcast_state s ON s.inbox_id = i.id "
     "GROUP BY i.id HAVING max(s.notification_id) > i.touched"},
    {"a broadcast that was forgotten is still there",
     "SELECT f.notification_id FROM allim.forgotten_broadcast f "
     "JOIN allim.notification n ON n.id = f.notification_id"},
    {"an Idempotency-Key was claimed and nothing published under it",
     "SELECT o.key FROM allim.idempotency o WHERE o.ids = '{}'"},
    {"an Idempotency-Key names notifications that were not published under it",
     "SELECT o.key FROM allim.idempotency o, LATERAL unnest(o.ids) AS u (id) "
     "LEFT JOIN allim.notification n ON n.id = u.id "
     "WHERE n.created_at <> o.created_at OR u.id IS NULL "
     "OR u.id > (SELECT last_value FROM allim.notification_id)"},
    {"the members of a topic are not as many as its row says",
     "SELECT coalesce(t.name, c.topic) FROM allim.topic t FULL JOIN (SELECT s.topic, count(*) AS "
     "members FROM allim.subscription s GROUP BY s.topic) c ON c.topic = t.name "
     "WHERE t.members IS DISTINCT FROM c.members"},
    {"an inbox that changed does not exist",
     "SELECT s.inbox_id FROM allim.stirred s LEFT JOIN allim.inbox i ON i.id = s.inbox_id "
     "WHERE i.id IS NULL"},
};

static int run(struct postgres_connection *connection, const char *sql, struct error *error)
{
	PGresult *result;
	int code = postgres_connection_query(connection, sql, &result, error);

	if (code == 0)
		PQclear(result);
	return code;
}

static int ask(struct postgres_connection *connection, const struct question *question,
	       struct error *error)
{
	char sql[1024];
	PGresult *result;
	int code;

	snprintf(sql, sizeof(sql), "%s LIMIT 1", question->query);
	code = postgres_connection_query(connection, sql, &result, error);
	if (code < 0)
		return code;
	if (PQntuples(result) > 0)
		code = error_set(error, -EIO, "%s (%.64s); restore the database from a backup",
				 question->wrong, PQgetvalue(result, 0, 0));
	PQclear(result);
	return code;
}

int postgres_check(const char *url, struct slice password, int64_t timeout, struct error *error)
{
	struct postgres_connection connection;
	_Atomic uint64_t queries = 0;
	int result;

	postgres_connection_init(&connection, url, password, timeout, &queries);
	result = postgres_connection_open(&connection, error);
	connection.timeout = PATIENCE;
	if (result == 0)
		result = postgres_schema_settle(&connection, error);
	if (result == 0)
		result = run(&connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]) && result == 0; i++)
		result = ask(&connection, &questions[i], error);
	postgres_connection_close(&connection);
	return result;
}
