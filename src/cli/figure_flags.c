/* The table of figures is the table of flags. */
#include "cli/figure_flags.h"

#include "advisor/figure_text.h"
#include "advisor/observation_json.h"
#include "advisor/situation_json.h"
#include "base/quote.h"
#include "cli/team.h"
#include "config/nearest.h"
#include "config/yaml_file.h"
#include "core/json_reader.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TEAM_FLAG "team"

struct reading {
	struct situation *situation;
	const struct cli_flag *own;
};

static int refuse_unknown(const struct reading *reading, struct slice name, struct error *error)
{
	const char *names[FLAGS_NAMES_MOST + FIGURES + 1];
	char quote[QUOTE_BYTES];
	size_t count = 0;

	flags_names(reading->own, names);
	while (names[count] != NULL)
		count++;
	for (int i = 0; i < FIGURES; i++)
		names[count++] = figure_rows[i].name;
	names[count++] = TEAM_FLAG;
	names[count] = NULL;
	return error_set(error, -EINVAL, "unknown flag --%s; did you mean --%s?",
			 quote_word(name, quote), nearest_name(name, names));
}

/* --team says the developers in a word. */
static int find(struct slice name, enum figure *ret_figure)
{
	if (!slice_equals(name, SLICE(TEAM_FLAG)))
		return figure_find(name, ret_figure);
	*ret_figure = FIGURE_DEVELOPERS;
	return 0;
}

static int read_value(struct slice name, enum figure figure, const char *value, double *ret_number,
		      struct error *error)
{
	struct slice text = slice_from_string(value);

	if (!slice_equals(name, SLICE(TEAM_FLAG)))
		return figure_text_read(figure, text, ret_number, error);
	if (team_find(text, ret_number) == 0)
		return 0;
	return error_set(error, -EINVAL, "--" TEAM_FLAG " is " TEAM_WORDS);
}

static int take(struct situation *situation, struct slice name, enum figure figure,
		const char *value, struct error *error)
{
	double number;
	int result = read_value(name, figure, value, &number, error);

	return result < 0 ? result
			  : situation_set(situation, figure, number, FIGURE_ENTERED, error);
}

static int refuse_again(enum figure figure, struct error *error)
{
	return error_set(error, -EINVAL, "--%s is given twice%s", figure_rows[figure].name,
			 figure == FIGURE_DEVELOPERS ? "; --" TEAM_FLAG " says it, too" : "");
}

/* A switch that is followed by no value says yes. */
static bool is_alone(enum figure figure, const char *next)
{
	return figure_rows[figure].kind == FIGURE_SWITCH &&
	       (next == NULL || slice_starts_with(slice_from_string(next), SLICE("--")));
}

/* --name VALUE, --name=VALUE, or --name. Returns how many arguments that were. */
static int read_figure(void *context, char *const *arguments, struct error *error)
{
	const struct reading *reading = context;
	struct slice rest = slice_from_string(arguments[0] + 2), name = slice_split(&rest, '=');
	bool is_apart = name.length == strlen(arguments[0] + 2);
	const char *value = is_apart ? arguments[1] : rest.data;
	enum figure figure;

	if (find(name, &figure) < 0)
		return refuse_unknown(reading, name, error);
	if (reading->situation->sources[figure] == FIGURE_ENTERED)
		return refuse_again(figure, error);
	if (is_apart && is_alone(figure, value))
		return take(reading->situation, name, figure, "yes", error) < 0 ? -EINVAL : 1;
	if (value == NULL)
		return error_set(
		    error, -EINVAL, "--%.*s needs a value: %s", (int)name.length, name.data,
		    slice_equals(name, SLICE(TEAM_FLAG)) ? TEAM_WORDS
							 : figure_text_placeholder(figure));
	if (is_apart && flags_check_value(name, value, error) < 0)
		return -EINVAL;
	if (take(reading->situation, name, figure, value, error) < 0)
		return -EINVAL;
	return is_apart ? 2 : 1;
}

/* Behind its sentence: what is assumed, or per what it is counted. */
static void append_measure(struct buffer *buffer, enum figure figure)
{
	const struct figure_row *row = &figure_rows[figure];

	if (!isnan(row->assumed)) {
		buffer_append_string(buffer, " (");
		figure_text_append(buffer, figure, row->assumed, &audience_english);
		buffer_append_string(buffer, ")");
	} else if (row->kind != FIGURE_SWITCH && strpbrk(row->unit, "/ ") != NULL) {
		buffer_append_format(buffer, " (%s)", row->unit);
	}
}

