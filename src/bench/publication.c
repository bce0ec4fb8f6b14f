/* Publishing must cost the client little, so a request is never composed again: its places are
 * remembered and overwritten. */
#include "bench/publication.h"

#include "bench/users.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { NUMBER_DIGITS = 10 };

struct publication_item {
	size_t user_at; /* 0: nowhere */
	size_t number_at;
};

static void append_head(struct buffer *buffer, const char *path, size_t length)
{
	buffer_append_format(buffer,
			     "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			     "Authorization: Bearer " USERS_API_KEY "\r\n"
			     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
			     path, length);
}

/* Finds the places of the item's digits behind `from`, and returns where to look for the next. */
static size_t find_places(const struct publication *publication, struct publication_item *item,
			  size_t from)
{
	const char *data = publication->bytes.data;
	size_t length = publication->bytes.length;
	const char *user = memmem(data + from, length - from, "\"user-", 6);
	const char *number = memmem(data + from, length - from, "\"title\":\"n", 10);

	item->user_at = user == NULL ? 0 : (size_t)(user - data) + 6;
	item->number_at = number == NULL ? 0 : (size_t)(number - data) + 10;
	return item->number_at;
}

/* Puts head and body together and takes the body's memory. */
static int compose(struct publication *publication, const char *path, struct buffer *body,
		   unsigned items)
{
	size_t from = 0;

	assert(items > 0);
	append_head(&publication->bytes, path, body->length);
	buffer_append(&publication->bytes, buffer_slice(body));
	publication->items = calloc(items, sizeof(*publication->items));
	publication->count = items;
	if (buffer_failed(body) || buffer_failed(&publication->bytes) ||
	    publication->items == NULL) {
		buffer_finish(body);
		return -ENOMEM;
	}
	buffer_finish(body);
	for (unsigned i = 0; i < items; i++)
		from = find_places(publication, &publication->items[i], from);
	return 0;
}

int publication_init_users(struct publication *publication, unsigned items)
{
	struct buffer body = BUFFER_EMPTY;

	*publication = (struct publication){0};
	for (unsigned i = 0; i < items; i++) {
		if (items > 1)
			buffer_append_byte(&body, i == 0 ? '[' : ',');
		buffer_append_format(&body, PUBLICATION_TO_USER, USERS_DIGITS, 0, 0);
	}
	if (items > 1)
		buffer_append_byte(&body, ']');
	return compose(publication, "/v1/notifications", &body, items);
}

int publication_init_everyone(struct publication *publication)
{
	struct buffer body = BUFFER_EMPTY;

	*publication = (struct publication){0};
	buffer_append_format(&body, PUBLICATION_TO_EVERYONE, 0);
	return compose(publication, "/v1/notifications", &body, 1);
}

int publication_init_bare(struct publication *publication, const char *path, struct slice event)
{
	struct buffer body = BUFFER_EMPTY;
	const char *end;
	int error;

	*publication = (struct publication){0};
	buffer_append(&body, event);
	error = compose(publication, path, &body, 1);
	if (error < 0)
		return error;
	end = memmem(publication->bytes.data, publication->bytes.length, "000000 HTTP/1.1", 15);
	publication->items[0].user_at = end == NULL ? 0 : (size_t)(end - publication->bytes.data);
	return 0;
}

void publication_finish(struct publication *publication)
{
	buffer_finish(&publication->bytes);
	free(publication->items);
	*publication = (struct publication){0};
}

static void write_digits(char *digits, unsigned count, uint64_t number)
{
	while (count-- > 0) {
		digits[count] = (char)('0' + number % 10);
		number /= 10;
	}
}

void publication_set(struct publication *publication, unsigned item, unsigned user, uint64_t number)
{
	const struct publication_item *place = &publication->items[item];

	if (place->user_at > 0)
		write_digits(publication->bytes.data + place->user_at, USERS_DIGITS, user);
	if (place->number_at > 0)
		write_digits(publication->bytes.data + place->number_at, NUMBER_DIGITS, number);
}
