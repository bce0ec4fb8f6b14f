/* Keys are compared as SHA-256 digests, all of them and in constant time; tokens are jwt.h's.
 * Tickets are tokens too, signed with a key that is derived from the users' key, so that every node
 * with the same key accepts them; that one is used once is seen to by the store. */
#include "server/authentication.h"

#include "core/hub.h"
#include "protocol/url.h"
#include "server/node.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>

enum { DIGEST_BYTES = crypto_hash_sha256_BYTES };

static_assert((int)INBOX_NAME_BYTES == JWT_SUBJECT_BYTES,
	      "whoever can be published to can log in, and the reverse");

static const struct slice ticket_audience = {"allim ticket", 12};

static int create_key(struct slice secret, struct slice id, struct jwt_key **ret_key,
		      struct error *error)
{
	return jwt_key_create(SLICE("HS256"), id, secret, ret_key, error);
}

/* One secret for one purpose: HMAC of the purpose under the users' key. */
static int create_ticket_key(struct slice secret, struct jwt_key **ret_key, struct error *error)
{
	unsigned char derived[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	int result;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.data, secret.length);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)ticket_audience.data,
				      ticket_audience.length);
	crypto_auth_hmacsha256_final(&state, derived);
	result = create_key(slice_from_bytes((const char *)derived, sizeof(derived)), SLICE(""),
			    ret_key, error);
	sodium_memzero(derived, sizeof(derived));
	return result;
}

int authenticator_init(struct authenticator *authenticator, const struct settings *settings,
		       const struct node *node, struct error *error)
{
	struct slice secret = settings->auth_jwt_secret;
	struct authenticator made = {.settings = settings, .demo = node->demo};
	int result;

	if (secret.length == 0 && node->demo)
		secret =
		    slice_from_bytes((const char *)node->demo_secret, sizeof(node->demo_secret));
	if (secret.length > 0) {
		result = create_key(secret, slice_from_string(settings->auth_jwt_key_id),
				    &made.user_key, error);
		if (result == 0)
			result = create_ticket_key(secret, &made.ticket_key, error);
		if (result < 0) {
			authenticator_finish(&made);
			return result;
		}
	}
	*authenticator = made;
	return 0;
}

void authenticator_finish(struct authenticator *authenticator)
{
	jwt_key_destroy(authenticator->user_key);
	jwt_key_destroy(authenticator->ticket_key);
	authenticator->user_key = NULL;
	authenticator->ticket_key = NULL;
}

/* The credentials of `Authorization: Bearer ...` (RFC 6750, 2.1), or nothing. */
static struct slice bearer_of(const struct http_request *request)
{
	const struct slice *header = http_request_header(request, SLICE("authorization"));
	struct slice rest;

	if (header == NULL)
		return (struct slice){"", 0};
	rest = *header;
	if (!slice_equals_ignoring_case(slice_split(&rest, ' '), SLICE("bearer")))
		return (struct slice){"", 0};
	return slice_trim(rest);
}

static void digest(struct slice text, unsigned char ret_digest[static DIGEST_BYTES])
{
	crypto_hash_sha256(ret_digest, (const unsigned char *)text.data, text.length);
}

/* Whose key that is, or NULL. */
static const char *find_publisher(const struct settings *settings, struct slice key)
{
	unsigned char asked[DIGEST_BYTES], known[DIGEST_BYTES];
	const char *found = NULL;

	digest(key, asked);
	for (size_t i = 0; i < settings->auth_api_keys.count; i++) {
		if (sodium_memcmp(asked, settings->auth_api_keys.items[i].sha256, DIGEST_BYTES) ==
		    0)
			found = settings->auth_api_keys.items[i].name;
	}
	if (settings->auth_api_key.length > 0) {
		digest(settings->auth_api_key, known);
		if (sodium_memcmp(asked, known, DIGEST_BYTES) == 0)
			found = SETTINGS_ENVIRONMENT_PUBLISHER;
	}
	return found;
}

int authenticate_publisher(struct authenticator *authenticator, const struct http_request *request,
			   struct arena *arena, struct identity *ret_identity)
{
	struct slice key = bearer_of(request), name;
	const char *found = key.length == 0 ? NULL : find_publisher(authenticator->settings, key);

	if (found == NULL)
		return -EACCES;
	if (arena_copy(arena, slice_from_string(found), &name) < 0)
		return -ENOMEM;
	*ret_identity = (struct identity){.kind = IDENTITY_PUBLISHER, .name = name};
	return 0;
}

/* The authority of an origin: what stands behind "://". */
static struct slice origin_authority(struct slice origin)
{
	const char *start =
	    origin.length == 0 ? NULL : memmem(origin.data, origin.length, "://", 3);

	if (start == NULL)
		return (struct slice){"", 0};
	return slice_from_bytes(start + 3, (size_t)(origin.data + origin.length - start - 3));
}

