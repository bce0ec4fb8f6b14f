/* SCHEME://USER@HOST:PORT,HOST:PORT/REST as settings name the servers of one kind. */
#ifndef ALLIM_BASE_SERVER_URL_H
#define ALLIM_BASE_SERVER_URL_H

#include "base/error.h"
#include "base/slice.h"

enum { SERVER_HOST_BYTES = 256, SERVER_NAME_BYTES = 256, SERVER_URL_ENDPOINTS = 32 };

struct server_endpoint {
	char host[SERVER_HOST_BYTES]; /* a name or a numeric address, without brackets */
	uint16_t port;
};

struct server_url {
	bool tls;
	char user[SERVER_NAME_BYTES]; /* empty where the URL names none */
	struct server_endpoint endpoints[SERVER_URL_ENDPOINTS];
	unsigned endpoint_count;
};

/* What differs between kinds of servers. */
struct server_url_form {
	const char *section;	 /* of the settings: SECTION.url, SECTION.password_file */
	const char *variable;	 /* the one for the password */
	const char *scheme;	 /* with an s behind it, TLS is used */
	uint16_t port, tls_port; /* where the URL has none */
};

/* Returns 0, or -EINVAL with a sentence, which never shows what stands before an @. `*ret_rest` is
 * what stands behind the slash that ends the hosts, a part of `text`. */
int server_url_parse(const struct server_url_form *form, struct slice text,
		     struct server_url *ret_url, struct slice *ret_rest, struct error *error);

/* A part of a URL with its escapes (RFC 3986, 2.1) undone and a terminator. Returns 0, or -EINVAL
 * where it is too long, or has an escape that is none, or a NUL. */
int server_url_decode(struct slice text, char ret_name[static SERVER_NAME_BYTES]);

/* Returns 0, or -EINVAL for a host that is none or too long, or a port that is none. */
int server_endpoint_set(struct server_endpoint *ret_endpoint, struct slice host, int64_t port);

bool server_endpoint_equals(const struct server_endpoint *one, const struct server_endpoint *other);

/* HOST:PORT with its terminator. */
enum { SERVER_ENDPOINT_BYTES = SERVER_HOST_BYTES + 10 };
void server_endpoint_format(const struct server_endpoint *endpoint,
			    char text[static SERVER_ENDPOINT_BYTES]);

#endif
