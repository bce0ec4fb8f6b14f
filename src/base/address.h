/* Addresses as text, `127.0.0.1:8080` or `[::1]:8080`. Only numeric ones and localhost: a name
 * could stand for several hosts or change, and whether an address is loopback must be known for
 * certain. */
#ifndef ALLIM_BASE_ADDRESS_H
#define ALLIM_BASE_ADDRESS_H

#include "base/slice.h"

/* The longest text of an IPv6 address and its terminator. */
enum { ADDRESS_HOST_BYTES = 46 };

struct address {
	char host[ADDRESS_HOST_BYTES]; /* for inet_pton(), without brackets */
	bool is_v6;
	uint16_t port;
};

/* The brackets stand around IPv6 and nothing else (RFC 3986, 3.2.2). Returns 0, or -EINVAL where it
 * is not an address and a port, -EADDRNOTAVAIL where the address is not numeric, or -ERANGE where
 * the port is none. */
int address_parse(struct slice text, struct address *ret_address);

#endif
