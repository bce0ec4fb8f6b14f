/* A rename replaces a file at one moment; it is durable only once the folder is synced, and worth
 * something after a power loss only if the file was synced before. */
#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sqlite_file_put_in_place(const char *from, const char *to, struct error *error)
{
	char folder[PATH_MAX];
	char *slash;
	int file, result = 0;

	snprintf(folder, sizeof(folder), "%s", to);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
	if (rename(from, to) < 0)
		return error_set(error, -errno, "%s cannot be created: %s", to, strerror(errno));
	file = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file < 0 || fsync(file) < 0)
		result =
		    error_set(error, -errno, "%s cannot be synced: %s", folder, strerror(errno));
	if (file >= 0)
		close(file);
	return result;
}

static int write_aside(const char *path, const char *text, size_t length)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t written;
	int result = 0;

	if (file < 0)
		return -errno;
	written = write(file, text, length);
	if (written < 0 || fsync(file) < 0)
		result = -errno;
	else if ((size_t)written < length)
		result = -ENOSPC;
	close(file);
	return result;
}

int sqlite_file_replace(const char *path, const char *text, size_t length, struct error *error)
{
	char aside[PATH_MAX + 8];
	int result;

	snprintf(aside, sizeof(aside), "%s.new", path);
	result = write_aside(aside, text, length);
	if (result < 0)
		error_set(error, result, "%s cannot be written: %s", path, strerror(-result));
	else
		result = sqlite_file_put_in_place(aside, path, error);
	if (result < 0)
		unlink(aside);
	return result;
}
