/* The descriptor is asked for its mode, not the path, which could be another file by then. */
#include "cli/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *path, int code, const char *reason, struct error *error)
{
	return error_set(error, code, "the file %.200s %s", path, reason);
}

static int check(const char *path, int descriptor, struct error *error)
{
	struct stat status;

	if (fstat(descriptor, &status) < 0)
		return error_set(error, -errno, "cannot read %.200s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(path, -EINVAL, "is no regular file", error);
	/* Root's are accepted: service managers hand credentials over that way. */
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return refuse(path, -EACCES, "belongs to another user; chown it to yourself",
			      error);
	if ((status.st_mode & 077) != 0)
		return error_set(error, -EACCES,
				 "the file %.200s can be read by others; run: chmod 600 %.200s",
				 path, path);
	if (status.st_size > SECRET_FILE_BYTES)
		return refuse(path, -EFBIG, "is too long for a key or a token", error);
	return 0;
}

static int read_line(const char *path, int descriptor, struct buffer *buffer, struct error *error)
{
	char bytes[SECRET_FILE_BYTES];
	size_t length = 0;
	ssize_t count;
	struct slice rest, line;

	do {
		count = read(descriptor, bytes + length, sizeof(bytes) - length);
		length += count > 0 ? (size_t)count : 0;
	} while (count > 0 || (count < 0 && errno == EINTR));
	if (count < 0)
		return error_set(error, -errno, "cannot read %.200s: %s", path, strerror(errno));
	rest = slice_from_bytes(bytes, length);
	line = slice_split(&rest, '\n');
	if (line.length > 0 && line.data[line.length - 1] == '\r')
		line.length--;
	buffer_append(buffer, line);
	explicit_bzero(bytes, length);
	if (line.length == 0)
		return refuse(path, -EINVAL, "is empty", error);
	if (rest.length > 0)
		return refuse(path, -EINVAL, "has more than one line", error);
	return buffer_failed(buffer) ? error_set(error, -ENOMEM, "out of memory") : 0;
}

int secret_file_read(const char *path, struct buffer *buffer, struct error *error)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result;

	if (descriptor < 0)
		return error_set(error, -errno, "cannot read %.200s: %s", path, strerror(errno));
	result = check(path, descriptor, error);
	if (result == 0)
		result = read_line(path, descriptor, buffer, error);
	close(descriptor);
	return result;
}
