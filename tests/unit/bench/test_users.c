#include "bench/users.h"

#include "lib/assertions.h"
#include "protocol/jwt.h"

/* A token must be what a node takes for the user of that number. */
static void test_token(void **state)
{
	struct arena arena = ARENA_EMPTY;
	struct buffer token = BUFFER_EMPTY;
	const struct jwt_rules rules = {SLICE(""), SLICE(""), 0};
	struct jwt_claims claims;
	struct users users;
	struct error error;

	(void)state;
	assert_int_equal(users_init(&users, &error), 0);
	users_append_token(&users, 17, &token);
	assert_int_equal(jwt_verify(buffer_slice(&token), &users.key, 1, &rules,
				    users.expires_at - 10, &arena, &claims),
			 0);
	assert_slice(claims.subject, "user-000017");
	users_finish(&users);
	buffer_finish(&token);
	arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_token)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
