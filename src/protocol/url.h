/* Request targets, paths and queries (RFC 3986, RFC 9112 section 3.2). */
#ifndef ALLIM_PROTOCOL_URL_H
#define ALLIM_PROTOCOL_URL_H

#include "base/arena.h"
#include "base/buffer.h"

struct url_target {
	struct slice host;  /* host and port of an absolute target; else empty */
	struct slice path;  /* begins with '/', or is "*" */
	struct slice query; /* without the '?' */
};

/* Cuts a request target of the origin, absolute or asterisk form. The parts are slices of it, not
 * decoded. Returns 0 or -EINVAL. */
int url_split_target(struct slice target, struct url_target *ret_target);

/* Whether it can stand in a Host header: a host name or address and perhaps a port (RFC 3986, 3.2.2
 * and 3.2.3). Empty is allowed. */
bool url_is_host(struct slice host);

/* The text behind percent escapes (section 2.1), where '+' stands for a blank
 * (application/x-www-form-urlencoded). The result is a slice of `text` where nothing was escaped,
 * else it is in the arena. Returns 0, -ENOMEM, or -EINVAL for an incomplete escape, a NUL, or what
 * is no UTF-8. */
int url_decode_form(struct slice text, struct arena *arena, struct slice *ret_decoded);

/* Appends the text so that it stays one part of a path or one value of a query (section 2.3). */
void url_append_encoded(struct buffer *buffer, struct slice text);

/* The next name and value of a query, both not decoded; false behind the last. */
bool url_next_parameter(struct slice *rest, struct slice *ret_name, struct slice *ret_value);

/* The decoded value of one parameter. Returns 0, -ENOENT, -ENOMEM, or -EINVAL where it cannot be
 * decoded or occurs twice. */
int url_query_parameter(struct slice query, struct slice name, struct arena *arena,
			struct slice *ret_value);

/* The first parameter whose decoded name is not in the list, for a message. Returns 0 where all
 * are, or -ENOENT with its name as it was sent. */
int url_query_check(struct slice query, const struct slice *names, size_t name_count,
		    struct slice *ret_unknown);

#endif
