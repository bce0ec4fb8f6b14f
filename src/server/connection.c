/* Reading, parsing and sending.
 *
 * Bytes are read into one buffer of the worker's and parsed there; what an exchange must keep, it
 * copies. An answer is sent at once, and only what the socket refuses is kept. While an exchange is
 * worked on, nothing more is read, so a client that pipelines waits in its own socket. */
#include "server/connection.h"

#include "server/exchange_http.h"
#include "server/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LINGER = 1000, NOT_COUNTED = -1 };

static const bool allowed[CONNECTION_STATES][CONNECTION_STATES] = {
    [CONNECTION_IDLE] = {[CONNECTION_RECEIVING] = true, [CONNECTION_CLOSED] = true},
    [CONNECTION_RECEIVING] =
	{[CONNECTION_ANSWERING] = true, [CONNECTION_SENDING] = true, [CONNECTION_CLOSED] = true},
    [CONNECTION_ANSWERING] =
	{[CONNECTION_SENDING] = true, [CONNECTION_HOLDING] = true, [CONNECTION_CLOSED] = true},
    [CONNECTION_SENDING] =
	{[CONNECTION_IDLE] = true, [CONNECTION_LINGERING] = true, [CONNECTION_CLOSED] = true},
    [CONNECTION_HOLDING] =
	{[CONNECTION_ANSWERING] = true, [CONNECTION_LINGERING] = true, [CONNECTION_CLOSED] = true},
    [CONNECTION_LINGERING] = {[CONNECTION_CLOSED] = true},
};

static void receive(struct connection *connection, struct slice input);

static void move(struct connection *connection, enum connection_state state)
{
	assert(allowed[connection->state][state]);
	connection->state = (unsigned char)state;
}

static void watch(struct connection *connection)
{
	uint32_t events =
	    (connection->reading ? EPOLLIN : 0) | (connection->output != NULL ? EPOLLOUT : 0);

	loop_modify(&connection->worker->loop, connection->descriptor, events, &connection->source);
}

static void set_reading(struct connection *connection, bool reading)
{
	if (connection->reading == reading)
		return;
	connection->reading = reading;
	watch(connection);
}

static void set_timer(struct connection *connection, int64_t milliseconds)
{
	struct loop *loop = &connection->worker->loop;

	timer_set(&loop->timers, &connection->timer, loop->now + milliseconds);
}

/* Until the socket takes what waits for it, the timer watches over that. */
void connection_set_timer(struct connection *connection, int64_t when)
{
	if (connection->output == NULL)
		timer_set(&connection->worker->loop.timers, &connection->timer, when);
}

void connection_hurry_timer(struct connection *connection, int64_t when)
{
	if (connection->output == NULL)
		timer_hurry(&connection->worker->loop.timers, &connection->timer, when);
}

static void free_output(struct connection *connection)
{
	if (connection->output == NULL)
		return;
	buffer_finish(&connection->output->bytes);
	free(connection->output);
	connection->output = NULL;
}

static void give_back_places(struct connection *connection)
{
	struct worker *worker = connection->worker;

	if (connection->address_counter != NOT_COUNTED)
		quota_release(worker->node->address_connections, connection->address_counter);
	if (worker->listener == ROUTE_PUBLIC)
		atomic_fetch_sub_explicit(&worker->node->connections, 1, memory_order_relaxed);
	metrics_subtract(&worker->metrics, METRIC_CONNECTIONS, 1);
	acceptor_on_room(worker);
}

void connection_close(struct connection *connection)
{
	if (connection->state == CONNECTION_CLOSED)
		return;
	move(connection, CONNECTION_CLOSED);
	timer_stop(&connection->timer);
	close(connection->descriptor);
	free_output(connection);
	list_remove(&connection->link);
	list_append(&connection->worker->closed, &connection->link);
	give_back_places(connection);
}

void connection_reap(struct connection *connection)
{
	assert(connection->state == CONNECTION_CLOSED);
	list_remove(&connection->link);
	if (connection->holder != NULL)
		connection->holder->ops->on_close(connection->holder);
	if (connection->exchange != NULL)
		connection_drop_exchange(connection);
	free(connection);
}

/* Closing while bytes of the peer's wait unread would reset the connection and could destroy the
 * answer on its way (RFC 9112, 9.6). So: no more from here, and wait for the peer's end. */
