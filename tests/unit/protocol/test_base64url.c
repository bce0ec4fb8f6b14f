#include "protocol/base64url.h"

#include "lib/assertions.h"

#include <errno.h>
#include <sodium.h>

/* RFC 4648, 10, without the padding. */
static void test_vectors(void **state)
{
	static const char *const rows[][2] = {{"", ""},
					      {"f", "Zg"},
					      {"fo", "Zm8"},
					      {"foo", "Zm9v"},
					      {"foob", "Zm9vYg"},
					      {"fooba", "Zm9vYmE"},
					      {"foobar", "Zm9vYmFy"},
					      {"\xFB\xFF\xBF", "-_-_"}};
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char bytes[16];
		size_t length = 0;

		buffer_clear(&buffer);
		base64url_append(&buffer, slice_from_string(rows[i][0]));
		assert_buffer(buffer, rows[i][1]);
		assert_int_equal(base64url_decode(slice_from_string(rows[i][1]), bytes,
						  strlen(rows[i][0]), &length),
				 0);
		assert_slice(slice_from_bytes(bytes, length), rows[i][0]);
	}
	buffer_finish(&buffer);
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {"Z",	     "Zg=",   "Zg==",	"Zm9=", "Zh",	"Zm9",
					  "Zm9vY",   "Zm 9v", "Zm9v\n", "+_-_", "-/-_", "Zm9*",
					  "\xC3mmm", "*m9v",  "Z*",	"Zm*"};
	char bytes[16];
	size_t length = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    base64url_decode(slice_from_string(bad[i]), bytes, sizeof(bytes), &length),
		    -EINVAL);
	assert_int_equal(base64url_decode(SLICE("Zm9v"), bytes, 2, &length), -EINVAL);
	assert_int_equal(base64url_decode(SLICE("Zm9\0"), bytes, 3, &length), -EINVAL);
	assert_int_equal(length, 7);
}

/* Every text of up to three letters, against libsodium. */
static void test_against_libsodium(void **state)
{
	static const char letters[] = "AQgwBCDEFfxyz059-_=+/ *";
	enum { COUNT = sizeof(letters) };

	(void)state;
	for (int n = 0; n < COUNT * COUNT * COUNT; n++) {
		char text[] = {'A', letters[n % COUNT], letters[n / COUNT % COUNT],
			       letters[n / COUNT / COUNT]};
		unsigned char expected[8], bytes[8];
		size_t length = strnlen(text, sizeof(text)), expected_length, actual_length;
		int result = sodium_base642bin(expected, sizeof(expected), text, length, NULL,
					       &expected_length, NULL,
					       sodium_base64_VARIANT_URLSAFE_NO_PADDING);

		assert_int_equal(base64url_decode(slice_from_bytes(text, length), bytes,
						  sizeof(bytes), &actual_length) < 0,
				 result < 0);
		if (result < 0)
			continue;
		assert_int_equal(actual_length, expected_length);
		assert_memory_equal(bytes, expected, expected_length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_against_libsodium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