static void append_figures(struct buffer *buffer)
{
	buffer_append_string(buffer, "\nfigures\n");
	for (int i = 0; i < FIGURES; i++) {
		struct buffer text = BUFFER_EMPTY;

		buffer_append_string(&text, figure_rows[i].sentence);
		append_measure(&text, (enum figure)i);
		buffer_append_byte(&text, '\0');
		if (!buffer_failed(&text))
			flags_append_row(buffer, figure_rows[i].name,
					 figure_text_placeholder((enum figure)i), text.data);
		buffer_finish(&text);
		if (i == FIGURE_DEVELOPERS)
			flags_append_row(buffer, TEAM_FLAG, "SIZE",
					 TEAM_WORDS ": 2, 5 or 10 developers");
	}
}

/* Of a measurement that was cut short. */
static void warn(const struct command *command, const char *file, const json_t *json)
{
	const char *reason = json_string_value(json_object_get(json, "interrupted"));

	if (reason != NULL)
		command_say(command, "%.200s was cut short (%.200s); what it lacks is unknown",
			    file, reason);
}

static int read_content(struct situation *situation, struct observations *observations,
			const struct command *command, const char *file, struct slice content,
			struct error *error)
{
	struct error reason;
	json_t *json = NULL;
	int result = slice_is_empty(content) ? error_set(&reason, -EINVAL, "nothing stands in it")
					     : json_reader_read(content, &json, &reason);

	if (result == 0)
		result = situation_json_read(situation, json, &reason);
	if (result == 0)
		result = observation_json_read(observations, json, &reason);
	if (result == 0)
		warn(command, file, json);
	json_decref(json);
	return result < 0 ? error_set(error, result, "%.200s: %s", file, reason.text) : 0;
}

static int read_file(struct situation *situation, struct observations *observations,
		     const struct command *command, const char *file, struct error *error)
{
	struct buffer content = BUFFER_EMPTY;
	int result = yaml_file_read(file, &content, error);

	if (result == 0)
		result = read_content(situation, observations, command, file,
				      buffer_slice(&content), error);
	buffer_finish(&content);
	return result;
}

static void overrule(struct situation *situation, const struct situation *flags)
{
	for (int i = 0; i < FIGURES; i++) {
		if (flags->sources[i] != FIGURE_ENTERED)
			continue;
		situation->values[i] = flags->values[i];
		situation->sources[i] = FIGURE_ENTERED;
	}
}

int figure_flags_read(struct situation *ret_situation, struct observations *ret_observations,
		      const struct command *command, char **arguments, void *options,
		      const char *const *from)
{
	struct situation flags, situation;
	struct observations observations;
	struct reading reading = {&flags, command->flags};
	const struct flags_others others = {read_figure, append_figures, &reading};
	struct error error;
	int result;

	situation_init(&flags);
	situation_init(&situation);
	observations_init(&observations);
	result = command_read_flags(command, arguments, options, &others);
	if (result != COMMAND_GOES_ON)
		return result;
	if (*from != NULL && read_file(&situation, &observations, command, *from, &error) < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	overrule(&situation, &flags);
	if (situation_check(&situation, &error) < 0)
		return command_misuse(command, "%s", error.text);
	*ret_situation = situation;
	if (ret_observations != NULL)
		*ret_observations = observations;
	return COMMAND_GOES_ON;
}

static void append_flag(struct buffer *buffer, enum figure figure, double value)
{
	const struct figure_row *row = &figure_rows[figure];

	buffer_append_format(buffer, " --%s ", row->name);
	if (row->kind == FIGURE_SWITCH)
		buffer_append_string(buffer, value != 0 ? "yes" : "no");
	else
		buffer_append_format(buffer, "%.15g%s", value,
				     row->kind == FIGURE_TIME	   ? row->unit
				     : row->kind == FIGURE_PERCENT ? "%"
								   : "");
}

void figure_flags_append(struct buffer *buffer, const struct situation *situation)
{
	for (int i = 0; i < FIGURES; i++) {
		if (situation->sources[i] == FIGURE_ENTERED)
			append_flag(buffer, (enum figure)i, situation->values[i]);
	}
}
