/* Who asks. Publishers have API keys; users have tokens, in the Authorization header or a cookie,
 * or a single-use ticket in the address of a stream, because EventSource cannot send headers. */
#ifndef ALLIM_SERVER_AUTHENTICATION_H
#define ALLIM_SERVER_AUTHENTICATION_H

#include "base/arena.h"
#include "config/settings.h"
#include "protocol/http_request.h"
#include "protocol/jwt.h"

struct node;

enum identity_kind { IDENTITY_NOBODY, IDENTITY_PUBLISHER, IDENTITY_USER };

struct identity {
	enum identity_kind kind;
	struct slice name;
	int64_t expires_at; /* when a user's token is no longer taken, in seconds since 1970 */
	bool by_cookie;
	bool may_publish; /* a user's token says so */
};

enum { AUTHENTICATION_TICKET_BYTES = 16 }; /* of a ticket's id */

/* One worker's keys, prepared. */
struct authenticator {
	const struct settings *settings;
	struct jwt_key *user_key; /* NULL where the settings name none: no user can be told */
	struct jwt_key *ticket_key;
	bool demo;
};

/* The settings stay the caller's and outlive the authenticator. Returns 0 or a negative errno value
 * with a sentence. */
int authenticator_init(struct authenticator *authenticator, const struct settings *settings,
		       const struct node *node, struct error *error);
void authenticator_finish(struct authenticator *authenticator);

/* The publisher of a request. The name is in the arena, because a reload may free the settings
 * while the request is under way. Returns 0, -EACCES or -ENOMEM. */
int authenticate_publisher(struct authenticator *authenticator, const struct http_request *request,
			   struct arena *arena, struct identity *ret_identity);

/* The user of a request, at the time `now` in seconds since 1970. The texts are in the arena.
 * Returns 0, -EACCES, -EPERM where a cookie comes from a page of an origin that is not allowed, or
 * -ENOMEM. */
int authenticate_user(struct authenticator *authenticator, const struct http_request *request,
		      int64_t now, struct arena *arena, struct identity *ret_identity);

/* A ticket's user; whether it was used before is for the store to say, by `ret_id`. Returns 0,
 * -EACCES or -ENOMEM. */
int authenticate_ticket(struct authenticator *authenticator, struct slice ticket, int64_t now,
			struct arena *arena, struct identity *ret_identity,
			unsigned char ret_id[static AUTHENTICATION_TICKET_BYTES]);

/* Appends a new ticket for a user. Returns 0 or a negative errno value. */
int authentication_make_ticket(struct authenticator *authenticator, const struct identity *user,
			       int64_t now, struct buffer *out);

/* Appends a token for a demo user. Returns 0 or a negative errno value. */
int authentication_make_token(struct authenticator *authenticator, struct slice user, int64_t now,
			      int64_t lifetime, struct buffer *out);

/* True where the origin is that of the request's own host. */
bool authentication_origin_is_own(const struct http_request *request, struct slice origin);

/* True where the origin is that of the request's own host or in http.allowed_origins. */
bool authentication_origin_allowed(const struct settings *settings,
				   const struct http_request *request, struct slice origin);

#endif
