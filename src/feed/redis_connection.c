/* Commands are formatted and answers read by hiredis; the socket, its waiting and its retries are
 * ours. An answer is bounded before it is in memory: by the bytes that an incomplete one may take,
 * and by the elements that an array may claim to have.
 *
 * lose() is called by the entrances (a ready descriptor, a timer, the end of a turn) and by nobody
 * deeper, so that nothing works on a connection whose reader is gone. */
#include "feed/redis_connection.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>

enum {
	READ_BYTES = 64 << 10,
	READS_PER_TURN = 64,
	REPLY_BYTES = 64 << 20,
	REPLY_ELEMENTS = 65536,
	OUTPUT_BYTES = 256 << 10,
	CONNECT_MILLISECONDS = 5000,
	PING_MILLISECONDS = 5000,
	ANSWER_MILLISECONDS = 5000, /* to a PING */
	BACKOFF_LEAST = 100,
	BACKOFF_MOST = 5000,
};

static const bool allowed[REDIS_STATES][REDIS_STATES];

static void move(struct redis_connection *connection, enum redis_state state)
{
	assert(allowed[connection->state][state]);
	connection->state = state;
}

static int64_t now_of(const struct redis_connection *connection)
{
	return connection->shared->loop->now;
}

/* Waits at most BACKOFF_LEAST at first and twice as long each time; a random part of it, so that
 * nodes which lost one server do not come back together. */
static void wait_before_retry(struct redis_connection *connection)
{
	unsigned doublings = connection->attempts < 10 ? connection->attempts : 10;
	uint64_t longest = (uint64_t)BACKOFF_LEAST << doublings;

	longest = longest < BACKOFF_MOST ? longest : BACKOFF_MOST;
	connection->attempts++;
	timer_set(&connection->shared->loop->timers, &connection->retry.timer,
		  now_of(connection) +
		      (int64_t)random_below(&connection->shared->random, longest + 1));
}

static void close_socket(struct redis_connection *connection)
{
	if (connection->socket.descriptor >= 0)
		loop_remove(connection->shared->loop, connection->socket.descriptor);
	redis_socket_close(&connection->socket);
	if (connection->reader != NULL)
		redisReaderFree(connection->reader);
	connection->reader = NULL;
	connection->reply_bytes = 0;
	buffer_finish(&connection->output);
}

static void lose(struct redis_connection *connection, const struct error *reason)
{
	close_socket(connection);
	redis_lookup_forget(connection->lookup);
	connection->lookup = NULL;
	move(connection, REDIS_WAITING);
	wait_before_retry(connection);
	connection->role->on_lost(connection, reason);
}

static int update_events(struct redis_connection *connection, struct error *error)
{
	uint32_t events = redis_socket_events(&connection->socket, connection->output.length > 0);
	int result;

	if (events == connection->events)
		return 0;
	result = loop_modify(connection->shared->loop, connection->socket.descriptor, events,
			     &connection->source);
	if (result < 0)
		return error_set(error, result, "the connection failed: %s", strerror(-result));
	connection->events = events;
	return 0;
}

static int watch(struct redis_connection *connection, struct error *error)
{
	int result;

	connection->events = redis_socket_events(&connection->socket, false);
	result = loop_add(connection->shared->loop, connection->socket.descriptor,
			  connection->events, &connection->source);
	if (result == 0)
		return 0;
	redis_socket_close(&connection->socket);
	return error_set(error, result, "cannot connect: %s", strerror(-result));
}

/* Tries the addresses that are left until one can be waited for. */
static int try_addresses(struct redis_connection *connection, struct error *error)
{
	int result = -EHOSTUNREACH;

	while (connection->address < connection->addresses.count) {
		const union socket_address *address =
		    &connection->addresses.list[connection->address++];

		result = redis_socket_open(&connection->socket, address, connection->shared->tls,
					   connection->endpoint.host, error);
		if (result == 0)
			return watch(connection, error);
	}
	return result;
}

static void connect_to(struct redis_connection *connection, const struct redis_addresses *addresses,
		       const char *problem)
{
	struct error error;

	connection->addresses = *addresses;
	connection->address = 0;
	connection->since = now_of(connection);
	move(connection, REDIS_CONNECTING);
	error_set(&error, -EHOSTUNREACH, "its host has no address: %s", problem);
	if (try_addresses(connection, &error) < 0)
		lose(connection, &error);
}

