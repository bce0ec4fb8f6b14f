/* amqp://USER@HOST:PORT,HOST:PORT/VIRTUAL-HOST as the setting rabbitmq.url has it. */
#ifndef ALLIM_BROKER_RABBITMQ_URL_H
#define ALLIM_BROKER_RABBITMQ_URL_H

#include "base/error.h"
#include "base/slice.h"

enum { RABBITMQ_HOST_BYTES = 256, RABBITMQ_NAME_BYTES = 256, RABBITMQ_URL_ENDPOINTS = 8 };

struct rabbitmq_endpoint {
	char host[RABBITMQ_HOST_BYTES]; /* a name or a numeric address, without brackets */
	uint16_t port;
};

struct rabbitmq_url {
	bool tls;
	char user[RABBITMQ_NAME_BYTES];		/* empty: the user that every server has at first */
	char virtual_host[RABBITMQ_NAME_BYTES]; /* "/" where the URL names none */
	struct rabbitmq_endpoint endpoints[RABBITMQ_URL_ENDPOINTS]; /* of one cluster */
	unsigned endpoint_count;
};

/* Returns 0, or -EINVAL with a sentence, which never shows what stands before an @. */
int rabbitmq_url_parse(struct slice text, struct rabbitmq_url *ret_url, struct error *error);

/* HOST:PORT with its terminator. */
enum { RABBITMQ_ENDPOINT_BYTES = RABBITMQ_HOST_BYTES + 10 };
void rabbitmq_url_format(const struct rabbitmq_endpoint *endpoint,
			 char text[static RABBITMQ_ENDPOINT_BYTES]);

#endif
