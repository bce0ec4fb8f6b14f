/* Sockets stay blocking: connecting over loopback is done when connect() returns, which saves a
 * turn of the loop, and reading asks not to wait (MSG_DONTWAIT). */
#include "bench/streams.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { INPUT_BYTES = 256 * 1024, LAST_SOURCE_HOST = 250 };

int streams_init(struct streams *streams, struct loop *loop, enum stream_wire wire,
		 unsigned capacity)
{
	*streams = (struct streams){.loop = loop, .wire = wire, .capacity = capacity};
	streams->items = calloc(capacity, sizeof(*streams->items));
	streams->input = malloc(INPUT_BYTES);
	if (streams->items != NULL && streams->input != NULL)
		return 0;
	free(streams->items);
	free(streams->input);
	*streams = (struct streams){0};
	return -ENOMEM;
}

static void close_at_once(int descriptor)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(descriptor);
}

void streams_finish(struct streams *streams)
{
	for (unsigned i = 0; i < streams->opened; i++) {
		close_at_once(streams->items[i].descriptor);
		event_reader_finish(&streams->items[i].reader);
	}
	free(streams->items);
	free(streams->input);
	*streams = (struct streams){0};
}

static void on_event(void *context, enum event_kind kind, struct slice event)
{
	struct stream *stream = context;
	struct streams *streams = stream->owner;

	if (kind == EVENT_HEARTBEAT)
		streams->heartbeats++;
	if (kind != EVENT_NOTIFICATION)
		return;
	streams->notifications++;
	if (streams->on_notification != NULL)
		streams->on_notification(streams->context, stream, event);
}

static void fail(struct stream *stream, int error)
{
	loop_remove(stream->owner->loop, stream->descriptor);
	if (stream->owner->error == 0)
		stream->owner->error = error;
}

static void receive(struct stream *stream)
{
	struct streams *streams = stream->owner;
	bool was_ready = stream->reader.head_is_done;
	ssize_t length = recv(stream->descriptor, streams->input, INPUT_BYTES, MSG_DONTWAIT);
	int error;

	if (length <= 0) {
		if (length == 0 || errno != EAGAIN)
			fail(stream, length == 0 ? -ECONNRESET : -errno);
		return;
	}
	error = event_reader_feed(&stream->reader, slice_from_bytes(streams->input, (size_t)length),
				  on_event, stream);
	if (error == -EBADMSG)
		snprintf(streams->refusal, sizeof(streams->refusal), "%.*s", (int)length,
			 streams->input);
	if (error < 0)
		fail(stream, error);
	else if (!was_ready && stream->reader.head_is_done)
		streams->ready++;
}

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct stream *stream = CONTAINER_OF(source, struct stream, source);
	struct streams *streams = stream->owner;

	receive(stream);
	if ((events & EPOLLOUT) != 0 && streams->on_writable != NULL)
		streams->on_writable(streams->context, stream);
}

/* A socket connected from 127.0.0.`source_host`, or a negative errno value. */
static int connect_from(const union socket_address *address, unsigned source_host)
{
	union socket_address from = {.v4 = {.sin_family = AF_INET}};
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1, error;

	if (descriptor < 0)
		return -errno;
	setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	from.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + source_host);
	if ((source_host == 0 || bind(descriptor, &from.any, sizeof(from.v4)) == 0) &&
	    connect(descriptor, &address->any, sizeof(address->v4)) == 0)
		return descriptor;
	error = errno;
	close(descriptor);
	return -error;
}

/* An address has ports for 28,000 connections to one server; then the next address is taken. */
static int connect_stream(struct streams *streams, const union socket_address *address)
{
	int descriptor = connect_from(address, streams->source_host);

	while (descriptor == -EADDRNOTAVAIL && streams->source_host < LAST_SOURCE_HOST)
		descriptor = connect_from(address, ++streams->source_host);
	return descriptor;
}

int streams_open(struct streams *streams, const union socket_address *address, struct slice request,
		 struct error *error)
{
	struct stream *stream = &streams->items[streams->opened];
	uint32_t events = EPOLLIN | EPOLLET | (streams->on_writable != NULL ? EPOLLOUT : 0);
	int code;

	*stream = (struct stream){
	    .source = {on_ready}, .owner = streams, .reader = {.wire = streams->wire}};
	stream->descriptor = connect_stream(streams, address);
	if (stream->descriptor < 0)
		return error_set(error, stream->descriptor, "stream %u cannot connect: %s",
				 streams->opened + 1, strerror(-stream->descriptor));
	streams->opened++;
	if (send(stream->descriptor, request.data, request.length, MSG_NOSIGNAL) < 0)
		return error_set(error, -errno, "stream %u cannot send its request: %s",
				 streams->opened, strerror(errno));
	code = loop_add(streams->loop, stream->descriptor, events, &stream->source);
	if (code < 0)
		return error_set(error, code, "stream %u: %s", streams->opened, strerror(-code));
	return 0;
}