static void on_found(void *context, const struct redis_addresses *addresses, const char *problem)
{
	struct redis_connection *connection = context;

	connection->lookup = NULL;
	connect_to(connection, addresses, problem);
}

static void look_up(struct redis_connection *connection)
{
	struct redis_shared *shared = connection->shared;
	struct redis_addresses addresses;
	struct error error;

	move(connection, REDIS_LOOKING_UP);
	if (redis_lookup_numeric(&connection->endpoint, &addresses) == 0) {
		connect_to(connection, &addresses, "");
		return;
	}
	connection->lookup = redis_lookup_start(shared->lookups, &shared->loop->mailbox,
						&connection->endpoint, on_found, connection);
	if (connection->lookup == NULL) {
		error_set(&error, -ENOMEM, "out of memory while looking up its host");
		lose(connection, &error);
	}
}

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* An array allocates for what it claims to hold. */
static void *create_array(const redisReadTask *task, element_count elements)
{
	const redisReplyObjectFunctions *original = task->privdata;

	return elements > REPLY_ELEMENTS ? NULL : original->createArray(task, elements);
}

static int create_reader(struct redis_connection *connection)
{
	redisReader *reader = redisReaderCreate();

	if (reader == NULL)
		return -ENOMEM;
	connection->reply_functions = *reader->fn;
	connection->reply_functions.createArray = create_array;
	reader->privdata = reader->fn;
	reader->fn = &connection->reply_functions;
	connection->reader = reader;
	return 0;
}

static int append_command(struct redis_connection *connection, const struct slice *arguments,
			  size_t count)
{
	const char *texts[REDIS_ARGUMENTS];
	size_t lengths[REDIS_ARGUMENTS];
	char *command = NULL;
	int length;

	assert(count <= REDIS_ARGUMENTS);
	for (size_t i = 0; i < count; i++) {
		texts[i] = arguments[i].data;
		lengths[i] = arguments[i].length;
	}
	length = redisFormatCommandArgv(&command, (int)count, texts, lengths);
	if (length < 0)
		return -ENOMEM;
	buffer_append(&connection->output, slice_from_bytes(command, (size_t)length));
	redisFreeCommand(command);
	if (buffer_failed(&connection->output)) {
		/* What stood there is whole commands, and still is. */
		connection->output.failed = false;
		return -ENOMEM;
	}
	atomic_fetch_add_explicit(&connection->shared->operations, 1, memory_order_relaxed);
	return 0;
}

int redis_connection_send(struct redis_connection *connection, const struct slice *arguments,
			  size_t count)
{
	if (connection->state != REDIS_READY)
		return -ENOTCONN;
	return append_command(connection, arguments, count);
}

static int append_auth(struct redis_connection *connection)
{
	const struct redis_shared *shared = connection->shared;
	const struct slice with_user[] = {SLICE("AUTH"), slice_from_string(shared->user),
					  shared->password};
	const struct slice without[] = {SLICE("AUTH"), shared->password};

	return shared->user[0] != '\0' ? append_command(connection, with_user, 3)
				       : append_command(connection, without, 2);
}

static bool needs_auth(const struct redis_shared *shared)
{
	return shared->user[0] != '\0' || shared->password.length > 0;
}

/* All of it at once: a server that wants a password refuses the questions behind it. */
static int greet(struct redis_connection *connection, struct error *error)
{
	const struct slice server[] = {SLICE("INFO"), SLICE("server")};
	const struct slice replication[] = {SLICE("INFO"), SLICE("replication")};
	int result = create_reader(connection);

	move(connection, REDIS_GREETING);
	connection->heard = connection->asked = now_of(connection);
	connection->greeting = needs_auth(connection->shared) ? REDIS_AUTH : REDIS_INFO_SERVER;
	if (result == 0 && connection->greeting == REDIS_AUTH)
		result = append_auth(connection);
	if (result == 0)
		result = append_command(connection, server, 2);
	if (result == 0)
		result = append_command(connection, replication, 2);
	return result < 0 ? error_set(error, result, "out of memory while connecting") : 0;
}

static void warn_of_cluster(struct redis_connection *connection)
{
	if (connection->shared->told_of_cluster)
		return;
	connection->shared->told_of_cluster = true;
	log_warning("Redis is a cluster, and every message goes to all of its nodes; set "
		    "redis.cluster to true",
		    LOG_TEXT("host", connection->endpoint.host));
}

