/* WebSockets of a whole node: opening, what comes and what can be asked, and every way to end. */
#include "base/clock.h"
#include "lib/assertions.h"
#include "lib/node.h"
#include "lib/websocket_client.h"
#include "protocol/jwt.h"
#include "protocol/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

enum { MESSAGE_BYTES = 4096 };

static struct test_node node;

static const char *const settings[] = {"http-workers=2",
				       "limits-connections-per-user=3",
				       "stream-heartbeat=1s",
				       "websocket-message-bytes=4KiB",
				       "websocket-requests=2",
				       "http-allowed-origins=https://app.example.com",
				       "limits-user-publish-per-minute=3",
				       "limits-requests-per-minute=0",
				       NULL};

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

static void open_websocket(struct client *client, const char *user, const char *query)
{
	client_open(client, &node.address);
	websocket_client_begin(client, user, query);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static int status_of(const json_t *answer)
{
	return (int)json_integer_value(json_object_get(answer, "status"));
}

/* The answer to a message; its `code`, where it is a problem. */
static int ask(struct client *client, const char *message, char code[static 64])
{
	json_t *answer;
	int status;

	websocket_client_ask(client, message);
	answer = websocket_client_wait_for(client, NULL);
	status = status_of(answer);
	snprintf(code, 64, "%s", text_of(json_object_get(answer, "body"), "code"));
	json_decref(answer);
	return status;
}

static void handshakes_are_checked(void **state)
{
	static const struct {
		const char *path;
		const char *headers;
		int status;
		const char *has;
	} rows[] = {
	    {"", UPGRADE VERSION KEY, 101, "Upgrade: websocket\r\n"},
	    {"", UPGRADE VERSION KEY "Sec-WebSocket-Protocol: chat, allim.v1\r\n", 101, ""},
	    {"", UPGRADE VERSION KEY "Sec-WebSocket-Protocol: chat\r\n", 400, "invalid_handshake"},
	    {"", UPGRADE VERSION KEY "Sec-WebSocket-Protocol: Allim.v1\r\n", 400,
	     "invalid_handshake"},
	    {"", VERSION KEY, 426, "Upgrade: websocket\r\n"},
	    {"", UPGRADE KEY "Sec-WebSocket-Version: 8\r\n", 426, "Sec-WebSocket-Version: 13\r\n"},
	    {"", UPGRADE KEY, 400, "invalid_handshake"},
	    {"", UPGRADE VERSION, 400, "invalid_handshake"},
	    {"", UPGRADE VERSION KEY KEY, 400, "duplicate_header"},
	    {"", UPGRADE VERSION KEY "Origin: https://app.example.com\r\n", 101, ""},
	    {"", UPGRADE VERSION KEY "Origin: http://localhost\r\n", 101, ""},
	    {"", UPGRADE VERSION KEY "Origin: https://evil.example.com\r\n", 403,
	     "forbidden_origin"},
	    {"", UPGRADE VERSION KEY "Origin: null\r\n", 403, "forbidden_origin"},
	    {"?after=nonsense", UPGRADE VERSION KEY, 400, "invalid_cursor"},
	    {"?before=1", UPGRADE VERSION KEY, 400, "invalid_parameter"},
	    {"?ticket=nonsense", UPGRADE VERSION KEY, 401, "unauthenticated"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[100], headers[5200];
		struct client client;

		print_message("%s%s\n", rows[i].path, rows[i].headers);
		client_open(&client, &node.address);
		snprintf(path, sizeof(path), "/v1/inbox/socket%s", rows[i].path);
		snprintf(headers, sizeof(headers), "%s%s", client_authorization("opening"),
			 rows[i].headers);
		assert_int_equal(websocket_client_handshake(&client, path, headers),
				 rows[i].status);
		buffer_append(&client.input, slice_from_bytes("", 1));
		if (rows[i].status != 101)
			assert_non_null(strstr(client.input.data, rows[i].has));
		client_close(&client);
	}
}

static void nobody_opens_without_a_token(void **state)
{
	struct client client;

	(void)state;
	client_open(&client, &node.address);
	assert_int_equal(
	    websocket_client_handshake(&client, "/v1/inbox/socket", UPGRADE VERSION KEY), 401);
	buffer_append(&client.input, slice_from_bytes("", 1));
	assert_non_null(strstr(client.input.data, "?ticket= with one of POST /v1/inbox/ticket"));
	client_close(&client);
}

static void tickets_open_once(void **state)
{
	char path[5200];
	struct client client;
	json_t *answer;

	(void)state;
	client_open(&client, &node.address);
	assert_int_equal(client_call(&client, "ticket", "POST", "/v1/inbox/ticket", ""), 201);
	answer = client_json(&client);
	snprintf(path, sizeof(path), "/v1/inbox/socket?ticket=%s", text_of(answer, "ticket"));
	json_decref(answer);
	client_close(&client);
	for (int i = 0; i < 2; i++) {
		client_open(&client, &node.address);
		assert_int_equal(websocket_client_handshake(&client, path, UPGRADE VERSION KEY),
				 i == 0 ? 101 : 401);
		client_close(&client);
	}
}

static void events_come_with_their_cursors(void **state)
{
	struct client first, second, other;
	json_t *event;
	char cursor[64];

	(void)state;
	open_websocket(&first, "live", "");
	event = websocket_client_json(&first);
	assert_string_equal(text_of(event, "event"), "retry");
	assert_true(json_integer_value(
			json_object_get(json_object_get(event, "data"), "milliseconds")) >= 1000);
	json_decref(event);
	event = websocket_client_json(&first);
	assert_string_equal(text_of(event, "event"), "count");
	json_decref(event);
	open_websocket(&second, "live", "");
	json_decref(websocket_client_wait_for(&second, "count"));
	open_websocket(&other, "other", "");
	json_decref(websocket_client_wait_for(&other, "count"));
	client_publish(&node.address, "live", "one");
	event = websocket_client_wait_for(&first, "notification");
	assert_string_equal(text_of(json_object_get(event, "data"), "title"), "one");
	snprintf(cursor, sizeof(cursor), "%s", text_of(event, "cursor"));
	json_decref(event);
	event = websocket_client_wait_for(&second, "notification");
	assert_string_equal(text_of(event, "cursor"), cursor);
	json_decref(event);
	client_publish(&node.address, NULL, "all");
	event = websocket_client_wait_for(&other, "notification");
	assert_string_equal(text_of(json_object_get(event, "data"), "title"), "all");
	json_decref(event);
	client_close(&first);
	client_close(&second);
	client_close(&other);
}

/* The cursor behind the notification with that title, as a query. */
static void wait_for_title(struct client *client, const char *title, char query[static 100])
{
	bool found = false;

	while (!found) {
		json_t *event = websocket_client_wait_for(client, "notification");

		found = strcmp(text_of(json_object_get(event, "data"), "title"), title) == 0;
		snprintf(query, 100, "?after=%s", text_of(event, "cursor"));
		json_decref(event);
	}
}

static void a_client_resumes(void **state)
{
	struct client client;
	json_t *event;
	char query[100];

	(void)state;
	client_publish(&node.address, "resume", "before");
	open_websocket(&client, "resume", "?after=start");
	wait_for_title(&client, "before", query);
	client_close(&client);
	client_publish(&node.address, "resume", "missed");
	open_websocket(&client, "resume", query);
	event = websocket_client_wait_for(&client, "notification");
	assert_string_equal(text_of(json_object_get(event, "data"), "title"), "missed");
	json_decref(event);
	client_close(&client);
	open_websocket(&client, "resume", "?after=0000000000000001.1.1");
	event = websocket_client_wait_for(&client, "reset");
	assert_string_equal(text_of(json_object_get(event, "data"), "reason"), "epoch");
	json_decref(event);
	client_close(&client);
}

/* Which head that is, the worker's test sees. */
static void heartbeats_come_and_have_no_cursor(void **state)
{
	struct client client;
	json_t *event;

	(void)state;
	open_websocket(&client, "heart", "");
	event = websocket_client_wait_for(&client, "heartbeat");
	assert_null(json_object_get(event, "cursor"));
	assert_int_equal(json_object_size(json_object_get(event, "data")), 1);
	json_decref(event);
	client_close(&client);
}

static void requests_are_answered_by_id(void **state)
{
	struct client client, other;
	json_t *answer, *event;
	char code[64];

	(void)state;
	open_websocket(&client, "asks", "");
	open_websocket(&other, "asks", "");
	json_decref(websocket_client_wait_for(&other, "count"));
	client_publish(&node.address, "asks", "one");
	json_decref(websocket_client_wait_for(&other, "notification"));
	websocket_client_ask(&client,
			     "{\"id\":7,\"method\":\"GET\",\"path\":\"/v1/inbox?limit=1\"}");
	answer = websocket_client_wait_for(&client, NULL);
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), 7);
	assert_int_equal(status_of(answer), 200);
	assert_int_equal(
	    json_array_size(json_object_get(json_object_get(answer, "body"), "notifications")), 1);
	json_decref(answer);
	websocket_client_ask(&client, "{\"id\":\"r\\u0031\",\"method\":\"POST\",\"path\":"
				      "\"/v1/inbox/read\",\"body\":{\"all\":true}}");
	answer = websocket_client_wait_for(&client, NULL);
	assert_string_equal(text_of(answer, "id"), "r1");
	assert_int_equal(status_of(answer), 200);
	json_decref(answer);
	event = websocket_client_wait_for(&other, "change");
	assert_string_equal(text_of(json_object_get(event, "data"), "all"), "read");
	json_decref(event);
	assert_int_equal(
	    ask(&client, "{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox/count\"}", code), 200);
	client_close(&client);
	client_close(&other);
}

