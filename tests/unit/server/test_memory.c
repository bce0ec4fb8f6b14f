/* A node whose n-th allocation fails, for every n that a request makes.
 *
 * Whoever asks then gets an answer, an error or a closed connection, and whoever asks again gets
 * what he asked for; nothing is lost, and no stream begins anywhere but where it was told to. */
#include "lib/assertions.h"
#include "lib/client.h"
#include "core/json_reader.h"
#include "lib/failing_allocator.h"
#include "lib/node.h"

#include <stdio.h>
#include <stdlib.h>

static struct test_node node;

static const char *const settings[] = {"http-workers=1", "delivery-sweep-interval=100ms",
				       "limits-connections-per-user=0", NULL};

static int start(void **state)
{
	(void)state;
	node_start(&node, true, settings);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	node_stop(&node);
	node_remove(&node);
	return 0;
}

/* A request while the n-th allocation fails, on a connection of its own. Returns the status or a
 * negative errno value; tells whether something failed. */
static int call_failing(unsigned n, const char *as, const char *method, const char *path,
			const char *body, bool *ret_failed)
{
	struct buffer request = BUFFER_EMPTY;
	struct client client;
	char answer[16] = "";
	ssize_t count;
	int status;

	client_open(&client, &node.address);
	buffer_append_format(
	    &request,
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Type: "
	    "application/json\r\nContent-Length: %zu\r\n\r\n%s",
	    method, path, client_authorization(as), strlen(body), body);
	failing_allocator_fail_at(n);
	send(client.descriptor, request.data, request.length, MSG_NOSIGNAL);
	count = recv(client.descriptor, answer, sizeof(answer) - 1, MSG_WAITALL);
	*ret_failed = failing_allocator_reset();
	status = count < 15 ? -1 : (int)strtol(answer + 9, NULL, 10);
	buffer_finish(&request);
	client_close(&client);
	return status;
}

/* Every n, until nothing fails any more. `expected` is the status when nothing fails. */
static void check(const char *as, const char *method, const char *path, const char *body,
		  int expected)
{
	bool failed = true;
	unsigned n;

	for (n = 1; failed; n++) {
		int status = call_failing(n, as, method, path, body, &failed);

		if (status != expected && (!failed || (status != -1 && status < 500)))
			fail_msg("%s %s: %d when allocation %u fails", method, path, status, n);
	}
	assert_true(n > 2);
}

/* A poll that waits for a second, from the present cursor. */
static void check_waiting(void)
{
	struct client client;
	char path[200];
	json_t *answer;

	client_open(&client, &node.address);
	assert_int_equal(client_call(&client, "memory", "GET", "/v1/inbox/count", NULL), 200);
	answer = client_json(&client);
	snprintf(path, sizeof(path), "/v1/inbox?wait=1&after=%s",
		 json_string_value(json_object_get(answer, "cursor")));
	json_decref(answer);
	client_close(&client);
	check("memory", "GET", path, "", 200);
}

static void test_requests(void **state)
{
	static const char everyone[] =
	    "{\"to\":{\"everyone\":true},\"type\":\"t\",\"title\":\"x\"}";
	static const char some[] =
	    "[{\"to\":{\"users\":[\"memory\",\"b\"]},\"type\":\"t\",\"title\":"
	    "\"x\",\"data\":{\"k\":[1,2]}}]";

	(void)state;
	check("publisher", "POST", "/v1/notifications", everyone, 201);
	check("publisher", "POST", "/v1/notifications", some, 200);
	check("publisher", "PATCH", "/v1/notifications/1", "{\"title\":\"y\"}", 200);
	check("memory", "GET", "/v1/inbox", "", 200);
	check("memory", "GET", "/v1/inbox?after=0000000000000001.0.0", "", 200);
	check("memory", "GET", "/v1/inbox/count", "", 200);
	check_waiting();
	check("memory", "POST", "/v1/inbox/read", "{\"all\":true}", 200);
	check("memory", "POST", "/v1/inbox/seen", "{\"ids\":[1]}", 200);
	check("memory", "POST", "/v1/inbox/ticket", "", 201);
	check("publisher", "DELETE", "/v1/notifications/1", "", 204);
	check(NULL, "GET", "/stats", "", 200);
	check(NULL, "GET", "/", "", 200);
	check(NULL, "POST", "/api/user/login", "{\"username\":\"test\",\"password\":\"test\"}",
	      200);
}

/* A body that could not be parsed for want of memory is no invalid one. Only publishers ask,
 * because their keys are no JSON. */
