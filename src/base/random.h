/* Random numbers for spreading and sampling, repeatable from a seed (xoshiro256**).
 *
 * Not for secrets: tokens, tickets and keys take their bytes from libsodium. */
#ifndef ALLIM_BASE_RANDOM_H
#define ALLIM_BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state[4];
};

/* The same seed gives the same numbers, on every machine. */
void random_init(struct random *random, uint64_t seed);

/* A seed from the operating system. */
uint64_t random_system_seed(void);

uint64_t random_next(struct random *random);

/* A number from 0 to limit - 1; `limit` is at least 1. */
uint64_t random_below(struct random *random, uint64_t limit);

#endif
