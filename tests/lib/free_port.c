#include "lib/free_port.h"

#include "base/random.h"
#include "lib/assertions.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_PORT = 15000, PORTS = 15000 };

static bool is_free(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = htons(port)};
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = bind(descriptor, (struct sockaddr *)&address, sizeof(address));

	assert_true(descriptor >= 0);
	close(descriptor);
	return result == 0;
}

unsigned short free_port_find(void)
{
	struct random random;
	unsigned short port;

	random_init(&random, random_system_seed());
	do {
		port = (unsigned short)(FIRST_PORT + random_below(&random, PORTS));
	} while (!is_free(port));
	return port;
}
