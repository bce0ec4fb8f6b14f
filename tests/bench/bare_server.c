/* The yardstick: the least program that holds streams and answers requests, so that what it costs
 * is what the kernel costs.
 *
 * It reads a request in one piece, looks at a few of its bytes and answers with fixed ones. Nothing
 * is checked, kept or limited, and nothing that a socket does not take at once is sent again. One
 * epoll instance and one listener for each thread; a stream belongs to the thread that accepted it.
 *
 *	GET /stream/N      a head, and the socket is stream N from then on
 *	POST /broadcast    the body goes to all streams, by a loop of send() in each thread
 *	POST /to/N         the body goes to stream N, then the publisher is answered
 *	GET anything else  a 304 where the request is conditional, otherwise a small body
 *
 * usage: bare-server PORT THREADS HEARTBEAT_MILLISECONDS */
#include "net/socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	STREAMS = 1 << 20,
	DESCRIPTORS = 1 << 16,
	THREADS = 64,
	MESSAGE_BYTES = 64 * 1024,
	EVENTS_PER_TURN = 256,
	TICK_MILLISECONDS = 10,
};

struct server;

struct thread {
	struct server *server;
	pthread_t id;
	int epoll;
	int listener;
	int wake; /* an eventfd: there is a message to broadcast */
	int *held;
	size_t held_count;
	size_t next_heartbeat;
	double heartbeats_due;
	int64_t last_tick;
};

struct server {
	struct thread threads[THREADS];
	unsigned thread_count;
	unsigned heartbeat; /* milliseconds; 0: none */
	int *streams;	    /* number to descriptor */
	int *places;	    /* descriptor to its place in `held`, plus one */
	char message[MESSAGE_BYTES];
	size_t message_length;
};

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define BYTES(text_)                     \
	{                                \
		text_, sizeof(text_) - 1 \
	}
#define SAMPLE_CURSOR "0123456789abcdef.0.0"

static const struct slice stream_answer =
    BYTES("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
	  "X-Accel-Buffering: no\r\nConnection: close\r\n\r\nretry: 3000\n\n"
	  "event: count\ndata: {\"unread\":0}\nid: " SAMPLE_CURSOR "\n\n");
static const struct slice created_answer =
    BYTES("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
	  "{\"id\":17}");
static const struct slice unchanged_answer =
    BYTES("HTTP/1.1 304 Not Modified\r\nETag: \"" SAMPLE_CURSOR "\"\r\n"
	  "Cache-Control: no-store\r\n\r\n");
static const struct slice content_answer =
    BYTES("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"" SAMPLE_CURSOR "\"\r\n"
	  "Content-Length: 200\r\n\r\n" X50 X50 X50 X50);
static const struct slice heartbeat = BYTES(":\n");

