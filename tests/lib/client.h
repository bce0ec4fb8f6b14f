/* A plain HTTP client for tests: blocking, one connection, nothing hidden. Who waits for a minute
 * in vain is told that the connection has ended. */
#ifndef ALLIM_TESTS_CLIENT_H
#define ALLIM_TESTS_CLIENT_H

#include "base/buffer.h"
#include "net/socket.h"
#include "protocol/http_client_response.h"

#include <jansson.h>

struct client {
	int descriptor;
	struct http_client_response *response;
	struct buffer input; /* what came and was not read yet */
	struct buffer body;
	bool has_head;
	bool at_end; /* the server closed the connection */
};

void client_open(struct client *client, const union socket_address *address);
void client_close(struct client *client);

/* Sends bytes as they are. Returns 0, or a negative errno value where the connection is gone. */
int client_send(struct client *client, struct slice bytes);

/* Sends a request; `headers` are whole lines, each with its CRLF. The body goes with a
 * Content-Length, unless it is NULL. */
int client_request(struct client *client, const char *method, const char *path, const char *headers,
		   const char *body);

/* Waits for the response to the oldest request. Returns its status, or a negative errno value where
 * the connection ended before the response did. */
int client_receive(struct client *client, bool without_body);

/* Waits for the head only, or until the body so far holds `text`. The latter is false where the
 * response ended without it. */
int client_receive_head(struct client *client);
bool client_wait_for(struct client *client, const char *text);

/* The same, and drops the body up to and with the text. */
bool client_skip_to(struct client *client, const char *text);

/* Both at once, as this user or as the publisher ("publisher"); NULL: nobody. */
int client_call(struct client *client, const char *as, const char *method, const char *path,
		const char *body);

/* The body as JSON, to be dropped by the caller. Fails the test where it is none. */
json_t *client_json(const struct client *client);

/* The number of that name in the body. */
int64_t client_number(const struct client *client, const char *name);

/* True where the body has this text. */
bool client_body_has(const struct client *client, const char *text);

/* How often the body has this text. */
unsigned client_body_count(const struct client *client, const char *text);

/* The last `id:` of the event stream in the body, with a terminator. */
void client_last_id(const struct client *client, char id[static 64]);

/* The first header of that name, or the empty slice. */
struct slice client_header(const struct client *client, const char *name);

/* An Authorization header with its CRLF, as in client_call(). Static storage until the next call.
 */
const char *client_authorization(const char *as);

/* On a connection of its own: publishes to a user, or to everyone (NULL). Returns the id. */
int64_t client_publish(const union socket_address *address, const char *user, const char *title);

/* The value of a metric, asked of the administrators' listener. */
int64_t client_metric(const union socket_address *admin_address, const char *name);

#endif