static void linger(struct connection *connection)
{
	move(connection, CONNECTION_LINGERING);
	shutdown(connection->descriptor, SHUT_WR);
	set_reading(connection, true);
	set_timer(connection, LINGER);
}

void connection_finish(struct connection *connection)
{
	if (connection->state != CONNECTION_HOLDING)
		return;
	if (connection_is_full(connection))
		connection_close(connection);
	else
		linger(connection);
}

/* What was taken, 0 where the socket is full, or a negative errno value. */
static ssize_t send_some(struct connection *connection, struct slice bytes)
{
	ssize_t sent;

	do {
		sent = send(connection->descriptor, bytes.data, bytes.length,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? 0 : -errno;
	metrics_add(&connection->worker->metrics, METRIC_BYTES_SENT, (uint64_t)sent);
	return sent;
}

static int keep(struct connection *connection, struct slice rest)
{
	bool first = connection->output == NULL;

	if (first) {
		connection->output = calloc(1, sizeof(*connection->output));
		if (connection->output == NULL)
			return -ENOMEM;
	}
	buffer_append(&connection->output->bytes, rest);
	if (buffer_failed(&connection->output->bytes))
		return -ENOMEM;
	if (first) {
		watch(connection);
		set_timer(connection, connection->worker->settings->http_write_timeout);
	}
	return 0;
}

int connection_write(struct connection *connection, struct slice bytes)
{
	ssize_t sent = 0;
	int error = 0;

	if (connection->state == CONNECTION_CLOSED || connection->state == CONNECTION_LINGERING)
		return -EPIPE;
	if (connection->output == NULL)
		sent = send_some(connection, bytes);
	if (sent < 0)
		error = (int)sent;
	else if ((size_t)sent < bytes.length)
		error = keep(connection,
			     slice_from_bytes(bytes.data + sent, bytes.length - (size_t)sent));
	if (error < 0)
		connection_close(connection);
	return error;
}

bool connection_is_full(const struct connection *connection)
{
	return connection->output != NULL;
}

size_t connection_kept(const struct connection *connection)
{
	return connection->output == NULL ? 0 : connection->output->bytes.length;
}

/* The exchange is over and all of its answer has been taken. */
static void finish_exchange(struct connection *connection)
{
	struct exchange *exchange = connection->exchange;

	connection->exchange = NULL;
	exchange_end(exchange);
	if (connection->last) {
		linger(connection);
		return;
	}
	move(connection, CONNECTION_IDLE);
	set_timer(connection, connection->worker->settings->http_keep_alive);
}

/* Goes on with what the client sent behind a request that was not answered at once. */
static void go_on(struct connection *connection)
{
	struct buffer following = connection->exchange->following;

	connection->exchange->following = BUFFER_EMPTY;
	finish_exchange(connection);
	if (connection->state == CONNECTION_IDLE) {
		set_reading(connection, true);
		if (following.length > 0)
			receive(connection, buffer_slice(&following));
	}
	buffer_finish(&following);
}

void connection_answer(struct connection *connection, struct buffer *bytes)
{
	bool dispatching = connection->exchange->dispatching;
	int result;

	move(connection, CONNECTION_SENDING);
	result = connection_write(connection, buffer_slice(bytes));
	buffer_clear(bytes);
	if (result == 0 && !dispatching && !connection_is_full(connection))
		go_on(connection);
}

static void send_output(struct connection *connection)
{
	struct connection_output *output = connection->output;
	ssize_t sent = send_some(connection, slice_from_bytes(output->bytes.data + output->sent,
							      output->bytes.length - output->sent));

	if (sent < 0) {
		connection_close(connection);
		return;
	}
	output->sent += (size_t)sent;
	if (output->sent < output->bytes.length) {
		if (sent > 0)
			set_timer(connection, connection->worker->settings->http_write_timeout);
		return;
	}
	free_output(connection);
	watch(connection);
	timer_stop(&connection->timer);
	if (connection->state == CONNECTION_SENDING)
		go_on(connection);
	else if (connection->state == CONNECTION_RECEIVING)
		set_timer(connection, connection->worker->settings->http_body_timeout);
	else if (connection->state == CONNECTION_HOLDING)
		connection->holder->ops->on_drained(connection->holder);
}

/* The bytes are the first of the worker's input. */
static void tell_holder(struct connection *connection, size_t length)
{
	struct connection_holder *holder = connection->holder;

	if (holder->ops->on_bytes != NULL)
		holder->ops->on_bytes(holder, connection->worker->input, length);
}

/* Keeps what stands behind a request that is not answered yet. */
static void keep_following(struct connection *connection, struct slice rest)
{
	struct exchange *exchange = connection->exchange;

	if (exchange == NULL || rest.length == 0)
		return;
	buffer_append(&exchange->following, rest);
	if (buffer_failed(&exchange->following))
		connection_close(connection);
}

static bool begin_exchange(struct connection *connection)
{
	connection->exchange = exchange_http_create(connection);
	if (connection->exchange == NULL) {
		connection_close(connection);
		return false;
	}
	move(connection, CONNECTION_RECEIVING);
	set_timer(connection, connection->worker->settings->http_header_timeout);
	return true;
}

/* Lets the exchange take one step; `dispatching` tells connection_answer() that this function goes
 * on by itself. False when there is nothing to go on with: the exchange is answered later, or the
 * connection has closed. */
static bool step(struct connection *connection, void (*take)(struct exchange *exchange))
{
	struct exchange *exchange = connection->exchange;

	exchange->dispatching = true;
	take(exchange);
	if (connection->state == CONNECTION_CLOSED)
		return false;
	if (connection->exchange != exchange)
		return false; /* a stream holds the connection */
	exchange->dispatching = false;
	if (connection->state == CONNECTION_RECEIVING)
		return true;
	if (connection->state != CONNECTION_SENDING || connection_is_full(connection))
		return false;
	finish_exchange(connection);
	return connection->state == CONNECTION_IDLE;
}

static bool on_head(struct connection *connection)
{
	const struct http_request *request = http_parser_request(connection->exchange->parser);

	connection->exchange->request = request;
	if (!request->keep_alive)
		connection->last = true;
	if (!step(connection, exchange_http_on_head))
		return false;
	if (connection->state == CONNECTION_RECEIVING && request->has_body)
		set_timer(connection, connection->worker->settings->http_body_timeout);
	return true;
}

static bool on_complete(struct connection *connection)
{
	move(connection, CONNECTION_ANSWERING);
	if (connection->output == NULL)
		timer_stop(&connection->timer);
	else /* `100 Continue` still waits for the socket */
		set_timer(connection, connection->worker->settings->http_write_timeout);
	return step(connection, exchange_http_on_complete);
}

static bool on_failure(struct connection *connection)
{
	connection->last = true;
	return step(connection, exchange_http_on_failure);
}

static void receive(struct connection *connection, struct slice input)
{
	bool more = true;

	while (more) {
		enum http_progress progress;
		size_t used;

		if (connection->exchange == NULL &&
		    (input.length == 0 || !begin_exchange(connection)))
			return;
		progress = http_parser_feed(connection->exchange->parser, input, &used);
		input = slice_from_bytes(input.data + used, input.length - used);
		if (progress == HTTP_NEED_MORE)
			return;
		if (progress == HTTP_HEAD_COMPLETE)
			more = on_head(connection);
		else if (progress == HTTP_COMPLETE)
			more = on_complete(connection);
		else
			more = on_failure(connection);
	}
	/* Who opens a WebSocket waits for the answer before it sends frames (RFC 6455, 4.1). */
	if (input.length > 0 && connection->state == CONNECTION_HOLDING &&
	    connection->holder->ops->on_bytes != NULL)
		connection_close(connection);
	else
		keep_following(connection, input);
}

/* One read of what has come. Returns the bytes; none where there is nothing, or the connection has
 * closed. */
static struct slice read_input(struct connection *connection)
{
	struct worker *worker = connection->worker;
	ssize_t count = recv(connection->descriptor, worker->input, sizeof(worker->input), 0);

	if (count > 0) {
		metrics_add(&worker->metrics, METRIC_BYTES_RECEIVED, (uint64_t)count);
		return slice_from_bytes(worker->input, (size_t)count);
	}
	if (count == 0 || (errno != EAGAIN && errno != EINTR))
		connection_close(connection);
	return (struct slice){"", 0};
}

static void on_readable(struct connection *connection)
{
	struct slice input;

	if (connection->state == CONNECTION_ANSWERING || connection->state == CONNECTION_SENDING) {
		set_reading(connection, false);
		return;
	}
	input = read_input(connection);
	if (input.length == 0)
		return;
	if (connection->state == CONNECTION_IDLE || connection->state == CONNECTION_RECEIVING) {
		receive(connection, input);
	} else if (connection->state == CONNECTION_HOLDING && connection->exchange == NULL) {
		tell_holder(connection, input.length);
	} else if (connection->state == CONNECTION_HOLDING) {
		/* Behind a waiting poll: kept, and no more is read until it is answered. */
		keep_following(connection, input);
		if (connection->state != CONNECTION_CLOSED)
			set_reading(connection, false);
	}
}

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct connection *connection = CONTAINER_OF(source, struct connection, source);

	if (connection->state != CONNECTION_CLOSED && connection->output != NULL &&
	    (events & EPOLLOUT) != 0)
		send_output(connection);
	if (connection->state == CONNECTION_CLOSED)
		return;
	if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !connection->reading)
		connection_close(connection);
	else if ((events & ~(uint32_t)EPOLLOUT) != 0 && connection->reading)
		on_readable(connection);
}

