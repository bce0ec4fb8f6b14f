/* What was seen of a running system, and what could not be seen. What advice needs of it goes into
 * a situation. */
#ifndef ALLIM_ADVISOR_OBSERVATION_H
#define ALLIM_ADVISOR_OBSERVATION_H

#include "advisor/situation.h"

enum observation {
#define OBSERVATION(id, ...) OBSERVATION_##id,
#include "advisor/observations.def"
#undef OBSERVATION
	OBSERVATIONS
};

enum observation_group {
	OBSERVATION_OF_TRAFFIC,
	OBSERVATION_OF_PATTERN,
	OBSERVATION_OF_SERVER,
	OBSERVATION_OF_DATABASE,
	OBSERVATION_GROUPS
};

struct observation_row {
	const char *name; /* as a member of files: "peak-users" */
	enum observation_group group;
	enum figure figure; /* that advice takes from it; FIGURES: none */
	const char *unit;
	double scale; /* what it is multiplied with for the figure */
	const char *sentence;
};

extern const struct observation_row observation_rows[OBSERVATIONS];

/* "traffic", "pattern", "server", "database" */
const char *observation_group_name(enum observation_group group);

enum observation_state {
	OBSERVATION_OPEN,    /* it could not be measured; the note says why */
	OBSERVATION_SAMPLED, /* estimated from a part of the rows; the note says how large a one */
	OBSERVATION_MEASURED,
	OBSERVATION_STATES
};

/* "open", "sampled", "measured" */
const char *observation_state_name(enum observation_state state);

enum { OBSERVATION_NOTE_BYTES = 320 };

struct observed {
	double value; /* in the row's unit; NAN where it is open */
	enum observation_state state;
	char note[OBSERVATION_NOTE_BYTES]; /* of what, how, or why not; may be empty */
};

struct observations {
	struct observed items[OBSERVATIONS];
};

/* All open, without a note. */
void observations_init(struct observations *observations);

/* Notes a value, which is a finite number, and what is to be said of it; a note that is too long is
 * cut. */
void observations_note(struct observations *observations, enum observation observation,
		       double value, enum observation_state state, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Says why it stays open, unless it is known or the reason was said. */
void observations_leave(struct observations *observations, enum observation observation,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Takes the figures of all that is known into the situation, as measured; those that cannot be are
 * left out. */
void observations_apply(const struct observations *observations, struct situation *situation);

#endif
