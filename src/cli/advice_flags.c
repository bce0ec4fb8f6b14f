/* Values that more than one of the commands has to make sense of. */
#include "cli/advice_flags.h"

int advice_flags_read_current(const struct command *command, const char *given,
			      enum advisor_method *ret_current)
{
	struct error error;

	*ret_current = ADVISOR_METHODS;
	if (given == NULL ||
	    advisor_method_read_current(slice_from_string(given), ret_current, &error) == 0)
		return COMMAND_GOES_ON;
	return command_misuse(command, "--%s", error.text);
}
