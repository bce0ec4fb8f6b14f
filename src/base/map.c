/* Removal shifts the following items back instead of leaving a mark, so lookups never slow down
 * with age. Grows at 3/4. The hash is SipHash-2-4 (libsodium), keyed per map. */
#include "base/map.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

enum { SMALLEST_CAPACITY = 16 };

void map_init(struct map *map, bool (*matches)(const void *item, struct slice key))
{
	*map = (struct map){.matches = matches};
	randombytes_buf(map->secret, sizeof(map->secret));
}

void map_finish(struct map *map)
{
	free(map->items);
	free(map->hashes);
	map->items = NULL;
	map->hashes = NULL;
	map->capacity = 0;
	map->count = 0;
}

static uint32_t hash_of(const struct map *map, struct slice key)
{
	unsigned char digest[crypto_shorthash_BYTES];
	uint32_t hash;

	crypto_shorthash(digest, (const unsigned char *)key.data, key.length, map->secret);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

/* The slot of the key, or the empty one where it would go. */
static size_t slot_of(const struct map *map, struct slice key, uint32_t hash)
{
	size_t mask = map->capacity - 1;
	size_t slot = hash & mask;

	while (map->items[slot] != NULL &&
	       (map->hashes[slot] != hash || !map->matches(map->items[slot], key)))
		slot = (slot + 1) & mask;
	return slot;
}

void *map_find(const struct map *map, struct slice key)
{
	return map->count == 0 ? NULL : map->items[slot_of(map, key, hash_of(map, key))];
}

static int grow(struct map *map)
{
	size_t capacity = map->capacity == 0 ? SMALLEST_CAPACITY : map->capacity * 2;
	void **items = calloc(capacity, sizeof(*items));
	uint32_t *hashes = calloc(capacity, sizeof(*hashes));

	if (items == NULL || hashes == NULL) {
		free(items);
		free(hashes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < map->capacity; i++) {
		size_t slot = map->hashes[i] & (capacity - 1);

		if (map->items[i] == NULL)
			continue;
		while (items[slot] != NULL)
			slot = (slot + 1) & (capacity - 1);
		items[slot] = map->items[i];
		hashes[slot] = map->hashes[i];
	}
	free(map->items);
	free(map->hashes);
	map->items = items;
	map->hashes = hashes;
	map->capacity = capacity;
	return 0;
}

int map_insert(struct map *map, struct slice key, void *item)
{
	uint32_t hash = hash_of(map, key);
	size_t slot;

	if ((map->count + 1) * 4 > map->capacity * 3 && grow(map) < 0)
		return -ENOMEM;
	slot = slot_of(map, key, hash);
	assert(map->items[slot] == NULL);
	map->items[slot] = item;
	map->hashes[slot] = hash;
	map->count++;
	return 0;
}

/* Closes the hole: each item that a probe would no longer reach moves into it. */
static void shift_back(struct map *map, size_t hole)
{
	size_t mask = map->capacity - 1;
	size_t slot = hole;

	for (;;) {
		slot = (slot + 1) & mask;
		if (map->items[slot] == NULL)
			break;
		if (((slot - map->hashes[slot]) & mask) >= ((slot - hole) & mask)) {
			map->items[hole] = map->items[slot];
			map->hashes[hole] = map->hashes[slot];
			hole = slot;
		}
	}
	map->items[hole] = NULL;
}

void *map_remove(struct map *map, struct slice key)
{
	size_t slot;
	void *item;

	if (map->count == 0)
		return NULL;
	slot = slot_of(map, key, hash_of(map, key));
	item = map->items[slot];
	if (item == NULL)
		return NULL;
	shift_back(map, slot);
	map->count--;
	return item;
}

void *map_next(const struct map *map, size_t *position)
{
	while (*position < map->capacity) {
		void *item = map->items[(*position)++];

		if (item != NULL)
			return item;
	}
	return NULL;
}
