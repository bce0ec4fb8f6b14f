/* What handlers are told of the store's answers. */
#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/lone_worker.h"
#include "server/exchange.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct lone_worker lone;

static int start(void **state)
{
	static const char *const settings[] = {"audit-events=deliver", NULL};

	(void)state;
	lone_worker_start(&lone, ROUTE_PUBLIC, settings);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

/* Asks for a store operation, which ends with `result`. */
static void check(const char *method, const char *path, const char *headers,
		  enum store_operation operation, int result, const char *expected)
{
	int client = lone_worker_connect(&lone, NULL);
	const char *received;

	lone_worker_request(&lone, client, method, path,
			    operation == STORE_WITHDRAW || operation == STORE_PUBLISH ? "publisher"
										      : "anna",
			    headers);
	lone_worker_answer(&lone, lone_worker_take(&lone, operation), result);
	received = lone_worker_received(client);
	if (strstr(received, expected) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", expected, received);
	close(client);
}

/* Only what belongs to an operation reaches its handler; what nobody knows is a failure. */
static void test_results(void **state)
{
	static const struct {
		int result;
		const char *code;
	} failures[] = {
	    {-ENOMEM, "out_of_memory"}, {-ENOSPC, "store_full"},  {-EAGAIN, "store_unavailable"},
	    {-EIO, "store_failed"},	{-EROFS, "store_failed"}, {-EPROTO, "store_failed"},
	    {-EEXIST, "store_failed"},	{1, "store_failed"},
	};
	static const char mark[] =
	    "Content-Length: 11\r\nContent-Type: application/json\r\n\r\n{\"ids\":[1]}";
	static const char item[] = "Content-Length: 47\r\nContent-Type: application/json\r\n\r\n"
				   "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"x\"}";

	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		int result = failures[i].result;

		check("GET", "/v1/inbox", "", STORE_LIST, result, failures[i].code);
		check("GET", "/v1/inbox/count", "", STORE_REPLAY, result, failures[i].code);
		check("GET", "/v1/inbox?after=0000000000000007.0.0", "", STORE_REPLAY, result,
		      failures[i].code);
		check("DELETE", "/v1/notifications/1", "", STORE_WITHDRAW, result,
		      failures[i].code);
	}
	check("GET", "/v1/inbox", "", STORE_LIST, -ENOENT, "store_failed");
	/* The names were checked before, so the store has no reason to say this. */
	check("POST", "/v1/notifications", item, STORE_PUBLISH, -ENOENT, "store_failed");
	check("DELETE", "/v1/notifications/1", "", STORE_WITHDRAW, -ENOENT, "not_found");
	check("POST", "/v1/inbox/read", mark, STORE_MARK, -ENOENT, "not_found");
}

/* Asks for the inbox, which has one notification. Returns the store's request. */
static void *ask(int client, const char *method, const char *path)
{
	static struct notification row = {.id = 1, .seq = 1, .first_seq = 1};
	static struct change change = {.kind = CHANGE_ROW, .seq = 1};
	struct store_replay *replay;
	struct store_list *list;

	change.notification = row;
	lone_worker_request(&lone, client, method, path, "anna", "");
	if (strchr(path, '?') == NULL) {
		list = lone_worker_take(&lone, STORE_LIST);
		list->notifications = &row;
		list->notification_count = 1;
		return list;
	}
	replay = lone_worker_take(&lone, STORE_REPLAY);
	replay->changes = &change;
	replay->change_count = 1;
	return replay;
}

/* What the client was not sent was not delivered. */
static void test_deliveries_are_recorded(void **state)
{
	static const char *const paths[] = {"/v1/inbox", "/v1/inbox?after=0000000000000007.0.0"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		bool asks_for_head = i % 2 == 1;
		int client = lone_worker_connect(&lone, NULL);

		lone_worker_keep_audit_log(&lone);
		lone_worker_answer_heads(
		    &lone, ask(client, asks_for_head ? "HEAD" : "GET", paths[i / 2]), 1, 0);
		lone_worker_check_answer(client, asks_for_head ? "200 OK" : "\"id\":1");
		assert_int_equal(lone_worker_end_audit_log(&lone), asks_for_head ? 0 : 1);
	}
}

/* A node that has no memory left for the answer says that instead. */
static void test_what_memory_is_short_for_is_not_recorded(void **state)
{
	int first = lone_worker_connect(&lone, NULL);
	bool failed = true;
	unsigned refused = 0;

	(void)state;
	lone_worker_answer_heads(&lone, ask(first, "GET", "/v1/inbox"), 1, 0);
	close(first); /* so that the inbox is known */
	for (unsigned n = 1; failed; n++) {
		int client = lone_worker_connect(&lone, NULL);
		void *request = ask(client, "GET", "/v1/inbox");
		const char *received;
		uint64_t records;

		lone_worker_keep_audit_log(&lone);
		failing_allocator_fail_at(n);
		lone_worker_answer_heads(&lone, request, 1, 0);
		failed = failing_allocator_reset();
		received = lone_worker_received(client);
		records = lone_worker_end_audit_log(&lone);
		if (strstr(received, " 503 ") != NULL) {
			assert_int_equal(records, 0);
			refused++;
		} else if (strstr(received, " 200 ") != NULL) {
			assert_true(records > 0); /* one, or how many are lost */
		}
		close(client);
		lone_worker_turn(&lone);
	}
	assert_true(refused > 0);
}

/* A detail that is cut in the middle of a character is UTF-8 all the same. */
static void test_detail_is_utf8(void **state)
{
	char text[1001] = "";

	(void)state;
	for (size_t i = 0; i < 500; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 3);
	for (int shift = 0; shift < 2; shift++) {
		struct connection *connection;
		int client = lone_worker_connect(&lone, &connection);
		const char *received;

		assert_int_equal(send(client, "GET", 3, MSG_NOSIGNAL), 3);
		lone_worker_turn(&lone);
		exchange_problem(connection->exchange, PROBLEM_NOT_FOUND, "%.*s%s", shift, "x",
				 text);
		received = lone_worker_received(client);
		assert_non_null(strstr(received, "\xc3\xa9"));
		assert_true(slice_is_utf8(slice_from_string(received)));
		close(client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_results, start, stop),
	    cmocka_unit_test_setup_teardown(test_deliveries_are_recorded, start, stop),
	    cmocka_unit_test_setup_teardown(test_what_memory_is_short_for_is_not_recorded, start,
					    stop),
	    cmocka_unit_test_setup_teardown(test_detail_is_utf8, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