void connection_on_timer(struct timer *timer)
{
	struct connection *connection = CONTAINER_OF(timer, struct connection, timer);

	if (connection->output != NULL) {
		if (connection->state == CONNECTION_HOLDING)
			metrics_add(&connection->worker->metrics, METRIC_STREAMS_STALLED, 1);
		connection_close(connection);
	} else if (connection->state == CONNECTION_HOLDING) {
		connection->holder->ops->on_timer(connection->holder);
	} else if (connection->state == CONNECTION_RECEIVING) {
		connection->last = true;
		step(connection, exchange_http_on_timeout);
	} else {
		connection_close(connection);
	}
}

void connection_hold(struct connection *connection, struct connection_holder *holder)
{
	move(connection, CONNECTION_HOLDING);
	connection->holder = holder;
}

void connection_listen(struct connection *connection, bool listens)
{
	if (connection->state == CONNECTION_HOLDING)
		set_reading(connection, listens);
}

void connection_drop_exchange(struct connection *connection)
{
	struct exchange *exchange = connection->exchange;

	connection->exchange = NULL;
	exchange->connection = NULL;
	exchange_end(exchange);
}

void connection_release(struct connection *connection)
{
	move(connection, CONNECTION_ANSWERING);
	connection->holder = NULL;
	timer_stop(&connection->timer);
}

