#include "cli/output_file.h"

#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0666 /* before the umask */ };

static int write_all(int descriptor, struct slice bytes)
{
	while (bytes.length > 0) {
		ssize_t count = write(descriptor, bytes.data, bytes.length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		bytes = slice_from_bytes(bytes.data + count, bytes.length - (size_t)count);
	}
	return fsync(descriptor) < 0 && errno != EINVAL ? -errno : 0;
}

/* A file that is written to as it is, such as a pipe or /dev/stdout, has nothing to keep. */
static bool is_other(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int put(const char *aside, const char *path, int flags, struct slice bytes)
{
	int descriptor = open(aside, O_WRONLY | O_CLOEXEC | O_CREAT | flags, MODE);
	int result = descriptor < 0 ? -errno : write_all(descriptor, bytes);

	if (descriptor >= 0)
		close(descriptor);
	if (result == 0 && aside != path && rename(aside, path) < 0)
		result = -errno;
	if (result < 0 && descriptor >= 0 && aside != path)
		unlink(aside);
	return result;
}

static int write_aside(const char *path, struct slice bytes)
{
	struct buffer aside = BUFFER_EMPTY;
	int result;

	buffer_append_format(&aside, "%s.%ld.new", path, (long)getpid());
	buffer_append_byte(&aside, '\0');
	result = buffer_failed(&aside) ? -ENOMEM : put(aside.data, path, O_EXCL, bytes);
	buffer_finish(&aside);
	return result;
}

/* A link stays, and what it leads to is replaced. */
int output_file_write(const char *path, struct slice bytes, struct error *error)
{
	char *target = realpath(path, NULL);
	int result = is_other(path) ? put(path, path, 0, bytes)
				    : write_aside(target == NULL ? path : target, bytes);

	free(target);
	if (result < 0)
		error_set(error, result, "cannot write %.300s: %s", path, strerror(-result));
	return result;
}
