/* What is split is a part of the text and safe in a header, and what was written is split into the
 * same. */
#include "fuzz/fuzz.h"
#include "protocol/data_url.h"

#include <openssl/evp.h>

static void check_type(struct slice type)
{
	for (size_t i = 0; i < type.length; i++)
		FUZZ_CHECK(type.data[i] > ' ' && type.data[i] <= '~' && type.data[i] != '"' &&
			   type.data[i] != ',');
	FUZZ_CHECK(type.length == 0 || memchr(type.data, '/', type.length) != NULL);
}

static bool is_within(struct slice part, struct slice text)
{
	return part.data >= text.data && part.data + part.length <= text.data + text.length;
}

static void check_split(struct slice text)
{
	struct slice type, base64;

	if (data_url_split(text, &type, &base64) < 0)
		return;
	check_type(type);
	FUZZ_CHECK(is_within(type, text) && is_within(base64, text));
	FUZZ_CHECK(base64.data + base64.length == text.data + text.length);
}

static void check_bytes(struct slice base64, struct slice bytes)
{
	unsigned char *decoded = malloc(base64.length + 1);
	int length;

	FUZZ_CHECK(decoded != NULL);
	length = EVP_DecodeBlock(decoded, (const unsigned char *)base64.data, (int)base64.length);
	FUZZ_CHECK(length == (int)((bytes.length + 2) / 3 * 3)); /* with what fills up */
	FUZZ_CHECK(memcmp(decoded, bytes.data, bytes.length) == 0);
	free(decoded);
}

/* A type that is not safe becomes one that is. */
static void check_written(struct slice type, struct slice bytes)
{
	struct buffer text = BUFFER_EMPTY;
	struct slice read, base64;

	data_url_append(&text, type, bytes);
	FUZZ_CHECK(data_url_split(buffer_slice(&text), &read, &base64) == 0);
	check_type(read);
	FUZZ_CHECK(slice_equals(read, type) ||
		   slice_equals(read, SLICE("application/octet-stream")));
	check_bytes(base64, bytes);
	buffer_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size), type;

	check_split(input);
	type = slice_split(&input, '\n');
	check_written(type, input);
	return 0;
}
