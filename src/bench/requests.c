/* A request fits into a socket's send buffer, since the one before was answered; so sending does
 * not wait although sockets are blocking. */
#include "bench/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { INPUT_BYTES = 256 * 1024 };

static void fail(struct requester *requester, int error)
{
	loop_remove(requester->owner->loop, requester->descriptor);
	if (requester->owner->error == 0)
		requester->owner->error = error;
}

/* Calls back where the response is complete, keeps the bytes where it is not. */
static int take(struct requester *requester, struct slice bytes)
{
	struct requests *requests = requester->owner;
	bool is_rest = requester->rest.length > 0;
	struct response response;
	int error;

	if (is_rest) {
		buffer_append(&requester->rest, bytes);
		bytes = buffer_slice(&requester->rest);
	}
	error = response_read(bytes, &response);
	if (error == -EAGAIN) {
		if (!is_rest)
			buffer_append(&requester->rest, bytes);
		return buffer_failed(&requester->rest) ? -ENOMEM : 0;
	}
	if (error < 0)
		return error;
	requests->on_response(requests->context, requester, &response);
	return 0;
}

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct requester *requester = CONTAINER_OF(source, struct requester, source);
	char *input = requester->owner->input;
	ssize_t length = recv(requester->descriptor, input, INPUT_BYTES, MSG_DONTWAIT);
	int error;

	(void)events;
	if (length <= 0) {
		if (length == 0 || errno != EAGAIN)
			fail(requester, length == 0 ? -ECONNRESET : -errno);
		return;
	}
	error = take(requester, slice_from_bytes(input, (size_t)length));
	if (error < 0)
		fail(requester, error);
}

void requests_send(struct requester *requester, struct slice request)
{
	buffer_clear(&requester->rest);
	if (send(requester->descriptor, request.data, request.length, MSG_NOSIGNAL) !=
	    (ssize_t)request.length)
		fail(requester, -EPIPE);
}

int requests_connect(struct requests *requests, const union socket_address *address,
		     struct error *error)
{
	struct requester *requester = &requests->items[requests->count];
	int code = socket_connect(address, error);

	if (code < 0)
		return code;
	*requester = (struct requester){
	    .source = {on_ready}, .owner = requests, .descriptor = code, .number = requests->count};
	requests->count++;
	code = loop_add(requests->loop, requester->descriptor, EPOLLIN, &requester->source);
	return code < 0 ? error_set(error, code, "epoll: %s", strerror(-code)) : 0;
}

int requests_reserve(struct requests *requests, struct loop *loop, unsigned count,
		     struct error *error)
{
	*requests = (struct requests){.loop = loop};
	requests->items = calloc(count, sizeof(*requests->items));
	requests->input = malloc(INPUT_BYTES);
	if (requests->items == NULL || requests->input == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	return 0;
}

int requests_init(struct requests *requests, struct loop *loop, const union socket_address *address,
		  unsigned count, struct error *error)
{
	int code = requests_reserve(requests, loop, count, error);

	while (code == 0 && requests->count < count)
		code = requests_connect(requests, address, error);
	return code;
}

void requests_finish(struct requests *requests)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	for (unsigned i = 0; i < requests->count; i++) {
		setsockopt(requests->items[i].descriptor, SOL_SOCKET, SO_LINGER, &linger,
			   sizeof(linger));
		close(requests->items[i].descriptor);
		buffer_finish(&requests->items[i].rest);
	}
	free(requests->items);
	free(requests->input);
	*requests = (struct requests){0};
}
