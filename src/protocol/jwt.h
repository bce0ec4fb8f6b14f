/* User tokens: JSON Web Tokens (RFC 7519) in compact serialization (RFC 7515), checked as RFC 8725
 * advises.
 *
 * Which algorithm a key is for is said by the settings and never by a token. Every failure of a
 * check is the same -EACCES, so that nobody can probe which check it was. */
#ifndef ALLIM_PROTOCOL_JWT_H
#define ALLIM_PROTOCOL_JWT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum {
	JWT_TOKEN_BYTES = 4096, /* longer tokens are refused unseen */
	JWT_SUBJECT_BYTES = 255,
	JWT_SECRET_BYTES = 32, /* the least for HS256 (RFC 7518, 3.2) */
};

struct jwt_key;

/* A key with its algorithm ("HS256") prepared for use. `id` is compared exactly with a token's
 * "kid"; an empty one is for tokens without. The bytes of the secret are copied. The key is used by
 * one thread at a time: each worker has its own. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
int jwt_key_create(struct slice algorithm, struct slice id, struct slice secret,
		   struct jwt_key **ret_key, struct error *error);

/* Forgets the secret. NULL is allowed. */
void jwt_key_destroy(struct jwt_key *key);

/* What a token must say beside being signed; an empty text is not checked. */
struct jwt_rules {
	struct slice issuer;
	struct slice audience;
	int64_t leeway; /* seconds that clocks may differ */
};

struct jwt_claims {
	struct slice subject;  /* 1 to 255 bytes of UTF-8 without control characters */
	struct slice issuer;   /* "iss", or empty */
	struct slice audience; /* for jwt_make(); a verified token's is not kept */
	struct slice id;       /* "jti", or empty */
	int64_t expires_at;    /* seconds since 1970 */
	int64_t not_before;    /* 0: not said */
	int64_t issued_at;     /* 0: not said */
	bool may_publish;      /* a claim of our own: "may_publish", true or absent */
};

/* Checks signature, "typ", "crit", "exp", "nbf", "iss", "aud" and "sub" at the time `now`, in
 * seconds since 1970. The claims' texts are copied into the arena. Returns 0, -EACCES or -ENOMEM.
 */
int jwt_verify(struct slice token, struct jwt_key *const *keys, size_t key_count,
	       const struct jwt_rules *rules, int64_t now, struct arena *arena,
	       struct jwt_claims *ret_claims);

/* Appends a signed token with these claims. Returns 0, -ENOMEM, or -EINVAL where the subject or the
 * expiry would not verify. */
int jwt_make(struct jwt_key *key, const struct jwt_claims *claims, struct buffer *buffer);

#endif
