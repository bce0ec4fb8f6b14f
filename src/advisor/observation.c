#include "advisor/observation.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NONE FIGURES

const struct observation_row observation_rows[OBSERVATIONS] = {
#define OBSERVATION(id, name, group, unit, figure, scale, sentence) \
	[OBSERVATION_##id] = {name, OBSERVATION_OF_##group, figure, unit, scale, sentence},
#include "advisor/observations.def"
#undef OBSERVATION
};

const char *observation_group_name(enum observation_group group)
{
	static const char *const names[OBSERVATION_GROUPS] = {
	    [OBSERVATION_OF_TRAFFIC] = "traffic",
	    [OBSERVATION_OF_PATTERN] = "pattern",
	    [OBSERVATION_OF_SERVER] = "server",
	    [OBSERVATION_OF_DATABASE] = "database",
	};

	return names[group];
}

const char *observation_state_name(enum observation_state state)
{
	static const char *const names[OBSERVATION_STATES] = {
	    [OBSERVATION_OPEN] = "open",
	    [OBSERVATION_SAMPLED] = "sampled",
	    [OBSERVATION_MEASURED] = "measured",
	};

	return names[state];
}

void observations_init(struct observations *observations)
{
	*observations = (struct observations){0};
	for (int i = 0; i < OBSERVATIONS; i++)
		observations->items[i].value = NAN;
}

/* A text that is cut may end in half a character. */
__attribute__((format(printf, 2, 0))) static void write_note(struct observed *observed,
							     const char *format, va_list arguments)
{
	vsnprintf(observed->note, sizeof(observed->note), format, arguments);
	observed->note[slice_drop_malformed(observed->note, strlen(observed->note))] = '\0';
}

void observations_note(struct observations *observations, enum observation observation,
		       double value, enum observation_state state, const char *format, ...)
{
	struct observed *observed = &observations->items[observation];
	va_list arguments;

	observed->value = value;
	observed->state = state;
	va_start(arguments, format);
	write_note(observed, format, arguments);
	va_end(arguments);
}

void observations_leave(struct observations *observations, enum observation observation,
			const char *format, ...)
{
	struct observed *observed = &observations->items[observation];
	va_list arguments;

	if (observed->state != OBSERVATION_OPEN || observed->note[0] != '\0')
		return;
	va_start(arguments, format);
	write_note(observed, format, arguments);
	va_end(arguments);
}

void observations_apply(const struct observations *observations, struct situation *situation)
{
	for (int i = 0; i < OBSERVATIONS; i++) {
		const struct observation_row *row = &observation_rows[i];
		struct error ignored;

		if (observations->items[i].state == OBSERVATION_OPEN || row->figure == FIGURES)
			continue;
		(void)situation_set(situation, row->figure,
				    observations->items[i].value * row->scale, FIGURE_MEASURED,
				    &ignored);
	}
}
