#include "protocol/jwt.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "protocol/base64url.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const int64_t now = 1800000000;

static const struct jwt_rules rules = {
    .issuer = {"https://issuer.example", 22}, .audience = {"allim", 5}, .leeway = 5};

static const struct jwt_rules lax = {.leeway = 0};

static struct jwt_key *create(const char *id, struct slice secret)
{
	struct jwt_key *key;
	struct error error;

	assert_int_equal(
	    jwt_key_create(SLICE("HS256"), slice_from_string(id), secret, &key, &error), 0);
	return key;
}

static const struct slice secret = {"0123456789abcdef0123456789abcdef", 32};

/* Tokens of others. Each is checked twice, because keys remember headers. */
static void test_vectors_of_jose(void **state)
{
	static const struct {
		const char *name;
		int result;
		const char *subject;
		const char *token;
	} rows[] = {
#define JWT_VECTOR(name, result, subject, token) {#name, result, subject, token},
#include "jwt_vectors.def"
#undef JWT_VECTOR
	};
	struct jwt_key *keys[] = {create("", secret),
				  create("k2", SLICE("fedcba9876543210fedcba9876543210"))};
	struct arena arena = ARENA_EMPTY;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct jwt_claims claims = {.subject = SLICE("")};
		int result = jwt_verify(slice_from_string(rows[i / 2].token), keys, 2, &rules, now,
					&arena, &claims);

		if (result != rows[i / 2].result)
			fail_msg("%s: %d", rows[i / 2].name, result);
		assert_slice(claims.subject, rows[i / 2].subject);
	}
	arena_finish(&arena);
	jwt_key_destroy(keys[0]);
	jwt_key_destroy(keys[1]);
}

/* Signs any header and payload, however wrong. */
static void sign(struct buffer *token, struct slice key, struct slice header, struct slice payload)
{
	unsigned char signature[32];
	unsigned length = 0;

	base64url_append(token, header);
	buffer_append_byte(token, '.');
	base64url_append(token, payload);
	assert_non_null(HMAC(EVP_sha256(), key.data, (int)key.length,
			     (const unsigned char *)token->data, token->length, signature,
			     &length));
	buffer_append_byte(token, '.');
	base64url_append(token, slice_from_bytes((const char *)signature, length));
}

