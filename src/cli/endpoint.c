/* Whether the host can stand in a header is url.h's to say; whether it exists is the resolver's. */
#include "cli/endpoint.h"

#include "cli/command.h"
#include "protocol/url.h"

#include <errno.h>
#include <stdio.h>

static int refuse(struct slice url, const char *reason, struct error *error)
{
	return error_set(error, -EINVAL, "\"%.*s\" %s; write it as http://127.0.0.1:8080",
			 (int)(url.length < 100 ? url.length : 100), url.data, reason);
}

/* Splits `host:port`, `[v6]:port`, and both without a port, which then is empty. */
static void split_authority(struct slice authority, struct slice *ret_host, struct slice *ret_port)
{
	const char *end = authority.data + authority.length;
	const char *bracket = memchr(authority.data, ']', authority.length);
	const char *from = bracket == NULL ? authority.data : bracket;
	const char *colon = memchr(from, ':', (size_t)(end - from));

	*ret_host = authority;
	*ret_port = SLICE("");
	if (colon != NULL) {
		ret_host->length = (size_t)(colon - authority.data);
		*ret_port = slice_from_bytes(colon + 1, (size_t)(end - colon - 1));
	}
	if (bracket != NULL && ret_host->length >= 2)
		*ret_host = slice_from_bytes(ret_host->data + 1, ret_host->length - 2);
}

/* Visible ASCII alone, because it goes into a request line (RFC 3986, 3.3). A query or fragment
 * would swallow the request's own path. */
static bool is_path(struct slice path)
{
	for (size_t i = 0; i < path.length; i++) {
		if (path.data[i] <= ' ' || path.data[i] > '~' || path.data[i] == '?' ||
		    path.data[i] == '#')
			return false;
	}
	return path.length < ENDPOINT_TEXT_BYTES - 1;
}

static void copy(char *target, struct slice text)
{
	memcpy(target, text.data, text.length);
	target[text.length] = '\0';
}

int endpoint_parse(struct slice url, struct endpoint *ret_endpoint, struct error *error)
{
	struct endpoint endpoint = {.port = "80"};
	struct slice authority, host, port, path;
	uint64_t number = 80;

	if (slice_starts_with(url, SLICE("https://")))
		return error_set(error, -EINVAL,
				 "https is not spoken yet; use http:// to a node or proxy nearby");
	if (!slice_starts_with(url, SLICE("http://")))
		return refuse(url, "is no http:// address", error);
	path = slice_from_bytes(url.data + 7, url.length - 7);
	authority = slice_split(&path, '/');
	while (path.length > 0 && path.data[path.length - 1] == '/')
		path.length--;
	if (!url_is_host(authority) || authority.length >= sizeof(endpoint.authority))
		return refuse(url, "names no host", error);
	split_authority(authority, &host, &port);
	if (host.length == 0 || host.length >= sizeof(endpoint.host))
		return refuse(url, "names no host", error);
	if (port.length > 0 &&
	    (slice_to_unsigned(port, &number) < 0 || number == 0 || number > UINT16_MAX))
		return refuse(url, "has no port from 1 to 65535", error);
	if (!is_path(path))
		return refuse(url, "has a path that cannot be used", error);
	copy(endpoint.host, host);
	copy(endpoint.authority, authority);
	snprintf(endpoint.port, sizeof(endpoint.port), "%u", (unsigned)number);
	if (path.length > 0) {
		endpoint.path[0] = '/';
		copy(endpoint.path + 1, path);
	}
	*ret_endpoint = endpoint;
	return 0;
}

int endpoint_choose(const char *url, const char *variable, const char *fallback,
		    struct endpoint *ret_endpoint, struct error *error)
{
	if (url == NULL)
		url = command_variable(variable);
	if (url == NULL)
		url = fallback;
	return endpoint_parse(slice_from_string(url), ret_endpoint, error);
}