/* Who listens hears anyway. */
static void polls_over_a_websocket_do_not_wait(void **state)
{
	struct client client;
	char message[200], cursor[64];
	json_t *answer;
	int64_t before;

	(void)state;
	open_websocket(&client, "waits", "");
	websocket_client_ask(&client, "{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox\"}");
	answer = websocket_client_wait_for(&client, NULL);
	snprintf(cursor, sizeof(cursor), "%s", text_of(json_object_get(answer, "body"), "cursor"));
	json_decref(answer);
	snprintf(message, sizeof(message),
		 "{\"id\":2,\"method\":\"GET\",\"path\":\"/v1/inbox?wait=60&after=%s\"}", cursor);
	before = clock_monotonic();
	websocket_client_ask(&client, message);
	answer = websocket_client_wait_for(&client, NULL);
	assert_int_equal(status_of(answer), 200);
	assert_true(clock_monotonic() - before < 50000);
	json_decref(answer);
	client_close(&client);
}

/* Every refusal that can know its id has it. */
static void refusals_have_their_ids(void **state)
{
	static const char *const messages[] = {
	    "{\"id\":7,\"more\":1}",
	    "{\"method\":1,\"id\":7}",
	    "{\"id\":7,\"method\":\"GET\",\"path\":\"/v1/nothing\"}",
	    "{\"id\":7,\"method\":\"GET\",\"path\":\"/v1/inbox?limit=0\"}",
	    "{\"id\":7,\"ack\":\"nonsense\"}",
	};
	struct client client;

	(void)state;
	open_websocket(&client, "ids", "");
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		json_t *answer;

		websocket_client_ask(&client, messages[i]);
		answer = websocket_client_wait_for(&client, NULL);
		assert_int_equal(json_integer_value(json_object_get(answer, "id")), 7);
		assert_in_range(status_of(answer), 400, 499);
		json_decref(answer);
	}
	client_close(&client);
}

