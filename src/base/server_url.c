/* A URL is written into configuration files and command lines, so a password in it is refused
 * rather than read. */
#include "base/server_url.h"

#include <errno.h>
#include <stdio.h>

enum { SHOWN_BYTES = 100 };

int server_endpoint_set(struct server_endpoint *ret_endpoint, struct slice host, int64_t port)
{
	if (host.length == 0 || host.length >= SERVER_HOST_BYTES || port < 1 || port > 65535 ||
	    !slice_has_only(host, ".-_:"))
		return -EINVAL;
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

/* HOST, HOST:PORT or [ADDRESS]:PORT. */
static int read_endpoint(struct slice text, uint16_t default_port,
			 struct server_endpoint *ret_endpoint)
{
	struct slice host = take_host(&text);
	int64_t port = default_port;

	if (text.length > 0) {
		if (text.data[0] != ':')
			return -EINVAL;
		text = slice_from_bytes(text.data + 1, text.length - 1);
		if (slice_to_integer(text, &port) < 0)
			return -EINVAL;
	}
	return server_endpoint_set(ret_endpoint, host, port);
}

bool server_endpoint_equals(const struct server_endpoint *one, const struct server_endpoint *other)
{
	return one->port == other->port && strcmp(one->host, other->host) == 0;
}

void server_endpoint_format(const struct server_endpoint *endpoint,
			    char text[static SERVER_ENDPOINT_BYTES])
{
	bool is_v6 = strchr(endpoint->host, ':') != NULL;

	snprintf(text, SERVER_ENDPOINT_BYTES, is_v6 ? "[%s]:%u" : "%s:%u", endpoint->host,
		 endpoint->port);
}

int server_url_decode(struct slice text, char ret_name[static SERVER_NAME_BYTES])
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
		if (byte == 0 || length + 1 >= SERVER_NAME_BYTES)
			return -EINVAL;
		ret_name[length++] = (char)byte;
	}
	ret_name[length] = '\0';
	return 0;
}

/* Takes the scheme, and the s of TLS, off the front. Schemes compare without case (RFC 3986,
 * 3.1). */
static int read_scheme(const struct server_url_form *form, struct slice *rest,
		       struct server_url *url, struct error *error)
{
	struct slice scheme = slice_from_string(form->scheme);
	const char *end = memmem(rest->data, rest->length, "://", 3);
	struct slice given =
	    slice_from_bytes(rest->data, end == NULL ? 0 : (size_t)(end - rest->data));

	url->tls = given.length == scheme.length + 1 && (given.data[scheme.length] | 0x20) == 's';
	if (url->tls)
		given.length--;
	if (end == NULL || !slice_equals_ignoring_case(given, scheme))
		return error_set(error, -EINVAL, "%s.url must begin with %s://, or %ss:// for TLS",
				 form->section, form->scheme, form->scheme);
	*rest = slice_from_bytes(end + 3, rest->length - (size_t)(end + 3 - rest->data));
	return 0;
}

/* USER@ where there is one. An @ of a password that was not escaped belongs to it, too. */
static int read_user(const struct server_url_form *form, struct slice *rest, struct server_url *url,
		     struct error *error)
{
	const char *at = memrchr(rest->data, '@', rest->length);
	struct slice user;

	if (at == NULL)
		return 0;
	user = slice_from_bytes(rest->data, (size_t)(at - rest->data));
	*rest = slice_from_bytes(at + 1, rest->length - user.length - 1);
	if (memchr(user.data, ':', user.length) != NULL)
		return error_set(error, -EINVAL,
				 "%s.url must not hold a password, which logs and process lists "
				 "would show; put it into the file that %s.password_file names, or "
				 "into the variable %s",
				 form->section, form->section, form->variable);
	if (memchr(user.data, '/', user.length) != NULL || server_url_decode(user, url->user) < 0)
		return error_set(
		    error, -EINVAL,
		    "what stands before the @ in %s.url is no user: it is too long, or "
		    "has a slash, or a %% that is no escape as %%40 is",
		    form->section);
	return 0;
}

static int read_hosts(const struct server_url_form *form, struct slice hosts,
		      struct server_url *url, struct error *error)
{
	uint16_t port = url->tls ? form->tls_port : form->port;

	do {
		struct slice one = slice_split(&hosts, ',');

		if (url->endpoint_count == SERVER_URL_ENDPOINTS)
			return error_set(error, -EINVAL,
					 "%s.url names more than %d hosts; a few nodes of a "
					 "cluster are enough",
					 form->section, SERVER_URL_ENDPOINTS);
		if (read_endpoint(one, port, &url->endpoints[url->endpoint_count++]) < 0)
			return error_set(error, -EINVAL,
					 "\"%.*s\" in %s.url is no HOST:PORT; the port is a "
					 "number from 1 to 65535",
					 (int)(one.length < SHOWN_BYTES ? one.length : SHOWN_BYTES),
					 one.data, form->section);
	} while (hosts.length > 0);
	return 0;
}

int server_url_parse(const struct server_url_form *form, struct slice text,
		     struct server_url *ret_url, struct slice *ret_rest, struct error *error)
{
	struct server_url url = {.tls = false};
	int result = read_scheme(form, &text, &url, error);

	if (result == 0)
		result = read_user(form, &text, &url, error);
	if (result == 0)
		result = read_hosts(form, slice_split(&text, '/'), &url, error);
	if (result == 0) {
		*ret_url = url;
		*ret_rest = text;
	}
	return result;
}
