/* A node whose n-th allocation fails, for every n that a request makes.
 *
 * Whoever asks then gets an answer, an error or a closed connection, and whoever asks again gets
 * what he asked for; nothing is lost, and no stream begins anywhere but where it was told to. */
#include "core/json_reader.h"
#include "lib/assertions.h"
#include "lib/client.h"
#include "lib/failing_allocator.h"
#include "lib/node.h"
#include "lib/websocket_client.h"
#include "protocol/websocket.h"
#include "protocol/websocket_deflate.h"

#include <stdio.h>
#include <stdlib.h>

#define UPGRADE                                         \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {1, 2, 3, 4};

static struct test_node node;

static const char *const settings[] = {"http-workers=1",
				       "delivery-sweep-interval=100ms",
				       "limits-connections-per-user=0",
				       "limits-requests-per-minute=0",
				       "websocket-compression=true",
				       NULL};

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

/* Everything that comes up to this text, or the connection's end. */
static bool comes(struct client *client, const char *text)
{
	static char bytes[64 * 1024];
	size_t length = 0;
	ssize_t count;

	while (memmem(bytes, length, text, strlen(text)) == NULL) {
		count = recv(client->descriptor, bytes + length, sizeof(bytes) - length, 0);
		if (count <= 0)
			return false;
		length += (size_t)count;
	}
	return true;
}

/* Opens one while the n-th allocation fails. Returns whether one did. */
static bool open_failing(unsigned n, struct client *client, int *ret_status)
{
	struct buffer request = BUFFER_EMPTY;
	char answer[16] = "";
	ssize_t count;
	bool failed;

	buffer_append_format(&request,
			     "GET /v1/inbox/socket?after=start HTTP/1.1\r\nHost: localhost\r\n%s%s"
			     "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
			     client_authorization("opener"), UPGRADE);
	client_open(client, &node.address);
	failing_allocator_fail_at(n);
	send(client->descriptor, request.data, request.length, MSG_NOSIGNAL);
	count = recv(client->descriptor, answer, sizeof(answer) - 1, MSG_WAITALL);
	failed = failing_allocator_reset();
	*ret_status = count < 15 ? -1 : (int)strtol(answer + 9, NULL, 10);
	buffer_finish(&request);
	return failed;
}

/* One that opens begins where it was told to. */
static void test_websockets_that_open(void **state)
{
	bool failed = true;

	(void)state;
	client_publish(&node.address, "opener", "old");
	for (unsigned n = 1; failed; n++) {
		struct client client;
		int status;

		failed = open_failing(n, &client, &status);
		if (status != 101 && (!failed || (status != -1 && status < 500)))
			fail_msg("%d when allocation %u fails", status, n);
		if (status == 101)
			assert_true(comes(&client, "\"event\":\"count\"") || failed);
		client_close(&client);
	}
}

/* What answers a message: its status, 0 for a pong, -1 for the end, or -2 for an event. */
static int receive_status(struct client *client)
{
	unsigned opcode = websocket_client_receive(client);
	json_t *answer, *status;
	int result;

	if (opcode == WEBSOCKET_PONG)
		return 0;
	if (opcode != WEBSOCKET_TEXT) {
		if (opcode == WEBSOCKET_CLOSE) /* 1011 */
			assert_memory_equal(client->body.data, "\x03\xf3", 2);
		return -1;
	}
	answer = client_json(client);
	status = json_object_get(answer, "status");
	result = status == NULL ? -2 : (int)json_integer_value(status);
	json_decref(answer);
	return result;
}

/* Sends frames over an open WebSocket while the n-th allocation fails. Returns whether there may be
 * more to fail: where an event came first, that is not known. */
static bool send_failing(unsigned n, struct client *client, struct slice frames, int expected)
{
	char byte;
	int status;
	bool failed;

	failing_allocator_fail_at(n);
	send(client->descriptor, frames.data, frames.length, MSG_NOSIGNAL);
	recv(client->descriptor, &byte, 1, MSG_PEEK);
	failed = failing_allocator_reset();
	status = receive_status(client);
	if (status == -2)
		return true;
	if (status != expected && (!failed || (status != -1 && status < 500)))
		fail_msg("%d when allocation %u fails", status, n);
	return failed;
}

static void check_frames(struct slice frames, int expected)
{
	bool failed = true;
	unsigned n;

	for (n = 1; failed; n++) {
		struct client client;
		char headers[5200];

		snprintf(headers, sizeof(headers),
			 "%s" UPGRADE "Sec-WebSocket-Extensions: permessage-deflate\r\n",
			 client_authorization("memory"));
		client_open(&client, &node.address);
		assert_int_equal(websocket_client_handshake(&client, "/v1/inbox/socket", headers),
				 101);
		json_decref(websocket_client_wait_for(&client, "count"));
		failed = send_failing(n, &client, frames, expected);
		client_close(&client);
	}
	assert_true(n > 2);
}

static void check_message(const char *message, int expected)
{
	struct slice text = slice_from_string(message);
	struct buffer frames = BUFFER_EMPTY;

	websocket_append_masked(&frames, WEBSOCKET_TEXT, text, mask);
	check_frames(buffer_slice(&frames), expected);
	buffer_finish(&frames);
}

/* A message in two frames, which the reader has to put together. */
static void check_fragments(const char *message, int expected)
{
	struct slice text = slice_from_string(message);
	struct buffer frames = BUFFER_EMPTY;

	websocket_append_masked(&frames, WEBSOCKET_TEXT, slice_from_bytes(text.data, 5), mask);
	frames.data[0] = (char)(frames.data[0] & ~WEBSOCKET_FINAL);
	websocket_append_masked(&frames, WEBSOCKET_CONTINUATION,
				slice_from_bytes(text.data + 5, text.length - 5), mask);
	check_frames(buffer_slice(&frames), expected);
	buffer_finish(&frames);
}

static void check_compressed(const char *message, int expected)
{
	struct websocket_deflate *codec = websocket_deflate_create();
	struct buffer text = BUFFER_EMPTY, frames = BUFFER_EMPTY;

	assert_non_null(codec);
	websocket_deflate_append(codec, slice_from_string(message), &text);
	websocket_deflate_append_stored(SLICE(""), &text);
	websocket_append_masked(&frames, WEBSOCKET_TEXT, buffer_slice(&text), mask);
	frames.data[0] = (char)(frames.data[0] | WEBSOCKET_COMPRESSED);
	check_frames(buffer_slice(&frames), expected);
	buffer_finish(&text);
	buffer_finish(&frames);
	websocket_deflate_destroy(codec);
}

/* Each message is answered, refused for want of memory, or ends its connection. */
static void test_websockets_that_ask(void **state)
{
	static const char list[] = "{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox\"}";

	(void)state;
	client_publish(&node.address, "memory", "asked");
	check_compressed(list, 200);
	check_message(list, 200);
	check_fragments(list, 200);
	check_message("{\"id\":\"a\",\"method\":\"POST\",\"path\":\"/v1/inbox/seen\",\"body\":{"
		      "\"all\":true}}",
		      200);
	check_message("{\"id\":2,\"ack\":\"0000000000000001.1.1\"}", 204);
	check_message("{\"id\":2,\"method\":\"GET\",\"path\":\"/v1/nothing\"}", 404);
	check_frames(SLICE("\x89\x80\0\0\0\0"), 0);
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
	    cmocka_unit_test(test_websockets_that_open),
	    cmocka_unit_test(test_websockets_that_ask),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
