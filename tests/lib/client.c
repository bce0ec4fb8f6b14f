/* One response at a time goes through the reader that the commands use. */
#include "lib/client.h"

#include "base/clock.h"
#include "lib/assertions.h"
#include "lib/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEAD_BYTES = 64 * 1024, PATIENCE = 60 };

static int on_head(void *context, struct http_client_response *response)
{
	(void)response;
	((struct client *)context)->has_head = true;
	return 0;
}

static int on_body(void *context, struct slice bytes)
{
	struct client *client = context;

	buffer_append(&client->body, bytes);
	return buffer_failed(&client->body) ? -ENOMEM : 0;
}

void client_open(struct client *client, const union socket_address *address)
{
	struct http_client_response_events events = {on_head, on_body, client};
	struct timeval patience = {.tv_sec = PATIENCE};
	struct error error;

	*client = (struct client){.descriptor = socket_connect(address, &error)};
	if (client->descriptor < 0)
		fail_msg("%s", error.text);
	setsockopt(client->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	client->response = http_client_response_create(&events, HEAD_BYTES, false);
	assert_non_null(client->response);
}

void client_close(struct client *client)
{
	close(client->descriptor);
	http_client_response_destroy(client->response);
	buffer_finish(&client->input);
	buffer_finish(&client->body);
}

int client_send(struct client *client, struct slice bytes)
{
	while (bytes.length > 0) {
		ssize_t sent = send(client->descriptor, bytes.data, bytes.length, MSG_NOSIGNAL);

		if (sent < 0)
			return -errno;
		bytes = slice_from_bytes(bytes.data + sent, bytes.length - (size_t)sent);
	}
	return 0;
}

int client_request(struct client *client, const char *method, const char *path, const char *headers,
		   const char *body)
{
	struct buffer request = BUFFER_EMPTY;
	int result;

	buffer_append_format(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path);
	buffer_append_string(&request, headers);
	if (body != NULL)
		buffer_append_format(&request,
				     "Content-Type: application/json\r\nContent-Length: %zu\r\n",
				     strlen(body));
	buffer_append(&request, SLICE("\r\n"));
	buffer_append_string(&request, body == NULL ? "" : body);
	assert_false(buffer_failed(&request));
	result = client_send(client, buffer_slice(&request));
	buffer_finish(&request);
	return result;
}

/* One read of the socket, or of what came before. */
static int receive_some(struct client *client)
{
	char *room = buffer_reserve(&client->input, 64 * 1024);
	ssize_t count;
	size_t used;
	int result;

	assert_non_null(room);
	if (client->input.length == 0) {
		count = recv(client->descriptor, room, 64 * 1024, 0);
		if (count <= 0) {
			client->at_end = true;
			result = count < 0 ? -errno : http_client_response_end(client->response);
			return result < 0 ? result : -ESHUTDOWN;
		}
		client->input.length = (size_t)count;
	}
	result = http_client_response_feed(client->response, buffer_slice(&client->input), &used);
	buffer_consume(&client->input, used);
	return result;
}

static void begin_response(struct client *client, bool without_body)
{
	http_client_response_reset(client->response, without_body);
	buffer_clear(&client->body);
	client->has_head = false;
}

int client_receive(struct client *client, bool without_body)
{
	int result = 0;

	begin_response(client, without_body);
	while (result == 0 && !http_client_response_is_complete(client->response))
		result = receive_some(client);
	if (result < 0 && (result != -ESHUTDOWN || !client->has_head))
		return result;
	return http_client_response_status(client->response);
}

int client_receive_head(struct client *client)
{
	int result = 0;

	begin_response(client, false);
	while (result == 0 && !client->has_head)
		result = receive_some(client);
	return result < 0 && !client->has_head ? result
					       : http_client_response_status(client->response);
}

bool client_wait_for(struct client *client, const char *text)
{
	int64_t deadline = clock_monotonic() + PATIENCE * 1000;

	/* Heartbeats may come all the time. */
	while (!client_body_has(client, text)) {
		if (clock_monotonic() > deadline ||
		    http_client_response_is_complete(client->response) || receive_some(client) < 0)
			return client_body_has(client, text);
	}
	return true;
}

bool client_skip_to(struct client *client, const char *text)
{
	const char *found;

	if (!client_wait_for(client, text))
		return false;
	found = memmem(client->body.data, client->body.length, text, strlen(text));
	buffer_consume(&client->body, (size_t)(found - client->body.data) + strlen(text));
	return true;
}

const char *client_authorization(const char *as)
{
	static char header[5000];

	if (as == NULL)
		return "";
	snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n",
		 strcmp(as, "publisher") == 0 ? NODE_API_KEY : node_token(as, 3600));
	return header;
}

