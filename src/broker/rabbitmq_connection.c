/* librabbitmq sends heartbeats and looks for the server's whenever it is asked for a frame, so a
 * thread that comes by every second keeps both alive.
 *
 * It asks the server to tell of three things that a client must want to hear of: a consumer that
 * was cancelled (its queue is gone), a publisher that is blocked by an alarm, and what is wrong
 * with a login. */
#include "broker/rabbitmq_connection.h"

#include "base/clock.h"
#include "broker/rabbitmq_tls.h"
#include "config/settings.h"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	FRAME_BYTES = 128 << 10,
	CHANNELS = 1,
	GOODBYE_MILLISECONDS = 300,
	/* A server that takes no byte for so long, since an alarm has it take none, is left. */
	UNCONFIRMED_MILLISECONDS = 10000,
};

static const struct timeval timeout = {.tv_sec = RABBITMQ_TIMEOUT_SECONDS};

int rabbitmq_access_init(struct rabbitmq_access *access, const struct settings *settings,
			 struct error *error)
{
	int result;

	*access = (struct rabbitmq_access){.password = NULL};
	result = rabbitmq_url_parse(slice_from_string(settings->rabbitmq_url), &access->url, error);
	if (result == 0 && access->url.servers.tls)
		result = rabbitmq_tls_check(settings->rabbitmq_tls_ca_file, error);
	if (result < 0)
		return result;
	access->password = slice_to_string(settings->rabbitmq_password);
	access->ca_file = slice_to_string(slice_from_string(settings->rabbitmq_tls_ca_file));
	if (access->password != NULL && access->ca_file != NULL)
		return 0;
	rabbitmq_access_finish(access);
	return error_set(error, -ENOMEM, "out of memory while reading the settings of rabbitmq");
}

void rabbitmq_access_finish(struct rabbitmq_access *access)
{
	if (access->password != NULL)
		explicit_bzero(access->password, strlen(access->password));
	free(access->password);
	free(access->ca_file);
	access->password = access->ca_file = NULL;
}

int rabbitmq_access_check(const struct settings *settings, struct error *error)
{
	struct rabbitmq_access access;
	int result = rabbitmq_access_init(&access, settings, error);

	if (result == 0)
		rabbitmq_access_finish(&access);
	return result;
}

void rabbitmq_connection_init(struct rabbitmq_connection *connection,
			      const struct rabbitmq_access *access, const char *name)
{
	*connection =
	    (struct rabbitmq_connection){.access = access, .name = name, .descriptor = -1};
	pthread_mutex_init(&connection->mutex, NULL);
}

void rabbitmq_connection_finish(struct rabbitmq_connection *connection)
{
	rabbitmq_connection_drop(connection);
	pthread_mutex_destroy(&connection->mutex);
}

const struct server_endpoint *
rabbitmq_connection_endpoint(const struct rabbitmq_connection *connection)
{
	const struct rabbitmq_url *url = &connection->access->url;
	unsigned last = connection->attempts == 0 ? 0 : connection->attempts - 1;

	return &url->servers.endpoints[last % url->servers.endpoint_count];
}

/* Opening */

static int out_of_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory while connecting");
}

/* From here on an abort reaches it. */
static int show_descriptor(struct rabbitmq_connection *connection, struct error *error)
{
	int limit = UNCONFIRMED_MILLISECONDS;
	bool is_aborted;

	pthread_mutex_lock(&connection->mutex);
	connection->descriptor = amqp_get_sockfd(connection->handle);
	is_aborted = connection->is_aborted;
	pthread_mutex_unlock(&connection->mutex);
	setsockopt(connection->descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
	return is_aborted ? error_set(error, -ECANCELED, "the node stops") : 0;
}

static void hide_descriptor(struct rabbitmq_connection *connection)
{
	pthread_mutex_lock(&connection->mutex);
	connection->descriptor = -1;
	pthread_mutex_unlock(&connection->mutex);
}

static int create_socket(struct rabbitmq_connection *connection, const char *host,
			 amqp_socket_t **ret_socket, struct error *error)
{
	const struct rabbitmq_access *access = connection->access;
	amqp_socket_t *socket = access->url.servers.tls ? amqp_ssl_socket_new(connection->handle)
							: amqp_tcp_socket_new(connection->handle);

	if (socket == NULL)
		return out_of_memory(error);
	*ret_socket = socket;
	connection->tls_refusal = X509_V_OK;
	return access->url.servers.tls ? rabbitmq_tls_prepare(socket, access->ca_file, host,
							      &connection->tls_refusal, error)
				       : 0;
}

static int connect_to(struct rabbitmq_connection *connection,
		      const struct server_endpoint *endpoint, struct error *error)
{
	amqp_socket_t *socket = NULL;
	int result = create_socket(connection, endpoint->host, &socket, error);
	int status;

	if (result < 0)
		return result;
	status = amqp_socket_open_noblock(socket, endpoint->host, endpoint->port, &timeout);
	if (status == AMQP_STATUS_OK)
		return show_descriptor(connection, error);
	if (connection->tls_refusal != X509_V_OK)
		return rabbitmq_tls_explain(connection->tls_refusal, error);
	return rabbitmq_problem_status(status, RABBITMQ_CONNECTING, error);
}

static amqp_table_entry_t capability(const char *name)
{
	return (amqp_table_entry_t){
	    .key = amqp_cstring_bytes(name),
	    .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = true},
	};
}

