/* What store_open() says of places that it cannot use: one sentence with what to do, each once. */
#include "conformance/store/postgres_node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

static struct postgres_server *server;	/* trusts everybody */
static struct postgres_server *guarded; /* demands a password */
static char url[POSTGRES_SERVER_URL_BYTES];
static int64_t timeout = 5000;

/* Opens and expects the refusal. */
static void refuse(const char *location, const char *password, int code, const char *sentence)
{
	const struct store_options options = {
	    .location = location,
	    .password = slice_from_string(password),
	    .connections = 2,
	    .timeout = timeout,
	    .maintenance_interval = 1000,
	};
	struct error error = {.text = ""};
	struct store *store = NULL;
	int result = store_open(&options, &store, &error);

	store_close(store);
	if (result == 0)
		fail_msg("%s was opened", location);
	if (strstr(error.text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, sentence);
	assert_int_equal(result, code);
	assert_null(strchr(error.text, '\n'));
	print_message("%s\n", error.text);
}

static const char *address(const struct postgres_server *of, const char *user, const char *database)
{
	static char text[POSTGRES_SERVER_URL_BYTES];

	snprintf(text, sizeof(text), "postgresql://%s@127.0.0.1:%u/%s", user,
		 postgres_server_port(of), database);
	return text;
}

static void test_addresses(void **state)
{
	(void)state;
	refuse("postgresql://[::1/x", "", -EINVAL,
	       "the store's location is no address of a PostgreSQL database; write it as "
	       "postgresql://USER@HOST/DATABASE");
	refuse("postgresql://allim:secret@127.0.0.1/x", "", -EINVAL,
	       "the store's location holds a password; put it into store.password_file or "
	       "ALLIM_STORE_PASSWORD");
	refuse("postgresql://allim@127.0.0.1/x?password=secret", "", -EINVAL, "holds a password");
	refuse("postgresql://allim@nowhere.invalid/x", "", -EAGAIN,
	       "check store.location and that the server runs");
	refuse("postgresql://allim@nowhere.invalid/x", "", -EAGAIN,
	       "PostgreSQL: could not translate host name \"nowhere.invalid\" to address");
}

static void test_a_refused_port(void **state)
{
	char location[64];
	struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(place);
	int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	/* Bound, and not listening. */
	assert_int_equal(bind(taken, (struct sockaddr *)&place, length), 0);
	assert_int_equal(getsockname(taken, (struct sockaddr *)&place, &length), 0);
	snprintf(location, sizeof(location), "postgresql://allim@127.0.0.1:%u/x",
		 ntohs(place.sin_port));
	refuse(location, "", -EAGAIN,
	       "failed: Connection refused; check store.location and that the server runs");
	close(taken);
}

static void test_a_server_that_does_not_answer(void **state)
{
	(void)state;
	timeout = 300;
	postgres_server_freeze(server);
	refuse(url, "", -EAGAIN,
	       "PostgreSQL: the server did not answer in time; check that it runs, or raise "
	       "store.timeout");
	postgres_server_thaw(server);
	timeout = 5000;
}

static void test_passwords(void **state)
{
	(void)state;
	refuse(address(guarded, "allim", "postgres"), "wrong", -EACCES,
	       "failed: password authentication failed for user \"allim\"; correct "
	       "store.password_file or ALLIM_STORE_PASSWORD");
	refuse(address(guarded, "allim", "postgres"), "", -EACCES,
	       "failed: fe_sendauth: no password supplied; set store.password_file or "
	       "ALLIM_STORE_PASSWORD");
	refuse(address(server, "nobody", "postgres"), "", -EACCES,
	       "failed: role \"nobody\" does not exist; check the user in store.location and the "
	       "server's pg_hba.conf");
}

static void test_a_database_that_does_not_exist(void **state)
{
	(void)state;
	refuse(address(server, "allim", "missing"), "", -ENOENT,
	       "failed: database \"missing\" does not exist; create the database, or name another "
	       "one in store.location");
}

static void test_a_role_without_rights(void **state)
{
	(void)state;
	postgres_server_run(server, NULL, "CREATE ROLE guest LOGIN");
	refuse(address(server, "guest", strrchr(url, '/') + 1), "", -EACCES,
	       "PostgreSQL: permission denied for database test_");
	refuse(address(server, "guest", strrchr(url, '/') + 1), "", -EACCES,
	       "; give the user of store.location the right to create in the database, or the "
	       "schema allim");
}

/* Neither a superuser nor the owner of the database. */
static void test_a_role_with_just_enough_rights(void **state)
{
	struct conformance node;
	char sql[128];

	(void)state;
	postgres_server_run(server, NULL, "CREATE ROLE member LOGIN");
	snprintf(sql, sizeof(sql), "GRANT CREATE ON DATABASE %s TO member", strrchr(url, '/') + 1);
	postgres_server_run(server, NULL, sql);
	postgres_node_init(&node, address(server, "member", strrchr(url, '/') + 1));
	conformance_open(&node);
	conformance_publish(&node, "anna", "hello");
	conformance_check(&node);
	postgres_node_finish(&node);
}

static void test_another_encoding(void **state)
{
	(void)state;
	postgres_server_run(server, NULL,
			    "CREATE DATABASE plain ENCODING 'SQL_ASCII' TEMPLATE template0 "
			    "LC_COLLATE 'C' LC_CTYPE 'C'");
	refuse(address(server, "allim", "plain"), "", -EINVAL,
	       "the database has the encoding SQL_ASCII; create one with CREATE DATABASE ... "
	       "ENCODING 'UTF8' TEMPLATE template0");
}

static void create_schema(void)
{
	struct conformance node;

	postgres_node_init(&node, url);
	conformance_open(&node);
	postgres_node_finish(&node);
}

static void test_a_newer_schema(void **state)
{
	(void)state;
	create_schema();
	postgres_server_run(server, url, "UPDATE allim.meta SET version = 99");
	refuse(url, "", -EINVAL,
	       "the schema allim has version 99 and this program knows 3; use a newer allim");
}

/* All that is in the schema, as one number. */
static int64_t sum_schema(void)
{
	return postgres_node_number(
	    server, url,
	    "SELECT hashtext(string_agg(line, ' ' ORDER BY line)) FROM ("
	    "SELECT p.oid::regprocedure::text || md5(p.prosrc) AS line FROM pg_proc p "
	    "WHERE pronamespace = 'allim'::regnamespace UNION ALL "
	    "SELECT concat_ws(' ', table_name, column_name, data_type) "
	    "FROM information_schema.columns WHERE table_schema = 'allim' UNION ALL "
	    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'allim') l");
}

/* As older versions were: without what later ones add, and with what they replace. */
static void make_version_2(void)
{
	create_schema();
	postgres_server_run(server, url,
			    "DROP FUNCTION allim.in_time; UPDATE allim.meta SET version = 2");
}

static void make_version_1(void)
{
	make_version_2();
	postgres_server_run(
	    server, url,
	    "DROP TABLE allim.topic, allim.subscription, allim.audit, allim.audit_node, "
	    "allim.item_key, allim.dead_letter; "
	    "ALTER TABLE allim.idempotency DROP COLUMN members; "
	    "DROP FUNCTION allim.lock_topics, allim.subscribe, allim.unsubscribe, allim.members, "
	    "allim.keep_members, allim.append_audit, allim.read_audit, allim.prune_audit, "
	    "allim.take, allim.dead_letters, allim.exhume, allim.prune_dead_letters; "
	    "CREATE OR REPLACE FUNCTION allim.prune(oldest_key bigint, most integer) "
	    "RETURNS boolean LANGUAGE sql AS 'SELECT false'; "
	    "CREATE OR REPLACE FUNCTION allim.claim(publishers text[], keys text[], "
	    "fingerprints bytea[], oldest bigint) RETURNS TABLE (fingerprint bytea, ids bigint[], "
	    "note text, created_at bigint) LANGUAGE sql AS "
	    "'SELECT NULL::bytea, NULL::bigint[], NULL::text, 0::bigint'; "
	    "UPDATE allim.meta SET version = 1");
}

static void test_an_older_schema_is_brought_up(void **state)
{
	void (*const makers[])(void) = {make_version_1, make_version_2};
	int64_t sum;

	(void)state;
	create_schema();
	sum = sum_schema();
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		struct error error = {.text = ""};
		struct conformance node;

		postgres_server_drop_database(server, url);
		postgres_server_create_database(server, url);
		makers[i]();
		assert_int_not_equal(sum_schema(), sum);
		postgres_node_init(&node, url);
		node.options.read_only = true;
		assert_int_equal(store_open(&node.options, &node.store, &error), -ENOENT);
		assert_non_null(strstr(error.text, "is missing or old; start a node"));
		node.options.read_only = false;
		conformance_open(&node);
		conformance_publish(&node, "anna", "title");
		conformance_check(&node);
		conformance_reopen(&node);
		postgres_node_finish(&node);
		assert_int_equal(sum_schema(), sum);
		assert_int_equal(
		    postgres_node_number(server, url,
					 "SELECT count(*) FROM pg_proc p "
					 "WHERE pronamespace = 'allim'::regnamespace AND "
					 "has_function_privilege('public', p.oid, 'execute')"),
		    0);
	}
}

