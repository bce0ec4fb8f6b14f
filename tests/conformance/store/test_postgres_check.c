/* Each thing that constraints cannot prevent is done to a good database, and found. */
#include "conformance/store/postgres_node.h"

#define DROP_SCHEMA "SET client_min_messages = error; DROP SCHEMA allim CASCADE"

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];

/* One to everyone, some to two users, some of them read; anna has archived everything. */
static const struct {
	const char *damage;
	const char *sentence;
} damages[] = {
    {"UPDATE allim.inbox SET id = 99 WHERE id = 0", "inbox of everyone is missing"},
    {"DELETE FROM allim.inbox WHERE name = 'minjun'", "in no inbox"},
    {"UPDATE allim.inbox SET head = head - 1 WHERE name = 'minjun'", "or above its head"},
    {"UPDATE allim.inbox SET floor = 1 WHERE name = 'minjun'", "below the floor"},
    {"DROP INDEX allim.notification_seq;"
     "UPDATE allim.notification SET seq = 2, first_seq = 2 WHERE seq = 1 AND inbox_id = "
     "(SELECT id FROM allim.inbox WHERE name = 'minjun')",
     "have the same number"},
    {"UPDATE allim.notification n SET seq = i.archived_seq FROM allim.inbox i "
     "WHERE i.id = n.inbox_id AND i.name = 'anna' AND n.seq = i.archived_seq - 1",
     "have the same number"},
    {"UPDATE allim.broadcast_state s SET seq = n.seq FROM allim.notification n "
     "WHERE n.inbox_id = s.inbox_id",
     "have the same number"},
    {"UPDATE allim.notification SET first_seq = seq + 1 WHERE id = 2", "before it came"},
    {"UPDATE allim.notification SET id = 1000000 + id WHERE first_seq = 1 AND inbox_id > 0;"
     "SELECT setval('allim.notification_id', 2000000)",
     "do not rise"},
    {"UPDATE allim.inbox SET kept = kept + 1 WHERE name = 'minjun'", "not as many"},
    {"DELETE FROM allim.notification WHERE id = (SELECT max(id) FROM allim.notification)",
     "not as many"},
    {"UPDATE allim.inbox SET unread = unread - 1 WHERE name = 'minjun'", "unread"},
    {"UPDATE allim.inbox SET archived_seq = 0, archived_at = 0 WHERE name = 'anna'", "unread"},
    {"UPDATE allim.inbox SET newest = newest - 1 WHERE name = 'minjun'", "newest notification"},
    {"UPDATE allim.inbox SET newest = 1000 WHERE name = 'minjun'", "newest notification"},
    {"SELECT setval('allim.notification_id', 3); UPDATE allim.inbox SET newest = 0",
     "newest notification"},
    {"UPDATE allim.inbox SET archived_seq = head + 1 WHERE name = 'anna'", "above the head"},
    {"UPDATE allim.broadcast_state SET notification_id = 2", "belongs to none"},
    {"UPDATE allim.broadcast_state SET notification_id = 1000", "belongs to none"},
    {"UPDATE allim.broadcast_state SET inbox_id = 1000", "belongs to none"},
    {"UPDATE allim.broadcast_state SET seq = 1000", "belongs to none"},
    {"UPDATE allim.inbox SET touched = 0 WHERE name = 'minjun'", "newest broadcast"},
    {"INSERT INTO allim.forgotten_broadcast SELECT id FROM allim.notification WHERE inbox_id = 0",
     "is still there"},
    {"UPDATE allim.idempotency SET ids = '{}'", "nothing published under it"},
    {"UPDATE allim.idempotency SET ids = '{1}'", "not published under it"},
    {"UPDATE allim.idempotency SET ids = '{100000}'", "not published under it"},
    {"INSERT INTO allim.topic VALUES ('news', 1)", "the members of a topic"},
    {"INSERT INTO allim.subscription VALUES ('news', 'anna', 1)", "the members of a topic"},
    {"INSERT INTO allim.subscription VALUES ('news', 'anna', 1);"
     "INSERT INTO allim.topic VALUES ('news', 2)",
     "the members of a topic"},
    {"INSERT INTO allim.stirred (inbox_id) VALUES (1000)", "does not exist"},
};

static void publish_with_key(struct conformance *node)
{
	struct slice name = SLICE("sofia");
	struct store_item item = {
	    .users = &name, .user_count = 1, .content = conformance_content("once")};

	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	publish.publisher = SLICE("shop");
	publish.idempotency_key = SLICE("key");
	assert_int_equal(conformance_call(node, &publish.request), 0);
	store_request_finish(&publish.request);
}

static void fill(struct conformance *node)
{
	int64_t broadcast, id;

	for (int i = 0; i < 3; i++) {
		conformance_publish(node, "anna", "to anna");
		id = conformance_publish(node, "minjun", "to minjun");
	}
	broadcast = conformance_publish(node, NULL, "to everyone");
	conformance_mark_one(node, "minjun", NOTIFICATION_READ, broadcast);
	conformance_mark_one(node, "minjun", NOTIFICATION_SEEN, id);
	assert_int_equal(conformance_mark_all(node, "anna", NOTIFICATION_ARCHIVED, NULL), 0);
	publish_with_key(node);
}

static void test_each_damage_is_found(void **state)
{
	server = *state;
	postgres_server_create_database(server, url);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct error error = {.text = ""};
		struct conformance node;

		postgres_node_init(&node, url);
		conformance_open(&node);
		fill(&node);
		conformance_check(&node);
		postgres_server_run(server, url, damages[i].damage);
		if (store_check(node.store, &error) == 0)
			fail_msg("not found: %s", damages[i].damage);
		if (strstr(error.text, damages[i].sentence) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", error.text, damages[i].sentence);
		postgres_node_finish(&node);
		postgres_server_run(server, url, DROP_SCHEMA);
	}
	postgres_server_drop_database(server, url);
}

static void test_a_database_that_is_gone(void **state)
{
	struct error error = {.text = ""};
	struct conformance node;

	server = *state;
	postgres_server_create_database(server, url);
	postgres_node_init(&node, url);
	conformance_open(&node);
	postgres_server_run(server, url, DROP_SCHEMA);
	assert_true(store_check(node.store, &error) < 0);
	assert_non_null(strstr(error.text, "allim.inbox"));
	postgres_server_drop_database(server, url);
	assert_true(store_check(node.store, &error) < 0);
	postgres_node_finish(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_damage_is_found),
	    cmocka_unit_test(test_a_database_that_is_gone),
	};

	return cmocka_run_group_tests(tests, postgres_node_start_server, postgres_node_end_server);
}