static int check_greeting(struct redis_connection *connection, const redisReply *reply,
			  struct error *error)
{
	struct redis_expectation expectation = {.cluster = connection->shared->cluster,
						.any_server = connection->role->any_server};
	bool is_cluster = false;
	int result =
	    redis_greeting_check(connection->greeting, reply, &expectation, &is_cluster, error);

	if (is_cluster && !expectation.cluster)
		warn_of_cluster(connection);
	return result;
}

static int answer_greeting(struct redis_connection *connection, const redisReply *reply,
			   struct error *error)
{
	int result = check_greeting(connection, reply, error);

	if (result < 0 || ++connection->greeting < REDIS_GREETED)
		return result;
	move(connection, REDIS_READY);
	connection->since = now_of(connection);
	if (connection->was_ready)
		atomic_fetch_add_explicit(&connection->shared->reconnections, 1,
					  memory_order_relaxed);
	connection->was_ready = true;
	connection->role->on_ready(connection);
	return 0;
}

static int unreadable(const struct redis_connection *connection, struct error *error)
{
	if (connection->reader->err == REDIS_ERR_OOM)
		return error_set(error, -ENOMEM, "its answer does not fit into memory");
	return error_set(error, -EPROTO,
			 "it does not answer as Redis does; correct redis.url, which begins with "
			 "rediss:// where the server speaks TLS");
}

static int take_replies(struct redis_connection *connection, struct error *error)
{
	redisReader *reader = connection->reader;
	void *reply = NULL;
	int result = 0;

	while (result == 0) {
		if (redisReaderGetReply(reader, &reply) != REDIS_OK)
			return unreadable(connection, error);
		if (reply == NULL)
			break;
		connection->reply_bytes = reader->len - reader->pos;
		result = connection->state == REDIS_GREETING
			     ? answer_greeting(connection, reply, error)
			     : connection->role->on_reply(connection, reply, error);
		freeReplyObject(reply);
	}
	if (result == 0 && connection->reply_bytes > REPLY_BYTES)
		result = error_set(error, -EPROTO, "its answer is longer than %d MiB",
				   REPLY_BYTES >> 20);
	return result;
}

static int receive_once(struct redis_connection *connection, struct error *error)
{
	char bytes[READ_BYTES];
	int64_t length = redis_socket_read(&connection->socket, bytes, sizeof(bytes), error);

	if (length < 0)
		return (int)length;
	connection->heard = now_of(connection);
	connection->reply_bytes += (size_t)length;
	if (redisReaderFeed(connection->reader, bytes, (size_t)length) != REDIS_OK)
		return unreadable(connection, error);
	return take_replies(connection, error);
}

/* Until nothing is left, or for a while. What TLS has read and not given would not make the
 * descriptor ready again. */
static int receive(struct redis_connection *connection, struct error *error)
{
	int result = 0;

	for (int i = 0; result == 0; i++) {
		if (i >= READS_PER_TURN && !redis_socket_has_input(&connection->socket))
			return 0;
		result = receive_once(connection, error);
	}
	return result == -EAGAIN ? 0 : result;
}

static int send_output(struct redis_connection *connection, struct error *error)
{
	struct buffer *output = &connection->output;
	size_t sent = 0;
	int64_t length = 0;

	while (sent < output->length && length >= 0) {
		length = redis_socket_write(
		    &connection->socket,
		    slice_from_bytes(output->data + sent, output->length - sent), error);
		sent += length > 0 ? (size_t)length : 0;
	}
	buffer_consume(output, sent);
	/* The memory of a burst is not kept. */
	if (output->length == 0 && output->capacity > OUTPUT_BYTES)
		buffer_finish(output);
	return length < 0 && length != -EAGAIN ? (int)length : 0;
}

static int go_on_connecting(struct redis_connection *connection, struct error *error)
{
	int result = redis_socket_connect(&connection->socket, error);

	if (result == 0)
		return greet(connection, error);
	if (result == -EAGAIN || connection->address >= connection->addresses.count)
		return result;
	close_socket(connection);
	result = try_addresses(connection, error);
	return result == 0 ? -EAGAIN : result;
}