static amqp_rpc_reply_t log_in(const struct rabbitmq_connection *connection)
{
	const struct rabbitmq_url *url = &connection->access->url;
	bool is_anybody = url->servers.user[0] == '\0' && connection->access->password[0] == '\0';
	amqp_table_entry_t capabilities[] = {
	    capability("consumer_cancel_notify"),
	    capability("connection.blocked"),
	    capability("publisher_confirms"),
	    capability("basic.nack"),
	};
	amqp_table_entry_t properties[] = {
	    {.key = amqp_cstring_bytes("connection_name"),
	     .value = {.kind = AMQP_FIELD_KIND_UTF8,
		       .value.bytes = amqp_cstring_bytes(connection->name)}},
	    {.key = amqp_cstring_bytes("capabilities"),
	     .value = {.kind = AMQP_FIELD_KIND_TABLE,
		       .value.table = {.num_entries = 4, .entries = capabilities}}},
	};
	amqp_table_t table = {.num_entries = 2, .entries = properties};

	return amqp_login_with_properties(
	    connection->handle, url->virtual_host, CHANNELS, FRAME_BYTES,
	    RABBITMQ_HEARTBEAT_SECONDS, &table, AMQP_SASL_METHOD_PLAIN,
	    url->servers.user[0] == '\0' ? "guest" : url->servers.user,
	    is_anybody ? "guest" : connection->access->password);
}

static int greet(struct rabbitmq_connection *connection, struct error *error)
{
	amqp_rpc_reply_t reply;
	int result;

	amqp_set_handshake_timeout(connection->handle, &timeout);
	amqp_set_rpc_timeout(connection->handle, &timeout);
	reply = log_in(connection);
	result = rabbitmq_problem_reply(&reply, RABBITMQ_LOGGING_IN, error);
	if (result < 0)
		return result;
	amqp_channel_open(connection->handle, RABBITMQ_CHANNEL);
	return rabbitmq_connection_outcome(connection, error);
}

int rabbitmq_connection_open(struct rabbitmq_connection *connection, struct error *error)
{
	int result;

	connection->attempts++;
	connection->is_blocked = false;
	connection->handle = amqp_new_connection();
	if (connection->handle == NULL)
		return out_of_memory(error);
	result = connect_to(connection, rabbitmq_connection_endpoint(connection), error);
	if (result == 0)
		result = greet(connection, error);
	if (result < 0)
		rabbitmq_connection_drop(connection);
	return result;
}

/* Ending */

void rabbitmq_connection_drop(struct rabbitmq_connection *connection)
{
	hide_descriptor(connection);
	amqp_destroy_connection(connection->handle);
	connection->handle = NULL;
}

/* librabbitmq's own waiting would keep all messages that come before the answer. */
static void await_farewell(struct rabbitmq_connection *connection)
{
	const int64_t until = clock_monotonic() + GOODBYE_MILLISECONDS;
	struct timeval patience;
	amqp_frame_t frame;
	int64_t left;

	while ((left = until - clock_monotonic()) > 0) {
		patience = (struct timeval){.tv_usec = left * 1000};
		amqp_maybe_release_buffers(connection->handle);
		if (amqp_simple_wait_frame_noblock(connection->handle, &frame, &patience) !=
		    AMQP_STATUS_OK)
			return;
		if (frame.frame_type == AMQP_FRAME_METHOD &&
		    frame.payload.method.id == AMQP_CONNECTION_CLOSE_OK_METHOD)
			return;
	}
}

void rabbitmq_connection_leave(struct rabbitmq_connection *connection)
{
	amqp_connection_close_t goodbye = {
	    .reply_code = AMQP_REPLY_SUCCESS,
	    .reply_text = amqp_cstring_bytes("the client ends"),
	};

	if (connection->handle != NULL &&
	    amqp_send_method(connection->handle, 0, AMQP_CONNECTION_CLOSE_METHOD, &goodbye) ==
		AMQP_STATUS_OK)
		await_farewell(connection);
	rabbitmq_connection_drop(connection);
}

void rabbitmq_connection_abort(struct rabbitmq_connection *connection)
{
	pthread_mutex_lock(&connection->mutex);
	connection->is_aborted = true;
	if (connection->descriptor >= 0)
		shutdown(connection->descriptor, SHUT_RDWR);
	pthread_mutex_unlock(&connection->mutex);
}

/* Requests and frames */

