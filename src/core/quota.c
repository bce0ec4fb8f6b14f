/* A counter that is spent carries its minute in the upper half and starts again from 0 when a later
 * minute comes, so nobody has to reset anything. A thread whose clock is a moment behind spends
 * from the minute that has begun, or the two would reset each other. */
#include "core/quota.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

struct quota *quota_create(void)
{
	struct quota *quota = calloc(1, sizeof(*quota));

	if (quota != NULL)
		randombytes_buf(quota->secret, sizeof(quota->secret));
	return quota;
}

void quota_destroy(struct quota *quota)
{
	free(quota);
}

static int counter_of(const struct quota *quota, struct slice name)
{
	unsigned char digest[crypto_shorthash_BYTES];
	uint16_t index;

	crypto_shorthash(digest, (const unsigned char *)name.data, name.length, quota->secret);
	memcpy(&index, digest, sizeof(index));
	return index;
}

int quota_hold(struct quota *quota, struct slice name, uint64_t limit)
{
	int counter = counter_of(quota, name);
	_Atomic uint64_t *held = &quota->counters[counter];
	uint64_t before = atomic_load_explicit(held, memory_order_relaxed);

	do {
		if (limit > 0 && before >= limit)
			return -EAGAIN;
	} while (!atomic_compare_exchange_weak_explicit(
	    held, &before, before + 1, memory_order_relaxed, memory_order_relaxed));
	return counter;
}

void quota_release(struct quota *quota, int counter)
{
	uint64_t held =
	    atomic_fetch_sub_explicit(&quota->counters[counter], 1, memory_order_relaxed);

	assert(held > 0);
}

bool quota_spend(struct quota *quota, struct slice name, uint32_t minute, uint32_t amount,
		 uint64_t limit)
{
	_Atomic uint64_t *counter = &quota->counters[counter_of(quota, name)];
	uint64_t before, after;

	if (limit == 0)
		return true;
	before = atomic_load_explicit(counter, memory_order_relaxed);
	do {
		uint32_t latest = (uint32_t)(before >> 32);
		uint64_t spent = latest >= minute ? before & UINT32_MAX : 0;

		if (spent + amount > limit || spent + amount > UINT32_MAX)
			return false;
		after = (uint64_t)(latest > minute ? latest : minute) << 32 | (spent + amount);
	} while (!atomic_compare_exchange_weak_explicit(
	    counter, &before, after, memory_order_relaxed, memory_order_relaxed));
	return true;
}
