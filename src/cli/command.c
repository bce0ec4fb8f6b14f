/* Names of two words make a group; nothing else knows of groups, so that `token make` is a row like
 * any other. */
#include "cli/command.h"

#include "cli/output.h"
#include "config/nearest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_COLUMN = 18, MESSAGE_BYTES = 1024 };

/* The first word of a name. */
static struct slice group_of(const struct command *command)
{
	struct slice name = slice_from_string(command->name);

	return slice_split(&name, ' ');
}

bool command_is_group(struct slice word)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		struct slice group = group_of(&command_table[i]);

		if (slice_equals(group, word) && command_table[i].name[group.length] == ' ')
			return true;
	}
	return false;
}

/* Says which of the names fits best: the second words of the group, or all first words. */
static const struct command *refuse(struct slice group, struct slice word, struct error *error)
{
	const char *names[COMMAND_COUNT + 1];
	size_t count = 0;
	char first[COMMAND_COUNT][16];
	const char *nearest;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		struct slice rest = slice_from_string(command_table[i].name);
		struct slice own = slice_split(&rest, ' ');
		struct slice name = group.length == 0 ? own : rest;

		if (group.length > 0 && !slice_equals(own, group))
			continue;
		snprintf(first[i], sizeof(first[i]), "%.*s", (int)name.length, name.data);
		names[count++] = first[i];
	}
	names[count] = NULL;
	nearest = nearest_name(word, names);
	error_set(error, -EINVAL,
		  "unknown command %.*s%s%.*s; did you mean %.*s%s%s? (allim --help lists all)",
		  (int)group.length, group.data, group.length > 0 ? " " : "",
		  (int)(word.length < 60 ? word.length : 60), word.data, (int)group.length,
		  group.data, group.length > 0 ? " " : "", nearest);
	return NULL;
}

static const struct command *refuse_group(struct slice group, struct error *error)
{
	struct buffer list = BUFFER_EMPTY;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (slice_equals(group_of(&command_table[i]), group))
			buffer_append_format(&list, "%sallim %s", list.length > 0 ? " or " : "",
					     command_table[i].name);
	}
	error_set(error, -EINVAL, "say which: %.*s", (int)list.length, buffer_slice(&list).data);
	buffer_finish(&list);
	return NULL;
}

static const struct command *find_name(struct slice group, struct slice word)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		struct slice rest = slice_from_string(command_table[i].name);

		if (slice_equals(slice_split(&rest, ' '), group) && slice_equals(rest, word))
			return &command_table[i];
	}
	return NULL;
}

const struct command *command_find(char *const *arguments, size_t *ret_words, struct error *error)
{
	struct slice first = slice_from_string(arguments[0]);
	struct slice second = first.length == 0 ? first : slice_from_string(arguments[1]);
	const struct command *command;

	if (!command_is_group(first)) {
		command = find_name(first, SLICE(""));
		*ret_words = 1;
		return command != NULL ? command : refuse(SLICE(""), first, error);
	}
	if (second.length == 0)
		return refuse_group(first, error);
	command = find_name(first, second);
	*ret_words = 2;
	return command != NULL ? command : refuse(first, second, error);
}

void command_append_list(struct buffer *buffer, struct slice group)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &command_table[i];

		if (group.length == 0 || slice_equals(group_of(command), group))
			buffer_append_format(buffer, "  %-*s%s\n", NAME_COLUMN, command->name,
					     command->summary);
	}
}

void command_append_exits(struct buffer *buffer)
{
#define COMMAND_EXIT(name_, code_, meaning_) \
	buffer_append_string(buffer, "  " #code_ "  " meaning_ "\n");
#include "cli/commands.def"
}

static const struct {
	const char *name;
	bool of_settings;
	const char *meaning;
} variables[] = {
#define COMMAND_VARIABLE(name_, of_settings_, meaning_) {name_, of_settings_, meaning_},
#include "cli/commands.def"
};

enum { VARIABLES = sizeof(variables) / sizeof(variables[0]) };

void command_append_variables(struct buffer *buffer)
{
	for (size_t i = 0; i < VARIABLES; i++)
		buffer_append_format(buffer, "  %-*s%s\n", NAME_COLUMN, variables[i].name,
				     variables[i].meaning);
	buffer_append_format(buffer, "  %-*s%s\n", NAME_COLUMN, "ALLIM_...",
			     "any other setting, by its name");
	buffer_append_format(buffer, "  %-*s%s\n", NAME_COLUMN, "LANG",
			     "the language of advice; LC_ALL and LC_MESSAGES overrule it");
	buffer_append_format(buffer, "  %-*s%s\n", NAME_COLUMN, "NO_COLOR",
			     "no colours, even on a terminal");
}

const char *command_variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

bool command_has_variable(struct slice name)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		if (!variables[i].of_settings &&
		    slice_equals(name, slice_from_string(variables[i].name)))
			return true;
	}
	return false;
}

