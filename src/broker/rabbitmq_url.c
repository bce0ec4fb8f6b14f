/* A virtual host is a name of its own, which may hold slashes: the one that every server has is
 * called "/", in a URL %2f. */
#include "broker/rabbitmq_url.h"

#include <errno.h>

static int read_virtual_host(struct slice text, struct rabbitmq_url *url, struct error *error)
{
	if (memchr(text.data, '/', text.length) != NULL ||
	    memchr(text.data, '?', text.length) != NULL ||
	    server_url_decode(text, url->virtual_host) < 0)
		return error_set(error, -EINVAL,
				 "rabbitmq.url must end in the name of a virtual host, in which a "
				 "slash is written %%2f; settings of rabbitmq. say the rest");
	if (url->virtual_host[0] == '\0')
		memcpy(url->virtual_host, "/", sizeof("/"));
	return 0;
}

int rabbitmq_url_parse(struct slice text, struct rabbitmq_url *ret_url, struct error *error)
{
	static const struct server_url_form form = {
	    .section = "rabbitmq",
	    .variable = "ALLIM_RABBITMQ_PASSWORD",
	    .scheme = "amqp",
	    .port = 5672,
	    .tls_port = 5671,
	};
	struct rabbitmq_url url;
	struct slice virtual_host;
	int result = server_url_parse(&form, text, &url.servers, &virtual_host, error);

	if (result == 0)
		result = read_virtual_host(virtual_host, &url, error);
	if (result == 0)
		*ret_url = url;
	return result;
}
