/* A sentence is put together in a buffer, since parts of it are written by the type of the setting,
 * and cut where it would not fit a struct error. */
#include "config/settings_problem.h"

#include <errno.h>
#include <stdarg.h>
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

const char *settings_problem_quote(struct slice text, char quote[static SETTINGS_QUOTE_BYTES])
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

const char *settings_problem_word(struct slice text, char quote[static SETTINGS_QUOTE_BYTES])
{
	bool plain = text.length > 0 && text.length <= QUOTED_BYTES;

	for (size_t i = 0; i < text.length && plain; i++)
		plain = text.data[i] > 0x20 && is_plain((unsigned char)text.data[i], false);
	if (!plain)
		return settings_problem_quote(text, quote);
	snprintf(quote, SETTINGS_QUOTE_BYTES, "%.*s", (int)text.length, text.data);
	return quote;
}

int settings_problem_refuse(struct error *error, struct slice text, const char *what)
{
	char quote[SETTINGS_QUOTE_BYTES];

	return error_set(error, -EINVAL, "%s %s", settings_problem_quote(text, quote), what);
}

int settings_problem_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory while reading the settings");
}

/* A file's name is the user's own and is shown whole, but on one line. */
static void append_file(struct buffer *buffer, const struct settings_origin *origin)
{
	for (size_t i = 0; i < origin->name.length; i++) {
		char byte = origin->name.data[i];

		buffer_append_byte(buffer, (unsigned char)byte < 0x20 || byte == 0x7F ? '?' : byte);
	}
	if (origin->line > 0)
		buffer_append_format(buffer, ":%zu:%zu", origin->line, origin->column);
}

static void append_place(struct buffer *buffer, const struct settings_origin *origin)
{
	char quote[SETTINGS_QUOTE_BYTES];

	if (origin->source == SETTINGS_FROM_FILE)
		append_file(buffer, origin);
	else if (origin->source == SETTINGS_FROM_FLAG)
		buffer_append_format(buffer, "--%s", settings_problem_word(origin->name, quote));
	else if (origin->source == SETTINGS_FROM_VARIABLE)
		buffer_append_string(buffer, settings_problem_word(origin->name, quote));
	else
		buffer_append_string(buffer, "default settings");
	buffer_append_string(buffer, ": ");
}

static int finish(struct error *error, int code, struct buffer *sentence)
{
	if (buffer_failed(sentence))
		code = settings_problem_memory(error);
	else
		error_set(error, code, "%.*s", (int)sentence->length, sentence->data);
	buffer_finish(sentence);
	return code;
}

int settings_problem(struct error *error, const struct settings_origin *origin, int code,
		     const char *format, ...)
{
	struct buffer buffer = BUFFER_EMPTY;
	struct error sentence;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence.text, sizeof(sentence.text), format, arguments);
	va_end(arguments);
	append_place(&buffer, origin);
	buffer_append_string(&buffer, sentence.text);
	return finish(error, code, &buffer);
}

int settings_problem_value(struct error *error, const struct settings_origin *origin,
			   const struct setting *setting, const char *sentence)
{
	struct buffer buffer = BUFFER_EMPTY;

	append_place(&buffer, origin);
	if (origin->source == SETTINGS_FROM_FILE || origin->source == SETTINGS_FROM_DEFAULT)
		buffer_append_format(&buffer, "%s: ", setting->name);
	buffer_append_format(&buffer, "%s; accepted is ", sentence);
	setting->type->append_accepted(&buffer, setting);
	return finish(error, -EINVAL, &buffer);
}
