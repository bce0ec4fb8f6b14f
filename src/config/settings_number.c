/* Integers, and the numbers with a unit: sizes in bytes and durations in milliseconds. A number is
 * written back with the largest unit that leaves it whole, which is how defaults and limits are
 * shown everywhere. */
#include "config/settings_problem.h"

#include <errno.h>

struct unit {
	const char *suffix;
	int64_t factor;
	bool is_written; /* not only read */
};

static const struct unit sizes[9];
static const struct unit durations[6];
static const struct unit plain[2];

static const struct unit *find_unit(const struct unit *units, struct slice suffix)
{
	while (units->suffix != NULL && !slice_equals(suffix, slice_from_string(units->suffix)))
		units++;
	return units->suffix == NULL ? NULL : units;
}

static size_t digits_of(struct slice text)
{
	size_t length = text.length > 0 && text.data[0] == '-' ? 1 : 0;

	while (length < text.length && text.data[length] >= '0' && text.data[length] <= '9')
		length++;
	return length;
}

/* Numbers too large for 64 bits are told like others that are too large. A negative number where
 * none is accepted is too small in any unit. */
static int read_number(const struct setting *setting, struct slice text, const struct unit *units,
		       int64_t *ret_number, struct error *error)
{
	size_t digits = digits_of(text);
	struct slice suffix = slice_from_bytes(text.data + digits, text.length - digits);
	bool negative = text.length > 0 && text.data[0] == '-';
	bool needs_unit = !negative || setting->minimum < 0;
	const struct unit *unit = find_unit(units, suffix);
	int64_t number = 0;
	bool fits = slice_to_integer(slice_from_bytes(text.data, digits), &number) == 0;

	if (digits == (negative ? 1 : 0))
		return settings_problem_refuse(error, text, "is not a number");
	if (unit == NULL && suffix.length == 0 && needs_unit && (!fits || number != 0))
		return settings_problem_refuse(error, text, "has no unit");
	if (unit == NULL && suffix.length > 0)
		return settings_problem_refuse(error, text,
					       units == plain
						   ? "is not a whole number"
						   : "is no whole number with a known unit");
	fits = fits && !__builtin_mul_overflow(number, unit == NULL ? 1 : unit->factor, &number);
	if (fits ? number < setting->minimum : negative)
		return settings_problem_refuse(error, text, "is too small");
	if (!fits || number > setting->maximum)
		return settings_problem_refuse(error, text, "is too large");
	*ret_number = number;
	return 0;
}

static void append_number(struct buffer *buffer, int64_t number, const struct unit *units)
{
	while (!units->is_written || number % units->factor != 0)
		units++;
	buffer_append_integer(buffer, number / units->factor);
	if (number != 0)
		buffer_append_string(buffer, units->suffix);
}

static void append_range(struct buffer *buffer, const struct setting *setting,
			 const struct unit *units)
{
	append_number(buffer, setting->minimum, units);
	buffer_append_string(buffer, " to ");
	append_number(buffer, setting->maximum, units);
}

static bool number_equals(const void *a, const void *b)
{
	return *(const int64_t *)a == *(const int64_t *)b;
}

static int integer_read(const struct setting *setting, struct slice text, struct arena *arena,
			void *member, struct error *error)
{
	(void)arena;
	return read_number(setting, text, plain, member, error);
}

static void integer_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	(void)setting;
	append_number(buffer, *(const int64_t *)member, plain);
}

static void integer_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	append_range(buffer, setting, plain);
	buffer_append_format(buffer, " %s", setting->unit);
}

static int size_read(const struct setting *setting, struct slice text, struct arena *arena,
		     void *member, struct error *error)
{
	(void)arena;
	return read_number(setting, text, sizes, member, error);
}

static void size_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	(void)setting;
	append_number(buffer, *(const int64_t *)member, sizes);
}

static void size_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	append_range(buffer, setting, sizes);
}

static int duration_read(const struct setting *setting, struct slice text, struct arena *arena,
			 void *member, struct error *error)
{
	(void)arena;
	return read_number(setting, text, durations, member, error);
}

static void duration_append(struct buffer *buffer, const struct setting *setting,
			    const void *member)
{
	(void)setting;
	append_number(buffer, *(const int64_t *)member, durations);
}

static void duration_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	append_range(buffer, setting, durations);
}

const struct settings_type settings_type_integer = {
    .word = "integer",
    .placeholder = "NUMBER",
    .read = integer_read,
    .append = integer_append,
    .append_accepted = integer_append_accepted,
    .equals = number_equals,
};

const struct settings_type settings_type_size = {
    .word = "size",
    .placeholder = "SIZE",
    .read = size_read,
    .append = size_append,
    .append_accepted = size_append_accepted,
    .equals = number_equals,
};

const struct settings_type settings_type_duration = {
    .word = "duration",
    .placeholder = "TIME",
    .read = duration_read,
    .append = duration_append,
    .append_accepted = duration_append_accepted,
    .equals = number_equals,
};

/* The largest first. */
static const struct unit sizes[9] = {
    {"GiB", 1073741824, true},
    {"GB", 1000000000, false},
    {"MiB", 1048576, true},
    {"MB", 1000000, false},
    {"KiB", 1024, true},
    {"KB", 1000, false},
    {"B", 1, true},
    {"", 1, false},
    {NULL, 0, false},
};

static const struct unit durations[6] = {
    {"d", 86400000, true}, {"h", 3600000, true}, {"m", 60000, true},
    {"s", 1000, true},	   {"ms", 1, true},	 {NULL, 0, false},
};

static const struct unit plain[2] = {
    {"", 1, true},
    {NULL, 0, false},
};