static int work(struct redis_connection *connection, struct error *error)
{
	int result = 0;

	if (connection->state == REDIS_CONNECTING)
		result = go_on_connecting(connection, error);
	if (result == 0)
		result = receive(connection, error);
	if (result == 0)
		result = send_output(connection, error);
	if (result == 0 || result == -EAGAIN)
		result = update_events(connection, error);
	return result;
}

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct redis_connection *connection = CONTAINER_OF(source, struct redis_connection, source);
	struct error error;

	(void)events;
	if (connection->socket.descriptor >= 0 && work(connection, &error) < 0)
		lose(connection, &error);
}

void redis_connection_flush(struct redis_connection *connection)
{
	struct error error;
	int result = 0;

	if (connection->state < REDIS_GREETING || connection->output.length == 0 ||
	    (connection->events & EPOLLOUT) != 0)
		return;
	result = send_output(connection, &error);
	if (result == 0)
		result = update_events(connection, &error);
	if (result < 0)
		lose(connection, &error);
}

static void ping(struct redis_connection *connection)
{
	const struct slice command[] = {SLICE("PING")};

	connection->asked = now_of(connection);
	redis_connection_send(connection, command, 1);
}

/* Only an unanswered PING shows that the server is gone: without one, this thread may as well have
 * been asleep. */
static void check_ready(struct redis_connection *connection)
{
	int64_t now = now_of(connection);
	struct error error;

	if (now - connection->since >= BACKOFF_MOST)
		connection->attempts = 0;
	if (connection->asked <= connection->heard) {
		if (now - connection->heard >= PING_MILLISECONDS)
			ping(connection);
	} else if (now - connection->asked >= ANSWER_MILLISECONDS) {
		error_set(&error, -ETIMEDOUT, "nothing came from it for %d s",
			  (PING_MILLISECONDS + ANSWER_MILLISECONDS) / 1000);
		lose(connection, &error);
	}
}

/* A server without TLS waits for the end of what it takes for a command. */
static void give_up(struct redis_connection *connection)
{
	bool in_tls = connection->state == REDIS_CONNECTING && connection->socket.connected;
	struct error error;

	error_set(&error, -ETIMEDOUT, "it did not answer within %d s%s",
		  CONNECT_MILLISECONDS / 1000,
		  in_tls ? "; see that it speaks TLS on this port, or use redis://" : "");
	lose(connection, &error);
}

void redis_connection_check(struct redis_connection *connection)
{
	if (connection->state == REDIS_READY)
		check_ready(connection);
	else if (connection->state > REDIS_LOOKING_UP &&
		 now_of(connection) - connection->since >= CONNECT_MILLISECONDS)
		give_up(connection);
}

static void on_retry(struct alarm *timer)
{
	look_up(CONTAINER_OF(timer, struct redis_connection, retry));
}

void redis_connection_init(struct redis_connection *connection, struct redis_shared *shared,
			   const struct redis_role *role, const struct server_endpoint *endpoint)
{
	*connection = (struct redis_connection){
	    .source.on_ready = on_ready,
	    .shared = shared,
	    .role = role,
	    .endpoint = *endpoint,
	    .state = REDIS_WAITING,
	};
	redis_socket_init(&connection->socket);
	alarm_init(&connection->retry, on_retry);
}

void redis_connection_start(struct redis_connection *connection)
{
	struct timer_wheel *timers = &connection->shared->loop->timers;

	if (connection->state == REDIS_WAITING)
		timer_set(timers, &connection->retry.timer, now_of(connection));
}

void redis_connection_set_endpoint(struct redis_connection *connection,
				   const struct server_endpoint *endpoint)
{
	connection->endpoint = *endpoint;
}

void redis_connection_restart(struct redis_connection *connection, const struct error *reason)
{
	lose(connection, reason);
}

void redis_connection_finish(struct redis_connection *connection)
{
	timer_stop(&connection->retry.timer);
	close_socket(connection);
	redis_lookup_forget(connection->lookup);
	connection->lookup = NULL;
}

bool redis_connection_is_full(const struct redis_connection *connection)
{
	return connection->output.length >= OUTPUT_BYTES;
}

static const bool allowed[REDIS_STATES][REDIS_STATES] = {
    [REDIS_WAITING] = {[REDIS_LOOKING_UP] = true},
    [REDIS_LOOKING_UP] = {[REDIS_WAITING] = true, [REDIS_CONNECTING] = true},
    [REDIS_CONNECTING] = {[REDIS_WAITING] = true, [REDIS_GREETING] = true},
    [REDIS_GREETING] = {[REDIS_WAITING] = true, [REDIS_READY] = true},
    [REDIS_READY] = {[REDIS_WAITING] = true},
};
