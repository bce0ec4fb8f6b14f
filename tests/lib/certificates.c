#include "lib/certificates.h"

#include "lib/assertions.h"

void certificates_make(struct guard *guard)
{
	static const char script[] =
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
	    "-subj '/CN=allim test authority' -keyout ca.key -out ca.pem && "
	    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=server' "
	    "-keyout server.key -out server.csr && "
	    "printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\n' >extensions && "
	    "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
	    "-extfile extensions -out server.pem";
	const char *command[] = {"/bin/sh", "-c", script, NULL};

	guard_start(guard, command);
	if (guard_wait(guard) != 0)
		fail_msg("openssl makes no certificates: %s", guard_log(guard));
}
