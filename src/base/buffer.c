/* Grows by doubling, so that n appended bytes cost O(n) in all. */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALLEST_CAPACITY = 256 };

void buffer_finish(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = BUFFER_EMPTY;
}

char *buffer_reserve(struct buffer *buffer, size_t extra)
{
	size_t capacity =
	    buffer->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : buffer->capacity;
	size_t wanted;
	char *data;

	if (buffer->failed)
		return NULL;
	if (__builtin_add_overflow(buffer->length, extra, &wanted)) {
		buffer->failed = true;
		return NULL;
	}
	if (wanted <= buffer->capacity)
		return buffer->data + buffer->length;
	while (capacity < wanted && capacity <= SIZE_MAX / 2)
		capacity *= 2;
	data = realloc(buffer->data, capacity < wanted ? wanted : capacity);
	if (data == NULL) {
		buffer->failed = true;
		return NULL;
	}
	buffer->data = data;
	buffer->capacity = capacity < wanted ? wanted : capacity;
	return data + buffer->length;
}

void buffer_append(struct buffer *buffer, struct slice slice)
{
	char *end;

	if (slice.length == 0)
		return;
	end = buffer_reserve(buffer, slice.length);
	if (end == NULL)
		return;
	memcpy(end, slice.data, slice.length);
	buffer->length += slice.length;
}

void buffer_append_string(struct buffer *buffer, const char *string)
{
	buffer_append(buffer, slice_from_string(string));
}

void buffer_append_byte(struct buffer *buffer, char byte)
{
	buffer_append(buffer, slice_from_bytes(&byte, 1));
}

void buffer_append_integer(struct buffer *buffer, int64_t number)
{
	char digits[24];
	char *start = digits + sizeof(digits);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		*--start = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		*--start = '-';
	buffer_append(buffer, slice_from_bytes(start, (size_t)(digits + sizeof(digits) - start)));
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	int length;
	char *end;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	end = length < 0 ? NULL : buffer_reserve(buffer, (size_t)length + 1);
	if (end != NULL) {
		vsnprintf(end, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	} else {
		buffer->failed = true;
	}
	va_end(again);
	va_end(arguments);
}

void buffer_consume(struct buffer *buffer, size_t count)
{
	assert(count <= buffer->length);
	buffer->length -= count;
	if (buffer->length > 0)
		memmove(buffer->data, buffer->data + count, buffer->length);
}
