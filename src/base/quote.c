/* A long text is cut where no character of UTF-8 is split; what is not seen is written out. */
#include "base/quote.h"

#include <stdio.h>

enum { QUOTED_BYTES = 60 };

/* Where a text of more than QUOTED_BYTES can be cut without splitting a character of UTF-8. */
static size_t cut(struct slice text)
{
	size_t length = QUOTED_BYTES;

	if (text.length <= QUOTED_BYTES)
		return text.length;
	while (length > 0 && (text.data[length] & 0xC0) == 0x80)
		length--;
	return length;
}

/* Bytes beyond ASCII are shown as they are only in well-formed text without hidden characters. */
static bool is_plain(unsigned char byte, bool is_utf8)
{
	return byte >= 0x20 && byte != 0x7F && byte != '"' && byte != '\\' &&
	       (byte < 0x80 || is_utf8);
}

/* C1 controls, and the line and paragraph separators, which some terminals and readers of logs take
 * for the end of a line. */
static bool has_hidden(struct slice text)
{
	for (size_t i = 0; i + 1 < text.length; i++) {
		const unsigned char *bytes = (const unsigned char *)text.data + i;

		if (bytes[0] == 0xC2 && bytes[1] < 0xA0)
			return true;
		if (i + 2 < text.length && bytes[0] == 0xE2 && bytes[1] == 0x80 && bytes[2] >= 0xA8)
			return true;
	}
	return false;
}

const char *quote_text(struct slice text, char quote[static QUOTE_BYTES])
{
	struct slice shown = slice_from_bytes(text.data, cut(text));
	bool is_utf8 = slice_is_utf8(shown) && !has_hidden(shown);
	char *end = quote;

	*end++ = '"';
	for (size_t i = 0; i < shown.length; i++) {
		unsigned char byte = (unsigned char)shown.data[i];

		if (is_plain(byte, is_utf8))
			*end++ = (char)byte;
		else
			end += sprintf(end, "\\x%02x", byte);
	}
	snprintf(end, 5, "%s", shown.length < text.length ? "...\"" : "\"");
	return quote;
}

const char *quote_word(struct slice text, char quote[static QUOTE_BYTES])
{
	bool plain = text.length > 0 && text.length <= QUOTED_BYTES;

	for (size_t i = 0; i < text.length && plain; i++)
		plain = text.data[i] > 0x20 && is_plain((unsigned char)text.data[i], false);
	if (!plain)
		return quote_text(text, quote);
	snprintf(quote, QUOTE_BYTES, "%.*s", (int)text.length, text.data);
	return quote;
}
