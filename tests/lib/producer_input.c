/* Lines are found in a buffer that a read fills when none is left in it. */
#include "lib/producer_input.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void producer_give_up(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void producer_acknowledge(unsigned long number)
{
	printf("acknowledged %lu\n", number);
	fflush(stdout);
}

static void fill(struct producer_input *input, int other, int milliseconds)
{
	struct pollfd descriptors[] = {
	    {.fd = input->has_ended ? -1 : STDIN_FILENO, .events = POLLIN},
	    {.fd = other, .events = POLLIN},
	};
	ssize_t bytes;

	if (input->length == sizeof(input->bytes))
		producer_give_up("a line has more than %d bytes", PRODUCER_INPUT_BYTES);
	if (poll(descriptors, 2, milliseconds) <= 0 || descriptors[0].revents == 0)
		return;
	bytes =
	    read(STDIN_FILENO, input->bytes + input->length, sizeof(input->bytes) - input->length);
	if (bytes < 0 && errno != EINTR)
		producer_give_up("standard input: %s", strerror(errno));
	input->has_ended = bytes == 0;
	input->length += bytes > 0 ? (size_t)bytes : 0;
}

static void read_message(char *line, struct producer_message *ret_message)
{
	char *rest = NULL;
	const char *number = strtok_r(line, " ", &rest);
	const char *key = strtok_r(NULL, " ", &rest);
	const char *id = strtok_r(NULL, " ", &rest);

	if (id == NULL)
		producer_give_up("not understood; see the head of producer_input.h");
	*ret_message = (struct producer_message){
	    .number = strtoul(number, NULL, 10),
	    .key = key,
	    .id = strcmp(id, "-") == 0 ? NULL : id,
	    .body = rest,
	};
}

bool producer_input_next(struct producer_input *input, int other, int milliseconds,
			 struct producer_message *ret_message)
{
	char *end;

	input->length -= input->taken;
	memmove(input->bytes, input->bytes + input->taken, input->length);
	input->taken = 0;
	end = memchr(input->bytes, '\n', input->length);
	if (end == NULL) {
		fill(input, other, milliseconds);
		end = memchr(input->bytes, '\n', input->length);
	}
	if (end == NULL)
		return false;
	*end = '\0';
	input->taken = (size_t)(end - input->bytes) + 1;
	read_message(input->bytes, ret_message);
	return true;
}
