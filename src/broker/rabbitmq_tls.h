/* TLS of connections to RabbitMQ: what librabbitmq leaves to its defaults, or does less well than
 * OpenSSL, is set here. */
#ifndef ALLIM_BROKER_RABBITMQ_TLS_H
#define ALLIM_BROKER_RABBITMQ_TLS_H

#include "base/error.h"

#include <amqp.h>

/* Sees whether the file holds authorities; an empty name stands for the system's. Returns 0,
 * -ENOMEM or -EINVAL with a sentence. */
int rabbitmq_tls_check(const char *ca_file, struct error *error);

/* Prepares a socket of amqp_ssl_socket_new(): TLS 1.2 or later, and a certificate that authorities
 * in `ca_file` (empty: the system's) vouch for, for that host. What is wrong with a certificate is
 * written to `*ret_refusal`, which must outlive the socket's opening: an X509_V_ERR_ number, or
 * X509_V_OK. Returns 0, -ENOMEM or -EINVAL with a sentence. */
int rabbitmq_tls_prepare(amqp_socket_t *socket, const char *ca_file, const char *host,
			 int *ret_refusal, struct error *error);

/* Says what that number means. Returns -EACCES. */
int rabbitmq_tls_explain(int refusal, struct error *error);

#endif
