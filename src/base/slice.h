/* A view of bytes that somebody else owns: no terminator, no copy.
 *
 * Every parser reads slices and hands out slices of its input, so that nothing is copied before it
 * is known to be wanted. A slice is valid as long as the bytes behind it; who keeps one longer says
 * so in its header. */
#ifndef ALLIM_BASE_SLICE_H
#define ALLIM_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *data;
	size_t length;
};

#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})

static inline struct slice slice_from_bytes(const char *data, size_t length)
{
	return (struct slice){data, length};
}

/* NULL gives the empty slice. */
static inline struct slice slice_from_string(const char *string)
{
	return string == NULL ? (struct slice){"", 0} : (struct slice){string, strlen(string)};
}

static inline bool slice_is_empty(struct slice slice)
{
	return slice.length == 0;
}

static inline bool slice_equals(struct slice a, struct slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* ASCII letters compare without case, as HTTP field names and schemes do (RFC 9110, 5.1). */
bool slice_equals_ignoring_case(struct slice a, struct slice b);

bool slice_starts_with(struct slice slice, struct slice prefix);

/* Cuts off and returns what stands before `separator`, which is dropped; the rest stays in `*rest`.
 * Without a separator all of it is returned and `*rest` becomes empty. */
struct slice slice_split(struct slice *rest, char separator);

/* Drops blanks and tabs (RFC 9110, 5.6.3: optional white space) from both ends. */
struct slice slice_trim(struct slice slice);

/* The whole slice as a decimal number. Signs are refused by the unsigned one, as are blanks, empty
 * input and overflow. Returns 0 or -EINVAL. */
int slice_to_unsigned(struct slice slice, uint64_t *ret_number);
int slice_to_integer(struct slice slice, int64_t *ret_number);

/* True where the bytes are well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms. */
bool slice_is_utf8(struct slice slice);

/* True where UTF-8 text has a control character: C0, DEL, or C1 (ECMA-48, 5.3), which are U+0080 to
 * U+009F. */
bool slice_has_control(struct slice text);

/* True where all of it is ASCII letters, digits and characters of `others`. */
bool slice_has_only(struct slice text, const char *others);

/* The value of a hexadecimal digit in either case, or -1. */
int slice_hexadecimal(char digit);

/* Removes in place what is no well-formed UTF-8, such as a character that was cut in half. Returns
 * how many bytes are left. */
size_t slice_drop_malformed(char *bytes, size_t length);

/* A terminated copy from malloc, or NULL when memory is short. */
char *slice_to_string(struct slice slice);

#endif
