/* Addresses to listen on. Only numeric ones and localhost: a name could stand for several hosts or
 * change, and whether an address is loopback must be known for certain. */
#include "base/json.h"
#include "config/settings_problem.h"

#include <arpa/inet.h>
#include <errno.h>

/* Cuts host and port apart; the brackets of IPv6 (RFC 3986, 3.2.2) stay out of the host. */
static bool split(struct slice text, struct slice *ret_host, struct slice *ret_port,
		  int *ret_family)
{
	const char *end;

	*ret_family = text.length > 0 && text.data[0] == '[' ? AF_INET6 : AF_INET;
	if (*ret_family == AF_INET6) {
		end = memchr(text.data, ']', text.length);
		if (end == NULL || end + 1 == text.data + text.length || end[1] != ':')
			return false;
		*ret_host = slice_from_bytes(text.data + 1, (size_t)(end - text.data) - 1);
		end++;
	} else {
		end = text.length > 0 ? memchr(text.data, ':', text.length) : NULL;
		if (end == NULL)
			return false;
		*ret_host = slice_from_bytes(text.data, (size_t)(end - text.data));
	}
	*ret_port = slice_from_bytes(end + 1, text.length - (size_t)(end + 1 - text.data));
	return true;
}

static bool read_host(struct slice host, int family, char ret_host[static SETTINGS_HOST_BYTES])
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (family == AF_INET && slice_equals(host, SLICE("localhost")))
		host = SLICE("127.0.0.1");
	if (host.length >= SETTINGS_HOST_BYTES || memchr(host.data, '\0', host.length) != NULL)
		return false;
	memcpy(ret_host, host.data, host.length);
	ret_host[host.length] = '\0';
	return inet_pton(family, ret_host, bytes) == 1;
}

static int address_read(const struct setting *setting, struct slice text, struct arena *arena,
			void *member, struct error *error)
{
	struct settings_address address = {.text = text.data};
	struct slice host, port;
	uint64_t number;
	int family;

	(void)arena;
	if (!split(text, &host, &port, &family))
		return settings_problem_refuse(error, text, "is not an address and a port");
	if (!read_host(host, family, address.host))
		return settings_problem_refuse(error, text, "has no numeric address");
	if (slice_to_unsigned(port, &number) < 0 || number > (uint64_t)setting->maximum)
		return settings_problem_refuse(error, text, "has no port from 0 to 65535");
	address.port = (uint16_t)number;
	*(struct settings_address *)member = address;
	return 0;
}

static void address_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	(void)setting;
	json_append_string(buffer,
			   slice_from_string(((const struct settings_address *)member)->text));
}

static void address_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	(void)setting;
	buffer_append_string(buffer, "a numeric address (or localhost) and a port, such as "
				     "127.0.0.1:8080 or [::1]:8080");
}

static bool address_equals(const void *a, const void *b)
{
	const struct settings_address *left = a, *right = b;

	return left->port == right->port && strcmp(left->host, right->host) == 0;
}

bool settings_address_is_loopback(const struct settings_address *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, address->host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, address->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

const struct settings_type settings_type_address = {
    .word = "address",
    .placeholder = "HOST:PORT",
    .read = address_read,
    .append = address_append,
    .append_accepted = address_append_accepted,
    .equals = address_equals,
};