int rabbitmq_connection_reopen(struct rabbitmq_connection *connection, struct error *error)
{
	amqp_channel_close_ok_t answer = {0};
	int status = amqp_send_method(connection->handle, RABBITMQ_CHANNEL,
				      AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);

	if (status != AMQP_STATUS_OK)
		return rabbitmq_problem_status(status, RABBITMQ_WORKING, error);
	amqp_channel_open(connection->handle, RABBITMQ_CHANNEL);
	return rabbitmq_connection_outcome(connection, error);
}

int rabbitmq_connection_outcome(struct rabbitmq_connection *connection, struct error *error)
{
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection->handle);

	return rabbitmq_problem_reply(&reply, RABBITMQ_WORKING, error);
}

bool rabbitmq_connection_has_input(const struct rabbitmq_connection *connection)
{
	return connection->handle != NULL && (amqp_frames_enqueued(connection->handle) ||
					      amqp_data_in_buffer(connection->handle));
}

/* Sees to what concerns the connection. Returns 1 for a frame that does not, 0, or a negative errno
 * value with a sentence. */
static int take_own(struct rabbitmq_connection *connection, const amqp_frame_t *frame,
		    struct error *error)
{
	amqp_rpc_reply_t end = {.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION};

	if (frame->frame_type != AMQP_FRAME_METHOD)
		return frame->channel == RABBITMQ_CHANNEL;
	switch (frame->payload.method.id) {
	case AMQP_CONNECTION_CLOSE_METHOD:
	case AMQP_CHANNEL_CLOSE_METHOD:
		end.reply = frame->payload.method;
		return rabbitmq_problem_reply(&end, RABBITMQ_WORKING, error);
	case AMQP_CONNECTION_BLOCKED_METHOD:
		connection->is_blocked = true;
		return 0;
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		connection->is_blocked = false;
		return 0;
	default:
		return frame->channel == RABBITMQ_CHANNEL;
	}
}

/* Returns 1, or 0 where none came in time, or a negative errno value with a sentence. */
static int next_frame(struct rabbitmq_connection *connection, const struct timeval *patience,
		      amqp_frame_t *frame, struct error *error)
{
	int result = 0;

	while (result == 0) {
		int status = amqp_simple_wait_frame_noblock(connection->handle, frame, patience);

		if (status == AMQP_STATUS_TIMEOUT)
			return 0;
		if (status != AMQP_STATUS_OK)
			return rabbitmq_problem_status(status, RABBITMQ_WORKING, error);
		result = take_own(connection, frame, error);
	}
	return result;
}

int rabbitmq_connection_receive(struct rabbitmq_connection *connection, amqp_frame_t *ret_frame,
				struct error *error)
{
	const struct timeval none = {.tv_sec = 0};

	amqp_maybe_release_buffers(connection->handle);
	return next_frame(connection, &none, ret_frame, error);
}

int rabbitmq_connection_beat(struct rabbitmq_connection *connection, int64_t now,
			     struct error *error)
{
	const amqp_frame_t frame = {.frame_type = AMQP_FRAME_HEARTBEAT};
	int status;

	if (now < connection->beat_at)
		return 0;
	connection->beat_at = now + RABBITMQ_HEARTBEAT_SECONDS * 1000 / 2;
	status = amqp_send_frame(connection->handle, &frame);
	return status == AMQP_STATUS_OK ? 0
					: rabbitmq_problem_status(status, RABBITMQ_WORKING, error);
}

/* A frame of that type must come next. */
static int expect_frame(struct rabbitmq_connection *connection, int type, amqp_frame_t *frame,
			struct error *error)
{
	int result = next_frame(connection, &timeout, frame, error);

	if (result < 0)
		return result;
	if (result == 0)
		return rabbitmq_problem_status(AMQP_STATUS_TIMEOUT, RABBITMQ_WORKING, error);
	if (frame->frame_type != type)
		return rabbitmq_problem_status(AMQP_STATUS_UNEXPECTED_STATE, RABBITMQ_WORKING,
					       error);
	return 0;
}

int rabbitmq_connection_content(struct rabbitmq_connection *connection, size_t limit,
				struct buffer *body, const amqp_basic_properties_t **ret_properties,
				struct error *error)
{
	amqp_frame_t frame;
	uint64_t left;
	bool is_kept;
	int result = expect_frame(connection, AMQP_FRAME_HEADER, &frame, error);

	if (result < 0)
		return result;
	*ret_properties = frame.payload.properties.decoded;
	left = frame.payload.properties.body_size;
	is_kept = left <= limit;
	buffer_clear(body);
	while (left > 0) {
		struct slice bytes;

		result = expect_frame(connection, AMQP_FRAME_BODY, &frame, error);
		if (result < 0)
			return result;
		bytes = rabbitmq_slice(frame.payload.body_fragment);
		if (is_kept)
			buffer_append(body, bytes);
		left -= bytes.length < left ? bytes.length : left;
	}
	return is_kept && !buffer_failed(body);
}
