/* Comparing, cutting and reading numbers out of slices. */
#include "base/slice.h"

#include <errno.h>
#include <stdlib.h>

static char lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

bool slice_equals_ignoring_case(struct slice a, struct slice b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++) {
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	}
	return true;
}

bool slice_starts_with(struct slice slice, struct slice prefix)
{
	return slice.length >= prefix.length &&
	       (prefix.length == 0 || memcmp(slice.data, prefix.data, prefix.length) == 0);
}

struct slice slice_split(struct slice *rest, char separator)
{
	struct slice head = *rest;
	const char *found = rest->length == 0 ? NULL : memchr(rest->data, separator, rest->length);

	if (found == NULL) {
		*rest = (struct slice){head.data + head.length, 0};
		return head;
	}
	head.length = (size_t)(found - head.data);
	*rest = (struct slice){found + 1, rest->length - head.length - 1};
	return head;
}

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t';
}

struct slice slice_trim(struct slice slice)
{
	while (slice.length > 0 && is_blank(slice.data[0])) {
		slice.data++;
		slice.length--;
	}
	while (slice.length > 0 && is_blank(slice.data[slice.length - 1]))
		slice.length--;
	return slice;
}

int slice_to_unsigned(struct slice slice, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (slice.length == 0)
		return -EINVAL;
	for (size_t i = 0; i < slice.length; i++) {
		if (slice.data[i] < '0' || slice.data[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(number, 10U, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(slice.data[i] - '0'), &number))
			return -EINVAL;
	}
	*ret_number = number;
	return 0;
}

int slice_to_integer(struct slice slice, int64_t *ret_number)
{
	bool negative = slice.length > 0 && slice.data[0] == '-';
	uint64_t magnitude;

	if (negative)
		slice = slice_from_bytes(slice.data + 1, slice.length - 1);
	if (slice_to_unsigned(slice, &magnitude) < 0)
		return -EINVAL;
	if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return -EINVAL;
	*ret_number = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

/* The length of the sequence that starts at `bytes`, or 0 where it is malformed (RFC 3629, 4). */
static size_t utf8_sequence(const unsigned char *bytes, size_t left)
{
	unsigned char first = bytes[0];
	unsigned char low = 0x80, high = 0xBF;
	size_t length;

	if (first < 0x80)
		return 1;
	if (first >= 0xC2 && first <= 0xDF)
		length = 2;
	else if (first >= 0xE0 && first <= 0xEF)
		length = 3;
	else if (first >= 0xF0 && first <= 0xF4)
		length = 4;
	else
		return 0;
	if (length > left)
		return 0;
	if (first == 0xE0)
		low = 0xA0;
	else if (first == 0xED)
		high = 0x9F;
	else if (first == 0xF0)
		low = 0x90;
	else if (first == 0xF4)
		high = 0x8F;
	if (bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if (bytes[i] < 0x80 || bytes[i] > 0xBF)
			return 0;
	}
	return length;
}

bool slice_is_utf8(struct slice slice)
{
	const unsigned char *bytes = (const unsigned char *)slice.data;

	for (size_t i = 0; i < slice.length;) {
		size_t length = utf8_sequence(bytes + i, slice.length - i);

		if (length == 0)
			return false;
		i += length;
	}
	return true;
}

bool slice_has_control(struct slice text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;

	for (size_t i = 0; i < text.length; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7F)
			return true;
		if (bytes[i] == 0xC2 && i + 1 < text.length && bytes[i + 1] < 0xA0)
			return true;
	}
	return false;
}

bool slice_has_only(struct slice text, const char *others)
{
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.data[i];

		if (!(byte >= 'a' && byte <= 'z') && !(byte >= 'A' && byte <= 'Z') &&
		    !(byte >= '0' && byte <= '9') && memchr(others, byte, strlen(others)) == NULL)
			return false;
	}
	return true;
}

int slice_hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

size_t slice_drop_malformed(char *bytes, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length;) {
		size_t sequence = utf8_sequence((const unsigned char *)bytes + i, length - i);

		memmove(bytes + kept, bytes + i, sequence);
		kept += sequence;
		i += sequence == 0 ? 1 : sequence;
	}
	return kept;
}

char *slice_to_string(struct slice slice)
{
	char *string = malloc(slice.length + 1);

	if (string == NULL)
		return NULL;
	if (slice.length > 0)
		memcpy(string, slice.data, slice.length);
	string[slice.length] = '\0';
	return string;
}