/* What a publisher calls JSON is bytes all the same, and becomes no part of an answer. */
static void bytes_are_bytes_whatever_their_type(void **state)
{
	static const char body[] =
	    "{\"to\":{\"user\":\"bytes\"},\"type\":\"t\",\"title\":\"x\",\"data\":"
	    "\"data:application/json;base64,LCJzdGF0dXMiOjk5OX0=\"}";
	struct client client;
	char message[100];
	json_t *answer;

	(void)state;
	client_open(&client, &node.address);
	assert_int_equal(client_call(&client, "publisher", "POST", "/v1/notifications", body), 201);
	answer = client_json(&client);
	snprintf(message, sizeof(message),
		 "{\"id\":8,\"method\":\"GET\",\"path\":\"/v1/inbox/%lld/data\"}",
		 (long long)json_integer_value(json_object_get(answer, "id")));
	json_decref(answer);
	client_close(&client);
	open_websocket(&client, "bytes", "");
	websocket_client_ask(&client, message);
	answer = websocket_client_wait_for(&client, NULL);
	assert_int_equal(status_of(answer), 200);
	assert_string_equal(text_of(answer, "content_type"), "application/octet-stream");
	assert_null(json_object_get(answer, "body"));
	json_decref(answer);
	assert_int_equal(websocket_client_receive(&client), WEBSOCKET_BINARY);
	assert_buffer(client.body, ",\"status\":999}");
	client_close(&client);
}