int client_call(struct client *client, const char *as, const char *method, const char *path,
		const char *body)
{
	int result = client_request(client, method, path, client_authorization(as), body);

	return result < 0 ? result : client_receive(client, strcmp(method, "HEAD") == 0);
}

json_t *client_json(const struct client *client)
{
	json_error_t error;
	json_t *json = json_loadb(client->body.data, client->body.length,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (json == NULL)
		fail_msg("%s: %.*s", error.text, (int)client->body.length,
			 buffer_slice(&client->body).data);
	return json;
}

int64_t client_number(const struct client *client, const char *name)
{
	json_t *json = client_json(client);
	const json_t *number = json_object_get(json, name);
	int64_t value = json_integer_value(number);

	if (!json_is_integer(number))
		fail_msg("no number %s in %.*s", name, (int)client->body.length, client->body.data);
	json_decref(json);
	return value;
}

bool client_body_has(const struct client *client, const char *text)
{
	return client->body.length > 0 &&
	       memmem(client->body.data, client->body.length, text, strlen(text)) != NULL;
}

unsigned client_body_count(const struct client *client, const char *text)
{
	const char *from = client->body.data, *end = from + client->body.length;
	unsigned count = 0;

	while (from != NULL &&
	       (from = memmem(from, (size_t)(end - from), text, strlen(text))) != NULL) {
		from += strlen(text);
		count++;
	}
	return count;
}

void client_last_id(const struct client *client, char id[static 64])
{
	const char *found = client->body.data, *next;
	size_t length = 0;

	while ((next = memmem(found, client->body.length - (size_t)(found - client->body.data),
			      "\nid: ", 5)) != NULL)
		found = next + 5;
	while (found[length] != '\n')
		length++;
	assert_true(length < 64);
	memcpy(id, found, length);
	id[length] = '\0';
}

struct slice client_header(const struct client *client, const char *name)
{
	return http_client_response_header(client->response, slice_from_string(name));
}

int64_t client_publish(const union socket_address *address, const char *user, const char *title)
{
	struct client client;
	char body[700];
	int64_t id;

	if (user == NULL)
		snprintf(body, sizeof(body),
			 "{\"to\":{\"everyone\":true},\"type\":\"t\",\"title\":\"%s\"}", title);
	else
		snprintf(body, sizeof(body),
			 "{\"to\":{\"user\":\"%s\"},\"type\":\"t\",\"title\":\"%s\"}", user, title);
	client_open(&client, address);
	if (client_call(&client, "publisher", "POST", "/v1/notifications", body) != 201)
		fail_msg("not published: %.*s", (int)client.body.length, client.body.data);
	id = client_number(&client, "id");
	client_close(&client);
	return id;
}

int64_t client_metric(const union socket_address *admin_address, const char *name)
{
	struct client client;
	char line[100];
	const char *found;
	int64_t value;

	client_open(&client, admin_address);
	assert_int_equal(client_call(&client, NULL, "GET", "/metrics", NULL), 200);
	buffer_append_byte(&client.body, '\0');
	snprintf(line, sizeof(line), "\n%s ", name);
	found = strstr(client.body.data, line);
	if (found == NULL)
		fail_msg("no metric %s", name);
	value = strtoll(found + strlen(line), NULL, 10);
	client_close(&client);
	return value;
}
