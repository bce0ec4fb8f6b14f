#include "lib/websocket_client.h"

#include "lib/assertions.h"
#include "protocol/websocket_reader.h"

#include <stdio.h>
#include <sys/socket.h>

enum { PIECE_BYTES = 64 * 1024, MESSAGE_BYTES = 64 * 1024 * 1024 };

/* The example of RFC 6455, 1.3. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static bool receive_some(struct client *client)
{
	char *room = buffer_reserve(&client->input, PIECE_BYTES);
	ssize_t count;

	assert_non_null(room);
	count = recv(client->descriptor, room, PIECE_BYTES, 0);
	if (count <= 0)
		return false;
	client->input.length += (size_t)count;
	return true;
}

int websocket_client_handshake(struct client *client, const char *path, const char *headers)
{
	const char *end;
	int status;

	assert_int_equal(client_request(client, "GET", path, headers, NULL), 0);
	while ((end = client->input.length == 0 ? NULL
						: memmem(client->input.data, client->input.length,
							 "\r\n\r\n", 4)) == NULL) {
		if (!receive_some(client))
			return 0;
	}
	assert_int_equal(sscanf(client->input.data, "HTTP/1.1 %d ", &status), 1);
	if (status == 101) {
		assert_non_null(memmem(client->input.data, client->input.length,
				       "Sec-WebSocket-Accept: " ACCEPT "\r\n",
				       sizeof("Sec-WebSocket-Accept: " ACCEPT "\r\n") - 1));
		buffer_consume(&client->input, (size_t)(end + 4 - client->input.data));
	}
	return status;
}

void websocket_client_begin(struct client *client, const char *as, const char *query)
{
	char path[5200], headers[5200];

	snprintf(path, sizeof(path), "/v1/inbox/socket%s", query);
	snprintf(headers, sizeof(headers),
		 "%sUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		 "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Protocol: allim.v1\r\n",
		 as == NULL ? "" : client_authorization(as));
	assert_int_equal(websocket_client_handshake(client, path, headers), 101);
}

void websocket_client_send(struct client *client, unsigned opcode, struct slice payload)
{
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {0x12, 0x34, 0x56, 0x78};
	struct buffer frame = BUFFER_EMPTY;

	websocket_append_masked(&frame, (enum websocket_opcode)opcode, payload, mask);
	client_send(client, buffer_slice(&frame));
	buffer_finish(&frame);
}

void websocket_client_ask(struct client *client, const char *message)
{
	websocket_client_send(client, WEBSOCKET_TEXT, slice_from_string(message));
}

static void take(struct client *client, const struct websocket_message *message)
{
	buffer_clear(&client->body);
	if (message->close != 0) {
		buffer_append_byte(&client->body, (char)(message->close >> 8));
		buffer_append_byte(&client->body, (char)(message->close & 0xff));
	}
	buffer_append(&client->body, message->payload);
}

/* What came is read from its beginning each time, until it is a whole message. */
unsigned websocket_client_receive(struct client *client)
{
	static const struct websocket_reader_options options = {.message_bytes = MESSAGE_BYTES,
								.is_client = true};

	for (;;) {
		struct websocket_reader reader;
		struct websocket_message message;
		enum websocket_progress progress = WEBSOCKET_NEED_MORE;
		size_t consumed = 0;

		websocket_reader_init(&reader, &options);
		if (client->input.length > 0)
			progress = websocket_reader_feed(&reader, client->input.data,
							 client->input.length, &consumed, &message);
		if (progress == WEBSOCKET_FAILED)
			fail_msg("%s", reader.failure->sentence.data);
		if (progress == WEBSOCKET_MESSAGE)
			take(client, &message);
		websocket_reader_finish(&reader);
		if (progress == WEBSOCKET_MESSAGE) {
			buffer_consume(&client->input, consumed);
			return message.opcode;
		}
		if (!receive_some(client))
			return WEBSOCKET_CLIENT_CLOSED;
	}
}

json_t *websocket_client_json(struct client *client)
{
	assert_int_equal(websocket_client_receive(client), WEBSOCKET_TEXT);
	return client_json(client);
}

json_t *websocket_client_wait_for(struct client *client, const char *event)
{
	for (;;) {
		json_t *json = websocket_client_json(client);
		const char *name = json_string_value(json_object_get(json, "event"));

		if (event == NULL ? name == NULL : name != NULL && strcmp(name, event) == 0)
			return json;
		json_decref(json);
	}
}

unsigned websocket_client_wait_for_close(struct client *client)
{
	unsigned opcode, code = 0;

	do
		opcode = websocket_client_receive(client);
	while (opcode != WEBSOCKET_CLOSE && opcode != WEBSOCKET_CLIENT_CLOSED);
	if (opcode == WEBSOCKET_CLOSE && client->body.length >= 2) {
		code = (unsigned)(unsigned char)client->body.data[0] << 8 |
		       (unsigned char)client->body.data[1];
		buffer_consume(&client->body, 2);
	}
	return code;
}
