/* Cutting, and leaving the numbers to inet_pton(). */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>

static int split(struct slice text, bool is_v6, struct slice *ret_host, struct slice *ret_port)
{
	const char *end =
	    text.length == 0 ? NULL : memchr(text.data, is_v6 ? ']' : ':', text.length);
	const char *limit = text.data + text.length;
	const char *colon = is_v6 && end != NULL ? end + 1 : end;
	const char *start = text.data + (is_v6 ? 1 : 0);

	if (colon == NULL || colon == limit || *colon != ':')
		return -EINVAL;
	*ret_host = slice_from_bytes(start, (size_t)(end - start));
	*ret_port = slice_from_bytes(colon + 1, (size_t)(limit - colon - 1));
	return 0;
}

static bool read_host(struct slice host, struct address *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (!address->is_v6 && slice_equals(host, SLICE("localhost")))
		host = SLICE("127.0.0.1");
	if (host.length >= ADDRESS_HOST_BYTES || memchr(host.data, '\0', host.length) != NULL)
		return false;
	memcpy(address->host, host.data, host.length);
	return inet_pton(address->is_v6 ? AF_INET6 : AF_INET, address->host, bytes) == 1;
}

int address_parse(struct slice text, struct address *ret_address)
{
	struct address address = {.is_v6 = text.length > 0 && text.data[0] == '['};
	struct slice host, port;
	uint64_t number;

	if (split(text, address.is_v6, &host, &port) < 0)
		return -EINVAL;
	if (!read_host(host, &address))
		return -EADDRNOTAVAIL;
	if (slice_to_unsigned(port, &number) < 0 || number > UINT16_MAX)
		return -ERANGE;
	address.port = (uint16_t)number;
	*ret_address = address;
	return 0;
}
