/* Operands move to the front of the array while it is read: the place they move to is never ahead
 * of the place that is read. Numbers and durations are read by the types of the settings, so that
 * they are written alike everywhere. */
#include "cli/flags.h"

#include "cli/columns.h"
#include "config/nearest.h"
#include "config/settings_table.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

enum { HELP_COLUMN = 28 };

typedef int value_reader(const struct cli_flag *flag, const char *value, void *member,
			 struct error *error);

static value_reader *const readers[FLAGS_KINDS];

/* Mostly a variable of the shell that is not set. */
static int refuse_empty(const struct cli_flag *flag, struct error *error)
{
	return error_set(error, -EINVAL, "--%s is empty; give it a value or leave it out",
			 flag->name);
}

static int read_text(const struct cli_flag *flag, const char *value, void *member,
		     struct error *error)
{
	const char **text = member;

	if (*text != NULL)
		return error_set(error, -EINVAL, "--%s is given twice", flag->name);
	if (value[0] == '\0')
		return refuse_empty(flag, error);
	*text = value;
	return 0;
}

static int read_texts(const struct cli_flag *flag, const char *value, void *member,
		      struct error *error)
{
	struct flags_texts *texts = member;

	if (value[0] == '\0')
		return refuse_empty(flag, error);
	if (texts->count == FLAGS_TEXTS_MOST)
		return error_set(error, -EINVAL, "--%s is given more than %d times", flag->name,
				 FLAGS_TEXTS_MOST);
	texts->items[texts->count++] = value;
	return 0;
}

static int read_by_type(const struct settings_type *type, const struct cli_flag *flag,
			const char *value, void *member, struct error *error)
{
	const struct setting limits = {.name = flag->name,
				       .type = type,
				       .minimum = flag->minimum,
				       .maximum = flag->maximum,
				       .unit = ""};
	struct buffer accepted = BUFFER_EMPTY;
	struct slice range;
	struct error reason;

	if (type->read(&limits, slice_from_string(value), NULL, member, &reason) == 0)
		return 0;
	type->append_accepted(&accepted, &limits);
	range = slice_trim(buffer_slice(&accepted));
	error_set(error, -EINVAL, "--%s: %s; accepted is %.*s", flag->name, reason.text,
		  (int)range.length, range.data);
	buffer_finish(&accepted);
	return -EINVAL;
}

static int read_number(const struct cli_flag *flag, const char *value, void *member,
		       struct error *error)
{
	return read_by_type(&settings_type_integer, flag, value, member, error);
}

/* Settings insist on a unit; at a prompt, seconds are what a bare number means everywhere. */
static int read_duration(const struct cli_flag *flag, const char *value, void *member,
			 struct error *error)
{
	char text[32];
	uint64_t seconds;

	if (slice_to_unsigned(slice_from_string(value), &seconds) < 0)
		return read_by_type(&settings_type_duration, flag, value, member, error);
	snprintf(text, sizeof(text), "%llus", (unsigned long long)seconds);
	return read_by_type(&settings_type_duration, flag, text, member, error);
}

static int refuse_unknown(const struct cli_flag *flags, struct slice name, struct error *error)
{
	const char *names[FLAGS_NAMES_MOST];
	const char *nearest;

	flags_names(flags, names);
	nearest = nearest_name(name, names);
	return error_set(error, -EINVAL, "unknown flag --%.*s; did you mean --%s?",
			 (int)name.length, name.data, nearest);
}

static const struct cli_flag *find(const struct cli_flag *flags, struct slice name)
{
	while (flags->name != NULL && !slice_equals(name, slice_from_string(flags->name)))
		flags++;
	return flags->name == NULL ? NULL : flags;
}

int flags_check_value(struct slice name, const char *value, struct error *error)
{
	if (strncmp(value, "--", 2) != 0)
		return 0;
	return error_set(error, -EINVAL,
			 "--%.*s is followed by %.60s instead of a value; write --%.*s=%.60s if "
			 "that is meant",
			 (int)name.length, name.data, value, (int)name.length, name.data, value);
}

