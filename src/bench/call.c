/* Only the status is of interest, so a response may close its connection instead of telling its
 * length. */
#include "bench/call.h"

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

int call_server(const union socket_address *address, struct slice request)
{
	struct timeval patience = {.tv_sec = SECONDS_TO_WAIT};
	struct error error;
	int descriptor = socket_connect(address, &error);
	int status;

	if (descriptor < 0)
		return descriptor;
	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(descriptor, request.data, request.length, MSG_NOSIGNAL) < 0)
		status = -errno;
	else
		status = receive_status(descriptor);
	close(descriptor);
	return status;
}
