/* One table says for each state and each class of bytes where it leads: to a state or to a problem.
 * Most bytes lead to where they are already, so the loop first runs over those.
 *
 *	START -> LINE -> NAME_START -> NAME -> VALUE -> NAME_START ... -> END_LF -> DONE
 *
 * with a state of its own for each LF that a CR has announced. */
#include "protocol/http_guard.h"

#include <errno.h>

/* The classes that the states tell apart. */
enum {
	CONTROL, /* all below 0x20 but TAB, CR and LF; DEL */
	TAB,
	CR,
	LF,
	BLANK,
	COLON,
	TOKEN,	 /* RFC 9110, 5.6.2: what names and methods are made of */
	VISIBLE, /* other printable ASCII */
	BEYOND,	 /* 0x80 to 0xFF */
	CLASSES
};

#define REFUSE(problem) (HTTP_GUARD_DONE + 1 + HTTP_PROBLEM_##problem)

static const unsigned char classes[128];
static const unsigned char moves[HTTP_GUARD_DONE][CLASSES];

void http_guard_init(struct http_guard *guard)
{
	*guard = (struct http_guard){.state = HTTP_GUARD_START};
}

void http_guard_init_trailers(struct http_guard *guard)
{
	*guard = (struct http_guard){.state = HTTP_GUARD_NAME_START};
}

static unsigned class_of(char byte)
{
	unsigned char code = (unsigned char)byte;

	return code < 128 ? classes[code] : BEYOND;
}

int http_guard_scan(struct http_guard *guard, struct slice input, size_t *ret_consumed,
		    enum http_problem_kind *ret_kind)
{
	size_t i = 0;

	while (i < input.length && guard->state != HTTP_GUARD_DONE) {
		const unsigned char *row = moves[guard->state];
		unsigned next = row[class_of(input.data[i++])];

		if (next > HTTP_GUARD_DONE) {
			*ret_kind = (enum http_problem_kind)(next - HTTP_GUARD_DONE - 1);
			return -EBADMSG;
		}
		guard->state = (enum http_guard_state)next;
		if (guard->state == HTTP_GUARD_DONE)
			break;
		row = moves[next];
		while (i < input.length && row[class_of(input.data[i])] == next)
			i++;
	}
	*ret_consumed = i;
	return 0;
}

static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (class_of(text.data[i]) != TOKEN)
			return false;
	}
	return text.length > 0;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* RFC 9112, 2.3. */
static int check_version(struct slice version, enum http_problem_kind *ret_kind)
{
	if (slice_equals(version, SLICE("HTTP/1.1")) || slice_equals(version, SLICE("HTTP/1.0")))
		return 0;
	*ret_kind = version.length == 8 && slice_starts_with(version, SLICE("HTTP/")) &&
			    is_digit(version.data[5]) && version.data[6] == '.' &&
			    is_digit(version.data[7])
			? HTTP_PROBLEM_BAD_VERSION
			: HTTP_PROBLEM_BAD_REQUEST_LINE;
	return -EBADMSG;
}

int http_guard_request_line(struct slice line, struct slice *ret_method, struct slice *ret_target,
			    struct slice *ret_version, enum http_problem_kind *ret_kind)
{
	struct slice version = line;
	struct slice method = slice_split(&version, ' ');
	struct slice target = slice_split(&version, ' ');

	if (!is_token(method) || target.length == 0 || version.length == 0) {
		*ret_kind = HTTP_PROBLEM_BAD_REQUEST_LINE;
		return -EBADMSG;
	}
	if (check_version(version, ret_kind) < 0)
		return -EBADMSG;
	*ret_method = method;
	*ret_target = target;
	*ret_version = version;
	return 0;
}

/* clang-format off */
#define C CONTROL
#define T TOKEN
#define V VISIBLE
static const unsigned char classes[128] = {
	C, C, C, C, C, C, C, C, C, TAB, LF, C, C, CR, C, C, /* 0x00 */
	C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,     /* 0x10 */
	BLANK, T, V, T, T, T, T, T, V, V, T, T, V, T, T, V, /*  !"#$%&'()*+,-./ */
	T, T, T, T, T, T, T, T, T, T, COLON, V, V, V, V, V, /* 0123456789:;<=>? */
	V, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,     /* @ABCDEFGHIJKLMNO */
	T, T, T, T, T, T, T, T, T, T, T, V, V, V, T, T,     /* PQRSTUVWXYZ[\]^_ */
	T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,     /* `abcdefghijklmno */
	T, T, T, T, T, T, T, T, T, T, T, V, T, V, T, C,     /* pqrstuvwxyz{|}~  */
};
#undef C
#undef T
#undef V

