/* amqp://USER@HOST:PORT,HOST:PORT/VIRTUAL-HOST as the setting rabbitmq.url has it. */
#ifndef ALLIM_BROKER_RABBITMQ_URL_H
#define ALLIM_BROKER_RABBITMQ_URL_H

#include "base/server_url.h"

struct rabbitmq_url {
	struct server_url
	    servers; /* of one cluster; without a user it is the one that all have at first */
	char virtual_host[SERVER_NAME_BYTES]; /* "/" where the URL names none */
};

/* Returns 0, or -EINVAL with a sentence, which never shows what stands before an @. */
int rabbitmq_url_parse(struct slice text, struct rabbitmq_url *ret_url, struct error *error);

#endif
