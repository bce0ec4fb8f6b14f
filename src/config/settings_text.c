/* Texts, words, choices, yes or no, and secrets. A text is refused where it holds characters that
 * YAML could not give back, control characters above all: none belongs in a header, a path or a
 * claim. */
#include "base/json.h"
#include "config/settings_problem.h"
#include "yaml/yaml_text.h"

#include <errno.h>

static int check_length(const struct setting *setting, struct slice text, const char *what,
			struct error *error)
{
	if ((int64_t)text.length > setting->maximum)
		return error_set(error, -EINVAL, "a %s of %zu bytes is too long", what,
				 text.length);
	if ((int64_t)text.length < setting->minimum)
		return error_set(error, -EINVAL, "a %s of %zu bytes is too short", what,
				 text.length);
	return 0;
}

static int text_read(const struct setting *setting, struct slice text, struct arena *arena,
		     void *member, struct error *error)
{
	int result = check_length(setting, text, "text", error);

	(void)arena;
	if (result < 0)
		return result;
	if (!slice_is_utf8(text))
		return settings_problem_refuse(error, text, "is not UTF-8");
	if (!yaml_text_is_printable(text))
		return settings_problem_refuse(error, text, "has a control character");
	*(const char **)member = text.data;
	return 0;
}

static void text_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	(void)setting;
	json_append_string(buffer, slice_from_string(*(const char *const *)member));
}

static bool text_equals(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
}

static void append_lengths(struct buffer *buffer, const struct setting *setting)
{
	if (setting->minimum == 0)
		buffer_append_format(buffer, "up to %lld", (long long)setting->maximum);
	else
		buffer_append_format(buffer, "%lld to %lld", (long long)setting->minimum,
				     (long long)setting->maximum);
}

static void text_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	append_lengths(buffer, setting);
	buffer_append_string(buffer, " bytes of text");
}

static void path_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	buffer_append_string(buffer, "a path of ");
	append_lengths(buffer, setting);
	buffer_append_string(buffer, " bytes");
}

bool settings_type_is_word(struct slice text)
{
	return slice_has_only(text, ".-_");
}

static int token_read(const struct setting *setting, struct slice text, struct arena *arena,
		      void *member, struct error *error)
{
	int result = check_length(setting, text, "text", error);

	(void)arena;
	if (result < 0)
		return result;
	if (!settings_type_is_word(text))
		return settings_problem_refuse(error, text, "is not a plain word");
	*(const char **)member = text.data;
	return 0;
}

static void token_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	append_lengths(buffer, setting);
	buffer_append_string(buffer, " letters, digits, dots, hyphens and underscores");
}

static int choice_read(const struct setting *setting, struct slice text, struct arena *arena,
		       void *member, struct error *error)
{
	struct slice rest = slice_from_string(setting->unit);

	(void)arena;
	for (int i = 0; rest.length > 0; i++) {
		if (slice_equals(text, slice_split(&rest, '|'))) {
			*(int *)member = i;
			return 0;
		}
	}
	return settings_problem_refuse(error, text, "is unknown");
}

static void choice_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	struct slice rest = slice_from_string(setting->unit);
	struct slice word = slice_split(&rest, '|');

	for (int i = *(const int *)member; i > 0; i--)
		word = slice_split(&rest, '|');
	buffer_append(buffer, word);
}

static void choice_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	struct slice rest = slice_from_string(setting->unit);

	buffer_append(buffer, slice_split(&rest, '|'));
	while (rest.length > 0) {
		struct slice word = slice_split(&rest, '|');

		buffer_append_string(buffer, rest.length > 0 ? ", " : " or ");
		buffer_append(buffer, word);
	}
}

static bool choice_equals(const void *a, const void *b)
{
	return *(const int *)a == *(const int *)b;
}

static int boolean_read(const struct setting *setting, struct slice text, struct arena *arena,
			void *member, struct error *error)
{
	(void)setting;
	(void)arena;
	if (!slice_equals(text, SLICE("true")) && !slice_equals(text, SLICE("false")))
		return settings_problem_refuse(error, text, "is not a boolean");
	*(bool *)member = slice_equals(text, SLICE("true"));
	return 0;
}

static void boolean_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	(void)setting;
	buffer_append_string(buffer, *(const bool *)member ? "true" : "false");
}

static void boolean_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	(void)setting;
	buffer_append_string(buffer, "true or false");
}

static bool boolean_equals(const void *a, const void *b)
{
	return *(const bool *)a == *(const bool *)b;
}

/* Any bytes, and no quotation of them. */
static int secret_read(const struct setting *setting, struct slice text, struct arena *arena,
		       void *member, struct error *error)
{
	int result = check_length(setting, text, "secret", error);

	(void)arena;
	if (result == 0)
		*(struct slice *)member = text;
	return result;
}

static void secret_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	(void)setting;
	(void)member;
	buffer_append_string(buffer, "\"\"");
}

static void secret_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	append_lengths(buffer, setting);
	buffer_append_string(buffer, " bytes");
}

static bool secret_equals(const void *a, const void *b)
{
	return slice_equals(*(const struct slice *)a, *(const struct slice *)b);
}

const struct settings_type settings_type_text = {
    .word = "text",
    .placeholder = "TEXT",
    .read = text_read,
    .append = text_append,
    .append_accepted = text_append_accepted,
    .equals = text_equals,
};

const struct settings_type settings_type_path = {
    .word = "path",
    .placeholder = "PATH",
    .read = text_read,
    .append = text_append,
    .append_accepted = path_append_accepted,
    .equals = text_equals,
};

const struct settings_type settings_type_token = {
    .word = "word",
    .placeholder = "WORD",
    .read = token_read,
    .append = text_append,
    .append_accepted = token_append_accepted,
    .equals = text_equals,
};

const struct settings_type settings_type_choice = {
    .word = "choice",
    .placeholder = "WORD",
    .read = choice_read,
    .append = choice_append,
    .append_accepted = choice_append_accepted,
    .equals = choice_equals,
};

const struct settings_type settings_type_boolean = {
    .word = "boolean",
    .placeholder = "",
    .read = boolean_read,
    .append = boolean_append,
    .append_accepted = boolean_append_accepted,
    .equals = boolean_equals,
    .optional_value = true,
};

const struct settings_type settings_type_secret = {
    .word = "secret",
    .placeholder = "",
    .read = secret_read,
    .append = secret_append,
    .append_accepted = secret_append_accepted,
    .equals = secret_equals,
    .secret = true,
};
