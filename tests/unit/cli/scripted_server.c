/* One thread, one connection at a time. */
#include "scripted_server.h"

#include "lib/assertions.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whether head and body have come. */
static bool is_complete(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");

	if (end == NULL)
		return false;
	return length == NULL || strlen(end + 4) >= strtoul(length + 16, NULL, 10);
}

static void read_request(int descriptor, char request[static SCRIPTED_REQUEST_BYTES])
{
	size_t length = 0;
	ssize_t count = 1;

	while (count > 0 && !is_complete(request) && length < SCRIPTED_REQUEST_BYTES - 1) {
		count = recv(descriptor, request + length, SCRIPTED_REQUEST_BYTES - 1 - length, 0);
		length += count > 0 ? (size_t)count : 0;
		request[length] = '\0';
	}
}

static void *serve(void *argument)
{
	struct scripted_server *server = argument;

	for (size_t i = 0; server->answers[i] != NULL; i++) {
		int descriptor = accept(server->listener, NULL, NULL);

		if (descriptor < 0)
			break;
		read_request(descriptor, server->requests[i]);
		send(descriptor, server->answers[i], strlen(server->answers[i]), MSG_NOSIGNAL);
		server->served = i + 1;
		if (server->holds_last && server->answers[i + 1] == NULL)
			server->held[i] = descriptor;
		else
			close(descriptor);
	}
	return NULL;
}

void scripted_server_start(struct scripted_server *server, const char *const *answers,
			   bool holds_last)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	struct error error;

	memset(server, 0, sizeof(*server));
	server->answers = answers;
	server->holds_last = holds_last;
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(server->listener >= 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(server->listener, SCRIPTED_ANSWERS), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	assert_int_equal(endpoint_parse(slice_from_string(server->url), &server->endpoint, &error),
			 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

/* shutdown() wakes accept(). */
void scripted_server_stop(struct scripted_server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	for (size_t i = 0; i < SCRIPTED_ANSWERS; i++) {
		if (server->held[i] > 0)
			close(server->held[i]);
	}
}
