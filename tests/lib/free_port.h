/* Ports of loopback for servers of a test's own. */
#ifndef ALLIM_TESTS_FREE_PORT_H
#define ALLIM_TESTS_FREE_PORT_H

/* One that nobody listens on now; another test may take it before the server does. It is below what
 * the kernel gives to outgoing connections: a client that tries to reach a dead server must not
 * become its own peer. */
unsigned short free_port_find(void);

#endif
