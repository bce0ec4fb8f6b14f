/* Options are set on the listener where accepted sockets inherit them (tcp(7), socket(7)), which
 * saves system calls for each connection. */
#include "net/socket.h"

#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

enum { CLAIMS = 5 };

int socket_address_parse(struct slice text, union socket_address *ret_address, struct error *error)
{
	union socket_address address = {0};
	struct address parsed;

	if (address_parse(text, &parsed) < 0)
		return error_set(error, -EINVAL,
				 "\"%.*s\" is no address; write it as 127.0.0.1:8080 or [::1]:8080",
				 (int)(text.length < 100 ? text.length : 100), text.data);
	if (parsed.is_v6) {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(parsed.port);
		inet_pton(AF_INET6, parsed.host, &address.v6.sin6_addr);
	} else {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(parsed.port);
		inet_pton(AF_INET, parsed.host, &address.v4.sin_addr);
	}
	*ret_address = address;
	return 0;
}

void socket_address_format(const union socket_address *address,
			   char text[static SOCKET_ADDRESS_BYTES])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
		snprintf(text, SOCKET_ADDRESS_BYTES, "[%s]:%u", host, ntohs(address->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		snprintf(text, SOCKET_ADDRESS_BYTES, "%s:%u", host, ntohs(address->v4.sin_port));
	}
}

void socket_peer_format(int descriptor, char text[static SOCKET_ADDRESS_BYTES])
{
	union socket_address address = {.any.sa_family = AF_UNSPEC};
	socklen_t length = sizeof(address);

	text[0] = '\0';
	if (getpeername(descriptor, &address.any, &length) == 0)
		socket_address_format(&address, text);
}

bool socket_address_is_loopback(const union socket_address *address)
{
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
	return (ntohl(address->v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

struct slice socket_address_client(const union socket_address *address)
{
	if (address->any.sa_family == AF_INET6)
		return slice_from_bytes((const char *)&address->v6.sin6_addr, 8);
	return slice_from_bytes((const char *)&address->v4.sin_addr, 4);
}

static socklen_t address_length(const union socket_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

static void set_option(int descriptor, int level, int option, int value)
{
	setsockopt(descriptor, level, option, &value, sizeof(value));
}

static void tune(int descriptor)
{
	set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 60000);
}

void socket_tune(int descriptor)
{
	tune(descriptor);
	set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

static const char *advice(int code)
{
	switch (code) {
	case EADDRINUSE:
		return "the port is in use; stop the other program or choose another port";
	case EACCES:
		return "this user may not listen there; choose a port above 1023";
	case EADDRNOTAVAIL:
		return "this machine has no such address";
	default:
		return strerror(code);
	}
}

static int listen_failed(const union socket_address *address, int result, struct error *error)
{
	char text[SOCKET_ADDRESS_BYTES];

	socket_address_format(address, text);
	return error_set(error, result, "cannot listen on %s: %s", text, advice(-result));
}

/* A bound socket and its address, or a negative errno value. `address` gets the port. */
static int bind_socket(union socket_address *address, bool shared)
{
	socklen_t length = address_length(address);
	int descriptor =
	    socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (descriptor < 0)
		return -errno;
	set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
	if (shared)
		set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
	if (address->any.sa_family == AF_INET6)
		set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	tune(descriptor);
	if (bind(descriptor, &address->any, length) == 0 &&
	    getsockname(descriptor, &address->any, &length) == 0)
		return descriptor;
	code = errno;
	close(descriptor);
	return -code;
}

/* The same, listening. */
static int listen_once(const union socket_address *address, int backlog, bool shared,
		       union socket_address *ret_address)
{
	int descriptor, code;

	*ret_address = *address;
	descriptor = bind_socket(ret_address, shared);
	if (descriptor < 0 || listen(descriptor, backlog) == 0)
		return descriptor;
	code = errno;
	close(descriptor);
	return -code;
}

/* SO_REUSEADDR lets two programs bind one address and refuses the second that listens. Two that
 * listen at the same instant may both be refused, so who was refused tries again. */
int socket_claim(union socket_address *address, int backlog, struct error *error)
{
	union socket_address claimed;
	int descriptor = -EADDRINUSE;

	for (int i = 0; i < CLAIMS && descriptor == -EADDRINUSE; i++)
		descriptor = listen_once(address, backlog, false, &claimed);
	if (descriptor < 0)
		return listen_failed(address, descriptor, error);
	/* From now on those of this process may join; others claim, and are refused. */
	set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
	*address = claimed;
	return descriptor;
}

int socket_listen(union socket_address *address, int backlog, struct error *error)
{
	union socket_address bound;
	int descriptor = listen_once(address, backlog, true, &bound);

	if (descriptor < 0)
		return listen_failed(address, descriptor, error);
	*address = bound;
	return descriptor;
}

int socket_connect(const union socket_address *address, struct error *error)
{
	char text[SOCKET_ADDRESS_BYTES];
	int descriptor = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int code;

	if (descriptor >= 0 && connect(descriptor, &address->any, address_length(address)) == 0) {
		socket_tune(descriptor);
		return descriptor;
	}
	code = errno;
	if (descriptor >= 0)
		close(descriptor);
	socket_address_format(address, text);
	return error_set(error, -code, "cannot connect to %s: %s", text, strerror(code));
}
