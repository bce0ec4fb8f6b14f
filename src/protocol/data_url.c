#include "protocol/data_url.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>

#define START "data:"
#define MARK  ";base64"

/* The letters of tokens (RFC 9110, 5.6.2) that types and parameters are made of, and what joins
 * them; quoted values are not taken. */
static bool is_type(struct slice text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$&^_.+-/;=";

	for (size_t i = 0; i < text.length; i++) {
		if (memchr(letters, text.data[i], sizeof(letters) - 1) == NULL)
			return false;
	}
	return text.length == 0 || memchr(text.data, '/', text.length) != NULL;
}

int data_url_split(struct slice text, struct slice *ret_type, struct slice *ret_base64)
{
	struct slice start = SLICE(START), mark = SLICE(MARK), head;

	if (text.length < start.length || memchr(text.data, ',', text.length) == NULL ||
	    !slice_equals_ignoring_case(slice_from_bytes(text.data, start.length), start))
		return -EINVAL;
	text = slice_from_bytes(text.data + start.length, text.length - start.length);
	head = slice_split(&text, ',');
	if (head.length < mark.length ||
	    !slice_equals_ignoring_case(
		slice_from_bytes(head.data + head.length - mark.length, mark.length), mark))
		return -EINVAL;
	head.length -= mark.length;
	if (!is_type(head))
		return -EINVAL;
	*ret_type = head;
	*ret_base64 = text;
	return 0;
}

void data_url_append(struct buffer *buffer, struct slice type, struct slice bytes)
{
	bool is_safe = !slice_is_empty(type) && is_type(type);
	char *place;

	buffer_append_string(buffer, START);
	buffer_append(buffer, is_safe ? type : SLICE("application/octet-stream"));
	buffer_append_string(buffer, MARK ",");
	if (bytes.length > INT_MAX / 2) {
		buffer->failed = true;
		return;
	}
	/* Four letters for three bytes, and the NUL that the function adds. */
	place = buffer_reserve(buffer, (bytes.length + 2) / 3 * 4 + 1);
	if (place != NULL)
		buffer->length += (size_t)EVP_EncodeBlock(
		    (unsigned char *)place, (const unsigned char *)bytes.data, (int)bytes.length);
}
