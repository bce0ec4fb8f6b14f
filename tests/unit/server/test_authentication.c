#include "server/authentication.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "server/node.h"

#include <errno.h>
#include <sodium.h>

enum { NOW = 1777627800 };

static const char secret[] = "0123456789abcdef0123456789abcdef";

struct fixture {
	struct settings settings;
	struct node node;
	struct authenticator authenticator;
	struct arena arena;
	struct settings_api_key keys[2];
	const char *origins[1];
	/* The request. */
	struct http_header headers[4];
	struct http_request request;
};

static void begin(struct fixture *fixture)
{
	struct settings *settings = &fixture->settings;
	struct error error;

	*fixture = (struct fixture){.arena = ARENA_EMPTY};
	settings_init_defaults(settings);
	settings->auth_jwt_secret = slice_from_string(secret);
	settings->auth_api_key = SLICE("environment key");
	fixture->keys[0].name = "first";
	fixture->keys[1].name = "second";
	crypto_hash_sha256(fixture->keys[0].sha256, (const unsigned char *)"key 1", 5);
	crypto_hash_sha256(fixture->keys[1].sha256, (const unsigned char *)"key 2", 5);
	settings->auth_api_keys = (struct settings_api_keys){fixture->keys, 2};
	fixture->origins[0] = "https://app.example.org";
	settings->http_allowed_origins = (struct settings_list){fixture->origins, 1};
	fixture->request.headers = fixture->headers;
	fixture->request.host = SLICE("api.example.org");
	assert_int_equal(
	    authenticator_init(&fixture->authenticator, settings, &fixture->node, &error), 0);
}

static void finish(struct fixture *fixture)
{
	authenticator_finish(&fixture->authenticator);
	arena_finish(&fixture->arena);
}

static void add_header(struct fixture *fixture, const char *name, const char *value)
{
	fixture->headers[fixture->request.header_count++] =
	    (struct http_header){slice_from_string(name), slice_from_string(value)};
}

static int ask_publisher(struct fixture *fixture, const char *authorization,
			 struct identity *ret_identity)
{
	fixture->request.header_count = 0;
	if (authorization != NULL)
		add_header(fixture, "Authorization", authorization);
	return authenticate_publisher(&fixture->authenticator, &fixture->request, &fixture->arena,
				      ret_identity);
}

static void test_publishers(void **state)
{
	static const char *const names[][2] = {{"Bearer key 1", "first"},
					       {"bearer  key 2 ", "second"},
					       {"BEARER environment key", "environment"}};
	static const char *const wrong[] = {NULL,	    "",		  "Bearer",
					    "Bearer ",	    "key 1",	  "Basic key 1",
					    "Bearer key 3", "Bearer key", "Bearer key 1x"};
	struct fixture fixture;
	struct identity identity = {0};

	(void)state;
	begin(&fixture);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(ask_publisher(&fixture, names[i][0], &identity), 0);
		assert_int_equal(identity.kind, IDENTITY_PUBLISHER);
		assert_slice(identity.name, names[i][1]);
	}
	identity.kind = IDENTITY_NOBODY;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(ask_publisher(&fixture, wrong[i], &identity), -EACCES);
		assert_int_equal(identity.kind, IDENTITY_NOBODY);
	}
	/* An empty key in the settings is none, not one that everybody knows. */
	fixture.settings.auth_api_key = SLICE("");
	crypto_hash_sha256(fixture.keys[0].sha256, (const unsigned char *)"", 0);
	assert_int_equal(ask_publisher(&fixture, "Bearer ", &identity), -EACCES);
	finish(&fixture);
}

/* "Bearer TOKEN" of a user, with a terminator. */
static void make_bearer(struct fixture *fixture, const char *user, int64_t lifetime,
			struct buffer *out)
{
	buffer_clear(out);
	buffer_append(out, SLICE("Bearer "));
	assert_int_equal(authentication_make_token(&fixture->authenticator, slice_from_string(user),
						   NOW, lifetime, out),
			 0);
	buffer_append_byte(out, '\0');
}

static int ask_user(struct fixture *fixture, int64_t now, struct identity *ret_identity)
{
	return authenticate_user(&fixture->authenticator, &fixture->request, now, &fixture->arena,
				 ret_identity);
}