/* Reads the known flag at arguments[0]. Returns how many arguments it took. */
static int read_known(const struct cli_flag *flag, void *options, char *const *arguments,
		      struct error *error)
{
	const char *value = strchr(arguments[0], '=');
	void *member = (char *)options + flag->offset;
	int taken = value == NULL ? 2 : 1;
	int result;

	if (flag->kind == FLAGS_SWITCH) {
		if (value != NULL)
			return error_set(error, -EINVAL, "--%s takes no value", flag->name);
		*(bool *)member = true;
		return 1;
	}
	value = value == NULL ? arguments[1] : value + 1;
	if (value == NULL)
		return error_set(error, -EINVAL, "--%s needs a value: %s", flag->name,
				 flag->value_name);
	if (taken == 2 && flags_check_value(slice_from_string(flag->name), value, error) < 0)
		return -EINVAL;
	result = readers[flag->kind](flag, value, member, error);
	return result < 0 ? result : taken;
}

static int read_flag(const struct cli_flag *flags, void *options, char *const *arguments,
		     const struct flags_others *others, struct error *error)
{
	struct slice rest = slice_from_string(arguments[0] + 2);
	struct slice name = slice_split(&rest, '=');
	const struct cli_flag *flag = find(flags, name);

	if (slice_equals(name, SLICE("help")))
		return -ECANCELED;
	if (flag != NULL)
		return read_known(flag, options, arguments, error);
	if (others != NULL)
		return others->read(others->context, arguments, error);
	return refuse_unknown(flags, name, error);
}

static bool is_operand(const char *argument)
{
	return argument[0] != '-' || argument[1] == '\0';
}

int flags_read(const struct cli_flag *flags, void *options, char **arguments,
	       const struct flags_others *others, struct error *error)
{
	bool only_operands = false;
	char **operand = arguments;

	for (char **argument = arguments; *argument != NULL;) {
		int taken = 1;

		if (only_operands || is_operand(*argument)) {
			*operand++ = *argument;
		} else if (strcmp(*argument, "--") == 0) {
			only_operands = true;
		} else if (strcmp(*argument, "-h") == 0) {
			return -ECANCELED;
		} else if ((*argument)[1] != '-') {
			return error_set(error, -EINVAL,
					 "unknown flag %.60s; flags have two dashes", *argument);
		} else {
			taken = read_flag(flags, options, argument, others, error);
			if (taken < 0)
				return taken;
		}
		argument += taken;
	}
	*operand = NULL;
	return (int)(operand - arguments);
}

void flags_names(const struct cli_flag *flags, const char *ret_names[static FLAGS_NAMES_MOST])
{
	size_t count = 0;

	for (; flags->name != NULL; flags++) {
		assert(count < FLAGS_NAMES_MOST - 2);
		ret_names[count++] = flags->name;
	}
	ret_names[count++] = "help";
	ret_names[count] = NULL;
}

void flags_append_row(struct buffer *buffer, const char *name, const char *value_name,
		      const char *help)
{
	size_t start = buffer->length, width;

	buffer_append_format(buffer, "  --%s", name);
	if (value_name != NULL && value_name[0] != '\0')
		buffer_append_format(buffer, " %s", value_name);
	width = buffer->length - start;
	if (width > HELP_COLUMN - 2) {
		buffer_append_byte(buffer, '\n');
		width = 0;
	}
	buffer_append_format(buffer, "%*s", (int)(HELP_COLUMN - width), "");
	columns_append_wrapped(buffer, slice_from_string(help), HELP_COLUMN, HELP_COLUMN);
}

void flags_append_help(struct buffer *buffer, const struct cli_flag *flags)
{
	for (; flags->name != NULL; flags++)
		flags_append_row(buffer, flags->name, flags->value_name, flags->help);
	flags_append_row(buffer, "help", NULL, "explain this command");
}

static value_reader *const readers[FLAGS_KINDS] = {
    [FLAGS_TEXT] = read_text,
    [FLAGS_TEXTS] = read_texts,
    [FLAGS_NUMBER] = read_number,
    [FLAGS_DURATION] = read_duration,
};