void connection_drain_idle(struct connection *connection)
{
	connection->last = true;
	if (connection->state == CONNECTION_IDLE)
		connection_close(connection);
}

void connection_drain(struct connection *connection)
{
	connection_drain_idle(connection);
	if (connection->state == CONNECTION_HOLDING)
		connection->holder->ops->on_drain(connection->holder);
}

static bool take_places(struct connection *connection, const union socket_address *address)
{
	struct worker *worker = connection->worker;
	struct node *node = worker->node;

	if (worker->listener == ROUTE_ADMIN)
		return true;
	if (!socket_address_is_loopback(address)) {
		connection->address_counter =
		    quota_hold(node->address_connections, socket_address_client(address),
			       (uint64_t)worker->settings->limits_connections_per_address);
		if (connection->address_counter < 0)
			return false;
	}
	atomic_fetch_add_explicit(&node->connections, 1, memory_order_relaxed);
	return true;
}

static void refuse(struct worker *worker, struct connection *connection, int descriptor)
{
	metrics_add(&worker->metrics, METRIC_CONNECTIONS_REFUSED, 1);
	free(connection);
	close(descriptor);
}

void connection_accept(struct worker *worker, int descriptor, const union socket_address *address)
{
	struct connection *connection = malloc(sizeof(*connection));

	if (connection == NULL) {
		refuse(worker, NULL, descriptor);
		return;
	}
	*connection = (struct connection){
	    .source.on_ready = on_ready,
	    .worker = worker,
	    .descriptor = descriptor,
	    .address_counter = NOT_COUNTED,
	    .reading = true,
	    .number = ++worker->connections_made,
	};
	timer_init(&connection->timer);
	if (!take_places(connection, address)) {
		refuse(worker, connection, descriptor);
		return;
	}
	list_append(&worker->connections, &connection->link);
	metrics_add(&worker->metrics, METRIC_CONNECTIONS_ACCEPTED, 1);
	metrics_add(&worker->metrics, METRIC_CONNECTIONS, 1);
	set_timer(connection, worker->settings->http_header_timeout);
	if (loop_add(&worker->loop, descriptor, EPOLLIN, &connection->source) < 0)
		connection_close(connection);
	else
		on_readable(connection); /* mostly the request is there already */
}
