/* The socket is non-blocking and each wait is a poll(), because a blocking connect() to a host that
 * drops packets takes minutes. */
#include "cli/client_socket.h"

#include "base/clock.h"
#include "net/socket.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

/* What is left for poll(), rounded so that it never is over too early. */
static int left_until(int64_t deadline)
{
	int64_t left;

	if (deadline == INT64_MAX)
		return -1;
	left = deadline - clock_monotonic();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static int wait_for(int descriptor, short events, int64_t deadline)
{
	struct pollfd entry = {.fd = descriptor, .events = events};
	int count;

	do {
		count = poll(&entry, 1, left_until(deadline));
	} while ((count < 0 && errno == EINTR) || (count == 0 && left_until(deadline) != 0));
	if (count < 0)
		return -errno;
	return count == 0 ? -ETIMEDOUT : 0;
}

static int finish_connect(int descriptor, int64_t deadline)
{
	int code = 0;
	socklen_t length = sizeof(code);
	int result = wait_for(descriptor, POLLOUT, deadline);

	if (result < 0)
		return result;
	if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
		return -errno;
	return -code;
}

static int connect_to(const struct addrinfo *address, int64_t deadline)
{
	int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result = 0;

	if (descriptor < 0)
		return -errno;
	socket_tune(descriptor);
	if (connect(descriptor, address->ai_addr, address->ai_addrlen) < 0)
		result = errno == EINPROGRESS ? finish_connect(descriptor, deadline) : -errno;
	if (result == 0)
		return descriptor;
	close(descriptor);
	return result;
}

static int look_up(const struct endpoint *endpoint, struct addrinfo **ret_addresses,
		   struct error *error)
{
	const struct addrinfo wanted = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	int code = getaddrinfo(endpoint->host, endpoint->port, &wanted, ret_addresses);

	if (code == 0)
		return 0;
	return error_set(error, code == EAI_MEMORY ? -ENOMEM : -EHOSTUNREACH,
			 "cannot find the host %s: %s", endpoint->host,
			 code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

int client_socket_open(const struct endpoint *endpoint, int64_t deadline, struct error *error)
{
	struct addrinfo *addresses = NULL;
	int result = look_up(endpoint, &addresses, error);

	if (result < 0)
		return result;
	result = -EHOSTUNREACH;
	for (const struct addrinfo *address = addresses; address != NULL && result < 0;
	     address = address->ai_next)
		result = connect_to(address, deadline);
	freeaddrinfo(addresses);
	if (result < 0)
		error_set(error, result, "cannot connect to %s: %s", endpoint->authority,
			  strerror(-result));
	return result;
}

int client_socket_send(int descriptor, struct slice bytes, int64_t deadline)
{
	while (bytes.length > 0) {
		ssize_t count = send(descriptor, bytes.data, bytes.length, MSG_NOSIGNAL);
		int result = 0;

		if (count >= 0)
			bytes = slice_from_bytes(bytes.data + count, bytes.length - (size_t)count);
		else if (errno == EAGAIN)
			result = wait_for(descriptor, POLLOUT, deadline);
		else if (errno != EINTR)
			result = -errno;
		if (result < 0)
			return result;
	}
	return 0;
}

ssize_t client_socket_receive(int descriptor, char *bytes, size_t size, int64_t deadline)
{
	for (;;) {
		ssize_t count = recv(descriptor, bytes, size, 0);
		int result = 0;

		if (count >= 0)
			return count;
		if (errno == EAGAIN)
			result = wait_for(descriptor, POLLIN, deadline);
		else if (errno != EINTR)
			result = -errno;
		if (result < 0)
			return result;
	}
}
