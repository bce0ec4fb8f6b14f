/* Where only the status is of interest, a response may close its connection instead of telling its
 * length. */
#include "bench/call.h"

#include "bench/response.h"

#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096, SECONDS_TO_WAIT = 10, STATUS_BYTES = 12 };

static int receive_status(int descriptor)
{
	char bytes[ANSWER_BYTES];
	size_t length = 0;
	uint64_t status;

	while (length < STATUS_BYTES) {
		ssize_t more = recv(descriptor, bytes + length, sizeof(bytes) - length, 0);

		if (more <= 0)
			return more == 0 ? -ECONNRESET : -errno;
		length += (size_t)more;
	}
	if (slice_to_unsigned(slice_from_bytes(bytes + STATUS_BYTES - 3, 3), &status) < 0)
		return -EBADMSG;
	return (int)status;
}

static int receive_response(int descriptor, struct buffer *body)
{
	struct buffer received = BUFFER_EMPTY;
	struct response response;
	int code;

	while ((code = response_read(buffer_slice(&received), &response)) == -EAGAIN) {
		char bytes[ANSWER_BYTES];
		ssize_t more = recv(descriptor, bytes, sizeof(bytes), 0);

		if (more <= 0) {
			code = more == 0 ? -ECONNRESET : -errno;
			break;
		}
		buffer_append(&received, slice_from_bytes(bytes, (size_t)more));
		if (buffer_failed(&received)) {
			code = -ENOMEM;
			break;
		}
	}
	if (code == 0) {
		buffer_append(body, response.body);
		code = buffer_failed(body) ? -ENOMEM : response.status;
	}
	buffer_finish(&received);
	return code;
}

/* With the request sent; a descriptor or a negative errno value. */
static int send_request(const union socket_address *address, struct slice request)
{
	struct timeval patience = {.tv_sec = SECONDS_TO_WAIT};
	struct error error;
	int descriptor = socket_connect(address, &error);
	int code;

	if (descriptor < 0)
		return descriptor;
	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(descriptor, request.data, request.length, MSG_NOSIGNAL) >= 0)
		return descriptor;
	code = -errno;
	close(descriptor);
	return code;
}

int call_server(const union socket_address *address, struct slice request)
{
	int descriptor = send_request(address, request), status;

	if (descriptor < 0)
		return descriptor;
	status = receive_status(descriptor);
	close(descriptor);
	return status;
}

int call_fetch(const union socket_address *address, struct slice request, struct buffer *body)
{
	int descriptor = send_request(address, request), status;

	if (descriptor < 0)
		return descriptor;
	status = receive_response(descriptor, body);
	close(descriptor);
	return status;
}
