/* A raw token, as a stranger sends it; and, after a line end, a header and a payload that are
 * signed with the key, so that the fuzzer gets behind the signature. Whatever is let through must
 * keep the rules. */
#include "fuzz/fuzz.h"
#include "protocol/base64url.h"
#include "protocol/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const struct slice secret = {"0123456789abcdef0123456789abcdef", 32};
static const int64_t now = 1800000000;

static const struct jwt_rules rules = {{"joe", 3}, {"allim", 5}, 5};

static void sign(struct buffer *token, struct slice header, struct slice payload)
{
	unsigned char signature[32];
	unsigned length = 0;

	base64url_append(token, header);
	buffer_append_byte(token, '.');
	base64url_append(token, payload);
	if (buffer_failed(token))
		return;
	HMAC(EVP_sha256(), secret.data, (int)secret.length, (const unsigned char *)token->data,
	     token->length, signature, &length);
	buffer_append_byte(token, '.');
	base64url_append(token, slice_from_bytes((const char *)signature, length));
}

static void check_claims(const struct jwt_claims *claims)
{
	FUZZ_CHECK(claims->subject.length >= 1 && claims->subject.length <= JWT_SUBJECT_BYTES);
	FUZZ_CHECK(slice_is_utf8(claims->subject));
	for (size_t i = 0; i < claims->subject.length; i++)
		FUZZ_CHECK((unsigned char)claims->subject.data[i] >= 0x20);
	FUZZ_CHECK(claims->expires_at > now - rules.leeway);
	FUZZ_CHECK(claims->not_before <= now + rules.leeway);
	FUZZ_CHECK(slice_equals(claims->issuer, rules.issuer));
}

static void check_token(struct slice token, struct jwt_key *key)
{
	struct arena arena = ARENA_EMPTY;
	struct jwt_claims claims;

	if (jwt_verify(token, &key, 1, &rules, now, &arena, &claims) == 0)
		check_claims(&claims);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice payload = slice_from_bytes((const char *)data, size);
	struct slice header = slice_split(&payload, '\n');
	struct buffer token = BUFFER_EMPTY;
	struct jwt_key *key;
	struct error error;

	if (jwt_key_create(SLICE("HS256"), SLICE(""), secret, &key, &error) < 0)
		return 0;
	check_token(header, key);
	sign(&token, header, payload);
	check_token(buffer_slice(&token), key);
	/* Once more: the key may remember the header now. */
	check_token(buffer_slice(&token), key);
	buffer_finish(&token);
	jwt_key_destroy(key);
	return 0;
}
