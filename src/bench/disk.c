/* The file starts again at its beginning after some megabytes, as a write-ahead log does:
 * overwriting what is allocated spares the file system's journal, and the database has that
 * advantage too. */
#include "bench/disk.h"

#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_BYTES = 4 * 1024 * 1024, PATH_BYTES = 4096 };

static int append_and_sync(int descriptor, const char *content, size_t bytes, off_t *at)
{
	if (pwrite(descriptor, content, bytes, *at) != (ssize_t)bytes || fdatasync(descriptor) < 0)
		return -errno;
	*at = *at + (off_t)bytes > FILE_BYTES ? 0 : *at + (off_t)bytes;
	return 0;
}

static int repeat(int descriptor, const char *content, size_t bytes, unsigned seconds,
		  struct histogram *durations)
{
	int64_t end = bench_now() + seconds * INT64_C(1000000000), before, now = 0;
	off_t at = 0;
	int code = 0;

	while (code == 0 && now < end) {
		before = bench_now();
		code = append_and_sync(descriptor, content, bytes, &at);
		now = bench_now();
		histogram_record(durations, now - before);
	}
	return code;
}

int disk_measure(const char *folder, size_t bytes, unsigned seconds,
		 struct histogram *ret_durations, struct error *error)
{
	char path[PATH_BYTES];
	char *content = calloc(1, bytes);
	int descriptor, code;

	histogram_clear(ret_durations);
	snprintf(path, sizeof(path), "%s/append", folder);
	descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (descriptor < 0 || content == NULL)
		code = descriptor < 0 ? -errno : -ENOMEM;
	else
		code = repeat(descriptor, content, bytes, seconds, ret_durations);
	if (descriptor >= 0) {
		close(descriptor);
		unlink(path);
	}
	free(content);
	return code < 0 ? error_set(error, code, "cannot write %s: %s", path, strerror(-code)) : 0;
}
