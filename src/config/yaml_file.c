/* Beyond the limit of yaml_reader.h nothing is read. */
#include "config/yaml_file.h"

#include "yaml/yaml_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One byte more than is allowed is enough to know. */
static int read_all(int descriptor, struct buffer *buffer)
{
	ssize_t count = 1;

	while (count > 0 && buffer->length <= YAML_READER_LIMIT) {
		char *end = buffer_reserve(buffer, YAML_READER_LIMIT + 1 - buffer->length);

		if (end == NULL)
			return -ENOMEM;
		do
			count = read(descriptor, end, YAML_READER_LIMIT + 1 - buffer->length);
		while (count < 0 && errno == EINTR);
		if (count < 0)
			return -errno;
		buffer->length += (size_t)count;
	}
	return 0;
}

/* A pipe would hold the start, and a reload, for as long as nobody writes to it. */
static int open_and_read(const char *file, struct buffer *buffer)
{
	int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	int result;

	if (descriptor < 0)
		return -errno;
	if (fstat(descriptor, &status) < 0)
		result = -errno;
	else if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))
		result = -ESPIPE;
	else
		result = read_all(descriptor, buffer);
	close(descriptor);
	return result;
}

int yaml_file_read(const char *file, struct buffer *content, struct error *error)
{
	struct yaml_place place = {slice_from_string(file), 0, 0};
	int result = open_and_read(file, content);

	if (result == -ENOMEM)
		return yaml_problem_memory(error);
	if (result == 0 && content->length > YAML_READER_LIMIT)
		return yaml_problem(error, place, "larger than 1 MiB; is it the right file?");
	if (result < 0)
		yaml_problem(error, place, "cannot be read: %s",
			     result == -ESPIPE ? "it is a pipe; name a file" : strerror(-result));
	return result;
}