/* A client that sends frames before the answer to its handshake is not listened to. */
static void frames_along_with_the_handshake_are_refused(void **state)
{
	struct buffer request = BUFFER_EMPTY;
	struct client client;
	char bytes[64];

	(void)state;
	client_open(&client, &node.address);
	buffer_append_format(&request,
			     "GET /v1/inbox/socket HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n",
			     client_authorization("hasty"), UPGRADE VERSION KEY);
	buffer_append(&request, SLICE("\x89\x80\0\0\0\0"));
	assert_int_equal(client_send(&client, buffer_slice(&request)), 0);
	assert_int_equal(recv(client.descriptor, bytes, sizeof(bytes), 0), 0);
	buffer_finish(&request);
	client_close(&client);
}

/* The node is in this process, and so is its end of the connection. */
static int descriptor_of_node(const struct client *client)
{
	struct sockaddr_in own, peer;
	socklen_t length = sizeof(own);

	assert_int_equal(getsockname(client->descriptor, (struct sockaddr *)&own, &length), 0);
	for (int descriptor = 0; descriptor < 1024; descriptor++) {
		length = sizeof(peer);
		if (getpeername(descriptor, (struct sockaddr *)&peer, &length) == 0 &&
		    peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
			return descriptor;
	}
	fail_msg("no end of this connection");
	return -1;
}

/* A socket with small buffers at both ends, so that it soon is full. */
static void open_with_small_buffers(struct client *client, const char *user)
{
	int bytes = 2048;

	client_open(client, &node.address);
	close(client->descriptor);
	client->descriptor = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(client->descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	assert_int_equal(connect(client->descriptor, &node.address.any, sizeof(node.address.v4)),
			 0);
	websocket_client_begin(client, user, "");
	setsockopt(descriptor_of_node(client), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* Answers that fill the socket pause it; when it has drained, it goes on. One message at a time, so
 * that nothing waits behind the pause. */
static void a_full_socket_goes_on_when_it_drains(void **state)
{
	enum { MESSAGES = 500, APART = 2000 /* microseconds */ };
	struct client client;
	json_t *answer;

	(void)state;
	open_with_small_buffers(&client, "full");
	for (int i = 0; i < MESSAGES; i++) {
		websocket_client_ask(&client, "{\"bad\":1}");
		usleep(APART);
	}
	websocket_client_ask(&client,
			     "{\"id\":\"last\",\"method\":\"GET\",\"path\":\"/v1/inbox\"}");
	do {
		answer = websocket_client_wait_for(&client, NULL);
		if (strcmp(text_of(answer, "id"), "last") == 0)
			break;
		json_decref(answer);
	} while (true);
	assert_int_equal(status_of(answer), 200);
	json_decref(answer);
	client_close(&client);
}

static void bad_messages_are_answered(void **state)
{
	static const struct {
		const char *message;
		int status;
		const char *code;
	} rows[] = {
	    {"", 400, "invalid_json"},
	    {"nonsense", 400, "invalid_json"},
	    {"[]", 400, "invalid_message"},
	    {"{}", 400, "invalid_message"},
	    {"{\"id\":1}", 400, "invalid_message"},
	    {"{\"id\":1,\"method\":\"GET\"}", 400, "invalid_message"},
	    {"{\"method\":\"GET\",\"path\":\"/v1/inbox\"}", 400, "invalid_message"},
	    {"{\"id\":null,\"method\":\"GET\",\"path\":\"/v1/inbox\"}", 400, "invalid_message"},
	    {"{\"id\":1.5,\"method\":\"GET\",\"path\":\"/v1/inbox\"}", 400, "invalid_message"},
	    {"{\"id\":1,\"method\":7,\"path\":\"/v1/inbox\"}", 400, "invalid_message"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox\",\"more\":1}", 400,
	     "invalid_message"},
	    {"{\"id\":1,\"id\":2,\"method\":\"GET\",\"path\":\"/v1/inbox\"}", 400, "invalid_json"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/nothing\"}", 404, "not_found"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox/stream\"}", 404, "not_found"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox/socket\"}", 404, "not_found"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"/stats\"}", 404, "not_found"},
	    {"{\"id\":1,\"method\":\"HEAD\",\"path\":\"/v1/inbox\"}", 405, "method_not_allowed"},
	    {"{\"id\":1,\"method\":\"DELETE\",\"path\":\"/v1/inbox\"}", 405, "method_not_allowed"},
	    {"{\"id\":1,\"method\":\"DELETE\",\"path\":\"/v1/notifications/1\"}", 404, "not_found"},
	    {"{\"id\":1,\"method\":\"get\",\"path\":\"/v1/inbox\"}", 405, "method_not_allowed"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"\"}", 404, "not_found"},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox?limit=0\"}", 400,
	     "invalid_parameter"},
	    {"{\"id\":1,\"method\":\"POST\",\"path\":\"/v1/inbox/read\"}", 400, "invalid_json"},
	    {"{\"id\":1,\"method\":\"POST\",\"path\":\"/v1/inbox/read\",\"body\":7}", 400,
	     "invalid_parameter"},
	    {"{\"id\":1,\"ack\":\"0000000000000001.1.1\",\"method\":\"GET\",\"path\":"
	     "\"/v1/inbox\"}",
	     400, "invalid_message"},
	    {"{\"ack\":\"nonsense\"}", 400, "invalid_cursor"},
	    {"{\"ack\":7}", 400, "invalid_message"},
	};
	struct client client;
	char code[64];

	(void)state;
	open_websocket(&client, "bad", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].message);
		assert_int_equal(ask(&client, rows[i].message, code), rows[i].status);
		assert_string_equal(code, rows[i].code);
	}
	assert_int_equal(ask(&client, "{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox\"}", code),
			 200);
	client_close(&client);
}

static void acknowledgements_are_counted(void **state)
{
	int64_t before = client_metric(&node.admin_address, "allim_acknowledgements_total");
	struct client client;
	json_t *answer;

	(void)state;
	open_websocket(&client, "acks", "");
	websocket_client_ask(&client, "{\"ack\":\"0000000000000001.1.1\"}");
	websocket_client_ask(&client, "{\"ack\":\"0000000000000001.1.1\",\"id\":1}");
	answer = websocket_client_wait_for(&client, NULL); /* the other one has none */
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), 1);
	assert_int_equal(status_of(answer), 204);
	json_decref(answer);
	client_close(&client);
	client_open(&client, &node.address);
	assert_int_equal(client_call(&client, "acks", "POST", "/v1/inbox/ack",
				     "{\"cursor\":\"0000000000000001.1.1\"}"),
			 204);
	assert_int_equal(
	    client_call(&client, "acks", "POST", "/v1/inbox/ack", "{\"cursor\":\"x\"}"), 400);
	assert_int_equal(client_call(&client, "acks", "POST", "/v1/inbox/ack", "{}"), 400);
	client_close(&client);
	assert_int_equal(client_metric(&node.admin_address, "allim_acknowledgements_total"),
			 before + 3);
}

