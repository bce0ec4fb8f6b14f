/* Only what a key of ours has signed is looked at: first the header, which names the key but not
 * the algorithm, then the signature, and only then the claims.
 *
 * The tokens of one issuer all begin with the same header, so each key remembers the last one it
 * has verified a token with, and does not read it twice. */
#include "protocol/jwt.h"

#include "base/json.h"
#include "protocol/base64url.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum {
	SIGNATURE_BYTES = 32,
	HEADER_BYTES = 128,	  /* longer headers are not remembered */
	LAST_SECOND = 1000000000, /* times a thousand: beyond any date that a token can mean */
};

struct jwt_algorithm {
	struct slice name;
	const char *mac;
	const char *digest;
	size_t signature_bytes;
};

struct jwt_key {
	const struct jwt_algorithm *algorithm;
	EVP_MAC_CTX *mac; /* keyed; starting anew keeps the key */
	char *id;
	char header[HEADER_BYTES];
	size_t header_length;
};

struct token {
	struct slice header;
	struct slice payload;
	struct slice signature;
	struct slice signed_part;
};

enum { ALGORITHMS = 2 };

static const struct jwt_algorithm algorithms[ALGORITHMS];

static const struct jwt_algorithm *find_algorithm(struct slice name)
{
	for (const struct jwt_algorithm *row = algorithms; row->mac != NULL; row++) {
		if (slice_equals(row->name, name))
			return row;
	}
	return NULL;
}

/* OpenSSL wants a name that it could write to, and does not. */
static EVP_MAC_CTX *create_mac(const struct jwt_algorithm *algorithm, struct slice secret)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, algorithm->mac, NULL);
	EVP_MAC_CTX *context = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
	OSSL_PARAM parameters[2];
	char digest[16];

	EVP_MAC_free(mac);
	assert(strlen(algorithm->digest) < sizeof(digest));
	memcpy(digest, algorithm->digest, strlen(algorithm->digest) + 1);
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	parameters[1] = OSSL_PARAM_construct_end();
	if (context != NULL && EVP_MAC_init(context, (const unsigned char *)secret.data,
					    secret.length, parameters) != 1) {
		EVP_MAC_CTX_free(context);
		context = NULL;
	}
	return context;
}

int jwt_key_create(struct slice algorithm, struct slice id, struct slice secret,
		   struct jwt_key **ret_key, struct error *error)
{
	const struct jwt_algorithm *row = find_algorithm(algorithm);
	struct jwt_key *key;

	if (row == NULL)
		return error_set(error, -EINVAL, "no algorithm \"%.*s\" for tokens; use HS256",
				 (int)(algorithm.length < 32 ? algorithm.length : 32),
				 algorithm.data);
	if (secret.length == 0)
		return error_set(error, -EINVAL, "the key of tokens is empty; use %d random bytes",
				 JWT_SECRET_BYTES);
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	key->algorithm = row;
	key->id = slice_to_string(id);
	key->mac = create_mac(row, secret);
	if (key->id == NULL || key->mac == NULL) {
		jwt_key_destroy(key);
		return error_set(error, -ENOMEM, "out of memory");
	}
	*ret_key = key;
	return 0;
}

void jwt_key_destroy(struct jwt_key *key)
{
	if (key == NULL)
		return;
	EVP_MAC_CTX_free(key->mac);
	free(key->id);
	free(key);
}