static void send_bytes(int descriptor, struct slice bytes)
{
	send(descriptor, bytes.data, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int64_t milliseconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void watch(struct thread *thread, int descriptor)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};

	epoll_ctl(thread->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void hold(struct thread *thread, int descriptor, unsigned long number)
{
	struct server *server = thread->server;

	thread->held[thread->held_count++] = descriptor;
	server->places[descriptor] = (int)thread->held_count;
	server->streams[number % STREAMS] = descriptor;
	send_bytes(descriptor, stream_answer);
}

/* The last stream takes the place of the one that goes. */
static void leave(struct thread *thread, int descriptor)
{
	int *places = thread->server->places;
	int place = places[descriptor], last;

	if (place > 0) {
		last = thread->held[--thread->held_count];
		thread->held[place - 1] = last;
		places[last] = place;
		places[descriptor] = 0;
	}
	close(descriptor);
}

static void broadcast(struct thread *thread)
{
	struct slice message =
	    slice_from_bytes(thread->server->message, thread->server->message_length);

	for (size_t i = 0; i < thread->held_count; i++)
		send_bytes(thread->held[i], message);
}

/* The caller does not send another message before all streams have this one. */
static void start_broadcast(struct thread *thread, struct slice message)
{
	struct server *server = thread->server;

	memcpy(server->message, message.data, message.length);
	server->message_length = message.length;
	for (unsigned i = 0; i < server->thread_count; i++) {
		if (&server->threads[i] != thread)
			eventfd_write(server->threads[i].wake, 1);
	}
	broadcast(thread);
}

static struct slice body_of(struct slice request)
{
	const char *end = memmem(request.data, request.length, "\r\n\r\n", 4);

	if (end == NULL)
		return SLICE("");
	return slice_from_bytes(end + 4, (size_t)(request.data + request.length - end - 4));
}

static void answer(struct thread *thread, int descriptor, struct slice request)
{
	if (slice_starts_with(request, SLICE("GET /stream/"))) {
		hold(thread, descriptor, strtoul(request.data + 12, NULL, 10));
	} else if (slice_starts_with(request, SLICE("POST /to/"))) {
		unsigned long number = strtoul(request.data + 9, NULL, 10);

		send_bytes(thread->server->streams[number % STREAMS], body_of(request));
		send_bytes(descriptor, created_answer);
	} else if (slice_starts_with(request, SLICE("POST /broadcast"))) {
		send_bytes(descriptor, created_answer);
		start_broadcast(thread, body_of(request));
	} else {
		bool is_conditional = memmem(request.data, request.length, "If-None-Match", 13);

		send_bytes(descriptor, is_conditional ? unchanged_answer : content_answer);
	}
}

static void read_request(struct thread *thread, int descriptor)
{
	char bytes[MESSAGE_BYTES];
	ssize_t length = recv(descriptor, bytes, sizeof(bytes) - 1, 0);

	if (length <= 0) {
		if (length == 0 || errno != EAGAIN)
			leave(thread, descriptor);
		return;
	}
	bytes[length] = '\0';
	answer(thread, descriptor, slice_from_bytes(bytes, (size_t)length));
}

static void accept_all(struct thread *thread)
{
	int descriptor;

	while ((descriptor = accept4(thread->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		watch(thread, descriptor);
}

/* Sends as many heartbeats as the time since the last tick asks for. */
static void send_heartbeats(struct thread *thread)
{
	int64_t now = milliseconds_now();
	double share = (double)(now - thread->last_tick) / thread->server->heartbeat;

	thread->heartbeats_due += share * (double)thread->held_count;
	thread->last_tick = now;
	while (thread->heartbeats_due >= 1 && thread->held_count > 0) {
		thread->next_heartbeat = (thread->next_heartbeat + 1) % thread->held_count;
		send_bytes(thread->held[thread->next_heartbeat], heartbeat);
		thread->heartbeats_due -= 1;
	}
}

static void on_event(struct thread *thread, int descriptor)
{
	eventfd_t ignored;

	if (descriptor == thread->listener) {
		accept_all(thread);
	} else if (descriptor == thread->wake) {
		eventfd_read(thread->wake, &ignored);
		broadcast(thread);
	} else {
		read_request(thread, descriptor);
	}
}

static void *run(void *argument)
{
	struct thread *thread = argument;
	struct epoll_event events[EVENTS_PER_TURN];
	bool has_heartbeat = thread->server->heartbeat > 0;

	thread->last_tick = milliseconds_now();
	for (;;) {
		int count = epoll_wait(thread->epoll, events, EVENTS_PER_TURN,
				       has_heartbeat ? TICK_MILLISECONDS : -1);

		for (int i = 0; i < count; i++)
			on_event(thread, events[i].data.fd);
		if (has_heartbeat)
			send_heartbeats(thread);
	}
	return NULL;
}

static int prepare_thread(struct server *server, struct thread *thread,
			  union socket_address *address, struct error *error)
{
	thread->server = server;
	thread->epoll = epoll_create1(0);
	thread->wake = eventfd(0, EFD_NONBLOCK);
	thread->held = calloc(DESCRIPTORS, sizeof(*thread->held));
	thread->listener = socket_listen(address, 4096, error);
	if (thread->listener < 0)
		return thread->listener;
	if (thread->epoll < 0 || thread->wake < 0 || thread->held == NULL)
		return error_set(error, -ENOMEM, "memory or descriptors are short");
	watch(thread, thread->listener);
	watch(thread, thread->wake);
	return 0;
}

static int serve(struct server *server, union socket_address *address, struct error *error)
{
	server->streams = calloc(STREAMS, sizeof(*server->streams));
	server->places = calloc(DESCRIPTORS, sizeof(*server->places));
	if (server->streams == NULL || server->places == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	for (unsigned i = 0; i < server->thread_count; i++) {
		int code = prepare_thread(server, &server->threads[i], address, error);

		if (code < 0)
			return code;
	}
	for (unsigned i = 1; i < server->thread_count; i++) {
		if (pthread_create(&server->threads[i].id, NULL, run, &server->threads[i]) != 0)
			return error_set(error, -EAGAIN, "cannot start a thread");
	}
	run(&server->threads[0]);
	return 0;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argument_count, char **arguments)
{
	union socket_address address = {.v4 = {.sin_family = AF_INET}};
	struct server *server = calloc(1, sizeof(*server));
	struct error error;

	if (argument_count != 4 || server == NULL) {
		fprintf(stderr, "usage: bare-server PORT THREADS HEARTBEAT_MILLISECONDS\n");
		return 2;
	}
	address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.v4.sin_port = htons((uint16_t)atoi(arguments[1]));
	server->thread_count = (unsigned)atoi(arguments[2]);
	server->heartbeat = (unsigned)atoi(arguments[3]);
	if (server->thread_count < 1 || server->thread_count > THREADS) {
		fprintf(stderr, "bare-server: 1 to %d threads\n", THREADS);
		return 2;
	}
	raise_limit();
	if (serve(server, &address, &error) < 0)
		fprintf(stderr, "bare-server: %s\n", error.text);
	return 1;
}