/* A token with these claims, as an Authorization header. */
static const char *publishing_token(const char *user)
{
	static char header[JWT_TOKEN_BYTES + 64];
	struct jwt_claims claims = {.subject = slice_from_string(user),
				    .expires_at = clock_wall() / 1000000 + 3600,
				    .may_publish = true};
	struct buffer token = BUFFER_EMPTY;
	struct jwt_key *key;
	struct error error;

	assert_int_equal(
	    jwt_key_create(SLICE("HS256"), SLICE(""), SLICE(NODE_JWT_SECRET), &key, &error), 0);
	assert_int_equal(jwt_make(key, &claims, &token), 0);
	snprintf(header, sizeof(header), "Authorization: Bearer %.*s\r\n", (int)token.length,
		 token.data);
	buffer_finish(&token);
	jwt_key_destroy(key);
	return header;
}

/* A repeated request is told from the first one, as HTTP tells it. */
static void replayed_answers_say_so(void **state)
{
	static const char message[] =
	    "{\"id\":1,\"method\":\"POST\",\"path\":\"/v1/notifications\","
	    "\"idempotency_key\":\"again\","
	    "\"body\":{\"to\":{\"user\":\"friend\"},\"type\":\"t\",\"title\":\"hello\"}}";
	char headers[5200];
	struct client client;

	(void)state;
	client_open(&client, &node.address);
	snprintf(headers, sizeof(headers), "%s" UPGRADE VERSION KEY, publishing_token("repeater"));
	assert_int_equal(websocket_client_handshake(&client, "/v1/inbox/socket", headers), 101);
	for (int i = 0; i < 2; i++) {
		json_t *answer;

		websocket_client_ask(&client, message);
		answer = websocket_client_wait_for(&client, NULL);
		assert_int_equal(status_of(answer), 201);
		assert_int_equal(json_is_true(json_object_get(answer, "idempotency_replayed")),
				 i == 1);
		assert_int_equal(json_object_size(answer), i == 0 ? 3 : 4);
		json_decref(answer);
	}
	client_close(&client);
}