static void test_a_damaged_schema(void **state)
{
	(void)state;
	create_schema();
	postgres_server_run(server, url, "DELETE FROM allim.meta");
	refuse(url, "", -EINVAL, "the table allim.meta is empty");
	postgres_server_drop_database(server, url);
	postgres_server_create_database(server, url);
	create_schema();
	postgres_server_run(server, url, "DROP TABLE allim.ticket");
	refuse(
	    url, "", -EINVAL,
	    "PostgreSQL: relation \"allim.ticket\" does not exist; the schema allim is not as this "
	    "program makes it: restore it, or use another database");
}

static void test_schemas_of_others(void **state)
{
	static const char *const others[] = {
	    "CREATE SCHEMA allim; CREATE TABLE allim.inbox (id integer)",
	    "CREATE SCHEMA allim; CREATE TABLE allim.meta (key text, value text)",
	    "CREATE SCHEMA allim; CREATE TABLE allim.meta (version integer, epoch text); "
	    "INSERT INTO allim.meta VALUES (1, 'x')",
	    "CREATE SCHEMA allim; CREATE TABLE allim.meta (version text, epoch text); "
	    "INSERT INTO allim.meta VALUES ('x', 'x')",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		postgres_server_drop_database(server, url);
		postgres_server_create_database(server, url);
		postgres_server_run(server, url, others[i]);
		refuse(url, "", -EINVAL,
		       "; the schema allim is not as this program makes it: restore it, or use "
		       "another database");
	}
}

