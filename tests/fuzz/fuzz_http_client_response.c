/* However the network cuts them, responses on one connection are the same responses. */
#include "fuzz/fuzz.h"
#include "protocol/http_client_response.h"

enum { HEAD_BYTES = 200 };

static bool is_one_line(struct slice text)
{
	return text.length == 0 || (memchr(text.data, '\r', text.length) == NULL &&
				    memchr(text.data, '\n', text.length) == NULL);
}

static int on_head(void *context, struct http_client_response *response)
{
	static const struct slice names[] = {{"content-type", 12}, {"retry-after", 11}, {"a", 1}};
	struct buffer *seen = context;

	FUZZ_CHECK(http_client_response_status(response) / 100 != 1);
	buffer_append_format(seen, "%d ", http_client_response_status(response));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice value = http_client_response_header(response, names[i]);

		FUZZ_CHECK(value.length <= HEAD_BYTES);
		FUZZ_CHECK(is_one_line(value));
		buffer_append(seen, value);
		buffer_append_byte(seen, '/');
	}
	return 0;
}

static int on_body(void *context, struct slice bytes)
{
	buffer_append(context, bytes);
	return 0;
}

/* Moves `input` behind what belonged to the response. */
static int read_response(struct http_client_response *response, struct slice *input, size_t piece)
{
	size_t consumed = 1;
	int result = 0;

	while (result == 0 && consumed > 0 && input->length > 0) {
		size_t length = piece < input->length ? piece : input->length;

		result = http_client_response_feed(response, slice_from_bytes(input->data, length),
						   &consumed);
		FUZZ_CHECK(consumed <= length);
		*input = slice_from_bytes(input->data + consumed, input->length - consumed);
	}
	return result;
}

/* Only that a response is refused is always the same: a head that is both too long and malformed is
 * refused for whichever the reader meets first, and that depends on the cuts. */
static void read_connection(struct slice input, size_t piece, bool without_body,
			    struct buffer *seen)
{
	const struct http_client_response_events events = {on_head, on_body, seen};
	struct http_client_response *response =
	    http_client_response_create(&events, HEAD_BYTES, without_body);
	int result = 0;

	while (response != NULL && input.length > 0 && result == 0) {
		size_t left = input.length;

		http_client_response_reset(response, without_body);
		result = read_response(response, &input, piece);
		if (result == 0 && http_client_response_is_complete(response)) {
			FUZZ_CHECK(input.length < left);
			buffer_append_format(seen, ";%zu\n", input.length);
		} else {
			FUZZ_CHECK(result < 0 || input.length == 0);
			buffer_append_format(seen, ";%s %d\n", result < 0 ? "refused" : "cut",
					     http_client_response_end(response));
		}
	}
	http_client_response_destroy(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	uint8_t choices = fuzz_take_byte(&input);
	struct buffer whole = BUFFER_EMPTY, cut = BUFFER_EMPTY;
	bool without_body = choices % 2 == 1;

	read_connection(input, input.length, without_body, &whole);
	read_connection(input, (size_t)choices / 2 % 16 + 1, without_body, &cut);
	FUZZ_CHECK(slice_equals(buffer_slice(&whole), buffer_slice(&cut)));
	buffer_finish(&whole);
	buffer_finish(&cut);
	return 0;
}
