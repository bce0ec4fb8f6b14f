/* TLS works on the same descriptor and does its own reading and writing; where it wants to write in
 * order to read (a change of keys), `wants_write` has the loop wait for that. */
#include "feed/redis_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Bytes that a server does not confirm for so long mean that it is gone; see also the PINGs of
 * redis_connection.c. */
enum { UNCONFIRMED_MILLISECONDS = 10000 };

static int load_authorities(SSL_CTX *context, const char *ca_file, struct error *error)
{
	if (ca_file[0] == '\0')
		SSL_CTX_set_default_verify_paths(context);
	else if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1)
		return error_set(error, -EINVAL,
				 "%s holds no certificates in PEM; correct redis.tls_ca_file",
				 ca_file);
	return 0;
}

int redis_tls_create(const char *ca_file, SSL_CTX **ret_context, struct error *error)
{
	SSL_CTX *context;
	int result;

	ERR_clear_error();
	context = SSL_CTX_new(TLS_client_method());
	if (context == NULL)
		return error_set(error, -ENOMEM, "out of memory while preparing TLS");
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	result = load_authorities(context, ca_file == NULL ? "" : ca_file, error);
	ERR_clear_error();
	if (result < 0)
		SSL_CTX_free(context);
	else
		*ret_context = context;
	return result;
}

void redis_socket_init(struct redis_socket *socket)
{
	*socket = (struct redis_socket){.descriptor = -1};
}

static bool is_numeric(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* The header's macro for this casts in a way that not every compiler takes. */
static long announce(SSL *tls, const char *host)
{
	return SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			(void *)(uintptr_t)host);
}

/* RFC 6125: the name or the address that was asked for is what the certificate must have; RFC 6066,
 * section 3: addresses are not announced. */
static int expect_host(SSL *tls, const char *host)
{
	if (is_numeric(host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host);
	SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(tls, host) == 1 && announce(tls, host) == 1;
}

static int prepare_tls(struct redis_socket *socket, SSL_CTX *context, const char *host)
{
	ERR_clear_error();
	socket->tls = SSL_new(context);
	if (socket->tls == NULL || SSL_set_fd(socket->tls, socket->descriptor) != 1 ||
	    expect_host(socket->tls, host) != 1)
		return -ENOMEM;
	SSL_set_connect_state(socket->tls);
	return 0;
}

static void tune(int descriptor)
{
	int limit = UNCONFIRMED_MILLISECONDS;

	socket_tune(descriptor);
	setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
}

static int start(struct redis_socket *made, const union socket_address *address)
{
	socklen_t length =
	    address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);

	made->descriptor =
	    socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made->descriptor < 0)
		return -errno;
	tune(made->descriptor);
	if (connect(made->descriptor, &address->any, length) < 0 && errno != EINPROGRESS)
		return -errno;
	return 0;
}

int redis_socket_open(struct redis_socket *socket, const union socket_address *address,
		      SSL_CTX *tls, const char *host, struct error *error)
{
	int result;

	redis_socket_init(socket);
	result = start(socket, address);
	if (result == 0 && tls != NULL)
		result = prepare_tls(socket, tls, host);
	if (result < 0) {
		redis_socket_close(socket);
		return error_set(error, result, "cannot connect: %s", strerror(-result));
	}
	return 0;
}

static int tls_refused(struct redis_socket *socket, struct error *error)
{
	long verified = SSL_get_verify_result(socket->tls);
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	if (verified != X509_V_OK)
		return error_set(error, -EACCES,
				 "its certificate is refused: %s; see to redis.tls_ca_file and to "
				 "the host in redis.url",
				 X509_verify_cert_error_string(verified));
	return error_set(
	    error, -EPROTO,
	    "the TLS handshake failed: %s; see that it speaks TLS on this port, or use "
	    "redis://",
	    reason == NULL ? "the connection ended" : reason);
}

/* What a call of OpenSSL's that did not succeed means: -EAGAIN or -EPROTO. */
static int tls_outcome(struct redis_socket *socket, int returned)
{
	int reason = SSL_get_error(socket->tls, returned);

	socket->wants_write = reason == SSL_ERROR_WANT_WRITE;
	return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? -EAGAIN : -EPROTO;
}

static int shake_hands(struct redis_socket *socket, struct error *error)
{
	int returned, result;

	ERR_clear_error();
	returned = SSL_do_handshake(socket->tls);
	if (returned == 1) {
		socket->wants_write = false;
		return 0;
	}
	result = tls_outcome(socket, returned);
	return result == -EAGAIN ? result : tls_refused(socket, error);
}

static int finish_tcp(struct redis_socket *socket, struct error *error)
{
	int code = 0;
	socklen_t length = sizeof(code);
	struct sockaddr_storage peer;
	socklen_t peer_length = sizeof(peer);

	if (getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
		code = errno;
	if (code != 0)
		return error_set(error, -code,
				 "cannot connect: %s; see that Redis runs, and redis.url",
				 strerror(code));
	if (getpeername(socket->descriptor, (struct sockaddr *)&peer, &peer_length) < 0)
		return -EAGAIN;
	socket->connected = true;
	return 0;
}

int redis_socket_connect(struct redis_socket *socket, struct error *error)
{
	int result = socket->connected ? 0 : finish_tcp(socket, error);

	if (result == 0 && socket->tls != NULL)
		result = shake_hands(socket, error);
	return result;
}

static int ended(struct error *error)
{
	return error_set(error, -ECONNRESET, "it ended the connection");
}

static int failed(int code, struct error *error)
{
	if (code == EAGAIN || code == EINTR)
		return -EAGAIN;
	return error_set(error, -code, "the connection failed: %s", strerror(code));
}

static int tls_failed(struct redis_socket *socket, int returned, struct error *error)
{
	int result = tls_outcome(socket, returned);

	return result == -EAGAIN ? result : ended(error);
}

int64_t redis_socket_read(struct redis_socket *socket, char *bytes, size_t size,
			  struct error *error)
{
	ssize_t length;
	size_t read_bytes = 0;
	int returned;

	if (socket->tls == NULL) {
		length = recv(socket->descriptor, bytes, size, 0);
		if (length == 0)
			return ended(error);
		return length > 0 ? length : failed(errno, error);
	}
	ERR_clear_error();
	returned = SSL_read_ex(socket->tls, bytes, size, &read_bytes);
	return returned == 1 ? (int64_t)read_bytes : tls_failed(socket, returned, error);
}

int64_t redis_socket_write(struct redis_socket *socket, struct slice bytes, struct error *error)
{
	ssize_t length;
	size_t written = 0;
	int returned;

	if (socket->tls == NULL) {
		length = send(socket->descriptor, bytes.data, bytes.length, MSG_NOSIGNAL);
		return length >= 0 ? length : failed(errno, error);
	}
	ERR_clear_error();
	returned = SSL_write_ex(socket->tls, bytes.data, bytes.length, &written);
	return returned == 1 ? (int64_t)written : tls_failed(socket, returned, error);
}

bool redis_socket_has_input(const struct redis_socket *socket)
{
	return socket->tls != NULL && SSL_has_pending(socket->tls) == 1;
}

uint32_t redis_socket_events(const struct redis_socket *socket, bool has_output)
{
	/* A plain socket that connects, becomes writable. */
	if (!socket->connected)
		return EPOLLOUT;
	return EPOLLIN | (has_output || socket->wants_write ? EPOLLOUT : 0u);
}

void redis_socket_close(struct redis_socket *socket)
{
	SSL_free(socket->tls);
	if (socket->descriptor >= 0)
		close(socket->descriptor);
	redis_socket_init(socket);
}