static int sign(struct jwt_key *key, struct slice text, unsigned char signature[SIGNATURE_BYTES])
{
	size_t length = 0;

	if (EVP_MAC_init(key->mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(key->mac, (const unsigned char *)text.data, text.length) != 1 ||
	    EVP_MAC_final(key->mac, signature, &length, SIGNATURE_BYTES) != 1)
		return -ENOMEM;
	assert(length == key->algorithm->signature_bytes);
	return 0;
}

/* Exactly three parts (RFC 7515, 7.1); base64url has no dots. */
static int split(struct slice text, struct token *ret_token)
{
	struct slice rest = text;

	if (text.length > JWT_TOKEN_BYTES)
		return -EACCES;
	ret_token->header = slice_split(&rest, '.');
	ret_token->payload = slice_split(&rest, '.');
	ret_token->signature = rest;
	if (ret_token->header.length == 0 || ret_token->payload.length == 0 || rest.length == 0)
		return -EACCES;
	ret_token->signed_part = slice_from_bytes(text.data, (size_t)(rest.data - text.data) - 1);
	return 0;
}

/* Reads a part as a JSON object; what occurs twice in it, or is no UTF-8, is refused. */
static int load_object(struct slice part, json_t **ret_object)
{
	char text[JWT_TOKEN_BYTES];
	size_t length;
	json_error_t error = {0};
	json_t *object;

	if (base64url_decode(part, text, sizeof(text), &length) < 0)
		return -EACCES;
	errno = 0;
	object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	/* Where jansson gives no reason, it lacks memory; inside a string it calls that a syntax
	 * error, and only errno tells. */
	if (object == NULL)
		return errno == ENOMEM || json_error_code(&error) == json_error_out_of_memory ||
			       json_error_code(&error) == json_error_unknown
			   ? -ENOMEM
			   : -EACCES;
	if (!json_is_object(object)) {
		json_decref(object);
		return -EACCES;
	}
	*ret_object = object;
	return 0;
}

/* A member that must be a string where it is there. */
static int get_string(const json_t *object, const char *name, struct slice *ret_text)
{
	const json_t *member = json_object_get(object, name);

	*ret_text = SLICE("");
	if (member == NULL)
		return 0;
	if (!json_is_string(member))
		return -EACCES;
	*ret_text = slice_from_bytes(json_string_value(member), json_string_length(member));
	return 0;
}

/* RFC 7519, 4.1.4: seconds since 1970, perhaps with a fraction. 0 where the member is absent. */
static int get_time(const json_t *object, const char *name, int64_t *ret_seconds)
{
	const json_t *member = json_object_get(object, name);
	double seconds = json_number_value(member);

	*ret_seconds = 0;
	if (member == NULL)
		return 0;
	if (!json_is_number(member) || seconds < 1 || seconds > LAST_SECOND * 1000.0)
		return -EACCES;
	*ret_seconds = (int64_t)seconds;
	return 0;
}

/* RFC 7515, 4.1: the algorithm must be the key's, and nothing critical may be unknown. */
static bool header_fits(const json_t *header, const struct jwt_key *key)
{
	struct slice algorithm, type, id;

	if (get_string(header, "alg", &algorithm) < 0 || get_string(header, "typ", &type) < 0 ||
	    get_string(header, "kid", &id) < 0 || json_object_get(header, "crit") != NULL)
		return false;
	return slice_equals(algorithm, key->algorithm->name) &&
	       slice_equals(id, slice_from_string(key->id)) &&
	       (type.length == 0 || slice_equals_ignoring_case(type, SLICE("JWT")));
}

static bool remembers(const struct jwt_key *key, struct slice header)
{
	return slice_equals(header, slice_from_bytes(key->header, key->header_length));
}

static void remember(struct jwt_key *key, struct slice header)
{
	if (header.length > HEADER_BYTES)
		return;
	memcpy(key->header, header.data, header.length);
	key->header_length = header.length;
}

/* Returns 0 where this key signed the token, -EACCES where it did not. */
static int check_signature(struct jwt_key *key, const struct token *token)
{
	unsigned char expected[SIGNATURE_BYTES], sent[SIGNATURE_BYTES];
	size_t length;

	if (base64url_decode(token->signature, sent, sizeof(sent), &length) < 0)
		return -EACCES;
	if (sign(key, token->signed_part, expected) < 0)
		return -ENOMEM;
	if (length != key->algorithm->signature_bytes || CRYPTO_memcmp(expected, sent, length) != 0)
		return -EACCES;
	return 0;
}

static int check_with_remembered(const struct token *token, struct jwt_key *const *keys,
				 size_t key_count)
{
	int result = -EACCES;

	for (size_t i = 0; i < key_count && result == -EACCES; i++) {
		if (remembers(keys[i], token->header))
			result = check_signature(keys[i], token);
	}
	return result;
}

static int check_with_header(const struct token *token, struct jwt_key *const *keys,
			     size_t key_count)
{
	json_t *header;
	int result = load_object(token->header, &header);

	if (result < 0)
		return result;
	result = -EACCES;
	for (size_t i = 0; i < key_count && result == -EACCES; i++) {
		if (!header_fits(header, keys[i]))
			continue;
		result = check_signature(keys[i], token);
		if (result == 0)
			remember(keys[i], token->header);
	}
	json_decref(header);
	return result;
}

/* RFC 7519, 4.1.3: one name or a list of them. */
static bool is_for(const json_t *audience, struct slice name)
{
	size_t i;
	json_t *item;

	if (json_is_string(audience))
		return slice_equals(
		    slice_from_bytes(json_string_value(audience), json_string_length(audience)),
		    name);
	json_array_foreach(audience, i, item)
	{
		if (json_is_string(item) && is_for(item, name))
			return true;
	}
	return false;
}

static bool is_subject(struct slice subject)
{
	return subject.length > 0 && subject.length <= JWT_SUBJECT_BYTES &&
	       slice_is_utf8(subject) && !slice_has_control(subject);
}

static int read_claims(const json_t *payload, struct jwt_claims *ret_claims)
{
	*ret_claims = (struct jwt_claims){.audience = SLICE("")};
	if (get_string(payload, "sub", &ret_claims->subject) < 0 ||
	    get_string(payload, "iss", &ret_claims->issuer) < 0 ||
	    get_string(payload, "jti", &ret_claims->id) < 0 ||
	    get_time(payload, "exp", &ret_claims->expires_at) < 0 ||
	    get_time(payload, "nbf", &ret_claims->not_before) < 0 ||
	    get_time(payload, "iat", &ret_claims->issued_at) < 0)
		return -EACCES;
	ret_claims->may_publish = json_is_true(json_object_get(payload, "may_publish"));
	return is_subject(ret_claims->subject) ? 0 : -EACCES;
}

static int check_claims(const json_t *payload, const struct jwt_claims *claims,
			const struct jwt_rules *rules, int64_t now)
{
	if (claims->expires_at == 0 || now >= claims->expires_at + rules->leeway)
		return -EACCES;
	if (claims->not_before > now + rules->leeway)
		return -EACCES;
	if (rules->issuer.length > 0 && !slice_equals(claims->issuer, rules->issuer))
		return -EACCES;
	if (rules->audience.length > 0 && !is_for(json_object_get(payload, "aud"), rules->audience))
		return -EACCES;
	return 0;
}

static int copy_claims(const struct jwt_claims *claims, struct arena *arena,
		       struct jwt_claims *ret_claims)
{
	struct jwt_claims copy = *claims;

	if (arena_copy(arena, claims->subject, &copy.subject) < 0 ||
	    arena_copy(arena, claims->issuer, &copy.issuer) < 0 ||
	    arena_copy(arena, claims->id, &copy.id) < 0)
		return -ENOMEM;
	*ret_claims = copy;
	return 0;
}

int jwt_verify(struct slice text, struct jwt_key *const *keys, size_t key_count,
	       const struct jwt_rules *rules, int64_t now, struct arena *arena,
	       struct jwt_claims *ret_claims)
{
	struct jwt_claims claims;
	struct token token;
	json_t *payload;
	int result;

	if (split(text, &token) < 0)
		return -EACCES;
	result = check_with_remembered(&token, keys, key_count);
	if (result == -EACCES)
		result = check_with_header(&token, keys, key_count);
	if (result < 0)
		return result;
	result = load_object(token.payload, &payload);
	if (result < 0)
		return result;
	result = read_claims(payload, &claims);
	if (result == 0)
		result = check_claims(payload, &claims, rules, now);
	if (result == 0)
		result = copy_claims(&claims, arena, ret_claims);
	json_decref(payload);
	return result;
}

static void append_text_claim(struct buffer *json, const char *name, struct slice value)
{
	if (value.length == 0)
		return;
	buffer_append_byte(json, ',');
	json_append_name(json, name);
	json_append_string(json, value);
}

static void append_time_claim(struct buffer *json, const char *name, int64_t seconds)
{
	if (seconds == 0)
		return;
	buffer_append_byte(json, ',');
	json_append_name(json, name);
	buffer_append_integer(json, seconds);
}

static void append_header(struct buffer *json, const struct jwt_key *key)
{
	buffer_append(json, SLICE("{\"alg\":"));
	json_append_string(json, key->algorithm->name);
	append_text_claim(json, "typ", SLICE("JWT"));
	append_text_claim(json, "kid", slice_from_string(key->id));
	buffer_append_byte(json, '}');
}

static void append_payload(struct buffer *json, const struct jwt_claims *claims)
{
	buffer_append(json, SLICE("{\"sub\":"));
	json_append_string(json, claims->subject);
	append_text_claim(json, "iss", claims->issuer);
	append_text_claim(json, "aud", claims->audience);
	append_text_claim(json, "jti", claims->id);
	append_time_claim(json, "iat", claims->issued_at);
	if (claims->may_publish)
		buffer_append_string(json, ",\"may_publish\":true");
	append_time_claim(json, "nbf", claims->not_before);
	append_time_claim(json, "exp", claims->expires_at);
	buffer_append_byte(json, '}');
}

int jwt_make(struct jwt_key *key, const struct jwt_claims *claims, struct buffer *buffer)
{
	unsigned char signature[SIGNATURE_BYTES];
	struct buffer json = BUFFER_EMPTY;
	size_t start = buffer->length;
	int result = -ENOMEM;

	if (!is_subject(claims->subject) || claims->expires_at <= 0)
		return -EINVAL;
	append_header(&json, key);
	base64url_append(buffer, buffer_slice(&json));
	buffer_append_byte(buffer, '.');
	if (!buffer_failed(&json)) {
		buffer_clear(&json);
		append_payload(&json, claims);
		base64url_append(buffer, buffer_slice(&json));
	}
	if (!buffer_failed(&json) && !buffer_failed(buffer) &&
	    sign(key, slice_from_bytes(buffer->data + start, buffer->length - start), signature) ==
		0) {
		buffer_append_byte(buffer, '.');
		base64url_append(buffer, slice_from_bytes((const char *)signature,
							  key->algorithm->signature_bytes));
		result = buffer_failed(buffer) ? -ENOMEM : 0;
	}
	buffer_finish(&json);
	if (result < 0)
		buffer->length = start;
	return result;
}

/* RFC 7518, 3.1. A NULL ends the list. */
static const struct jwt_algorithm algorithms[ALGORITHMS] = {
    {{"HS256", 5}, "HMAC", "SHA256", 32},
    {{NULL, 0}, NULL, NULL, 0},
};
