/* Writing the head of a response into a buffer:
 *
 *	http_response_begin(&buffer, 200);
 *	http_response_header(&buffer, "Content-Type", SLICE("application/json"));
 *	http_response_body(&buffer, body);
 *
 * A response ends with http_response_body() or, where the body follows otherwise, with
 * http_response_end(). */
#ifndef ALLIM_PROTOCOL_HTTP_RESPONSE_H
#define ALLIM_PROTOCOL_HTTP_RESPONSE_H

#include "base/buffer.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" and its terminator. */
enum { HTTP_RESPONSE_DATE_BYTES = 30 };

/* The standard words for a status, or "Unknown". Static storage. */
const char *http_response_reason(int status);

/* The status line. */
void http_response_begin(struct buffer *buffer, int status);

/* One header. The name is ours. Returns 0, or -EINVAL where the value has a control character; the
 * header is left out then. */
int http_response_header(struct buffer *buffer, const char *name, struct slice value);

void http_response_header_integer(struct buffer *buffer, const char *name, int64_t value);

/* Writes the time in the form of the Date header (RFC 9110, 5.6.7). The caller keeps it for a
 * second. */
void http_response_format_date(int64_t microseconds, char text[static HTTP_RESPONSE_DATE_BYTES]);

/* The empty line behind the headers. */
void http_response_end(struct buffer *buffer);

/* Content-Length, the empty line and the body. */
void http_response_body(struct buffer *buffer, struct slice body);

/* The same for an answer to HEAD, which has the headers of the body and not the body. */
void http_response_body_omitted(struct buffer *buffer, size_t length);

#endif
