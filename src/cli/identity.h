/* The key that signs users' tokens, as a node with the same settings has it. */
#ifndef ALLIM_CLI_IDENTITY_H
#define ALLIM_CLI_IDENTITY_H

#include "config/settings.h"
#include "protocol/jwt.h"

/* What flags said; NULL leaves it to the settings. */
struct identity_options {
	const char *config;
	const char *secret_file;
	const char *issuer;
	const char *audience;
	const char *key_id;
};

struct identity {
	struct settings settings;
	struct jwt_key *key;
};

/* Reads the settings and prepares the key. Returns 0, or a negative errno value with a sentence;
 * the identity needs no identity_finish() then. */
int identity_init(struct identity *identity, const struct identity_options *options,
		  struct error *error);

void identity_finish(struct identity *identity);

/* Appends a token for the user. `lifetime` is in milliseconds, `now` in seconds since 1970. Returns
 * 0, or a negative errno value with a sentence. */
int identity_make_token(const struct identity *identity, struct slice user, bool may_publish,
			int64_t lifetime, int64_t now, struct buffer *buffer, struct error *error);

/* Reads a token's claims into the arena. Returns 0, -ENOMEM, or -EACCES with a sentence that says
 * why it is not valid: this is for whoever has the key, so nothing is given away. */
int identity_check_token(const struct identity *identity, struct slice token, int64_t now,
			 struct arena *arena, struct jwt_claims *ret_claims, struct error *error);

#endif
