/* Addresses to listen on. */
#include "base/address.h"
#include "base/json.h"
#include "config/settings_problem.h"

#include <arpa/inet.h>
#include <errno.h>

static int address_read(const struct setting *setting, struct slice text, struct arena *arena,
			void *member, struct error *error)
{
	struct settings_address address = {.text = text.data};
	struct address parsed;

	(void)setting;
	(void)arena;
	switch (address_parse(text, &parsed)) {
	case 0:
		break;
	case -EADDRNOTAVAIL:
		return settings_problem_refuse(error, text, "has no numeric address");
	case -ERANGE:
		return settings_problem_refuse(error, text, "has no port from 0 to 65535");
	default:
		return settings_problem_refuse(error, text, "is not an address and a port");
	}
	memcpy(address.host, parsed.host, sizeof(address.host));
	address.port = parsed.port;
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
