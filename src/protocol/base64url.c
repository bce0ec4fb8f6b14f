/* Four letters are three bytes; what is left over at the end is two letters for one byte, or three
 * for two. */
#include "protocol/base64url.h"

#include <errno.h>

static const signed char values[128];
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* -1 for what is no letter. */
static int value_of(char letter)
{
	unsigned char code = (unsigned char)letter;

	return code < 128 ? values[code] - 1 : -1;
}

/* Up to four letters as a number of 24 bits, or a negative one. */
static int group_of(const char *text, size_t count)
{
	int group = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < count ? value_of(text[i]) : 0;

		if (value < 0)
			return -1;
		group = group << 6 | value;
	}
	return group;
}

int base64url_decode(struct slice text, void *bytes, size_t size, size_t *ret_length)
{
	size_t rest = text.length % 4;
	size_t length = text.length / 4 * 3 + (rest > 0 ? rest - 1 : 0);
	unsigned char *end = bytes;

	if (rest == 1 || length > size)
		return -EINVAL;
	for (size_t i = 0; i + 4 <= text.length; i += 4) {
		int group = group_of(text.data + i, 4);

		if (group < 0)
			return -EINVAL;
		*end++ = (unsigned char)(group >> 16);
		*end++ = (unsigned char)(group >> 8);
		*end++ = (unsigned char)group;
	}
	if (rest > 0) {
		int group = group_of(text.data + text.length - rest, rest);

		if (group < 0 || (group & (rest == 2 ? 0xFFFF : 0xFF)) != 0)
			return -EINVAL;
		*end++ = (unsigned char)(group >> 16);
		if (rest == 3)
			*end = (unsigned char)(group >> 8);
	}
	*ret_length = length;
	return 0;
}

void base64url_append(struct buffer *buffer, struct slice bytes)
{
	const unsigned char *from = (const unsigned char *)bytes.data;

	for (size_t i = 0; i < bytes.length; i += 3) {
		size_t count = bytes.length - i < 3 ? bytes.length - i : 3;
		unsigned group = (unsigned)from[i] << 16;

		if (count > 1)
			group |= (unsigned)from[i + 1] << 8;
		if (count > 2)
			group |= from[i + 2];
		for (size_t letter = 0; letter <= count; letter++)
			buffer_append_byte(buffer, letters[group >> (18 - 6 * letter) & 63]);
	}
}

/* One more than the value, so that 0 is for what is no letter. */
static const signed char values[128] = {
    ['-'] = 63, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59,
    ['7'] = 60, ['8'] = 61, ['9'] = 62, ['A'] = 1,  ['B'] = 2,	['C'] = 3,  ['D'] = 4,	['E'] = 5,
    ['F'] = 6,	['G'] = 7,  ['H'] = 8,	['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13,
    ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
    ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['_'] = 64, ['a'] = 27, ['b'] = 28,
    ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52,
};
