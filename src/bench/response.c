/* The servers are ours, nginx or the bare program, so lengths are always told and names always
 * capitalised; anything else is an error that ends the measurement rather than a case to serve. */
#include "bench/response.h"

#include <errno.h>
#include <stdio.h>

enum { STATUS_AT = sizeof("HTTP/1.1 ") - 1, STATUS_DIGITS = 3 };

static int read_status(struct slice bytes, int *ret_status)
{
	uint64_t status;

	if (!slice_starts_with(bytes, SLICE("HTTP/1.1 ")) ||
	    bytes.length < STATUS_AT + STATUS_DIGITS ||
	    slice_to_unsigned(slice_from_bytes(bytes.data + STATUS_AT, STATUS_DIGITS), &status) < 0)
		return -EBADMSG;
	*ret_status = (int)status;
	return 0;
}

struct slice response_header(const struct response *response, const char *name)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "\r\n%s: ", name);
	const char *found =
	    memmem(response->head.data, response->head.length, line, (size_t)length);
	const char *end;

	if (found == NULL)
		return SLICE("");
	found += length;
	end = memchr(found, '\r', (size_t)(response->head.data + response->head.length - found));
	return slice_from_bytes(found, end == NULL ? 0 : (size_t)(end - found));
}

/* 204 and 304 have no body whatever they say of its length (RFC 9112, 6.3). */
static int read_length(const struct response *response, uint64_t *ret_length)
{
	if (response->status == 304 || response->status == 204) {
		*ret_length = 0;
		return 0;
	}
	if (slice_to_unsigned(response_header(response, "Content-Length"), ret_length) < 0)
		return -EBADMSG;
	return 0;
}

int response_read(struct slice bytes, struct response *ret_response)
{
	const char *end = memmem(bytes.data, bytes.length, "\r\n\r\n", 4);
	struct response response = {0};
	uint64_t length;

	if (end == NULL)
		return -EAGAIN;
	response.head = slice_from_bytes(bytes.data, (size_t)(end - bytes.data) + 4);
	if (read_status(bytes, &response.status) < 0 || read_length(&response, &length) < 0)
		return -EBADMSG;
	if (bytes.length - response.head.length < length)
		return -EAGAIN;
	response.body = slice_from_bytes(end + 4, (size_t)length);
	*ret_response = response;
	return 0;
}
