/* How many topics, of each how many members, of each how many bytes and then these: numbers are
 * decimal and end with a colon. So a name may have any bytes.
 *
 *	1:2:4:anna6:minjun */
#include "store/store_members.h"

#include "base/buffer.h"

#include <errno.h>

static void append_number(struct buffer *out, size_t number)
{
	buffer_append_integer(out, (int64_t)number);
	buffer_append_byte(out, ':');
}

static void append_item(struct buffer *out, const struct store_item *item)
{
	append_number(out, item->user_count);
	for (size_t i = 0; i < item->user_count; i++) {
		append_number(out, item->users[i].length);
		buffer_append(out, item->users[i]);
	}
}

static size_t count_topics(const struct store_publish *publish)
{
	size_t count = 0;

	for (size_t i = 0; i < publish->item_count; i++)
		count += !slice_is_empty(publish->items[i].topic);
	return count;
}

int store_members_pack(struct store_publish *publish, struct slice *ret_bytes)
{
	size_t count = count_topics(publish);
	struct buffer bytes = BUFFER_EMPTY;
	int result;

	*ret_bytes = SLICE("");
	if (count == 0)
		return 0;
	append_number(&bytes, count);
	for (size_t i = 0; i < publish->item_count; i++) {
		if (!slice_is_empty(publish->items[i].topic))
			append_item(&bytes, &publish->items[i]);
	}
	result = buffer_failed(&bytes)
		     ? -ENOMEM
		     : arena_copy(&publish->request.arena, buffer_slice(&bytes), ret_bytes);
	buffer_finish(&bytes);
	return result;
}

/* A number that at most as many things can have as there are bytes left, since each takes one. */
static int take_number(struct slice *rest, size_t *ret_number)
{
	uint64_t number;

	if (slice_to_unsigned(slice_split(rest, ':'), &number) < 0 || number > rest->length)
		return -EIO;
	*ret_number = (size_t)number;
	return 0;
}

static int take_name(struct slice *rest, struct slice *ret_name)
{
	size_t length;

	if (take_number(rest, &length) < 0)
		return -EIO;
	*ret_name = slice_from_bytes(rest->data, length);
	*rest = slice_from_bytes(rest->data + length, rest->length - length);
	return 0;
}

static int take_members(struct slice *rest, struct arena *arena, struct store_members *ret_members)
{
	struct slice *users;
	size_t count;
	int result = take_number(rest, &count);

	if (result < 0)
		return result;
	users = arena_allocate_array(arena, count + 1, sizeof(*users));
	if (users == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count && result == 0; i++)
		result = take_name(rest, &users[i]);
	*ret_members = (struct store_members){users, count};
	return result;
}

int store_members_unpack(struct store_publish *publish, struct slice bytes)
{
	struct arena *arena = &publish->request.arena;
	struct store_members *topics;
	struct slice rest;
	size_t count;
	int result;

	if (slice_is_empty(bytes))
		return 0;
	if (arena_copy(arena, bytes, &rest) < 0)
		return -ENOMEM;
	result = take_number(&rest, &count);
	if (result < 0)
		return result;
	topics = arena_allocate_array(arena, count + 1, sizeof(*topics));
	if (topics == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count && result == 0; i++)
		result = take_members(&rest, arena, &topics[i]);
	if (result == 0 && rest.length > 0)
		result = -EIO;
	if (result < 0)
		return result;
	publish->replay.topics = topics;
	publish->replay.topic_count = count;
	return 0;
}
