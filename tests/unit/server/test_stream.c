#include "lib/assertions.h"
#include "lib/client.h"
#include "lib/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BIG = 10000, BATCH = 300, BATCHES = 7 };

static struct test_node node;

static const char *const settings[] = {
    "http-workers=2",	   "store-retention-count=0",	 "limits-connections-per-user=3",
    "stream-heartbeat=1s", "delivery-replay-changes=40", NULL};

static int start(void **state)
{
	(void)state;
	node_start(&node, false, settings);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	node_stop(&node);
	node_remove(&node);
	return 0;
}

/* A stream whose head has come. */
static void open_stream(struct client *client, const char *user, const char *query,
			const char *last_id)
{
	char path[200], headers[5200];

	snprintf(path, sizeof(path), "/v1/inbox/stream%s", query);
	snprintf(headers, sizeof(headers), "%s%s%s%s", client_authorization(user),
		 last_id == NULL ? "" : "Last-Event-ID: ", last_id == NULL ? "" : last_id,
		 last_id == NULL ? "" : "\r\n");
	client_open(client, &node.address);
	assert_int_equal(client_request(client, "GET", path, headers, NULL), 0);
	assert_int_equal(client_receive_head(client), 200);
	assert_slice(client_header(client, "Content-Type"), "text/event-stream");
}

static void test_live(void **state)
{
	struct client first, second, other;

	(void)state;
	open_stream(&first, "live", "", NULL);
	open_stream(&second, "live", "", NULL);
	open_stream(&other, "other", "", NULL);
	assert_slice(client_header(&first, "Cache-Control"), "no-store");
	assert_slice(client_header(&first, "X-Accel-Buffering"), "no");
	assert_true(client_wait_for(&first, "event: count\ndata: {\"unread\":0}\n"));
	assert_true(client_body_has(&first, "retry: "));
	assert_true(client_wait_for(&second, "event: count"));
	assert_true(client_wait_for(&other, "event: count"));
	client_publish(&node.address, "live", "one");
	assert_true(client_wait_for(&first, "\"title\":\"one\""));
	assert_true(client_wait_for(&second, "\"title\":\"one\""));
	client_publish(&node.address, NULL, "all");
	assert_true(client_wait_for(&other, "\"title\":\"all\""));
	assert_true(client_wait_for(&first, "\"title\":\"all\""));
	assert_false(client_body_has(&other, "\"title\":\"one\""));
	assert_int_equal(client_body_count(&first, "event: notification"), 2);
	client_close(&first);
	client_close(&second);
	client_close(&other);
}

static void test_resuming(void **state)
{
	struct client client;
	char id[64];

	(void)state;
	open_stream(&client, "resume", "", NULL);
	client_publish(&node.address, "resume", "one");
	assert_true(client_wait_for(&client, "\"title\":\"one\""));
	assert_true(client_wait_for(&client, "\n\n"));
	client_last_id(&client, id);
	client_close(&client);
	client_publish(&node.address, "resume", "two");
	client_publish(&node.address, "resume", "three");
	open_stream(&client, "resume", "", id);
	assert_true(client_wait_for(&client, "\"title\":\"three\""));
	assert_false(client_body_has(&client, "\"title\":\"one\""));
	assert_int_equal(client_body_count(&client, "event: notification"), 2);
	client_close(&client);
	open_stream(&client, "resume", "?after=start", NULL);
	assert_true(client_wait_for(&client, "\"title\":\"three\""));
	assert_true(client_body_has(&client, "\"title\":\"one\""));
	client_close(&client);
}

static void test_void_cursors(void **state)
{
	static const char *const rows[][2] = {{"0000000000000001.1.1", "epoch"},
					      {"not one of ours", "epoch"}};
	struct client client;
	char id[64], future[100];

	(void)state;
	client_publish(&node.address, "void", "old");
	for (size_t i = 0; i < 2; i++) {
		open_stream(&client, "void", "", rows[i][0]);
		assert_true(client_wait_for(&client, "event: reset"));
		assert_true(client_wait_for(&client, "event: count"));
		assert_true(client_body_has(&client, rows[i][1]));
		assert_false(client_body_has(&client, "\"title\":\"old\""));
		client_last_id(&client, id);
		client_close(&client);
	}
	snprintf(future, sizeof(future), "%.17s99.0", id);
	open_stream(&client, "void", "", future);
	assert_true(client_wait_for(&client, "\"reason\":\"future\""));
	client_close(&client);
}

/* An EventSource does not come back after an error, so a limit is no error. */
static void test_limit_of_a_user(void **state)
{
	struct client clients[4];

	(void)state;
	for (int i = 0; i < 3; i++)
		open_stream(&clients[i], "many", "", NULL);
	open_stream(&clients[3], "many", "", NULL);
	assert_true(client_wait_for(&clients[3], "retry: "));
	assert_false(client_wait_for(&clients[3], "event:"));
	assert_true(client_body_has(&clients[3], "limits.connections_per_user"));
	client_close(&clients[3]);
	client_close(&clients[0]);
	do { /* until the node has noticed */
		open_stream(&clients[3], "many", "", NULL);
		if (client_wait_for(&clients[3], "event: count"))
			break;
		client_close(&clients[3]);
	} while (true);
	for (int i = 1; i < 4; i++)
		client_close(&clients[i]);
}

