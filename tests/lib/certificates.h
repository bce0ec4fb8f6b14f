/* Certificates for servers of a test's own. */
#ifndef ALLIM_TESTS_CERTIFICATES_H
#define ALLIM_TESTS_CERTIFICATES_H

#include "lib/guard.h"

/* Makes an authority of its own ("ca.pem") and a certificate for 127.0.0.1 and localhost
 * ("server.pem", "server.key") in the guard's folder, in which nothing runs yet. */
void certificates_make(struct guard *guard);

#endif
