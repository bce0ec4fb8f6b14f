/* A URL is written into configuration files and command lines, so a password in it is refused
 * rather than read. Pub/Sub does not know databases: the /0 that many URLs end in means nothing. */
#include "feed/redis_url.h"

#include <errno.h>
#include <stdio.h>

enum { DEFAULT_PORT = 6379 };

static bool is_host_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_' ||
	       byte == ':';
}

int redis_endpoint_set(struct redis_endpoint *ret_endpoint, struct slice host, int64_t port)
{
	if (host.length == 0 || host.length >= REDIS_HOST_BYTES || port < 1 || port > 65535)
		return -EINVAL;
	for (size_t i = 0; i < host.length; i++) {
		if (!is_host_byte(host.data[i]))
			return -EINVAL;
	}
	memcpy(ret_endpoint->host, host.data, host.length);
	ret_endpoint->host[host.length] = '\0';
	ret_endpoint->port = (uint16_t)port;
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

int redis_endpoint_parse(struct slice text, struct redis_endpoint *ret_endpoint)
{
	struct slice host = take_host(&text);
	int64_t port = DEFAULT_PORT;

	if (text.length > 0) {
		if (text.data[0] != ':')
			return -EINVAL;
		text = slice_from_bytes(text.data + 1, text.length - 1);
		if (slice_to_integer(text, &port) < 0)
			return -EINVAL;
	}
	return redis_endpoint_set(ret_endpoint, host, port);
}

bool redis_endpoint_equals(const struct redis_endpoint *one, const struct redis_endpoint *other)
{
	return one->port == other->port && strcmp(one->host, other->host) == 0;
}

void redis_endpoint_format(const struct redis_endpoint *endpoint,
			   char text[static REDIS_ENDPOINT_BYTES])
{
	if (strchr(endpoint->host, ':') == NULL)
		snprintf(text, REDIS_ENDPOINT_BYTES, "%s:%u", endpoint->host, endpoint->port);
	else
		snprintf(text, REDIS_ENDPOINT_BYTES, "[%s]:%u", endpoint->host, endpoint->port);
}

static int read_scheme(struct slice *rest, struct redis_url *url, struct error *error)
{
	static const struct {
		const char *text;
		bool tls;
	} schemes[] = {{"redis://", false}, {"rediss://", true}};

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
			 "redis.url must begin with redis://, or rediss:// for TLS");
}

static int decode_user(struct slice text, char ret_user[static REDIS_USER_BYTES])
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
		if (byte == 0 || length + 1 >= REDIS_USER_BYTES)
			return -EINVAL;
		ret_user[length++] = (char)byte;
	}
	ret_user[length] = '\0';
	return 0;
}

/* USER@ where there is one. An @ of a password that was not escaped belongs to it, too. */
static int read_user(struct slice *rest, struct redis_url *url, struct error *error)
{
	const char *at = memrchr(rest->data, '@', rest->length);
	struct slice user;

	if (at == NULL)
		return 0;
	user = slice_from_bytes(rest->data, (size_t)(at - rest->data));
	*rest = slice_from_bytes(at + 1, rest->length - user.length - 1);
	if (memchr(user.data, ':', user.length) != NULL)
		return error_set(error, -EINVAL,
				 "redis.url must not hold a password, which logs and process lists "
				 "would show; put it into the file that redis.password_file names, "
				 "or into the variable ALLIM_REDIS_PASSWORD");
	if (decode_user(user, url->user) < 0)
		return error_set(error, -EINVAL,
				 "the user in redis.url is too long, or has a %% that is no escape "
				 "as %%40 is");
	return 0;
}

/* Behind the hosts stands nothing, or the number of a database, which does not matter. */
static int take_hosts(struct slice text, struct slice *ret_hosts, struct error *error)
{
	struct slice path = text;
	uint64_t database;

	*ret_hosts = slice_split(&path, '/');
	if (memchr(text.data, '?', text.length) == NULL &&
	    (path.length == 0 || slice_to_unsigned(path, &database) == 0))
		return 0;
	return error_set(error, -EINVAL,
			 "redis.url must end behind its hosts and ports; settings of redis. say "
			 "the rest");
}

static int read_hosts(struct slice hosts, struct redis_url *url, struct error *error)
{
	do {
		struct slice one = slice_split(&hosts, ',');

		if (url->endpoint_count == REDIS_URL_ENDPOINTS)
			return error_set(error, -EINVAL,
					 "redis.url names more than %d hosts; a few nodes of a "
					 "cluster are enough",
					 REDIS_URL_ENDPOINTS);
		if (redis_endpoint_parse(one, &url->endpoints[url->endpoint_count++]) < 0)
			return error_set(error, -EINVAL,
					 "\"%.*s\" in redis.url is no HOST:PORT; the port is a "
					 "number from 1 to 65535",
					 (int)(one.length < 100 ? one.length : 100), one.data);
	} while (hosts.length > 0);
	return 0;
}

int redis_url_parse(struct slice text, struct redis_url *ret_url, struct error *error)
{
	struct redis_url url = {.tls = false};
	struct slice hosts;
	int result = read_scheme(&text, &url, error);

	if (result == 0)
		result = read_user(&text, &url, error);
	if (result == 0)
		result = take_hosts(text, &hosts, error);
	if (result == 0)
		result = read_hosts(hosts, &url, error);
	if (result == 0)
		*ret_url = url;
	return result;
}
