#include "survey/survey_host.h"

#include "base/wording.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#define GIGABYTE (1024.0 * 1024 * 1024)

/* Those that this process may use, as nproc counts them. */
static void observe_cores(struct observations *observations)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		observations_note(observations, OBSERVATION_CORES, CPU_COUNT(&set),
				  OBSERVATION_MEASURED, _("of the machine that measures"));
	else
		observations_leave(observations, OBSERVATION_CORES, _("the system does not tell"));
}

static void observe_memory(struct observations *observations)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (pages > 0 && size > 0)
		observations_note(observations, OBSERVATION_MEMORY,
				  (double)pages * (double)size / GIGABYTE, OBSERVATION_MEASURED,
				  _("of the machine that measures"));
	else
		observations_leave(observations, OBSERVATION_MEMORY, _("the system does not tell"));
}

static void observe_variable(struct observations *observations, enum observation observation,
			     const char *name)
{
	const char *text = getenv(name);
	uint64_t number;

	if (text == NULL)
		observations_leave(observations, observation, _("%s is not in the environment"),
				   name);
	else if (slice_to_unsigned(slice_from_string(text), &number) < 0)
		observations_leave(observations, observation, _("%s is no whole number"), name);
	else
		observations_note(observations, observation, (double)number, OBSERVATION_MEASURED,
				  "%s", name);
}

void survey_host_observe(struct observations *observations)
{
	observe_cores(observations);
	observe_memory(observations);
	observe_variable(observations, OBSERVATION_POOL, "DB_POOL_SIZE");
	observe_variable(observations, OBSERVATION_POOL_OVERFLOW, "DB_MAX_OVERFLOW");
	observations_leave(observations, OBSERVATION_DATABASE_CPU,
			   _("a database does not tell; its host does"));
}
