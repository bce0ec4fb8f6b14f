/* Most parameters hold nothing escaped, so decoding first looks for something to do and copies only
 * then. */
#include "protocol/url.h"

#include <errno.h>

static bool starts_with_scheme(struct slice target, struct slice scheme)
{
	return target.length >= scheme.length &&
	       slice_equals_ignoring_case(slice_from_bytes(target.data, scheme.length), scheme);
}

/* RFC 9112, 3.2.2: the form must be accepted. Of https, too, because a proxy that ends TLS may hand
 * on what it got. Such a URL has a host (RFC 9110, 4.2.1) and no user (4.2.4). */
static int split_absolute(struct slice rest, struct url_target *target)
{
	size_t end = 0;

	while (end < rest.length && rest.data[end] != '/' && rest.data[end] != '?')
		end++;
	target->host = slice_from_bytes(rest.data, end);
	if (end == 0 || !url_is_host(target->host))
		return -EINVAL;
	target->query = slice_from_bytes(rest.data + end, rest.length - end);
	target->path = slice_split(&target->query, '?');
	if (target->path.length == 0)
		target->path = SLICE("/");
	return 0;
}

int url_split_target(struct slice target, struct url_target *ret_target)
{
	struct url_target found = {SLICE(""), SLICE(""), SLICE("")};

	if (target.length == 0 || memchr(target.data, '#', target.length) != NULL)
		return -EINVAL;
	if (starts_with_scheme(target, SLICE("http://"))) {
		if (split_absolute(slice_from_bytes(target.data + 7, target.length - 7), &found) <
		    0)
			return -EINVAL;
	} else if (starts_with_scheme(target, SLICE("https://"))) {
		if (split_absolute(slice_from_bytes(target.data + 8, target.length - 8), &found) <
		    0)
			return -EINVAL;
	} else if (target.data[0] == '/') {
		found.query = target;
		found.path = slice_split(&found.query, '?');
	} else if (slice_equals(target, SLICE("*"))) {
		found.path = target;
	} else {
		return -EINVAL;
	}
	*ret_target = found;
	return 0;
}

static bool is_one_of(char byte, const char *others)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte != '\0' && strchr(others, byte) != NULL);
}

static bool all_of(struct slice text, const char *others)
{
	for (size_t i = 0; i < text.length; i++) {
		if (!is_one_of(text.data[i], others))
			return false;
	}
	return true;
}

static bool is_port(struct slice port)
{
	for (size_t i = 0; i < port.length; i++) {
		if (port.data[i] < '0' || port.data[i] > '9')
			return false;
	}
	return port.length <= 5;
}

/* RFC 3986, 3.2.2: reg-name, IPv4address, or an IP-literal in brackets. */
bool url_is_host(struct slice host)
{
	struct slice name;

	if (host.length > 0 && host.data[0] == '[') {
		name = slice_split(&host, ']');
		name = slice_from_bytes(name.data + 1, name.length - 1);
		if (host.data[-1] != ']' || name.length == 0 || !all_of(name, ":.-_~!$&'()*+,;="))
			return false;
		return host.length == 0 ||
		       (host.data[0] == ':' &&
			is_port(slice_from_bytes(host.data + 1, host.length - 1)));
	}
	name = slice_split(&host, ':');
	return all_of(name, "-._~!$&'()*+,;=%") && is_port(host);
}

/* Takes one byte or escape off the front, '+' as a blank; -1 where the escape is incomplete or
 * stands for NUL. */
static int take_byte(struct slice *text)
{
	char byte = text->data[0];
	int high, low;

	if (byte != '%') {
		*text = slice_from_bytes(text->data + 1, text->length - 1);
		return byte == '\0' ? -1 : (unsigned char)(byte == '+' ? ' ' : byte);
	}
	if (text->length < 3)
		return -1;
	high = slice_hexadecimal(text->data[1]);
	low = slice_hexadecimal(text->data[2]);
	*text = slice_from_bytes(text->data + 3, text->length - 3);
	return high < 0 || low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

static int decode_escapes(struct slice text, struct arena *arena, struct slice *ret_decoded)
{
	char *decoded = arena_allocate(arena, text.length);
	size_t length = 0;

	if (decoded == NULL)
		return -ENOMEM;
	while (text.length > 0) {
		int byte = take_byte(&text);

		if (byte < 0)
			return -EINVAL;
		decoded[length++] = (char)byte;
	}
	if (!slice_is_utf8(slice_from_bytes(decoded, length)))
		return -EINVAL;
	*ret_decoded = slice_from_bytes(decoded, length);
	return 0;
}

int url_decode_form(struct slice text, struct arena *arena, struct slice *ret_decoded)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '%' || text.data[i] == '+')
			return decode_escapes(text, arena, ret_decoded);
	}
	if (text.length > 0 &&
	    (memchr(text.data, '\0', text.length) != NULL || !slice_is_utf8(text)))
		return -EINVAL;
	*ret_decoded = text;
	return 0;
}

void url_append_encoded(struct buffer *buffer, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.data[i];

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		    (byte >= '0' && byte <= '9') || memchr("-._~", byte, 4) != NULL)
			buffer_append_byte(buffer, byte);
		else
			buffer_append_format(buffer, "%%%02X", (unsigned)(unsigned char)byte);
	}
}

bool url_next_parameter(struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
	while (rest->length > 0) {
		struct slice value = slice_split(rest, '&');

		if (value.length == 0)
			continue;
		*ret_name = slice_split(&value, '=');
		*ret_value = value;
		return true;
	}
	return false;
}

/* Whether a name as it was sent is this one, decoding as it goes. */
static bool is_name(struct slice sent, struct slice name)
{
	size_t i = 0;

	while (sent.length > 0) {
		int byte = take_byte(&sent);

		if (i == name.length || byte != (unsigned char)name.data[i++])
			return false;
	}
	return i == name.length;
}

int url_query_parameter(struct slice query, struct slice name, struct arena *arena,
			struct slice *ret_value)
{
	struct slice sent_name, sent_value, found = {NULL, 0};

	while (url_next_parameter(&query, &sent_name, &sent_value)) {
		if (!is_name(sent_name, name))
			continue;
		if (found.data != NULL)
			return -EINVAL;
		found = sent_value;
	}
	if (found.data == NULL)
		return -ENOENT;
	return url_decode_form(found, arena, ret_value);
}

int url_query_check(struct slice query, const struct slice *names, size_t name_count,
		    struct slice *ret_unknown)
{
	struct slice name, value;

	while (url_next_parameter(&query, &name, &value)) {
		size_t i = 0;

		while (i < name_count && !is_name(name, names[i]))
			i++;
		if (i == name_count) {
			*ret_unknown = name;
			return -ENOENT;
		}
	}
	return 0;
}
