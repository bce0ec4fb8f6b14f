/* Runs of plain bytes are copied at once; only what must be escaped is looked at singly. Texts that
 * are walked through were parsed before, so only brackets, strings and white space (RFC 8259, 2)
 * are told apart; a text that is no JSON gives nonsense, but nothing beyond its end. */
#include "base/json.h"

#include "base/clock.h"

/* What a byte outside of strings is to whoever skips. */
enum mark { PLAIN, OPENS, CLOSES, QUOTES };

static const unsigned char marks[256];

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F;
}

static void append_escaped(struct buffer *buffer, unsigned char byte)
{
	switch (byte) {
	case '"':
		buffer_append(buffer, SLICE("\\\""));
		break;
	case '\\':
		buffer_append(buffer, SLICE("\\\\"));
		break;
	case '\n':
		buffer_append(buffer, SLICE("\\n"));
		break;
	case '\r':
		buffer_append(buffer, SLICE("\\r"));
		break;
	case '\t':
		buffer_append(buffer, SLICE("\\t"));
		break;
	default:
		buffer_append_format(buffer, "\\u%04x", byte);
	}
}

void json_append_string(struct buffer *buffer, struct slice text)
{
	size_t start = 0;

	buffer_append_byte(buffer, '"');
	for (size_t i = 0; i < text.length; i++) {
		if (is_plain((unsigned char)text.data[i]))
			continue;
		buffer_append(buffer, slice_from_bytes(text.data + start, i - start));
		append_escaped(buffer, (unsigned char)text.data[i]);
		start = i + 1;
	}
	if (start < text.length)
		buffer_append(buffer, slice_from_bytes(text.data + start, text.length - start));
	buffer_append_byte(buffer, '"');
}

void json_append_name(struct buffer *buffer, const char *name)
{
	buffer_append_byte(buffer, '"');
	buffer_append_string(buffer, name);
	buffer_append(buffer, SLICE("\":"));
}

void json_append_time(struct buffer *buffer, int64_t microseconds)
{
	if (microseconds == 0) {
		buffer_append(buffer, SLICE("null"));
		return;
	}
	buffer_append_byte(buffer, '"');
	clock_append_wall(buffer, microseconds);
	buffer_append_byte(buffer, '"');
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static size_t skip_space(struct slice text, size_t at)
{
	while (at < text.length && is_space(text.data[at]))
		at++;
	return at;
}

/* Behind the string that begins at `at`. Mostly the next quote ends it. */
static size_t skip_string(struct slice text, size_t at)
{
	for (at++; at < text.length;) {
		const char *from = text.data + at;
		const char *quote = memchr(from, '"', text.length - at);
		size_t plain = quote == NULL ? text.length - at : (size_t)(quote - from);
		const char *escape = memchr(from, '\\', plain);

		if (escape == NULL)
			return quote == NULL ? text.length : at + plain + 1;
		at += (size_t)(escape - from) + 2;
	}
	return text.length;
}

static size_t skip_word(struct slice text, size_t at)
{
	while (at < text.length && !is_space(text.data[at]) &&
	       memchr(",:]}", text.data[at], 4) == NULL)
		at++;
	return at;
}

/* Behind the next bracket or string; `depth` follows the brackets. */
static size_t step(struct slice text, size_t at, size_t *depth)
{
	while (at < text.length && marks[(unsigned char)text.data[at]] == PLAIN)
		at++;
	if (at == text.length)
		return at;
	switch (marks[(unsigned char)text.data[at]]) {
	case OPENS:
		++*depth;
		return at + 1;
	case CLOSES:
		*depth -= *depth > 0;
		return at + 1;
	default:
		return skip_string(text, at);
	}
}

/* Behind the value that begins at `at`. */
static size_t skip_value(struct slice text, size_t at)
{
	size_t depth = 0;

	if (at < text.length && text.data[at] == '"')
		return skip_string(text, at);
	if (at == text.length || (text.data[at] != '{' && text.data[at] != '['))
		return skip_word(text, at);
	do {
		at = step(text, at, &depth);
	} while (depth > 0 && at < text.length);
	return at;
}

static struct slice part(struct slice text, size_t from, size_t to)
{
	return slice_from_bytes(text.data + from, to - from);
}

bool json_next(struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
	struct slice text = *rest;
	size_t from = skip_space(text, 0), to;

	/* Behind the opening bracket, or the comma that the last call left. */
	if (from < text.length)
		from = skip_space(text, from + 1);
	if (from >= text.length || text.data[from] == ']' || text.data[from] == '}')
		return false;
	to = skip_value(text, from);
	*ret_name = SLICE("");
	*ret_value = part(text, from, to);
	to = skip_space(text, to);
	if (to < text.length && text.data[to] == ':') {
		*ret_name = *ret_value;
		from = skip_space(text, to + 1);
		to = skip_value(text, from);
		*ret_value = part(text, from, to);
		to = skip_space(text, to);
	}
	*rest = part(text, to, text.length);
	return to < text.length;
}

size_t json_compact(struct slice text, char *ret_compact)
{
	size_t length = 0;

	for (size_t at = skip_space(text, 0); at < text.length; at = skip_space(text, at)) {
		size_t to = text.data[at] == '"' ? skip_string(text, at) : at + 1;

		if (ret_compact != NULL)
			memcpy(ret_compact + length, text.data + at, to - at);
		length += to - at;
		at = to;
	}
	return length;
}

size_t json_depth(struct slice text)
{
	size_t depth = 0, deepest = 0;

	for (size_t at = 0; at < text.length;) {
		at = step(text, at, &depth);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest;
}

static const unsigned char marks[256] = {
    ['{'] = OPENS, ['['] = OPENS, ['}'] = CLOSES, [']'] = CLOSES, ['"'] = QUOTES,
};