#define PUBLISH(to)                                                     \
	"{\"id\":1,\"method\":\"POST\",\"path\":\"/v1/notifications\"," \
	"\"idempotency_key\":\"k\",\"body\":{\"to\":" to ",\"type\":\"t\",\"title\":\"hello\"}}"

/* To users by name, as often as the limit says, and never to everyone. */
static void users_publish_where_their_tokens_say_so(void **state)
{
	char headers[5200], code[64], query[100];
	struct client client, other;

	(void)state;
	open_websocket(&other, "friend", "");
	assert_int_equal(ask(&other, PUBLISH("{\"user\":\"author\"}"), code), 403);
	assert_string_equal(code, "forbidden");
	client_open(&client, &node.address);
	snprintf(headers, sizeof(headers), "%s" UPGRADE VERSION KEY, publishing_token("author"));
	assert_int_equal(websocket_client_handshake(&client, "/v1/inbox/socket", headers), 101);
	assert_int_equal(ask(&client, PUBLISH("{\"everyone\":true}"), code), 403);
	assert_string_equal(code, "forbidden");
	assert_int_equal(ask(&client, PUBLISH("{\"user\":\"friend\"}"), code), 201);
	wait_for_title(&other, "hello", query);
	assert_int_equal(ask(&client, PUBLISH("{\"users\":[\"a\",\"b\",\"c\"]}"), code), 429);
	assert_int_equal(ask(&client, PUBLISH("{\"users\":[\"a\",\"b\",\"c\",\"d\"]}"), code), 422);
	client_close(&client);
	client_close(&other);
}

