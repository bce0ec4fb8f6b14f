#include "advisor/observation_json.h"

#include "advisor/advisor_json.h"

#include <errno.h>
#include <math.h>

static json_t *create_item(enum observation observation, const struct observed *observed)
{
	const struct observation_row *row = &observation_rows[observation];
	json_t *item = json_object();

	if (advisor_json_set(item, "value", advisor_json_number(observed->value)) == 0 &&
	    advisor_json_set(item, "unit", json_string(row->unit)) == 0 &&
	    advisor_json_set(item, "state", json_string(observation_state_name(observed->state))) ==
		0 &&
	    advisor_json_set(item, "note", json_string(observed->note)) == 0)
		return item;
	json_decref(item);
	return NULL;
}

json_t *observation_json_create(const struct observations *observations)
{
	json_t *json = json_object();

	for (int i = 0; i < OBSERVATIONS; i++) {
		if (advisor_json_set(json, observation_rows[i].name,
				     create_item((enum observation)i, &observations->items[i])) ==
		    0)
			continue;
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Returns OBSERVATION_STATES where it is none. */
static enum observation_state read_state(const json_t *json)
{
	const char *text = json_string_value(json);
	int state = OBSERVATION_OPEN;

	while (state < OBSERVATION_STATES &&
	       (text == NULL ||
		strcmp(text, observation_state_name((enum observation_state)state)) != 0))
		state++;
	return (enum observation_state)state;
}

static int read_item(struct observations *observations, enum observation observation,
		     const json_t *item, struct error *error)
{
	const char *name = observation_rows[observation].name;
	const json_t *value = json_object_get(item, "value");
	const char *note = json_string_value(json_object_get(item, "note"));
	enum observation_state state = read_state(json_object_get(item, "state"));

	if (state == OBSERVATION_STATES)
		return error_set(error, -EINVAL, "the state of %s is open, sampled or measured",
				 name);
	if (note == NULL)
		note = "";
	if (state == OBSERVATION_OPEN) {
		observations_leave(observations, observation, "%s", note);
		return 0;
	}
	if (!json_is_number(value) || json_number_value(value) < 0)
		return error_set(error, -EINVAL, "%s is no number of 0 or more", name);
	observations_note(observations, observation, json_number_value(value), state, "%s", note);
	return 0;
}

int observation_json_read(struct observations *observations, const json_t *json,
			  struct error *error)
{
	const json_t *all = json_object_get(json, "observations");

	observations_init(observations);
	if (all != NULL && !json_is_object(all))
		return error_set(error, -EINVAL, "observations is no object");
	for (int i = 0; i < OBSERVATIONS; i++) {
		const json_t *item = json_object_get(all, observation_rows[i].name);
		int result =
		    item == NULL ? 0 : read_item(observations, (enum observation)i, item, error);

		if (result < 0)
			return result;
	}
	return 0;
}