static void test_users(void **state)
{
	struct fixture fixture;
	struct identity identity = {0};
	struct buffer bearer = BUFFER_EMPTY;

	(void)state;
	begin(&fixture);
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EACCES);
	make_bearer(&fixture, "anna", 60, &bearer);
	add_header(&fixture, "authorization", bearer.data);
	assert_int_equal(ask_user(&fixture, NOW, &identity), 0);
	assert_int_equal(identity.kind, IDENTITY_USER);
	assert_slice(identity.name, "anna");
	/* The default leeway is five seconds. */
	assert_int_equal(identity.expires_at, NOW + 65);
	assert_false(identity.by_cookie);
	assert_int_equal(ask_user(&fixture, NOW + 64, &identity), 0);
	assert_int_equal(ask_user(&fixture, NOW + 65, &identity), -EACCES);
	bearer.data[bearer.length - 3] ^= 1;
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EACCES);
	buffer_finish(&bearer);
	finish(&fixture);
}

/* Without a key in the settings nobody is a user, and with --demo the node makes one up. */
static void test_no_key(void **state)
{
	struct fixture fixture;
	struct identity identity;
	struct buffer bearer = BUFFER_EMPTY;
	struct error error;

	(void)state;
	begin(&fixture);
	make_bearer(&fixture, "anna", 60, &bearer);
	add_header(&fixture, "Authorization", bearer.data);
	authenticator_finish(&fixture.authenticator);
	fixture.settings.auth_jwt_secret = SLICE("");
	assert_int_equal(
	    authenticator_init(&fixture.authenticator, &fixture.settings, &fixture.node, &error),
	    0);
	assert_null(fixture.authenticator.user_key);
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EACCES);
	fixture.node.demo = true;
	memset(fixture.node.demo_secret, 7, sizeof(fixture.node.demo_secret));
	assert_int_equal(
	    authenticator_init(&fixture.authenticator, &fixture.settings, &fixture.node, &error),
	    0);
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EACCES);
	make_bearer(&fixture, "test", 60, &bearer);
	fixture.headers[0].value = slice_from_string(bearer.data);
	assert_int_equal(ask_user(&fixture, NOW, &identity), 0);
	buffer_finish(&bearer);
	finish(&fixture);
}

/* A page of another origin can send a cookie but not a header. */
static void test_cookies(void **state)
{
	static const struct {
		const char *origin;
		int result;
	} rows[] = {
	    {NULL, 0},
	    {"https://api.example.org", 0},
	    {"https://app.example.org", 0},
	    {"http://app.example.org", -EPERM},
	    {"https://app.example.org.evil.example", -EPERM},
	    {"https://evil.example", -EPERM},
	    {"null", -EPERM},
	    {"", -EPERM},
	    {"https://", -EPERM},
	};
	struct fixture fixture;
	struct identity identity;
	struct buffer bearer = BUFFER_EMPTY, cookie = BUFFER_EMPTY;

	(void)state;
	begin(&fixture);
	make_bearer(&fixture, "anna", 60, &bearer);
	buffer_append_format(&cookie, "other=1; allim_token=%s", bearer.data + 7);
	buffer_append_byte(&cookie, '\0');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture.request.header_count = 0;
		add_header(&fixture, "Cookie", cookie.data);
		if (rows[i].origin != NULL)
			add_header(&fixture, "Origin", rows[i].origin);
		assert_int_equal(ask_user(&fixture, NOW, &identity), rows[i].result);
		if (rows[i].result == 0)
			assert_true(identity.by_cookie);
	}
	/* Without a host there is no page of its own. */
	fixture.request.host = SLICE("");
	fixture.request.header_count = 0;
	add_header(&fixture, "Cookie", cookie.data);
	add_header(&fixture, "Origin", "null");
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EPERM);
	/* A header goes before a cookie, also where it is worth nothing. */
	fixture.request.header_count = 0;
	add_header(&fixture, "Cookie", cookie.data);
	add_header(&fixture, "Authorization", "Bearer x.y.z");
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EACCES);
	buffer_finish(&bearer);
	buffer_finish(&cookie);
	finish(&fixture);
}

