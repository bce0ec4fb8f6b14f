/* The Redis Cluster specification, "Key distribution model" and "Hash tags": CRC16 of the variant
 * XMODEM (polynomial 0x1021, initially 0), modulo 16384. An answer may be anything, so the shape of
 * each entry is looked at before it is used. */
#include "feed/redis_slots.h"

enum { POLYNOMIAL = 0x1021 };

static unsigned crc16(struct slice bytes)
{
	unsigned crc = 0;

	for (size_t i = 0; i < bytes.length; i++) {
		crc ^= (unsigned)(unsigned char)bytes.data[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000) != 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
		crc &= 0xFFFF;
	}
	return crc;
}

unsigned redis_slot_of(struct slice key)
{
	struct slice rest = key;
	struct slice tag = SLICE("");

	slice_split(&rest, '{');
	if (memchr(rest.data, '}', rest.length) != NULL)
		tag = slice_split(&rest, '}');
	return crc16(tag.length > 0 ? tag : key) % REDIS_SLOTS;
}

static bool is_integer(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_INTEGER;
}

static bool is_array(const redisReply *reply, size_t least)
{
	return reply->type == REDIS_REPLY_ARRAY && reply->elements >= least;
}

/* [first slot, last slot, [host, port, ...] of the master, replicas...] */
static bool covers(const redisReply *entry, unsigned slot)
{
	return is_array(entry, 3) && is_integer(entry->element[0]) &&
	       is_integer(entry->element[1]) && entry->element[0]->integer <= slot &&
	       entry->element[1]->integer >= slot && is_array(entry->element[2], 2) &&
	       is_integer(entry->element[2]->element[1]);
}

/* A server that does not know its own address leaves it out. */
static bool read_master(const redisReply *master, const struct server_endpoint *asked,
			struct server_endpoint *ret_master)
{
	const redisReply *host = master->element[0];
	struct slice text = slice_from_string(asked->host);

	if (host->type == REDIS_REPLY_STRING && host->len > 0)
		text = slice_from_bytes(host->str, host->len);
	return server_endpoint_set(ret_master, text, master->element[1]->integer) == 0;
}

bool redis_slots_find(const redisReply *slots, unsigned slot, const struct server_endpoint *asked,
		      struct server_endpoint *ret_master)
{
	if (slots->type != REDIS_REPLY_ARRAY)
		return false;
	for (size_t i = 0; i < slots->elements; i++) {
		if (covers(slots->element[i], slot))
			return read_master(slots->element[i]->element[2], asked, ret_master);
	}
	return false;
}
