/* Connections are served side by side by one thread, which tells them from each other by nothing:
 * each is greeted, written to until it is closed or has had all, and then only read. */
#include "lib/junk_server.h"

#include "lib/assertions.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 16, MEBIBYTE = 1 << 20, WAIT_MILLISECONDS = 10 };

static void send_all(int connection, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void greet(const struct junk_server *server, int connection)
{
	struct timeval limit = {.tv_sec = 5};
	char *letters = malloc(MEBIBYTE);

	assert_non_null(letters);
	memset(letters, 'x', MEBIBYTE);
	setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	send_all(connection, server->greeting.data, server->greeting.length);
	for (size_t i = 0; i < server->repetitions; i++)
		send_all(connection, letters, MEBIBYTE);
	free(letters);
}

static void accept_one(struct junk_server *server, struct pollfd *slots)
{
	int connection = accept(server->listener, NULL, NULL);

	if (connection < 0)
		return;
	atomic_fetch_add(&server->connections, 1);
	greet(server, connection);
	for (int i = 1; i <= CONNECTIONS; i++) {
		if (slots[i].fd < 0) {
			slots[i].fd = connection;
			return;
		}
	}
	close(connection);
}

static void read_one(struct pollfd *slot)
{
	char bytes[4096];

	if (read(slot->fd, bytes, sizeof(bytes)) > 0)
		return;
	close(slot->fd);
	slot->fd = -1;
}

static void *serve(void *argument)
{
	struct junk_server *server = argument;
	struct pollfd slots[CONNECTIONS + 1] = {{.fd = server->listener, .events = POLLIN}};

	for (int i = 1; i <= CONNECTIONS; i++)
		slots[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	while (!atomic_load(&server->stopping)) {
		poll(slots, CONNECTIONS + 1, WAIT_MILLISECONDS);
		for (int i = 1; i <= CONNECTIONS; i++) {
			if (slots[i].fd >= 0 && slots[i].revents != 0)
				read_one(&slots[i]);
		}
		if (slots[0].revents != 0)
			accept_one(server, slots);
	}
	for (int i = 1; i <= CONNECTIONS; i++) {
		if (slots[i].fd >= 0)
			close(slots[i].fd);
	}
	return NULL;
}

void junk_server_start(struct junk_server *server, struct slice greeting, size_t repetitions)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	*server = (struct junk_server){.greeting = greeting, .repetitions = repetitions};
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(server->listener >= 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(listen(server->listener, CONNECTIONS), 0);
	server->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void junk_server_stop(struct junk_server *server)
{
	atomic_store(&server->stopping, true);
	pthread_join(server->thread, NULL);
	close(server->listener);
}
