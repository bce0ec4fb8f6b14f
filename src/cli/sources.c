/* Variables of the commands are kept from the settings, which refuse what they do not know: whoever
 * has ALLIM_TOKEN in the shell can still start a node there. */
#include "cli/sources.h"

#include "cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int sources_init(struct settings_sources *sources, const char *config)
{
	size_t count = 0;
	char **kept;

	while (environ[count] != NULL)
		count++;
	kept = calloc(count + 1, sizeof(*kept));
	if (kept == NULL)
		return -ENOMEM;
	count = 0;
	for (char **variable = environ; *variable != NULL; variable++) {
		struct slice rest = slice_from_string(*variable);

		if (!command_has_variable(slice_split(&rest, '=')))
			kept[count++] = *variable;
	}
	*sources = (struct settings_sources){
	    .file = config != NULL ? config : command_variable("ALLIM_CONFIG"),
	    .environment = kept,
	};
	return 0;
}

void sources_finish(struct settings_sources *sources)
{
	free((void *)(uintptr_t)sources->environment);
	sources->environment = NULL;
}
