/* A URL is written into configuration files and command lines, so a password in it is refused
 * rather than read. A virtual host is a name of its own, which may hold slashes: the one that
 * every server has is called "/", in a URL %2f. */
#include "broker/rabbitmq_url.h"

#include <errno.h>
#include <stdio.h>

enum { DEFAULT_PORT = 5672, DEFAULT_TLS_PORT = 5671, SHOWN_BYTES = 100 };

static bool is_host_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_' ||
	       byte == ':';
}

static int set_host(struct rabbitmq_endpoint *endpoint, struct slice host)
{
	if (host.length == 0 || host.length >= RABBITMQ_HOST_BYTES)
		return -EINVAL;
	for (size_t i = 0; i < host.length; i++) {
		if (!is_host_byte(host.data[i]))
			return -EINVAL;
	}
	memcpy(endpoint->host, host.data, host.length);
	endpoint->host[host.length] = '\0';
	return 0;
}

/* The host of [ADDRESS] or NAME; what is behind it stays in `*rest`. */
static struct slice take_host(struct slice *rest)
{
	struct slice host;
	size_t end = 0;

	if (slice_starts_with(*rest, SLICE("[")) && memchr(rest->data, ']', rest->length) != NULL) {
		*rest = slice_from_bytes(rest->data + 1, rest->length - 1);
		return slice_split(rest, ']');
	}
	while (end < rest->length && rest->data[end] != ':')
		end++;
	host = slice_from_bytes(rest->data, end);
	*rest = slice_from_bytes(rest->data + end, rest->length - end);
	return host;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT. */
static int read_endpoint(struct slice text, uint16_t default_port,
			 struct rabbitmq_endpoint *endpoint)
{
	struct slice host = take_host(&text);
	int64_t port = default_port;

	if (text.length > 0) {
		if (text.data[0] != ':')
			return -EINVAL;
		text = slice_from_bytes(text.data + 1, text.length - 1);
		if (slice_to_integer(text, &port) < 0 || port < 1 || port > 65535)
			return -EINVAL;
	}
	endpoint->port = (uint16_t)port;
	return set_host(endpoint, host);
}

void rabbitmq_url_format(const struct rabbitmq_endpoint *endpoint,
			 char text[static RABBITMQ_ENDPOINT_BYTES])
{
	bool is_v6 = strchr(endpoint->host, ':') != NULL;

	snprintf(text, RABBITMQ_ENDPOINT_BYTES, is_v6 ? "[%s]:%u" : "%s:%u", endpoint->host,
		 endpoint->port);
}

static int read_scheme(struct slice *rest, struct rabbitmq_url *url, struct error *error)
{
	static const struct {
		const char *text;
		bool tls;
	} schemes[] = {{"amqp://", false}, {"amqps://", true}};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct slice scheme = slice_from_string(schemes[i].text);

		if (rest->length >= scheme.length &&
		    slice_equals_ignoring_case(slice_from_bytes(rest->data, scheme.length),
					       scheme)) {
			url->tls = schemes[i].tls;
			*rest = slice_from_bytes(rest->data + scheme.length,
						 rest->length - scheme.length);
			return 0;
		}
	}
	return error_set(error, -EINVAL,
			 "rabbitmq.url must begin with amqp://, or amqps:// for TLS");
}

static int decode_name(struct slice text, char ret_name[static RABBITMQ_NAME_BYTES])
{
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		int byte = (unsigned char)text.data[i];

		if (byte == '%') {
			int high = i + 2 < text.length ? slice_hexadecimal(text.data[i + 1]) : -1;
			int low = high >= 0 ? slice_hexadecimal(text.data[i + 2]) : -1;

			byte = low < 0 ? 0 : high * 16 + low;
			i += 2;
		}
		if (byte == 0 || length + 1 >= RABBITMQ_NAME_BYTES)
			return -EINVAL;
		ret_name[length++] = (char)byte;
	}
	ret_name[length] = '\0';
	return 0;
}

/* USER@ where there is one. An @ of a password that was not escaped belongs to it, too. */
static int read_user(struct slice *rest, struct rabbitmq_url *url, struct error *error)
{
	const char *at = memrchr(rest->data, '@', rest->length);
	struct slice user;

	if (at == NULL)
		return 0;
	user = slice_from_bytes(rest->data, (size_t)(at - rest->data));
	*rest = slice_from_bytes(at + 1, rest->length - user.length - 1);
	if (memchr(user.data, ':', user.length) != NULL)
		return error_set(error, -EINVAL,
				 "rabbitmq.url must not hold a password, which logs and process "
				 "lists would show; put it into the file that "
				 "rabbitmq.password_file names, or into the variable "
				 "ALLIM_RABBITMQ_PASSWORD");
	if (memchr(user.data, '/', user.length) != NULL || decode_name(user, url->user) < 0)
		return error_set(error, -EINVAL,
				 "what stands before the @ in rabbitmq.url is no user: it is too "
				 "long, or has a slash, or a %% that is no escape as %%40 is");
	return 0;
}

static int read_hosts(struct slice hosts, struct rabbitmq_url *url, struct error *error)
{
	uint16_t port = url->tls ? DEFAULT_TLS_PORT : DEFAULT_PORT;

	do {
		struct slice one = slice_split(&hosts, ',');

		if (url->endpoint_count == RABBITMQ_URL_ENDPOINTS)
			return error_set(error, -EINVAL,
					 "rabbitmq.url names more than %d hosts; a few nodes of a "
					 "cluster are enough",
					 RABBITMQ_URL_ENDPOINTS);
		if (read_endpoint(one, port, &url->endpoints[url->endpoint_count++]) < 0)
			return error_set(error, -EINVAL,
					 "\"%.*s\" in rabbitmq.url is no HOST:PORT; the port is a "
					 "number from 1 to 65535",
					 (int)(one.length < SHOWN_BYTES ? one.length : SHOWN_BYTES),
					 one.data);
	} while (hosts.length > 0);
	return 0;
}

static int read_virtual_host(struct slice text, struct rabbitmq_url *url, struct error *error)
{
	if (memchr(text.data, '/', text.length) != NULL ||
	    memchr(text.data, '?', text.length) != NULL || decode_name(text, url->virtual_host) < 0)
		return error_set(error, -EINVAL,
				 "rabbitmq.url must end in the name of a virtual host, in which a "
				 "slash is written %%2f; settings of rabbitmq. say the rest");
	if (url->virtual_host[0] == '\0')
		memcpy(url->virtual_host, "/", sizeof("/"));
	return 0;
}

int rabbitmq_url_parse(struct slice text, struct rabbitmq_url *ret_url, struct error *error)
{
	struct rabbitmq_url url = {.tls = false};
	int result = read_scheme(&text, &url, error);

	if (result == 0)
		result = read_user(&text, &url, error);
	if (result == 0) {
		struct slice hosts = slice_split(&text, '/');

		result = read_hosts(hosts, &url, error);
	}
	if (result == 0)
		result = read_virtual_host(text, &url, error);
	if (result == 0)
		*ret_url = url;
	return result;
}
