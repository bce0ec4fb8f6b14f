/* The other end of a connection, played by the test itself: a listener and what it accepts. */
#ifndef ALLIM_TESTS_UNIT_BENCH_PEER_H
#define ALLIM_TESTS_UNIT_BENCH_PEER_H

#include "lib/assertions.h"
#include "net/socket.h"

#include <poll.h>
#include <unistd.h>

static inline int peer_listen(union socket_address *ret_address)
{
	struct error error;
	int descriptor;

	*ret_address = (union socket_address){.v4 = {.sin_family = AF_INET}};
	ret_address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	descriptor = socket_listen(ret_address, 16, &error);
	assert_true(descriptor >= 0);
	return descriptor;
}

static inline int peer_accept(int listener)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};
	int descriptor;

	assert_int_equal(poll(&waiting, 1, -1), 1);
	descriptor = accept(listener, NULL, NULL);
	assert_true(descriptor >= 0);
	return descriptor;
}

static inline void peer_send(int descriptor, const char *text)
{
	assert_int_equal(send(descriptor, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Receives as many bytes as the text has, and compares. */
static inline void peer_expect(int descriptor, const char *text)
{
	char bytes[1024];
	ssize_t length = recv(descriptor, bytes, strlen(text), MSG_WAITALL);

	assert_int_equal(length, strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
}

#endif
