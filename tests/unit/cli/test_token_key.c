#include "cli/token_key.h"

#include "config/settings_type.h"
#include "lib/assertions.h"

#include <sodium.h>

static void keys_are_random_and_harmless(void **state)
{
	struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(token_key_make(&first), 0);
	assert_int_equal(token_key_make(&second), 0);
	assert_int_equal(first.length, 43);
	assert_false(slice_equals(buffer_slice(&first), buffer_slice(&second)));
	for (size_t i = 0; i < first.length; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_",
				       first.data[i]));
	buffer_finish(&first);
	buffer_finish(&second);
}

static void names_are_plain_words(void **state)
{
	char longest[66];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	assert_null(settings_type_refuse_publisher(SLICE("shop-1.eu_west")));
	assert_null(settings_type_refuse_publisher(slice_from_bytes(longest, 64)));
	assert_non_null(settings_type_refuse_publisher(slice_from_bytes(longest, 65)));
	assert_non_null(settings_type_refuse_publisher(SLICE("")));
	assert_non_null(settings_type_refuse_publisher(SLICE("a b")));
	assert_non_null(settings_type_refuse_publisher(SLICE("a\"b")));
}

/* What is printed is what the settings read, and the hash is the key's. */
static void the_lines_are_settings(void **state)
{
	struct buffer lines = BUFFER_EMPTY;
	struct settings_sources sources = {.file = "allim.yaml"};
	struct settings settings;
	struct error error = {""};
	unsigned char hash[32];

	(void)state;
	assert_int_equal(token_key_append_settings(&lines, SLICE("true"), SLICE("abc")), 0);
	sources.content = buffer_slice(&lines);
	assert_int_equal(settings_load(&settings, &sources, &error), 0);
	assert_int_equal(settings.auth_api_keys.count, 1);
	assert_string_equal(settings.auth_api_keys.items[0].name, "true");
	crypto_hash_sha256(hash, (const unsigned char *)"abc", 3);
	assert_memory_equal(settings.auth_api_keys.items[0].sha256, hash, sizeof(hash));
	settings_finish(&settings);
	buffer_finish(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_random_and_harmless),
	    cmocka_unit_test(names_are_plain_words),
	    cmocka_unit_test(the_lines_are_settings),
	};

	return cmocka_run_group_tests_name("token_key", tests, NULL, NULL);
}