/* Where every byte but one is wrong. */
#define ONLY_LF(next) {                                                                           \
	[CONTROL] = REFUSE(BARE_CR), [TAB] = REFUSE(BARE_CR), [CR] = REFUSE(BARE_CR), [LF] = next, \
	[BLANK] = REFUSE(BARE_CR), [COLON] = REFUSE(BARE_CR), [TOKEN] = REFUSE(BARE_CR),           \
	[VISIBLE] = REFUSE(BARE_CR), [BEYOND] = REFUSE(BARE_CR)}

static const unsigned char moves[HTTP_GUARD_DONE][CLASSES] = {
	/* RFC 9112, 2.2: empty lines before the request line are ignored. */
	[HTTP_GUARD_START] = {
		[CONTROL] = REFUSE(BAD_REQUEST_LINE), [TAB] = REFUSE(LEADING_BLANK),
		[CR] = HTTP_GUARD_START_LF, [LF] = REFUSE(BARE_LF), [BLANK] = REFUSE(LEADING_BLANK),
		[COLON] = REFUSE(BAD_REQUEST_LINE), [TOKEN] = HTTP_GUARD_LINE,
		[VISIBLE] = REFUSE(BAD_REQUEST_LINE), [BEYOND] = REFUSE(BAD_REQUEST_LINE)},
	[HTTP_GUARD_START_LF] = ONLY_LF(HTTP_GUARD_START),
	[HTTP_GUARD_LINE] = {
		[CONTROL] = REFUSE(BAD_REQUEST_LINE), [TAB] = REFUSE(BAD_REQUEST_LINE),
		[CR] = HTTP_GUARD_LINE_LF, [LF] = REFUSE(BARE_LF), [BLANK] = HTTP_GUARD_LINE,
		[COLON] = HTTP_GUARD_LINE, [TOKEN] = HTTP_GUARD_LINE, [VISIBLE] = HTTP_GUARD_LINE,
		[BEYOND] = REFUSE(BAD_TARGET)},
	[HTTP_GUARD_LINE_LF] = ONLY_LF(HTTP_GUARD_NAME_START),
	/* A blank here is obs-fold, or a field hidden behind the request line (RFC 9112, 5.2,
	 * 2.2). */
	[HTTP_GUARD_NAME_START] = {
		[CONTROL] = REFUSE(BAD_HEADER_NAME), [TAB] = REFUSE(LEADING_BLANK),
		[CR] = HTTP_GUARD_END_LF, [LF] = REFUSE(BARE_LF), [BLANK] = REFUSE(LEADING_BLANK),
		[COLON] = REFUSE(BAD_HEADER_NAME), [TOKEN] = HTTP_GUARD_NAME,
		[VISIBLE] = REFUSE(BAD_HEADER_NAME), [BEYOND] = REFUSE(BAD_HEADER_NAME)},
	[HTTP_GUARD_NAME] = {
		[CONTROL] = REFUSE(BAD_HEADER_NAME), [TAB] = REFUSE(BAD_HEADER_NAME),
		[CR] = REFUSE(BAD_HEADER_NAME), [LF] = REFUSE(BAD_HEADER_NAME),
		[BLANK] = REFUSE(BAD_HEADER_NAME), [COLON] = HTTP_GUARD_VALUE,
		[TOKEN] = HTTP_GUARD_NAME, [VISIBLE] = REFUSE(BAD_HEADER_NAME),
		[BEYOND] = REFUSE(BAD_HEADER_NAME)},
	[HTTP_GUARD_VALUE] = {
		[CONTROL] = REFUSE(BAD_HEADER_VALUE), [TAB] = HTTP_GUARD_VALUE,
		[CR] = HTTP_GUARD_VALUE_LF, [LF] = REFUSE(BARE_LF), [BLANK] = HTTP_GUARD_VALUE,
		[COLON] = HTTP_GUARD_VALUE, [TOKEN] = HTTP_GUARD_VALUE,
		[VISIBLE] = HTTP_GUARD_VALUE, [BEYOND] = HTTP_GUARD_VALUE},
	[HTTP_GUARD_VALUE_LF] = ONLY_LF(HTTP_GUARD_NAME_START),
	[HTTP_GUARD_END_LF] = ONLY_LF(HTTP_GUARD_DONE),
};
/* clang-format on */
