/* Which locations are PostgreSQL's, and which of them are refused before anybody connects. */
#include "store/postgres_url.h"

#include "lib/assertions.h"

#include <errno.h>

static void test_which_are_taken(void **state)
{
	(void)state;
	assert_true(postgres_url_is_one("postgresql://allim@db/allim"));
	assert_true(postgres_url_is_one("postgres://db"));
	assert_false(postgres_url_is_one("postgresql:"));
	assert_false(postgres_url_is_one("/var/lib/postgresql://"));
	assert_false(postgres_url_is_one("host=db dbname=allim"));
	assert_false(postgres_url_is_one(""));
}

static void test_good_ones(void **state)
{
	static const char *const good[] = {
	    "postgresql://",
	    "postgresql://allim@db.example/allim",
	    "postgresql://allim@[::1]:5433/allim?sslmode=verify-full&sslrootcert=/etc/ca.pem",
	    "postgresql://allim@/allim?host=/run/postgresql",
	    "postgres://allim@one,two:5433/allim?target_session_attrs=read-write",
	    "postgresql://us%65r@db/a%20b",
	    "postgresql://allim:@db/allim",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct error error = {.text = ""};

		if (postgres_url_check(good[i], &error) != 0)
			fail_msg("%s: %s", good[i], error.text);
	}
}

static void refuse(const char *url, const char *sentence)
{
	struct error error = {.text = ""};

	assert_int_equal(postgres_url_check(url, &error), -EINVAL);
	if (strstr(error.text, sentence) == NULL)
		fail_msg("%s: %s", url, error.text);
	assert_null(strstr(error.text, "secret"));
}

static void test_bad_ones(void **state)
{
	(void)state;
	refuse("postgresql://[::1/allim", "is no address of a PostgreSQL database");
	refuse("postgresql://db/allim?colour=blue", "is no address of a PostgreSQL database");
	refuse("postgresql://db/a%zz", "is no address of a PostgreSQL database");
	refuse("postgresql://allim:secret@db/allim", "holds a password");
	refuse("postgresql://db/allim?user=allim&password=secret", "holds a password");
	refuse("postgresql://allim:secret@db/a%zz", "is no address of a PostgreSQL database");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_which_are_taken),
	    cmocka_unit_test(test_good_ones),
	    cmocka_unit_test(test_bad_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
