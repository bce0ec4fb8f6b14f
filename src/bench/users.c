/* Tokens are made when they are needed, which takes microseconds, so that none are kept. */
#include "bench/users.h"

#include "base/clock.h"
#include "protocol/jwt.h"

#include <stdio.h>

enum { LIFETIME = 86400 };

int users_init(struct users *users, struct error *error)
{
	users->expires_at = clock_wall() / 1000000 + LIFETIME;
	return jwt_key_create(SLICE("HS256"), SLICE(""), SLICE(USERS_SECRET), &users->key, error);
}

void users_finish(struct users *users)
{
	jwt_key_destroy(users->key);
}

void users_append_token(const struct users *users, unsigned number, struct buffer *buffer)
{
	char name[sizeof("user-") + 10];
	struct jwt_claims claims = {.expires_at = users->expires_at};

	snprintf(name, sizeof(name), "user-%0*u", USERS_DIGITS, number);
	claims.subject = slice_from_string(name);
	if (jwt_make(users->key, &claims, buffer) < 0)
		buffer->failed = true;
}
