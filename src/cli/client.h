/* One HTTP request to a node and its answer, for commands. */
#ifndef ALLIM_CLI_CLIENT_H
#define ALLIM_CLI_CLIENT_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/endpoint.h"

enum { CLIENT_HEAD_BYTES = 64 * 1024, CLIENT_TIMEOUT = 30 * 1000 };

struct client_header {
	const char *name; /* NULL ends the list */
	struct slice value;
};

struct client_request {
	const char *method;
	const char *path;		     /* with its query */
	const struct client_header *headers; /* empty values are left out; NULL has none */
	struct slice body;		     /* JSON; empty: none */
	int64_t timeout;		     /* milliseconds; 0: CLIENT_TIMEOUT */
};

struct client_answer {
	int status;
	int64_t retry_after; /* seconds, or 0 */
	struct buffer body;
};

/* Appends the request as it is sent. Returns 0, -ENOMEM, or -EINVAL with a sentence where a value
 * cannot stand in a header. */
int client_append_request(struct buffer *buffer, const struct endpoint *endpoint,
			  const struct client_request *request, struct error *error);

/* Appends "Bearer " and the token; for the header Authorization. */
void client_append_bearer(struct buffer *buffer, struct slice token);

/* Sends the request on a connection of its own and waits for the answer, its timeout at most.
 * The answer's body, `limit` bytes at most, is the caller's to finish. Returns 0 whatever the
 * status is, or a negative errno value with a sentence. */
int client_exchange(const struct endpoint *endpoint, const struct client_request *request,
		    size_t limit, struct client_answer *ret_answer, struct error *error);

void client_answer_finish(struct client_answer *answer);

/* Writes why the node refused: what its problem+json (RFC 9457) says, else the status. */
void client_explain(int status, struct slice body, int64_t retry_after, struct error *error);

/* The exit status (enum command_exit) for a negative result of client_exchange(). */
int client_exit_status(int result);

#endif
