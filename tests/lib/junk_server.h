/* A listener that takes every connection and says the same to each, whatever it hears. */
#ifndef ALLIM_TESTS_JUNK_SERVER_H
#define ALLIM_TESTS_JUNK_SERVER_H

#include "base/slice.h"

#include <pthread.h>

struct junk_server {
	int listener;
	unsigned short port;
	struct slice greeting;
	size_t repetitions; /* of what follows the greeting: a mebibyte of letters each */
	pthread_t thread;
	_Atomic bool stopping;
	_Atomic unsigned connections; /* so far */
};

/* Starts a thread that serves one connection after the other, until the client ends each. */
void junk_server_start(struct junk_server *server, struct slice greeting, size_t repetitions);
void junk_server_stop(struct junk_server *server);

#endif
