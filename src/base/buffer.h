/* Bytes that grow at the end.
 *
 * Appending does not return an error: a buffer that could not grow remembers it, ignores what
 * follows, and buffer_failed() tells once at the end. So building a message reads as the
 * message. */
#ifndef ALLIM_BASE_BUFFER_H
#define ALLIM_BASE_BUFFER_H

#include "base/slice.h"

struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	bool failed;
};

#define BUFFER_EMPTY ((struct buffer){NULL, 0, 0, false})

/* Frees the bytes and leaves an empty buffer that can be used again. */
void buffer_finish(struct buffer *buffer);

/* Forgets the bytes and a failure, keeps the memory. */
static inline void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

static inline bool buffer_failed(const struct buffer *buffer)
{
	return buffer->failed;
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
	return (struct slice){buffer->data == NULL ? "" : buffer->data, buffer->length};
}

/* Makes room for `extra` more bytes and returns where they go, or NULL (and the buffer has failed).
 * The caller adds what it wrote to `length`. */
char *buffer_reserve(struct buffer *buffer, size_t extra);

void buffer_append(struct buffer *buffer, struct slice slice);
void buffer_append_string(struct buffer *buffer, const char *string);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_integer(struct buffer *buffer, int64_t number);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops `count` bytes from the front; the rest moves down. */
void buffer_consume(struct buffer *buffer, size_t count);

#endif