/* More than may be worked on at a time, in one write: all are answered. */
static void requests_wait_their_turn(void **state)
{
	enum { REQUESTS = 200 };
	struct buffer frames = BUFFER_EMPTY;
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {1, 2, 3, 4};
	bool seen[REQUESTS] = {false};
	struct client client;

	(void)state;
	open_websocket(&client, "many", "");
	for (int i = 0; i < REQUESTS; i++) {
		char message[100];

		snprintf(message, sizeof(message),
			 "{\"id\":%d,\"method\":\"GET\",\"path\":\"/v1/inbox\"}", i);
		websocket_append_masked(&frames, WEBSOCKET_TEXT, slice_from_string(message), mask);
	}
	assert_int_equal(client_send(&client, buffer_slice(&frames)), 0);
	buffer_finish(&frames);
	for (int i = 0; i < REQUESTS; i++) {
		json_t *answer = websocket_client_wait_for(&client, NULL);
		json_int_t id = json_integer_value(json_object_get(answer, "id"));

		assert_int_equal(status_of(answer), 200);
		assert_in_range(id, 0, REQUESTS - 1);
		assert_false(seen[id]);
		seen[id] = true;
		json_decref(answer);
	}
	client_close(&client);
}

static void pings_are_answered(void **state)
{
	struct client client;

	(void)state;
	open_websocket(&client, "ping", "");
	websocket_client_send(&client, WEBSOCKET_PING, SLICE("payload"));
	websocket_client_send(&client, WEBSOCKET_PONG, SLICE("unasked"));
	while (websocket_client_receive(&client) != WEBSOCKET_PONG)
		;
	assert_buffer(client.body, "payload");
	client_close(&client);
}

static void broken_rules_end_the_websocket(void **state)
{
	static const struct {
		const char *name;
		struct slice frames;
		unsigned code;
	} rows[] = {
	    {"an unmasked frame", {"\x81\x01.", 3}, 1002},
	    {"a reserved bit", {"\xc1\x80\0\0\0\0", 6}, 1002},
	    {"an unknown opcode", {"\x83\x80\0\0\0\0", 6}, 1002},
	    {"a fragmented ping", {"\x09\x80\0\0\0\0", 6}, 1002},
	    {"nothing to continue", {"\x80\x80\0\0\0\0", 6}, 1002},
	    {"half a close code", {"\x88\x81\0\0\0\0\x03", 7}, 1002},
	    {"bytes", {"\x82\x81\0\0\0\0.", 7}, 1003},
	    {"no text", {"\x81\x81\0\0\0\0\xff", 7}, 1007},
	    {"a large message", {"\x81\xfe\x10\x01\0\0\0\0", 8}, 1009},
	    {"an endless length", {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14}, 1009},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client client;

		print_message("%s\n", rows[i].name);
		open_websocket(&client, "breaks", "");
		assert_int_equal(client_send(&client, rows[i].frames), 0);
		assert_int_equal(websocket_client_wait_for_close(&client), rows[i].code);
		assert_true(client.body.length > 0);
		assert_int_equal(websocket_client_receive(&client), WEBSOCKET_CLIENT_CLOSED);
		client_close(&client);
	}
}

