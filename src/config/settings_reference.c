/* Rows of one group stand together in the table, so that a change of the group's name is where a
 * heading belongs. */
#include "config/settings_reference.h"

#include "config/settings_table.h"

/* How many groups, counted from the left, two names share: auth.jwt.issuer and auth.jwt.leeway two.
 */
static size_t shared_groups(const char *a, const char *b)
{
	size_t groups = 0;

	for (; *a != '\0' && *a == *b; a++, b++) {
		if (*a == '.')
			groups++;
	}
	return groups;
}

static void append_indentation(struct buffer *buffer, size_t groups)
{
	for (size_t i = 0; i < groups; i++)
		buffer_append_string(buffer, "  ");
}

/* Opens the groups of a name that the name before did not have, and gives the depth of the row. */
static size_t open_groups(struct buffer *buffer, const char *before, const char *name)
{
	size_t shared = shared_groups(before, name);
	struct slice rest = slice_from_string(name);
	size_t depth = 0;

	while (memchr(rest.data, '.', rest.length) != NULL) {
		struct slice group = slice_split(&rest, '.');

		if (depth >= shared) {
			append_indentation(buffer, depth);
			buffer_append(buffer, group);
			buffer_append_string(buffer, ":\n");
		}
		depth++;
	}
	return depth;
}

static const char *last_word(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? name : dot + 1;
}

static void append_yaml_row(struct buffer *buffer, const struct setting *setting,
			    const struct settings *settings, size_t depth)
{
	append_indentation(buffer, depth);
	buffer_append_format(buffer, "# %s\n", setting->description);
	append_indentation(buffer, depth);
	buffer_append_string(buffer, "# accepted: ");
	setting->type->append_accepted(buffer, setting);
	buffer_append_string(buffer, "\n");
	append_indentation(buffer, depth);
	buffer_append_format(buffer, "%s: ", last_word(setting->name));
	setting->type->append(buffer, setting, settings_table_value(setting, settings));
	buffer_append_string(buffer, "\n");
}

void settings_reference_append_yaml(struct buffer *buffer, const struct settings *settings)
{
	const char *before = "";

	buffer_append_string(buffer,
			     "# Settings of allim. Variables (ALLIM_HTTP_LISTEN) overrule this "
			     "file, and flags\n# (--http-listen) overrule both. Secrets come from "
			     "the environment or files only.\n");
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];
		size_t depth;

		if (setting->type->secret)
			continue;
		if (shared_groups(before, setting->name) == 0)
			buffer_append_string(buffer, "\n");
		depth = open_groups(buffer, before, setting->name);
		append_yaml_row(buffer, setting, settings, depth);
		before = setting->name;
	}
}

static const char markdown_head[] =
    "# Settings\n"
    "\n"
    "This page is made by `allim config reference` from the table that the program reads its "
    "settings with.\n"
    "`allim config default` prints a file with all defaults, and `allim config check` tells "
    "whether a file would be accepted.\n"
    "\n"
    "A setting is looked for in three places. The later one wins:\n"
    "\n"
    "1. the YAML file named by `--config` or `ALLIM_CONFIG`, where the dots of a name are "
    "mappings in mappings;\n"
    "2. the environment: `http.listen` is `ALLIM_HTTP_LISTEN`;\n"
    "3. the flags of `allim serve`: `http.listen` is `--http-listen`.\n"
    "\n"
    "Sizes are written with B, KB, MB, GB (thousands) or KiB, MiB, GiB; durations with ms, s, m, "
    "h or d. In a variable or a flag,\n"
    "the items of a list are separated by commas, and an item of `auth.api_keys` is "
    "`name:sha256`. The hash is that of the whole key:\n"
    "`printf %s \"$KEY\" | sha256sum`. Rules are written there as in the file, on one line. "
    "Paths are relative to the working directory.\n"
    "\n"
    "SIGHUP reads all of them again. A mistake leaves everything as it was; a change of a setting "
    "marked *restart* waits for the next start.\n";

static const char markdown_columns[] =
    "| setting | type | default | accepted | applied by | what it does |\n"
    "|---|---|---|---|---|---|\n";

static struct slice first_group(const char *name)
{
	struct slice rest = slice_from_string(name);

	return slice_split(&rest, '.');
}

static void append_markdown_heading(struct buffer *buffer, const char *before, const char *name)
{
	struct slice group = first_group(name);

	if (slice_equals(first_group(before), group))
		return;
	buffer_append_string(buffer, "\n## ");
	buffer_append(buffer, group);
	buffer_append_string(buffer, "\n\n");
	buffer_append_string(buffer, markdown_columns);
}

static void append_markdown_names(struct buffer *buffer, const struct setting *setting)
{
	char variable[SETTINGS_NAME_BYTES];
	const char *alias;

	if (setting->type->secret) {
		settings_table_variable(setting, variable);
		buffer_append_format(buffer, "`%s`", variable);
		return;
	}
	buffer_append_format(buffer, "`%s`", setting->name);
	for (size_t n = 0; (alias = settings_table_alias(setting, n)) != NULL; n++)
		buffer_append_format(buffer, ", `--%s`", alias);
}

static void append_markdown_row(struct buffer *buffer, const struct setting *setting)
{
	buffer_append_string(buffer, "| ");
	append_markdown_names(buffer, setting);
	buffer_append_format(buffer, " | %s | ", setting->type->word);
	if (setting->initial[0] != '\0')
		buffer_append_format(buffer, "`%s`", setting->initial);
	buffer_append_string(buffer, " | ");
	setting->type->append_accepted(buffer, setting);
	buffer_append_format(buffer, " | %s | %s |\n", setting->reloadable ? "SIGHUP" : "restart",
			     setting->description);
}

void settings_reference_append_markdown(struct buffer *buffer)
{
	const char *before = "";

	buffer_append_string(buffer, markdown_head);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		append_markdown_heading(buffer, before, settings_table[i].name);
		append_markdown_row(buffer, &settings_table[i]);
		before = settings_table[i].name;
	}
}

static void append_help_flags(struct buffer *buffer, const struct setting *setting)
{
	char flag[SETTINGS_NAME_BYTES];
	const char *alias;

	for (size_t n = 0; (alias = settings_table_alias(setting, n)) != NULL; n++)
		buffer_append_format(buffer, "--%s, ", alias);
	settings_table_flag(setting, flag);
	buffer_append_format(buffer, "--%s", flag);
	if (setting->type->placeholder[0] != '\0')
		buffer_append_format(buffer, " %s", setting->type->placeholder);
}

void settings_reference_append_help(struct buffer *buffer)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];

		if (setting->type->secret)
			continue;
		buffer_append_string(buffer, "  ");
		append_help_flags(buffer, setting);
		buffer_append_format(buffer, "\n      %s", setting->description);
		if (setting->initial[0] != '\0')
			buffer_append_format(buffer, " [%s]", setting->initial);
		buffer_append_string(buffer, "\n");
	}
}