static void test_bodies(void **state)
{
	static const char body[] = "{\"to\":{\"user\":\"memory\"},\"type\":\"t\",\"title\":\"x\","
				   "\"data\":{\"k\":[1,\"v\"]}}";
	json_malloc_t allocate;
	json_free_t release;

	(void)state;
	node_stop(&node); /* its threads must not see the functions change */
	json_get_alloc_funcs(&allocate, &release);
	json_reader_adopt();
	node_restart(&node);
	check("publisher", "POST", "/v1/notifications", body, 201);
	node_stop(&node);
	json_set_alloc_funcs(allocate, release);
	node_restart(&node);
}

/* Opens a stream while the n-th allocation fails. Returns whether one did. */
static bool stream_failing(unsigned n, const char *query, const char *last_id,
			   struct client *client)
{
	struct buffer request = BUFFER_EMPTY;
	char byte;
	int status;
	bool failed;

	buffer_append_format(&request,
			     "GET /v1/inbox/stream%s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n",
			     query, client_authorization("streamer"), last_id);
	client_open(client, &node.address);
	failing_allocator_fail_at(n);
	send(client->descriptor, request.data, request.length, MSG_NOSIGNAL);
	recv(client->descriptor, &byte, 1, MSG_PEEK);
	failed = failing_allocator_reset();
	buffer_finish(&request);
	status = client_receive_head(client);
	assert_true(status == 200 || status < 0);
	return failed;
}

/* Whether a stream has caught up. Where nothing failed, every stream does. */
static bool has_begun(struct client *client, bool failed)
{
	bool begun = client_wait_for(client, "event: count");

	assert_true(begun || failed);
	return begun;
}

/* A stream that could not ask at once asks again for the same: for the present, */
static void test_live_streams(void **state)
{
	bool failed = true;

	(void)state;
	client_publish(&node.address, "streamer", "old");
	for (unsigned n = 1; failed; n++) {
		struct client client;

		failed = stream_failing(n, "", "", &client);
		if (has_begun(&client, failed)) {
			client_publish(&node.address, "streamer", "fresh");
			assert_true(client_wait_for(&client, "\"title\":\"fresh\""));
			assert_false(client_body_has(&client, "\"title\":\"old\""));
			assert_int_equal(client_body_count(&client, "event: notification"), 1);
		}
		client_close(&client);
	}
}

/* from a cursor that is void, */
static void test_reset_streams(void **state)
{
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		struct client client;

		failed = stream_failing(n, "", "Last-Event-ID: 0000000000000001.0.0\r\n", &client);
		if (has_begun(&client, failed)) {
			assert_true(client_body_has(&client, "event: reset"));
			assert_false(client_body_has(&client, "event: notification"));
		}
		client_close(&client);
	}
}

/* or from the start. */
static void test_streams_from_the_start(void **state)
{
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		struct client client;

		failed = stream_failing(n, "?after=start", "", &client);
		if (has_begun(&client, failed))
			assert_true(client_body_has(&client, "\"title\":\"old\""));
		client_close(&client);
	}
}

static void open_hinted(struct client *client, const char *id)
{
	char headers[5200];

	snprintf(headers, sizeof(headers), "%sLast-Event-ID: %s\r\n",
		 client_authorization("hinted"), id);
	client_open(client, &node.address);
	assert_int_equal(client_request(client, "GET", "/v1/inbox/stream", headers, NULL), 0);
	assert_int_equal(client_receive_head(client), 200);
	assert_true(client_wait_for(client, "event: count"));
}

/* Waits for it; a stream that ended because memory was short goes on from its last id. */
static void wait_for_hint(struct client *client, const char *title)
{
	char id[64];

	if (client_wait_for(client, title))
		return;
	client_last_id(client, id);
	client_close(client);
	open_hinted(client, id);
	assert_true(client_wait_for(client, title));
}

/* A hint that found no memory is healed by the sweep, also where the sweep finds none. */
static void test_hints(void **state)
{
	struct client client;
	bool failed = true;

	(void)state;
	open_hinted(&client, "");
	for (unsigned n = 1; failed || n < 60; n++) {
		char title[40], body[100];
		int status;

		snprintf(title, sizeof(title), "\"title\":\"hint %u\"", n);
		snprintf(body, sizeof(body), "{\"to\":{\"user\":\"hinted\"},\"type\":\"t\",%s}",
			 title);
		status = call_failing(n, "publisher", "POST", "/v1/notifications", body, &failed);
		assert_true(status == 201 || failed);
		if (status == 201)
			wait_for_hint(&client, title);
	}
	client_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_live_streams),
	    cmocka_unit_test(test_reset_streams),
	    cmocka_unit_test(test_streams_from_the_start),
	    cmocka_unit_test(test_hints),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