/* Endless fragments stop at the limit of a message. */
static void fragments_add_up(void **state)
{
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {0, 0, 0, 0};
	struct buffer frame = BUFFER_EMPTY;
	struct client client;
	char piece[512];

	(void)state;
	memset(piece, 'x', sizeof(piece));
	open_websocket(&client, "fragments", "");
	for (int i = 0; i <= MESSAGE_BYTES / (int)sizeof(piece); i++) {
		buffer_clear(&frame);
		websocket_append_masked(&frame, i == 0 ? WEBSOCKET_TEXT : WEBSOCKET_CONTINUATION,
					slice_from_bytes(piece, sizeof(piece)), mask);
		frame.data[0] = (char)(frame.data[0] & 0x7f);
		assert_int_equal(client_send(&client, buffer_slice(&frame)), 0);
	}
	assert_int_equal(websocket_client_wait_for_close(&client), 1009);
	buffer_finish(&frame);
	client_close(&client);
}

/* 5.5.1: a close is answered with its code, and then the connection ends. */
static void closes_are_answered(void **state)
{
	static const struct {
		struct slice payload;
		unsigned code;
	} rows[] = {{{"", 0}, 0},
		    {{"\x03\xe8", 2}, 1000},
		    {{"\x0f\xa0"
		      "bye",
		      5},
		     4000}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client client;

		open_websocket(&client, "closes", "");
		websocket_client_send(&client, WEBSOCKET_CLOSE, rows[i].payload);
		assert_int_equal(websocket_client_wait_for_close(&client), rows[i].code);
		assert_int_equal(websocket_client_receive(&client), WEBSOCKET_CLIENT_CLOSED);
		client_close(&client);
	}
}

/* Nothing that comes behind a close is looked at, and nothing comes back. */
static void nothing_follows_a_close(void **state)
{
	struct client client;

	(void)state;
	open_websocket(&client, "after", "");
	json_decref(websocket_client_wait_for(&client, "count"));
	websocket_client_send(&client, WEBSOCKET_CLOSE, SLICE(""));
	websocket_client_ask(&client, "{\"id\":1,\"method\":\"GET\",\"path\":\"/v1/inbox\"}");
	client_publish(&node.address, "after", "too late");
	assert_int_equal(websocket_client_receive(&client), WEBSOCKET_CLOSE);
	assert_int_equal(websocket_client_receive(&client), WEBSOCKET_CLIENT_CLOSED);
	client_close(&client);
}

static void websockets_are_counted(void **state)
{
	char headers[5200];
	struct client clients[4];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		open_websocket(&clients[i], "counted", "");
	client_open(&clients[3], &node.address);
	snprintf(headers, sizeof(headers), "%s" UPGRADE VERSION KEY,
		 client_authorization("counted"));
	assert_int_equal(websocket_client_handshake(&clients[3], "/v1/inbox/socket", headers), 429);
	for (size_t i = 0; i < 4; i++)
		client_close(&clients[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(handshakes_are_checked),
	    cmocka_unit_test(nobody_opens_without_a_token),
	    cmocka_unit_test(tickets_open_once),
	    cmocka_unit_test(events_come_with_their_cursors),
	    cmocka_unit_test(a_client_resumes),
	    cmocka_unit_test(heartbeats_come_and_have_no_cursor),
	    cmocka_unit_test(requests_are_answered_by_id),
	    cmocka_unit_test(polls_over_a_websocket_do_not_wait),
	    cmocka_unit_test(refusals_have_their_ids),
	    cmocka_unit_test(bytes_are_bytes_whatever_their_type),
	    cmocka_unit_test(frames_along_with_the_handshake_are_refused),
	    cmocka_unit_test(a_full_socket_goes_on_when_it_drains),
	    cmocka_unit_test(bad_messages_are_answered),
	    cmocka_unit_test(acknowledgements_are_counted),
	    cmocka_unit_test(replayed_answers_say_so),
	    cmocka_unit_test(users_publish_where_their_tokens_say_so),
	    cmocka_unit_test(requests_wait_their_turn),
	    cmocka_unit_test(pings_are_answered),
	    cmocka_unit_test(broken_rules_end_the_websocket),
	    cmocka_unit_test(fragments_add_up),
	    cmocka_unit_test(closes_are_answered),
	    cmocka_unit_test(nothing_follows_a_close),
	    cmocka_unit_test(websockets_are_counted),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
