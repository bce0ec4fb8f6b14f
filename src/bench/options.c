/* All options are rows of options.def. */
#include "bench/options.h"

#include "base/json.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

enum { NAME_BYTES = 64 };

struct option {
	const char *member;
	size_t offset;
	const char *text; /* the default; NULL for a number */
	unsigned number;
	unsigned quick;
	const char *help;
};

static const struct option table[] = {
#define OPTION_TEXT(member_, default_, help_) \
	{#member_, offsetof(struct options, member_), default_, 0, 0, help_},
#define OPTION_NUMBER(member_, default_, quick_, help_) \
	{#member_, offsetof(struct options, member_), NULL, default_, quick_, help_},
#include "bench/options.def"
};

enum { COUNT = sizeof(table) / sizeof(table[0]) };

static const char **text_of(struct options *options, const struct option *option)
{
	return (const char **)(void *)((char *)options + option->offset);
}

static unsigned *number_of(struct options *options, const struct option *option)
{
	return (unsigned *)(void *)((char *)options + option->offset);
}

static void set_defaults(struct options *options, bool quick)
{
	*options = (struct options){0};
	for (size_t i = 0; i < COUNT; i++) {
		if (table[i].text != NULL)
			*text_of(options, &table[i]) = table[i].text;
		else
			*number_of(options, &table[i]) = quick ? table[i].quick : table[i].number;
	}
}

static void flag_of(const struct option *option, char flag[static NAME_BYTES])
{
	snprintf(flag, NAME_BYTES, "--%s", option->member);
	for (char *letter = flag; *letter != '\0'; letter++) {
		if (*letter == '_')
			*letter = '-';
	}
}

static const struct option *find(struct slice name)
{
	char flag[NAME_BYTES];

	for (size_t i = 0; i < COUNT; i++) {
		flag_of(&table[i], flag);
		if (slice_equals(name, slice_from_string(flag)))
			return &table[i];
	}
	return NULL;
}

static int set_option(struct options *options, const struct option *option, const char *value,
		      struct error *error)
{
	uint64_t number;

	if (option->text != NULL) {
		*text_of(options, option) = value;
		return 0;
	}
	if (slice_to_unsigned(slice_from_string(value), &number) < 0 || number > INT32_MAX)
		return error_set(error, -EINVAL, "\"%s\" is no whole number for %s", value,
				 option->member);
	*number_of(options, option) = (unsigned)number;
	return 0;
}

/* Takes one flag with its value and moves on. */
static int read_option(struct options *options, char *const **arguments, struct error *error)
{
	const char *equals = strchr(**arguments, '=');
	struct slice name = slice_from_string(**arguments);
	const struct option *option;
	const char *value;

	if (equals != NULL)
		name.length = (size_t)(equals - name.data);
	option = find(name);
	if (option == NULL)
		return error_set(error, -EINVAL, "unknown option %.*s; --help lists what there is",
				 (int)name.length, name.data);
	value = equals != NULL ? equals + 1 : *++*arguments;
	if (value == NULL)
		return error_set(error, -EINVAL, "%.*s needs a value", (int)name.length, name.data);
	++*arguments;
	return set_option(options, option, value, error);
}

static bool has_flag(char *const *arguments, const char *flag)
{
	while (*arguments != NULL && strcmp(*arguments, flag) != 0)
		arguments++;
	return *arguments != NULL;
}

int options_read(struct options *ret_options, char *const *arguments, struct error *error)
{
	struct options options;

	set_defaults(&options, has_flag(arguments, "--quick"));
	options.help = has_flag(arguments, "--help");
	options.needs = has_flag(arguments, "--needs");
	while (*arguments != NULL && !options.help) {
		if (strcmp(*arguments, "--quick") == 0 || strcmp(*arguments, "--needs") == 0)
			arguments++;
		else if (read_option(&options, &arguments, error) < 0)
			return -EINVAL;
	}
	*ret_options = options;
	return 0;
}

void options_append_help(struct buffer *buffer)
{
	char flag[NAME_BYTES];

	for (size_t i = 0; i < COUNT; i++) {
		flag_of(&table[i], flag);
		buffer_append_format(buffer, "  %-24s %s", flag, table[i].help);
		if (table[i].text == NULL)
			buffer_append_format(buffer, " (%u)\n", table[i].number);
		else
			buffer_append_format(buffer, "%s%s%s\n", *table[i].text ? " (" : "",
					     table[i].text, *table[i].text ? ")" : "");
	}
	buffer_append_format(buffer, "  %-24s %s\n", "--quick",
			     "everything small and short: to see that it works, not how fast");
	buffer_append_format(buffer, "  %-24s %s\n", "--needs",
			     "only tell which servers the selected measures need");
}

void options_append_json(const struct options *options, struct buffer *buffer)
{
	struct options copy = *options;
	const char *separator = "";

	for (size_t i = 0; i < COUNT; i++) {
		if (table[i].text != NULL)
			continue;
		buffer_append_string(buffer, separator);
		json_append_name(buffer, table[i].member);
		buffer_append_integer(buffer, *number_of(&copy, &table[i]));
		separator = ",";
	}
}

bool options_select(const struct options *options, const char *measure)
{
	struct slice rest = slice_from_string(options->only);

	if (rest.length == 0)
		return true;
	while (rest.length > 0) {
		if (slice_equals(slice_split(&rest, ','), slice_from_string(measure)))
			return true;
	}
	return false;
}
