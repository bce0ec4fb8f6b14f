/* Finds structures by a key that they contain: open addressing, linear probing, no tombstones.
 *
 * The map keeps a pointer and 32 bits of hash per slot and never looks into what it points to,
 * except through `matches`. Keys are hashed with a secret of the map's own, because clients choose
 * them. Not for use by two threads at once. */
#ifndef ALLIM_BASE_MAP_H
#define ALLIM_BASE_MAP_H

#include "base/slice.h"

struct map {
	void **items;
	uint32_t *hashes;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
	bool (*matches)(const void *item, struct slice key);
	unsigned char secret[16];
};

/* `matches` tells whether an item has a key. */
void map_init(struct map *map, bool (*matches)(const void *item, struct slice key));

/* Frees the slots, not the items. */
void map_finish(struct map *map);

/* The item with that key, or NULL. */
void *map_find(const struct map *map, struct slice key);

/* Adds an item whose key is not in the map yet. Returns 0 or -ENOMEM. */
int map_insert(struct map *map, struct slice key, void *item);

/* Takes out the item with that key and returns it, or NULL. */
void *map_remove(struct map *map, struct slice key);

/* Visits all: for (size_t i = 0; (item = map_next(map, &i)) != NULL;). No insert or remove
 * meanwhile. */
void *map_next(const struct map *map, size_t *position);

#endif
