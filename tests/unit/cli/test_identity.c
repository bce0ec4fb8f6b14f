#include "cli/identity.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET "0ZpJk2n8Qw7vX4rT1sLm6bYc9dHe3fGa"

enum { NOW = 1800000000, HOUR = 3600 };

static struct identity identity_with(const struct identity_options *options)
{
	struct identity identity;
	struct error error = {""};

	if (identity_init(&identity, options, &error) < 0)
		fail_msg("%s", error.text);
	return identity;
}

static void make(const struct identity *identity, struct buffer *token)
{
	struct error error;

	assert_int_equal(
	    identity_make_token(identity, SLICE("anna"), false, HOUR * 1000, NOW, token, &error),
	    0);
}

static int check(const struct identity *identity, const struct buffer *token, int64_t now,
		 struct error *error)
{
	struct arena arena = ARENA_EMPTY;
	struct jwt_claims claims;
	int result =
	    identity_check_token(identity, buffer_slice(token), now, &arena, &claims, error);

	if (result == 0)
		assert_slice(claims.subject, "anna");
	arena_finish(&arena);
	return result;
}

static void what_is_made_is_valid_until_it_expires(void **state)
{
	struct identity identity = identity_with(&(struct identity_options){.issuer = "shop"});
	struct buffer token = BUFFER_EMPTY;
	struct error error;

	(void)state;
	make(&identity, &token);
	assert_int_equal(check(&identity, &token, NOW, &error), 0);
	assert_int_equal(check(&identity, &token, NOW + HOUR - 1, &error), 0);
	assert_int_equal(check(&identity, &token, NOW + HOUR + 60, &error), -EACCES);
	assert_string_equal(error.text,
			    "the token is not valid: it has expired, or is not valid yet");
	buffer_finish(&token);
	identity_finish(&identity);
}

static void the_reason_is_said(void **state)
{
	static const struct {
		struct identity_options options;
		const char *sentence;
	} rows[] = {
	    {{.issuer = "b", .audience = "x"}, "it is of another issuer"},
	    {{.issuer = "a", .audience = "y"}, "it is for another audience"},
	    {{.issuer = "b", .audience = "y"}, "it is of another time, issuer or audience"},
	    {{.key_id = "k"}, "it is no token that was signed with this key"},
	};
	struct identity maker =
	    identity_with(&(struct identity_options){.issuer = "a", .audience = "x"});
	struct buffer token = BUFFER_EMPTY;

	(void)state;
	make(&maker, &token);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct identity identity = identity_with(&rows[i].options);
		struct error error;

		assert_int_equal(check(&identity, &token, NOW, &error), -EACCES);
		assert_string_equal(error.text + strlen("the token is not valid: "),
				    rows[i].sentence);
		identity_finish(&identity);
	}
	buffer_finish(&token);
	identity_finish(&maker);
}

static void bad_users_are_refused(void **state)
{
	struct identity identity = identity_with(&(struct identity_options){.config = NULL});
	struct buffer token = BUFFER_EMPTY;
	struct error error;

	(void)state;
	assert_int_equal(
	    identity_make_token(&identity, SLICE(""), false, 1000, NOW, &token, &error), -EINVAL);
	assert_int_equal(
	    identity_make_token(&identity, SLICE("a\nb"), false, 1000, NOW, &token, &error),
	    -EINVAL);
	buffer_finish(&token);
	identity_finish(&identity);
}

static void a_missing_key_is_explained(void **state)
{
	const struct identity_options options = {.config = NULL};
	struct identity identity;
	struct error error;

	(void)state;
	unsetenv("ALLIM_JWT_SECRET");
	assert_int_equal(identity_init(&identity, &options, &error), -EINVAL);
	assert_string_equal(error.text, "there is no key for users' tokens; set ALLIM_JWT_SECRET, "
					"or auth.jwt.secret_file in the settings file");
	setenv("ALLIM_JWT_SECRET", "short", 1);
	assert_int_equal(identity_init(&identity, &options, &error), -EINVAL);
	setenv("ALLIM_JWT_SECRET", SECRET, 1);
}

/* By the name that was typed, not by that of the setting behind it. */
static void a_bad_flag_is_named(void **state)
{
	char issuer[1024];
	const struct identity_options file = {.secret_file = "/nowhere"}, text = {.issuer = issuer};
	struct identity identity;
	struct error error;

	(void)state;
	memset(issuer, 'a', sizeof(issuer));
	issuer[sizeof(issuer) - 1] = '\0';
	assert_int_equal(identity_init(&identity, &file, &error), -ENOENT);
	assert_string_equal(error.text,
			    "--secret-file: auth.jwt.secret_file \"/nowhere\" cannot be "
			    "read: No such file or directory");
	assert_int_equal(identity_init(&identity, &text, &error), -EINVAL);
	assert_true(
	    slice_starts_with(slice_from_string(error.text), SLICE("--issuer: a text of ")));
}

static void every_allocation_may_fail(void **state)
{
	const struct identity_options options = {.issuer = "a"};

	(void)state;
	for (unsigned n = 1;; n++) {
		struct identity identity;
		struct error error;
		int result;

		failing_allocator_fail_at(n);
		result = identity_init(&identity, &options, &error);
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			identity_finish(&identity);
			break;
		}
		if (result == 0)
			identity_finish(&identity);
		else
			assert_int_equal(result, -ENOMEM);
	}
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("ALLIM_CONFIG");
	return setenv("ALLIM_JWT_SECRET", SECRET, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_made_is_valid_until_it_expires),
	    cmocka_unit_test(the_reason_is_said),
	    cmocka_unit_test(bad_users_are_refused),
	    cmocka_unit_test(a_missing_key_is_explained),
	    cmocka_unit_test(a_bad_flag_is_named),
	    cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("identity", tests, set_up, NULL);
}