void command_append_help(struct buffer *buffer, const struct command *command)
{
	buffer_append_format(buffer, "usage: allim %s%s%s\n\n%s\n\n", command->name,
			     command->usage[0] == '\0' ? "" : " ", command->usage,
			     command->summary);
	flags_append_help(buffer, command->flags);
	buffer_append_format(buffer, "\nexample: %s\n", command->example);
}

int command_read_flags(const struct command *command, char **arguments, void *options,
		       const struct flags_others *others)
{
	struct buffer help = BUFFER_EMPTY;
	struct error error;
	int operands = flags_read(command->flags, options, arguments, others, &error);

	if (operands == -ECANCELED) {
		command_append_help(&help, command);
		if (others != NULL)
			others->append_help(&help);
		return command_print_last(command, &help);
	}
	if (operands < 0)
		return command_misuse(command, "%s", error.text);
	if ((size_t)operands > command->operands)
		return command_misuse(command, "\"%.60s\" is one argument too many",
				      arguments[command->operands]);
	return COMMAND_GOES_ON;
}

/* One write() for the line, so that lines of several processes do not mix. */
__attribute__((format(printf, 3, 0))) static void
say(const struct command *command, const char *advice, const char *format, va_list arguments)
{
	struct buffer line = BUFFER_EMPTY;
	char text[MESSAGE_BYTES];

	vsnprintf(text, sizeof(text), format, arguments);
	buffer_append_string(&line, "allim");
	if (command != NULL)
		buffer_append_format(&line, " %s", command->name);
	buffer_append_string(&line, ": ");
	output_append_visible(&line, slice_from_string(text));
	buffer_append_string(&line, advice);
	buffer_append_byte(&line, '\n');
	if (buffer_failed(&line))
		fprintf(stderr, "allim: %s\n", strerror(ENOMEM));
	else
		fwrite(line.data, 1, line.length, stderr);
	buffer_finish(&line);
}

void command_say(const struct command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(command, "", format, arguments);
	va_end(arguments);
}

int command_fail(const struct command *command, enum command_exit code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(command, "", format, arguments);
	va_end(arguments);
	return (int)code;
}

int command_misuse(const struct command *command, const char *format, ...)
{
	char advice[64];
	va_list arguments;

	snprintf(advice, sizeof(advice), " (allim %s --help explains it)", command->name);
	va_start(arguments, format);
	say(command, advice, format, arguments);
	va_end(arguments);
	return COMMAND_MISUSED;
}

int command_print(const struct command *command, struct buffer *buffer)
{
	int result = buffer_failed(buffer) ? -ENOMEM : output_write(buffer_slice(buffer));

	buffer_finish(buffer);
	if (result == 0)
		return COMMAND_GOES_ON;
	if (result == -EPIPE)
		return COMMAND_DONE;
	return command_fail(command, COMMAND_FAILED, "cannot write to standard output: %s",
			    strerror(-result));
}

int command_print_last(const struct command *command, struct buffer *buffer)
{
	int result = command_print(command, buffer);

	return result == COMMAND_GOES_ON ? COMMAND_DONE : result;
}

#define COMMAND(name_, prefix_, operands_, usage_, summary_, example_) \
	[COMMAND_ROW_##prefix_] = {.name = (name_),                    \
				   .run = prefix_##_run,               \
				   .flags = prefix_##_flags,           \
				   .operands = (operands_),            \
				   .usage = (usage_),                  \
				   .summary = (summary_),              \
				   .example = (example_)},
const struct command command_table[COMMAND_COUNT] = {
#include "cli/commands.def"
};
