/* What is decoded is text, and escaping it again and decoding that gives the same. */
#include "fuzz/fuzz.h"
#include "protocol/url.h"

static void escape(struct buffer *buffer, struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		buffer_append_format(buffer, "%%%02x", (unsigned)(unsigned char)text.data[i]);
}

static void check_text(struct slice text)
{
	FUZZ_CHECK(slice_is_utf8(text));
	FUZZ_CHECK(text.length == 0 || memchr(text.data, '\0', text.length) == NULL);
}

static void check_decoding(struct slice input, struct arena *arena)
{
	struct buffer escaped = BUFFER_EMPTY;
	struct slice decoded, again;

	if (url_decode_form(input, arena, &decoded) == 0) {
		check_text(decoded);
		escape(&escaped, decoded);
		FUZZ_CHECK(url_decode_form(buffer_slice(&escaped), arena, &again) == 0);
		FUZZ_CHECK(slice_equals(decoded, again));
	}
	buffer_finish(&escaped);
}

static void check_target(struct slice input, struct arena *arena)
{
	static const struct slice names[] = {{"after", 5}, {"limit", 5}};
	struct slice value;
	struct url_target target;

	if (url_split_target(input, &target) < 0)
		return;
	FUZZ_CHECK(target.path.length > 0);
	FUZZ_CHECK(url_is_host(target.host));
	FUZZ_CHECK(target.path.data[0] == '/' || slice_equals(target.path, SLICE("*")));
	if (url_query_parameter(target.query, SLICE("after"), arena, &value) == 0)
		check_text(value);
	url_query_check(target.query, names, 2, &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	struct arena arena = ARENA_EMPTY;

	check_decoding(input, &arena);
	check_target(input, &arena);
	url_is_host(input);
	arena_finish(&arena);
	return 0;
}
