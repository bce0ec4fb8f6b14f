/* What a connection is made of. Connections themselves are tested with servers. */
#include "broker/rabbitmq_connection.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include "config/settings.h"

#include <errno.h>

static void test_access_is_given_back(void **state)
{
	struct settings settings;
	struct rabbitmq_access access;
	struct error error;

	(void)state;
	settings_init_defaults(&settings);
	assert_int_equal(rabbitmq_access_init(&access, &settings, &error), 0);
	assert_string_equal(access.url.virtual_host, "/");
	assert_string_equal(access.password, "");
	rabbitmq_access_finish(&access);
	settings.rabbitmq_url = "http://a";
	assert_int_equal(rabbitmq_access_init(&access, &settings, &error), -EINVAL);
	rabbitmq_access_finish(&access);
}

static void test_without_memory(void **state)
{
	struct settings settings;
	struct rabbitmq_access access;
	struct error error;

	(void)state;
	settings_init_defaults(&settings);
	for (unsigned n = 1;; n++) {
		int result;

		failing_allocator_fail_at(n);
		result = rabbitmq_access_init(&access, &settings, &error);
		if (!failing_allocator_reset())
			break;
		assert_int_equal(result, -ENOMEM);
		rabbitmq_access_finish(&access);
	}
	rabbitmq_access_finish(&access);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_access_is_given_back),
	    cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests_name("rabbitmq_connection", tests, NULL, NULL);
}
