/* The key is never a flag: a command line is seen by everybody on the machine (ps). */
#include "cli/publisher_key.h"

#include "cli/client.h"
#include "cli/command.h"
#include "cli/secret_file.h"

#include <errno.h>

int publisher_key_read(const char *file, struct buffer *authorization, struct error *error)
{
	struct buffer key = BUFFER_EMPTY;
	const char *variable = command_variable("ALLIM_API_KEY");
	int result = 0;

	if (file != NULL)
		result = secret_file_read(file, &key, error);
	else if (variable != NULL)
		buffer_append_string(&key, variable);
	else
		result = error_set(error, -EINVAL,
				   "there is no API key; set ALLIM_API_KEY or give "
				   "--api-key-file FILE");
	if (result == 0)
		client_append_bearer(authorization, buffer_slice(&key));
	buffer_finish(&key);
	if (buffer_failed(authorization))
		return error_set(error, -ENOMEM, "out of memory");
	return result;
}
