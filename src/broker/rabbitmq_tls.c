/* librabbitmq compares names of hosts by itself and knows no numeric addresses; OpenSSL does both
 * while it verifies, so the host is made a part of that. It also tells why it refuses, of which
 * librabbitmq keeps nothing; so the verification reports here. */
#include "broker/rabbitmq_tls.h"

#include <amqp_ssl_socket.h>
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

static bool load_authorities(SSL_CTX *context, const char *ca_file)
{
	bool loaded = ca_file[0] == '\0'
			  ? SSL_CTX_set_default_verify_paths(context) == 1
			  : SSL_CTX_load_verify_locations(context, ca_file, NULL) == 1;

	ERR_clear_error();
	return loaded;
}

static int refuse_file(const char *ca_file, struct error *error)
{
	return error_set(error, -EINVAL,
			 "%s holds no certificates in PEM; correct rabbitmq.tls_ca_file", ca_file);
}

static int out_of_memory(struct error *error)
{
	ERR_clear_error();
	return error_set(error, -ENOMEM, "out of memory while preparing TLS");
}

int rabbitmq_tls_check(const char *ca_file, struct error *error)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	bool loaded;

	if (context == NULL)
		return out_of_memory(error);
	loaded = load_authorities(context, ca_file);
	SSL_CTX_free(context);
	return loaded ? 0 : refuse_file(ca_file, error);
}

/* The first refusal counts: it is the one that a person has to mend. */
static int on_verify(int accepted, X509_STORE_CTX *verification)
{
	SSL *tls = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx());
	int *refusal = SSL_CTX_get_app_data(SSL_get_SSL_CTX(tls));

	if (!accepted && *refusal == X509_V_OK)
		*refusal = X509_STORE_CTX_get_error(verification);
	return accepted;
}

/* RFC 6125: the name or the address that was asked for is what the certificate must have. */
static bool expect_host(SSL_CTX *context, const char *host)
{
	X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1;
}

int rabbitmq_tls_prepare(amqp_socket_t *socket, const char *ca_file, const char *host,
			 int *ret_refusal, struct error *error)
{
	SSL_CTX *context = amqp_ssl_socket_get_context(socket);

	*ret_refusal = X509_V_OK;
	amqp_ssl_socket_set_verify_hostname(socket, false);
	SSL_CTX_set_app_data(context, ret_refusal);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
	    !expect_host(context, host))
		return out_of_memory(error);
	return load_authorities(context, ca_file) ? 0 : refuse_file(ca_file, error);
}

int rabbitmq_tls_explain(int refusal, struct error *error)
{
	return error_set(error, -EACCES,
			 "its certificate is refused: %s; see to rabbitmq.tls_ca_file and to the "
			 "host in rabbitmq.url",
			 X509_verify_cert_error_string(refusal));
}
