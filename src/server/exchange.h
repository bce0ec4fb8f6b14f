/* One request and its answer (RFC 9110, 3.4). An exchange exists from the first byte of a request
 * to the last of its answer, and is what handlers work on.
 *
 * A handler either answers before it returns, or asks the store (or another thread) and answers in
 * the callback. When the client goes away meanwhile, `connection` becomes NULL, callbacks are no
 * longer called, and the exchange ends when the store has returned what it was given. A stream
 * takes the connection over, and the exchange ends at once. Requests that come over a WebSocket are
 * exchanges too, several to a connection (websocket.h); handlers do not see the difference: they
 * ask what the exchange's carrier allows, not which it is. */
#ifndef ALLIM_SERVER_EXCHANGE_H
#define ALLIM_SERVER_EXCHANGE_H

#include "audit/audit.h"
#include "protocol/http_parser.h"
#include "server/authentication.h"
#include "server/connection.h"
#include "server/problem.h"
#include "server/route.h"
#include "store/store.h"

#include <jansson.h>

struct wire_answer;

/* How a request came, and its answer goes. */
struct exchange_carrier {
	const char *name; /* in the audit log */
	/* Whether the answer cannot be taken now: the exchange is gone then, and another of the
	 * same request comes later. NULL: never. */
	bool (*defer)(struct exchange *exchange, int status);
	/* Sends the answer; once per exchange. */
	void (*answer)(struct exchange *exchange, int status, const char *content_type,
		       struct slice body);
	bool may_wait; /* a poll may hold the connection until there is something to tell */
};

struct exchange {
	const struct exchange_carrier *carrier;
	struct worker *worker;
	struct connection *connection;
	struct http_parser *parser;
	const struct http_request *request; /* once its head is there */
	const struct route *route;
	struct slice parameter; /* what stands for a name in braces in the path */
	struct identity identity;
	const unsigned char *ticket; /* the id of the ticket that the user came with, or NULL */
	void *task;		     /* the handler's own, mostly from the arena */
	struct arena arena;	     /* for whatever ends with the exchange */
	struct arena stored;	     /* what the store gave last */
	struct buffer headers;	     /* further headers of the answer, each with its CRLF */
	struct buffer following;     /* bytes behind the request */
	void (*on_stored)(struct exchange *exchange, struct store_request *request);
	struct websocket *websocket; /* that carries it, or NULL */
	struct list link;	     /* among the WebSocket's */
	bool is_deferred;	     /* it begins when the WebSocket has room for its answer */
	struct slice id;	     /* the JSON of its id, or empty */
	int retry_after;	     /* seconds, told with the answer; 0: not */
	bool is_bytes;		     /* the answer's body is no JSON */
	bool is_replayed;	     /* the answer is that of an earlier request of the same key */
	unsigned pending;	     /* what other threads, or lists of the worker's, hold of it */
	bool is_silent;		     /* whoever asks wants no answer to what went well */
	bool answered;
	bool dispatching; /* inside a call from the connection, which goes on by itself */
};

/* An exchange that the carrier brings over the connection, or NULL. */
struct exchange *exchange_create_over(struct connection *connection,
				      const struct exchange_carrier *carrier);

/* Gives everything back, at once or when other threads have returned what they hold. */
void exchange_end(struct exchange *exchange);

/* Adds a header to the answer to come. */
void exchange_header(struct exchange *exchange, const char *name, struct slice value);

/* Answers; once per exchange. The body is copied. */
void exchange_reply(struct exchange *exchange, int status, const char *content_type,
		    struct slice body);
void exchange_reply_json(struct exchange *exchange, int status, const struct buffer *body);

/* Answers 200 with `body`, which tells `content`, and has that recorded: once, for the answer that
 * the client gets. So not where only the head is wanted, where memory is short, or where the
 * carrier defers the answer. `content` is used during the call only. */
void exchange_reply_content(struct exchange *exchange, const struct buffer *body,
			    const struct wire_answer *content,
			    void (*record)(struct exchange *exchange,
					   const struct wire_answer *content));

void exchange_reply_empty(struct exchange *exchange, int status);

/* Says 204, or nothing where whoever asks wants no answer to what went well. */
void exchange_confirm(struct exchange *exchange);

/* Answers 200 with what is no JSON, whatever its type claims. */
void exchange_reply_bytes(struct exchange *exchange, const char *content_type, struct slice bytes);

/* Answers with a problem (RFC 9457); the sentence says what to do about it. */
void exchange_problem(struct exchange *exchange, enum problem problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void exchange_problem_row(struct exchange *exchange, const struct problem_row *row,
			  const char *detail);
void exchange_out_of_memory(struct exchange *exchange);

/* Asks the store; `on_stored` is called with its answer where that is a success, or a refusal that
 * store.h gives to this operation. Failures are answered here. The request comes from the
 * exchange's arena, and what the store adds to it stays until the next answer or the end of the
 * exchange. */
void exchange_ask(struct exchange *exchange, struct store_request *request,
		  void (*on_stored)(struct exchange *exchange, struct store_request *request));

/* Answers with the problem that a failure of the store is. */
void exchange_store_problem(struct exchange *exchange, int result);

/* The client of the exchange's connection, which is there, as the audit log names it. */
struct audit_client exchange_client(const struct exchange *exchange, const char *wire);

/* A request for exchange_ask(), of `size` bytes, zeroed and prepared; NULL (and answered) when
 * memory is short. */
void *exchange_store_request(struct exchange *exchange, size_t size,
			     enum store_operation operation);

/* What another thread had is back. False: the exchange ended meanwhile, and is gone. */
bool exchange_resume(struct exchange *exchange);

/* A query parameter. Returns 0, -ENOENT, or -EINVAL and the exchange is answered. */
int exchange_parameter(struct exchange *exchange, struct slice name, struct slice *ret_value);

/* The same, empty where it is absent. Returns 0, or -EINVAL and the exchange is answered. */
int exchange_text(struct exchange *exchange, struct slice name, struct slice *ret_text);

/* The same as a number within bounds; `ret_number` stays where it is absent. */
int exchange_number(struct exchange *exchange, struct slice name, int64_t minimum, int64_t maximum,
		    int64_t *ret_number);

/* Refuses query parameters that are not in the list (ended by an empty slice). Returns 0, or
 * -EINVAL and the exchange is answered. */
int exchange_check_parameters(struct exchange *exchange, const struct slice *names);
int exchange_check_no_parameters(struct exchange *exchange);

/* A text as JSON, or NULL and the exchange is answered. The caller drops the reference. */
json_t *exchange_read_json(struct exchange *exchange, struct slice text);

/* The body as JSON, or NULL and the exchange is answered. The caller drops the reference. */
json_t *exchange_body_json(struct exchange *exchange);

#endif
