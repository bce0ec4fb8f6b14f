/* A server that answers each connection with prepared bytes, whatever it is asked, and keeps the
 * requests. */
#ifndef ALLIM_TESTS_UNIT_CLI_SCRIPTED_SERVER_H
#define ALLIM_TESTS_UNIT_CLI_SCRIPTED_SERVER_H

#include "cli/endpoint.h"

#include <pthread.h>

enum { SCRIPTED_ANSWERS = 8, SCRIPTED_REQUEST_BYTES = 16 * 1024 };

struct scripted_server {
	const char *const *answers; /* one for each connection, NULL at the end */
	char requests[SCRIPTED_ANSWERS][SCRIPTED_REQUEST_BYTES];
	char url[64];
	struct endpoint endpoint;
	int listener;
	int held[SCRIPTED_ANSWERS]; /* connections that were not closed */
	size_t served;
	bool holds_last; /* the last connection stays open until the end */
	pthread_t thread;
};

void scripted_server_start(struct scripted_server *server, const char *const *answers,
			   bool holds_last);

/* Ends it, whether all answers were asked for or not. */
void scripted_server_stop(struct scripted_server *server);

/* An answer with a body of JSON. */
#define SCRIPTED_JSON(status_, body_) \
	"HTTP/1.1 " status_ "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body_

/* The beginning of a stream. */
#define SCRIPTED_STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 100\n\n"

#endif