static void make_ticket(struct fixture *fixture, int64_t now, struct buffer *out)
{
	struct identity user = {
	    .kind = IDENTITY_USER, .name = SLICE("anna"), .expires_at = NOW + 3600};

	buffer_clear(out);
	assert_int_equal(authentication_make_ticket(&fixture->authenticator, &user, now, out), 0);
}

static void test_tickets(void **state)
{
	struct fixture fixture;
	struct authenticator *authenticator = &fixture.authenticator;
	struct identity identity;
	struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;
	unsigned char ids[2][16];

	(void)state;
	begin(&fixture);
	make_ticket(&fixture, NOW, &first);
	make_ticket(&fixture, NOW, &second);
	assert_int_equal(authenticate_ticket(authenticator, buffer_slice(&first), NOW + 30,
					     &fixture.arena, &identity, ids[0]),
			 0);
	assert_slice(identity.name, "anna");
	assert_int_equal(identity.expires_at, NOW + 3600);
	assert_int_equal(authenticate_ticket(authenticator, buffer_slice(&second), NOW,
					     &fixture.arena, &identity, ids[1]),
			 0);
	assert_memory_not_equal(ids[0], ids[1], sizeof(ids[0]));
	assert_int_equal(authenticate_ticket(authenticator, buffer_slice(&first), NOW + 31,
					     &fixture.arena, &identity, ids[0]),
			 -EACCES);
	assert_int_equal(
	    authenticate_ticket(authenticator, SLICE(""), NOW, &fixture.arena, &identity, ids[0]),
	    -EACCES);
	buffer_finish(&first);
	buffer_finish(&second);
	finish(&fixture);
}

/* A ticket is no token, and a token no ticket. */
static void test_tickets_are_no_tokens(void **state)
{
	struct fixture fixture;
	struct identity identity;
	struct buffer ticket = BUFFER_EMPTY, bearer = BUFFER_EMPTY;
	unsigned char id[16];

	(void)state;
	begin(&fixture);
	make_bearer(&fixture, "anna", 60, &bearer);
	assert_int_equal(authenticate_ticket(&fixture.authenticator,
					     slice_from_string(bearer.data + 7), NOW,
					     &fixture.arena, &identity, id),
			 -EACCES);
	make_ticket(&fixture, NOW, &ticket);
	buffer_clear(&bearer);
	buffer_append(&bearer, SLICE("Bearer "));
	buffer_append(&bearer, buffer_slice(&ticket));
	buffer_append_byte(&bearer, '\0');
	add_header(&fixture, "Authorization", bearer.data);
	assert_int_equal(ask_user(&fixture, NOW, &identity), -EACCES);
	buffer_finish(&ticket);
	buffer_finish(&bearer);
	finish(&fixture);
}

static void test_out_of_memory(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	for (unsigned n = 1;; n++) {
		struct authenticator authenticator = {0};
		struct error error = {""};
		bool failed;
		int result;

		failing_allocator_fail_at(n);
		result =
		    authenticator_init(&authenticator, &fixture.settings, &fixture.node, &error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (!failed) {
			authenticator_finish(&authenticator);
			break;
		}
		assert_null(authenticator.user_key);
	}
	finish(&fixture);
}

/* Asking fails closed, whichever allocation fails. */
static void test_asking_out_of_memory(void **state)
{
	struct fixture fixture;
	struct buffer bearer = BUFFER_EMPTY;

	(void)state;
	begin(&fixture);
	make_bearer(&fixture, "anna", 60, &bearer);
	add_header(&fixture, "Authorization", bearer.data);
	for (unsigned n = 1;; n++) {
		struct identity identity = {0};
		bool failed;
		int result;

		arena_finish(&fixture.arena);
		failing_allocator_fail_at(n);
		result = ask_user(&fixture, NOW, &identity);
		failed = failing_allocator_reset();
		if (!failed) {
			assert_int_equal(result, 0);
			break;
		}
		assert_true(result == -ENOMEM || result == -EACCES);
		assert_int_equal(identity.kind, IDENTITY_NOBODY);
	}
	buffer_finish(&bearer);
	finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_publishers),	  cmocka_unit_test(test_users),
	    cmocka_unit_test(test_no_key),	  cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_tickets),	  cmocka_unit_test(test_tickets_are_no_tokens),
	    cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_asking_out_of_memory),
	};

	failing_allocator_adopt_jansson();
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