/* One that is empty, made for it by somebody with the right to. */
static void test_an_empty_schema(void **state)
{
	(void)state;
	postgres_server_run(server, url, "CREATE SCHEMA allim");
	create_schema();
}

static void test_a_server_that_is_read_only(void **state)
{
	char sql[128];

	(void)state;
	snprintf(sql, sizeof(sql), "ALTER DATABASE %s SET default_transaction_read_only = on",
		 strrchr(url, '/') + 1);
	postgres_server_run(server, NULL, sql);
	refuse(url, "", -EROFS,
	       "in a read-only transaction; give store.location the primary server, which takes "
	       "writes");
}

static void test_a_server_that_is_full(void **state)
{
	char sql[128];

	(void)state;
	postgres_server_run(server, NULL, "CREATE ROLE one LOGIN CONNECTION LIMIT 1");
	snprintf(sql, sizeof(sql), "GRANT CREATE ON DATABASE %s TO one", strrchr(url, '/') + 1);
	postgres_server_run(server, NULL, sql);
	refuse(address(server, "one", strrchr(url, '/') + 1), "", -EAGAIN,
	       "too many connections for role \"one\"; raise the server's max_connections or lower "
	       "store.connections");
}

static void test_a_read_only_store_of_nothing(void **state)
{
	const struct store_options options = {.location = url,
					      .password = SLICE(""),
					      .connections = 2,
					      .timeout = 5000,
					      .read_only = true};
	struct error error = {.text = ""};
	struct store *store = NULL;

	(void)state;
	assert_int_equal(store_open(&options, &store, &error), -ENOENT);
	assert_string_equal(error.text, "the schema allim is missing or old; start a node that may "
					"write first");
}

static int setup(void **state)
{
	(void)state;
	postgres_server_create_database(server, url);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	postgres_server_thaw(server); /* a test that failed may have left it frozen */
	postgres_server_drop_database(server, url);
	return 0;
}

static int start_servers(void **state)
{
	const struct postgres_server_options options = {.is_volatile = true};
	const struct postgres_server_options with_password = {.is_volatile = true,
							      .password = "secret"};

	(void)state;
	server = postgres_server_create(&options);
	guarded = postgres_server_create(&with_password);
	return 0;
}

static int end_servers(void **state)
{
	(void)state;
	postgres_server_destroy(server);
	postgres_server_destroy(guarded);
	return 0;
}

#define REFUSAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    REFUSAL(test_addresses),
	    REFUSAL(test_a_refused_port),
	    REFUSAL(test_a_server_that_does_not_answer),
	    REFUSAL(test_passwords),
	    REFUSAL(test_a_database_that_does_not_exist),
	    REFUSAL(test_a_role_without_rights),
	    REFUSAL(test_a_role_with_just_enough_rights),
	    REFUSAL(test_another_encoding),
	    REFUSAL(test_a_newer_schema),
	    REFUSAL(test_an_older_schema_is_brought_up),
	    REFUSAL(test_a_damaged_schema),
	    REFUSAL(test_schemas_of_others),
	    REFUSAL(test_an_empty_schema),
	    REFUSAL(test_a_server_that_is_read_only),
	    REFUSAL(test_a_server_that_is_full),
	    REFUSAL(test_a_read_only_store_of_nothing),
	};

	return cmocka_run_group_tests(tests, start_servers, end_servers);
}
