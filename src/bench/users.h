/* The users of a run, user-000001 and so on, and the tokens that they show. */
#ifndef ALLIM_BENCH_USERS_H
#define ALLIM_BENCH_USERS_H

#include "base/buffer.h"
#include "base/error.h"

enum { USERS_DIGITS = 6 };

/* What the servers are told through ALLIM_JWT_SECRET and ALLIM_API_KEY. Nothing else knows them,
 * and they listen on loopback for the length of a run. */
#define USERS_SECRET  "a secret of the benchmarks and of nothing else"
#define USERS_API_KEY "key-of-the-benchmarks"

struct jwt_key;

struct users {
	struct jwt_key *key;
	int64_t expires_at; /* seconds since 1970 */
};

/* Returns 0 or a negative errno value with a sentence. */
int users_init(struct users *users, struct error *error);
void users_finish(struct users *users);

/* Appends the user's token; a failure is the buffer's. */
void users_append_token(const struct users *users, unsigned number, struct buffer *buffer);

#endif