bool authentication_origin_is_own(const struct http_request *request, struct slice origin)
{
	struct slice authority = origin_authority(origin);

	return authority.length > 0 && slice_equals_ignoring_case(authority, request->host);
}

bool authentication_origin_allowed(const struct settings *settings,
				   const struct http_request *request, struct slice origin)
{
	if (authentication_origin_is_own(request, origin))
		return true;
	for (size_t i = 0; i < settings->http_allowed_origins.count; i++) {
		if (slice_equals(origin,
				 slice_from_string(settings->http_allowed_origins.items[i])))
			return true;
	}
	return false;
}

/* A browser sends cookies for any page's request, so the page's origin must be one of ours. */
static bool cookie_may_be_used(const struct settings *settings, const struct http_request *request)
{
	const struct slice *origin = http_request_header(request, SLICE("origin"));

	return origin == NULL || authentication_origin_allowed(settings, request, *origin);
}

static struct jwt_rules rules_of(const struct settings *settings)
{
	return (struct jwt_rules){
	    .issuer = slice_from_string(settings->auth_jwt_issuer),
	    .audience = slice_from_string(settings->auth_jwt_audience),
	    .leeway = settings->auth_jwt_leeway / 1000,
	};
}

int authenticate_user(struct authenticator *authenticator, const struct http_request *request,
		      int64_t now, struct arena *arena, struct identity *ret_identity)
{
	const struct settings *settings = authenticator->settings;
	struct jwt_rules rules = rules_of(settings);
	struct slice token = bearer_of(request);
	struct jwt_claims claims;
	bool by_cookie = token.length == 0;
	int result;

	if (authenticator->user_key == NULL)
		return -EACCES;
	if (by_cookie &&
	    http_request_cookie(request, slice_from_string(settings->auth_cookie), &token) < 0)
		return -EACCES;
	result = jwt_verify(token, &authenticator->user_key, 1, &rules, now, arena, &claims);
	if (result < 0)
		return result;
	if (by_cookie && !cookie_may_be_used(settings, request))
		return -EPERM;
	*ret_identity = (struct identity){
	    .kind = IDENTITY_USER,
	    .name = claims.subject,
	    .expires_at = claims.expires_at + rules.leeway,
	    .by_cookie = by_cookie,
	    .may_publish = claims.may_publish,
	};
	return 0;
}

/* A ticket says for how long the stream may live (the token's own end) and when it was made; it may
 * be used for auth.ticket_lifetime. */
int authentication_make_ticket(struct authenticator *authenticator, const struct identity *user,
			       int64_t now, struct buffer *out)
{
	unsigned char id[AUTHENTICATION_TICKET_BYTES];
	char text[AUTHENTICATION_TICKET_BYTES * 2 + 1];
	struct jwt_claims claims = {
	    .subject = user->name,
	    .audience = ticket_audience,
	    .expires_at = user->expires_at,
	    .issued_at = now,
	    .may_publish = user->may_publish,
	};

	randombytes_buf(id, sizeof(id));
	sodium_bin2hex(text, sizeof(text), id, sizeof(id));
	claims.id = slice_from_bytes(text, sizeof(text) - 1);
	return jwt_make(authenticator->ticket_key, &claims, out);
}

int authenticate_ticket(struct authenticator *authenticator, struct slice ticket, int64_t now,
			struct arena *arena, struct identity *ret_identity,
			unsigned char ret_id[static AUTHENTICATION_TICKET_BYTES])
{
	struct jwt_rules rules = {.audience = ticket_audience};
	int64_t lifetime = authenticator->settings->auth_ticket_lifetime / 1000;
	struct jwt_claims claims;
	size_t length;
	int result;

	if (authenticator->ticket_key == NULL)
		return -EACCES;
	result = jwt_verify(ticket, &authenticator->ticket_key, 1, &rules, now, arena, &claims);
	if (result < 0)
		return result;
	if (now > claims.issued_at + lifetime ||
	    sodium_hex2bin(ret_id, AUTHENTICATION_TICKET_BYTES, claims.id.data, claims.id.length,
			   NULL, &length, NULL) != 0 ||
	    length != AUTHENTICATION_TICKET_BYTES)
		return -EACCES;
	*ret_identity = (struct identity){
	    .kind = IDENTITY_USER,
	    .name = claims.subject,
	    .expires_at = claims.expires_at,
	    .may_publish = claims.may_publish,
	};
	return 0;
}

int authentication_make_token(struct authenticator *authenticator, struct slice user, int64_t now,
			      int64_t lifetime, struct buffer *out)
{
	const struct settings *settings = authenticator->settings;
	struct jwt_claims claims = {
	    .subject = user,
	    .issuer = slice_from_string(settings->auth_jwt_issuer),
	    .audience = slice_from_string(settings->auth_jwt_audience),
	    .issued_at = now,
	    .expires_at = now + lifetime,
	};

	return jwt_make(authenticator->user_key, &claims, out);
}