static void test_heartbeats_and_expiry(void **state)
{
	struct client client;
	char headers[5000];

	(void)state;
	client_open(&client, &node.address);
	snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", node_token("brief", 3));
	assert_int_equal(client_request(&client, "GET", "/v1/inbox/stream", headers, NULL), 0);
	assert_int_equal(client_receive_head(&client), 200);
	assert_true(client_wait_for(&client, "event: count"));
	assert_true(client_wait_for(&client, "\n:\n"));
	assert_false(client_wait_for(&client, "never"));
	assert_true(client.at_end);
	client_close(&client);
}

static void publish_big(const char *user)
{
	struct buffer body = BUFFER_EMPTY;
	struct client client;
	char text[BIG + 1];

	memset(text, 'x', BIG);
	text[BIG] = '\0';
	client_open(&client, &node.address);
	for (int batch = 0; batch < BATCHES; batch++) {
		buffer_clear(&body);
		for (int i = 0; i < BATCH; i++)
			buffer_append_format(&body,
					     "%s{\"to\":{\"user\":\"%s\"},\"type\":\"t\","
					     "\"title\":\"big %d\",\"body\":\"%s\"}",
					     i == 0 ? "[" : ",", user, batch * BATCH + i, text);
		buffer_append(&body, slice_from_bytes("]", 2));
		assert_int_equal(
		    client_call(&client, "publisher", "POST", "/v1/notifications", body.data), 200);
	}
	client_close(&client);
	buffer_finish(&body);
}

/* Twenty megabytes wait in the store, not in memory, for a client that reads nothing; and when it
 * reads, it gets them all. */
static void test_a_client_that_reads_nothing(void **state)
{
	int64_t before = client_metric(&node.admin_address, "allim_deliveries_total");
	int64_t behind = client_metric(&node.admin_address, "allim_deliveries_behind_total");
	int64_t sent = 0, expected = 0;
	struct client client;
	const char *at, *end;

	(void)state;
	publish_big("slow");
	client_open(&client, &node.address);
	assert_int_equal(client_request(&client, "GET", "/v1/inbox/stream?after=start",
					client_authorization("slow"), NULL),
			 0);
	while (sent < BATCH * BATCHES &&
	       client_metric(&node.admin_address, "allim_deliveries_behind_total") == behind) {
		usleep(10000);
		sent = client_metric(&node.admin_address, "allim_deliveries_total") - before;
	}
	sent = client_metric(&node.admin_address, "allim_deliveries_total") - before;
	assert_true(sent < BATCH * BATCHES);
	assert_int_equal(client_receive_head(&client), 200);
	assert_true(client_wait_for(&client, "\"title\":\"big 2099\""));
	end = client.body.data + client.body.length;
	for (at = client.body.data;
	     (at = memmem(at, (size_t)(end - at), "\"title\":\"big ", 13)) != NULL; at += 13)
		assert_int_equal(strtoll(at + 13, NULL, 10), expected++);
	assert_int_equal(expected, BATCH * BATCHES);
	client_close(&client);
}

/* What happened to a broadcast that somebody had read reaches the badge of those who stream. */
static void test_count_after_a_withdrawn_broadcast(void **state)
{
	struct client stream, client;
	char body[100], path[100];
	int64_t id = client_publish(&node.address, NULL, "withdrawn");

	(void)state;
	open_stream(&stream, "counted", "", NULL);
	assert_true(client_wait_for(&stream, "event: count"));
	client_open(&client, &node.address);
	snprintf(body, sizeof(body), "{\"ids\":[%lld]}", (long long)id);
	assert_int_equal(client_call(&client, "counted", "POST", "/v1/inbox/read", body), 200);
	assert_true(client_wait_for(&stream, "event: change"));
	snprintf(path, sizeof(path), "/v1/notifications/%lld", (long long)id);
	assert_int_equal(client_call(&client, "publisher", "DELETE", path, NULL), 204);
	assert_true(client_skip_to(&stream, "\"withdrawn_at\":\"2"));
	assert_true(client_skip_to(&stream, "event: count"));
	assert_int_equal(client_call(&client, "counted", "GET", "/v1/inbox?limit=100", NULL), 200);
	snprintf(body, sizeof(body), "{\"unread\":%lld}",
		 (long long)client_number(&client, "unread"));
	assert_true(client_wait_for(&stream, body));
	client_close(&stream);
	client_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_live),
	    cmocka_unit_test(test_resuming),
	    cmocka_unit_test(test_void_cursors),
	    cmocka_unit_test(test_limit_of_a_user),
	    cmocka_unit_test(test_heartbeats_and_expiry),
	    cmocka_unit_test(test_a_client_that_reads_nothing),
	    cmocka_unit_test(test_count_after_a_withdrawn_broadcast),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