/* RFC 7515, A.1: the signature above is the one of the standard, and so is ours. */
static void test_vector_of_rfc_7515(void **state)
{
	static const char expected[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
				       ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
				       "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
				       ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	struct slice key_text =
	    SLICE("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i"
		  "PS4hcgUuTwjAzZr1Z9CAow");
	struct slice header = SLICE("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
	struct buffer token = BUFFER_EMPTY;
	struct arena arena = ARENA_EMPTY;
	struct jwt_claims claims;
	struct jwt_key *key;
	char bytes[64];
	size_t length;

	(void)state;
	assert_int_equal(base64url_decode(key_text, bytes, sizeof(bytes), &length), 0);
	sign(&token, slice_from_bytes(bytes, length), header,
	     SLICE("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
		   "\"http://example.com/is_root\":true}"));
	assert_buffer(token, expected);
	buffer_clear(&token);
	sign(&token, slice_from_bytes(bytes, length), header,
	     SLICE("{\"sub\":\"x\",\"iss\":\"joe\",\r\n \"exp\":1300819380}"));
	key = create("", slice_from_bytes(bytes, length));
	assert_int_equal(
	    jwt_verify(buffer_slice(&token), &key, 1, &lax, 1300819379, &arena, &claims), 0);
	assert_slice(claims.issuer, "joe");
	assert_int_equal(
	    jwt_verify(buffer_slice(&token), &key, 1, &lax, 1300819380, &arena, &claims), -EACCES);
	jwt_key_destroy(key);
	arena_finish(&arena);
	buffer_finish(&token);
}

static int verify(struct slice header, struct slice payload)
{
	struct jwt_key *key = create("", secret);
	struct buffer token = BUFFER_EMPTY;
	struct arena arena = ARENA_EMPTY;
	struct jwt_claims claims;
	int result;

	sign(&token, secret, header, payload);
	result = jwt_verify(buffer_slice(&token), &key, 1, &lax, now, &arena, &claims);
	jwt_key_destroy(key);
	arena_finish(&arena);
	buffer_finish(&token);
	return result;
}

#define HEADER "{\"alg\":\"HS256\"}"

/* Signed as it should be, and wrong all the same. */
static void test_strange_headers(void **state)
{
	static const char *const bad[] = {
	    "{}",
	    "[]",
	    "\"HS256\"",
	    "",
	    "{\"alg\":\"hs256\"}",
	    "{\"alg\":null}",
	    "{\"alg\":[\"HS256\"]}",
	    "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
	    "{\"alg\":\"none\"}",
	    "{\"alg\":\"HS256\",\"typ\":1}",
	    "{\"alg\":\"HS256\",\"kid\":1}",
	    "{\"alg\":\"HS256\",\"kid\":\"x\"}",
	    "{\"alg\":\"HS256\",\"crit\":[]}",
	    "{\"alg\":\"HS256\"} x",
	    "{\"alg\":\"HS256\",\"x\":\"\xFF\"}",
	};
	struct slice payload = SLICE("{\"sub\":\"a\",\"exp\":1800000001}");

	(void)state;
	assert_int_equal(verify(SLICE(HEADER), payload), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(verify(slice_from_string(bad[i]), payload), -EACCES);
}

static void test_strange_payloads(void **state)
{
	static const char *const bad[] = {
	    "",
	    "[]",
	    "null",
	    "{\"sub\":\"a\"}",
	    "{\"sub\":\"a\",\"exp\":null}",
	    "{\"sub\":\"a\",\"exp\":true}",
	    "{\"sub\":\"a\",\"exp\":\"1800000001\"}",
	    "{\"sub\":\"a\",\"exp\":-1}",
	    "{\"sub\":\"a\",\"exp\":0}",
	    "{\"sub\":\"a\",\"exp\":1e300}",
	    "{\"sub\":\"a\",\"exp\":9223372036854775807}",
	    "{\"sub\":\"a\",\"exp\":99999999999999999999}",
	    "{\"sub\":\"a\",\"exp\":1800000000}",
	    "{\"sub\":\"a\",\"exp\":1800000001,\"exp\":1900000000}",
	    "{\"sub\":\"a\",\"exp\":1800000001,\"nbf\":\"x\"}",
	    "{\"sub\":\"a\",\"exp\":1800000001,\"nbf\":1800000001}",
	    "{\"sub\":\"a\",\"exp\":1800000001,\"iat\":[]}",
	    "{\"sub\":\"a\",\"exp\":1800000001,\"iss\":1}",
	    "{\"sub\":\"a\",\"exp\":1800000001,\"jti\":{}}",
	    "{\"sub\":1,\"exp\":1800000001}",
	    "{\"sub\":\"a\\u0000b\",\"exp\":1800000001}",
	    "{\"sub\":\"a\\u007f\",\"exp\":1800000001}",
	    "{\"sub\":\"\xED\xA0\x80\",\"exp\":1800000001}",
	    "{\"sub\":\"a\",\"exp\":1800000001}}",
	    "{\"sub\":\"a\",\"exp\":1800000001",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(verify(SLICE(HEADER), slice_from_string(bad[i])), -EACCES);
}

static void test_depth(void **state)
{
	struct buffer payload = BUFFER_EMPTY;

	(void)state;
	buffer_append_string(&payload, "{\"sub\":\"a\",\"exp\":1800000001,\"x\":");
	for (int i = 0; i < 2900; i++)
		buffer_append_byte(&payload, '[');
	assert_int_equal(verify(SLICE(HEADER), buffer_slice(&payload)), -EACCES);
	buffer_finish(&payload);
}

/* A token may be 4096 bytes long: the header takes 20, the signature 43, and the dots 2. */
static void test_length(void **state)
{
	(void)state;
	for (int excess = 0; excess < 2; excess++) {
		struct buffer payload = BUFFER_EMPTY;

		buffer_append_string(&payload, "{\"sub\":\"a\",\"exp\":1800000001,\"x\":\"");
		while (payload.length < (4096 - 65) * 3 / 4 - 2 + (size_t)excess)
			buffer_append_byte(&payload, 'x');
		buffer_append_string(&payload, "\"}");
		assert_int_equal(verify(SLICE(HEADER), buffer_slice(&payload)),
				 excess == 0 ? 0 : -EACCES);
		buffer_finish(&payload);
	}
}

/* No bit of a token can be turned without being noticed. */
static void test_every_bit(void **state)
{
	struct jwt_key *key = create("", secret);
	struct buffer token = BUFFER_EMPTY;
	struct arena arena = ARENA_EMPTY;
	struct jwt_claims claims = {.subject = SLICE("anna"), .expires_at = now + 60};

	(void)state;
	assert_int_equal(jwt_make(key, &claims, &token), 0);
	assert_int_equal(jwt_verify(buffer_slice(&token), &key, 1, &lax, now, &arena, &claims), 0);
	for (size_t bit = 0; bit < token.length * 8; bit++) {
		token.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(
		    jwt_verify(buffer_slice(&token), &key, 1, &lax, now, &arena, &claims), -EACCES);
		token.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t length = 0; length < token.length; length++)
		assert_int_equal(jwt_verify(slice_from_bytes(token.data, length), &key, 1, &lax,
					    now, &arena, &claims),
				 -EACCES);
	assert_int_equal(jwt_verify(buffer_slice(&token), &key, 0, &lax, now, &arena, &claims),
			 -EACCES);
	jwt_key_destroy(key);
	arena_finish(&arena);
	buffer_finish(&token);
}

static void test_made_tokens(void **state)
{
	struct jwt_key *key = create("k\"1", secret);
	struct buffer token = BUFFER_EMPTY;
	struct arena arena = ARENA_EMPTY;
	struct jwt_claims claims = {
	    .subject = SLICE("\xEC\x95\x88\"\\"),
	    .issuer = rules.issuer,
	    .audience = rules.audience,
	    .id = SLICE("j"),
	    .expires_at = now + 60,
	    .not_before = now - 1,
	    .issued_at = now - 2,
	};
	struct jwt_claims read;

	(void)state;
	buffer_append_string(&token, "before ");
	assert_int_equal(jwt_make(key, &claims, &token), 0);
	buffer_consume(&token, 7);
	assert_int_equal(jwt_verify(buffer_slice(&token), &key, 1, &rules, now, &arena, &read), 0);
	assert_slices(read.subject, claims.subject);
	assert_slices(read.issuer, claims.issuer);
	assert_slices(read.id, claims.id);
	assert_true(read.expires_at == now + 60 && read.not_before == now - 1 &&
		    read.issued_at == now - 2);
	claims.subject = SLICE("");
	assert_int_equal(jwt_make(key, &claims, &token), -EINVAL);
	claims.subject = SLICE("a\nb");
	assert_int_equal(jwt_make(key, &claims, &token), -EINVAL);
	claims.subject = SLICE("a");
	claims.expires_at = 0;
	assert_int_equal(jwt_make(key, &claims, &token), -EINVAL);
	jwt_key_destroy(key);
	arena_finish(&arena);
	buffer_finish(&token);
}

static void test_keys(void **state)
{
	struct jwt_key *key = NULL;
	struct error error;

	(void)state;
	assert_int_equal(jwt_key_create(SLICE("RS256"), SLICE(""), secret, &key, &error), -EINVAL);
	assert_non_null(strstr(error.text, "RS256"));
	assert_int_equal(jwt_key_create(SLICE("none"), SLICE(""), secret, &key, &error), -EINVAL);
	assert_int_equal(jwt_key_create(SLICE("HS256"), SLICE(""), SLICE(""), &key, &error),
			 -EINVAL);
	assert_null(key);
	jwt_key_destroy(NULL);
}

static int make_and_verify(struct jwt_key *key, struct arena *arena)
{
	struct buffer token = BUFFER_EMPTY;
	struct jwt_claims claims = {.subject = SLICE("anna"), .expires_at = now + 60};
	int result = jwt_make(key, &claims, &token);

	if (result == 0)
		result = jwt_verify(buffer_slice(&token), &key, 1, &lax, now, arena, &claims);
	buffer_finish(&token);
	return result;
}

static void test_every_allocation(void **state)
{
	unsigned n = 1;

	(void)state;
	failing_allocator_adopt_jansson();
	for (bool failed = true; failed; n++) {
		struct jwt_key *key = NULL;
		struct arena arena = ARENA_EMPTY;
		struct error error;
		int result;

		failing_allocator_fail_at(n);
		result = jwt_key_create(SLICE("HS256"), SLICE(""), secret, &key, &error);
		if (result == 0)
			result = make_and_verify(key, &arena);
		failed = failing_allocator_reset();
		/* A token is not refused for it, also where jansson takes a failed allocation for
		 * a syntax error. */
		assert_int_equal(result, failed ? -ENOMEM : 0);
		arena_finish(&arena);
		jwt_key_destroy(key);
	}
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors_of_jose),
	    cmocka_unit_test(test_vector_of_rfc_7515),
	    cmocka_unit_test(test_strange_headers),
	    cmocka_unit_test(test_strange_payloads),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_every_bit),
	    cmocka_unit_test(test_made_tokens),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
