/* The guard looks at the head byte by byte as it comes, and the bytes gather in a buffer. When the
 * head is complete, llhttp reads it in one piece, so that names and values are slices of that
 * buffer, which does not move any more. A body of known length is copied; a chunked one goes on
 * through llhttp up to its last chunk, and its trailers through the guard, which drops them.
 *
 *	HEAD -> TOLD -> LENGTH -----------------------> COMPLETE
 *	           |--> CHUNK_LENGTH <-> CHUNK
 *	           |         '-> TRAILERS ------------>
 *	           '---------------------------------->
 *
 * and from all of them but TOLD and COMPLETE to FAILED. */
#include "protocol/http_parser.h"

#include "base/buffer.h"
#include "protocol/http_guard.h"
#include "protocol/http_head.h"

#include <assert.h>
#include <errno.h>
#include <llhttp.h>
#include <stdlib.h>

enum { KEPT_BYTES = 16384, FIRST_HEADERS = 16, CHUNK_LENGTH_BYTES = 16 + 2 };

enum parser_state {
	PARSER_HEAD,
	PARSER_TOLD, /* HTTP_HEAD_COMPLETE was returned */
	PARSER_LENGTH,
	PARSER_CHUNK_LENGTH, /* in the line before a chunk */
	PARSER_CHUNK,	     /* up to the CRLF behind it */
	PARSER_TRAILERS,
	PARSER_COMPLETE,
	PARSER_FAILED,
	PARSER_STATES
};

struct http_parser {
	struct http_limits limits;
	enum parser_state state;
	struct http_guard guard;
	llhttp_t llhttp;
	size_t guarded; /* bytes that this section or line has taken, dropped ones included */
	struct buffer head;
	struct buffer body;
	struct http_header *headers;
	size_t header_capacity;
	unsigned singles; /* bits of the headers seen that may occur only once */
	struct http_request request;
	const struct http_problem *problem;
};

static const unsigned char allowed_moves[PARSER_STATES];
static const llhttp_settings_t events;

static void move(struct http_parser *parser, enum parser_state next)
{
	assert(allowed_moves[parser->state] & 1U << next);
	parser->state = next;
}

/* For a problem that is noted already. */
static enum http_progress stop(struct http_parser *parser)
{
	move(parser, PARSER_FAILED);
	return HTTP_FAILED;
}

static enum http_progress fail(struct http_parser *parser, enum http_problem_kind kind)
{
	parser->problem = http_problem_get(kind);
	return stop(parser);
}

struct http_parser *http_parser_create(const struct http_limits *limits)
{
	struct http_parser *parser = calloc(1, sizeof(*parser));

	if (parser != NULL)
		http_parser_reset(parser, limits);
	return parser;
}

void http_parser_destroy(struct http_parser *parser)
{
	if (parser == NULL)
		return;
	buffer_finish(&parser->head);
	buffer_finish(&parser->body);
	free(parser->headers);
	free(parser);
}

static void clear_or_free(struct buffer *buffer)
{
	if (buffer->capacity > KEPT_BYTES)
		buffer_finish(buffer);
	else
		buffer_clear(buffer);
}

void http_parser_reset(struct http_parser *parser, const struct http_limits *limits)
{
	parser->limits = *limits;
	parser->state = PARSER_HEAD;
	http_guard_init(&parser->guard);
	parser->guarded = 0;
	parser->singles = 0;
	parser->problem = NULL;
	memset(&parser->request, 0, sizeof(parser->request));
	clear_or_free(&parser->head);
	clear_or_free(&parser->body);
	if (parser->header_capacity * sizeof(*parser->headers) > KEPT_BYTES) {
		free(parser->headers);
		parser->headers = NULL;
		parser->header_capacity = 0;
	}
}

/* Lets a callback of llhttp stop it; the reason is told when llhttp returns. */
static int refuse(llhttp_t *llhttp, enum http_problem_kind kind)
{
	struct http_parser *parser = llhttp->data;

	parser->problem = http_problem_get(kind);
	return HPE_USER;
}

static bool grow_headers(struct http_parser *parser)
{
	size_t capacity =
	    parser->header_capacity == 0 ? FIRST_HEADERS : parser->header_capacity * 2;
	struct http_header *headers = realloc(parser->headers, capacity * sizeof(*headers));

	if (headers == NULL)
		return false;
	parser->headers = headers;
	parser->header_capacity = capacity;
	return true;
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t length)
{
	struct http_parser *parser = llhttp->data;
	struct http_request *request = &parser->request;
	struct slice name = slice_from_bytes(at, length);
	unsigned bit = http_request_single_bit(name);

	if (request->header_count == parser->limits.header_count)
		return refuse(llhttp, HTTP_PROBLEM_MANY_HEADERS);
	if (parser->singles & bit)
		return refuse(llhttp, HTTP_PROBLEM_DUPLICATE_HEADER);
	if (request->header_count == parser->header_capacity && !grow_headers(parser))
		return refuse(llhttp, HTTP_PROBLEM_NO_MEMORY);
	parser->singles |= bit;
	parser->headers[request->header_count++] = (struct http_header){name, SLICE("")};
	return 0;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t length)
{
	struct http_parser *parser = llhttp->data;

	assert(parser->request.header_count > 0);
	parser->headers[parser->request.header_count - 1].value =
	    slice_trim(slice_from_bytes(at, length));
	return 0;
}

static int on_headers_complete(llhttp_t *llhttp)
{
	struct http_parser *parser = llhttp->data;

	parser->request.keep_alive = llhttp_should_keep_alive(llhttp) != 0;
	return HPE_PAUSED;
}

static enum http_problem_kind kind_of(llhttp_errno_t code)
{
	static const struct {
		llhttp_errno_t code;
		enum http_problem_kind kind;
	} kinds[] = {
	    /* The guard has seen to it that these can only mean a method that llhttp does not know.
	     */
	    {HPE_INVALID_METHOD, HTTP_PROBLEM_UNKNOWN_METHOD},
	    {HPE_INVALID_CONSTANT, HTTP_PROBLEM_UNKNOWN_METHOD},
	    {HPE_INVALID_VERSION, HTTP_PROBLEM_UNKNOWN_METHOD},
	    {HPE_INVALID_URL, HTTP_PROBLEM_BAD_TARGET},
	    {HPE_INVALID_CONTENT_LENGTH, HTTP_PROBLEM_BAD_LENGTH},
	    {HPE_UNEXPECTED_CONTENT_LENGTH, HTTP_PROBLEM_TWO_LENGTHS},
	    {HPE_INVALID_TRANSFER_ENCODING, HTTP_PROBLEM_BAD_ENCODING},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].code == code)
			return kinds[i].kind;
	}
	return HTTP_PROBLEM_BAD_SYNTAX;
}

static int read_request_line(struct http_parser *parser, enum http_problem_kind *ret_kind)
{
	struct http_request *request = &parser->request;
	struct slice rest = buffer_slice(&parser->head);
	struct slice line = slice_split(&rest, '\r');
	struct slice version;

	if (http_guard_request_line(line, &request->method_name, &request->target, &version,
				    ret_kind) < 0)
		return -EBADMSG;
	request->method = http_request_method(request->method_name);
	request->http_1_0 = version.data[version.length - 1] == '0';
	return 0;
}

/* A tab behind a value is no part of it (RFC 9110, 5.5), but llhttp takes a number or `chunked`
 * with one for something else. The version, which ends the first line, ends the loop there. */
static void replace_tabs_at_ends(struct buffer *head)
{
	char *end = head->data + head->length;

	for (char *cr = head->data; (cr = memchr(cr, '\r', (size_t)(end - cr))) != NULL; cr++) {
		for (char *byte = cr; byte[-1] == ' ' || byte[-1] == '\t';)
			*--byte = ' ';
	}
}

static int read_head(struct http_parser *parser, enum http_problem_kind *ret_kind)
{
	llhttp_errno_t code;

	if (read_request_line(parser, ret_kind) < 0)
		return -EBADMSG;
	replace_tabs_at_ends(&parser->head);
	llhttp_init(&parser->llhttp, HTTP_REQUEST, &events);
	parser->llhttp.data = parser;
	code = llhttp_execute(&parser->llhttp, parser->head.data, parser->head.length);
	parser->request.headers = parser->headers;
	if (code != HPE_PAUSED) {
		*ret_kind = kind_of(code);
		return -EBADMSG;
	}
	return http_head_check(&parser->request, &parser->limits, ret_kind);
}

static enum http_progress finish_head(struct http_parser *parser)
{
	enum http_problem_kind kind = HTTP_PROBLEM_BAD_SYNTAX;

	if (read_head(parser, &kind) < 0)
		return parser->problem == NULL ? fail(parser, kind) : stop(parser);
	move(parser, PARSER_TOLD);
	return HTTP_HEAD_COMPLETE;
}

/* Takes what the section may still have of the input through the guard. */
static int scan(struct http_parser *parser, struct slice input, size_t *ret_consumed,
		enum http_problem_kind *ret_kind)
{
	size_t room = parser->limits.head_bytes - parser->guarded;

	if (input.length > room)
		input.length = room;
	if (http_guard_scan(&parser->guard, input, ret_consumed, ret_kind) < 0)
		return -EBADMSG;
	parser->guarded += *ret_consumed;
	if (parser->guard.state == HTTP_GUARD_DONE || parser->guarded < parser->limits.head_bytes)
		return 0;
	if (parser->guard.state <= HTTP_GUARD_START_LF)
		*ret_kind = HTTP_PROBLEM_BAD_REQUEST_LINE;
	else if (parser->guard.state <= HTTP_GUARD_LINE)
		*ret_kind = HTTP_PROBLEM_LONG_TARGET;
	else
		*ret_kind = HTTP_PROBLEM_LARGE_HEAD;
	return -EBADMSG;
}

static enum http_progress feed_head(struct http_parser *parser, struct slice input,
				    size_t *ret_consumed)
{
	enum http_problem_kind kind;

	if (scan(parser, input, ret_consumed, &kind) < 0)
		return fail(parser, kind);
	input.length = *ret_consumed;
	/* Empty lines before the request line are dropped (RFC 9112, 2.2). */
	while (parser->head.length == 0 && input.length > 0 &&
	       (input.data[0] == '\r' || input.data[0] == '\n'))
		input = slice_from_bytes(input.data + 1, input.length - 1);
	buffer_append(&parser->head, input);
	if (buffer_failed(&parser->head))
		return fail(parser, HTTP_PROBLEM_NO_MEMORY);
	return parser->guard.state == HTTP_GUARD_DONE ? finish_head(parser) : HTTP_NEED_MORE;
}

static enum http_progress complete(struct http_parser *parser)
{
	parser->request.body = buffer_slice(&parser->body);
	move(parser, PARSER_COMPLETE);
	return HTTP_COMPLETE;
}

static enum http_progress feed_length(struct http_parser *parser, struct slice input,
				      size_t *ret_consumed)
{
	size_t left = (size_t)parser->request.content_length - parser->body.length;

	if (input.length > left)
		input.length = left;
	buffer_append(&parser->body, input);
	if (buffer_failed(&parser->body))
		return fail(parser, HTTP_PROBLEM_NO_MEMORY);
	*ret_consumed = input.length;
	return input.length == left ? complete(parser) : HTTP_NEED_MORE;
}

static int on_chunk_header(llhttp_t *llhttp)
{
	const struct http_parser *parser = llhttp->data;

	if (llhttp->content_length == 0)
		return HPE_PAUSED;
	if (llhttp->content_length > parser->limits.body_bytes - parser->body.length)
		return refuse(llhttp, HTTP_PROBLEM_LARGE_BODY);
	return 0;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t length)
{
	struct http_parser *parser = llhttp->data;

	buffer_append(&parser->body, slice_from_bytes(at, length));
	return buffer_failed(&parser->body) ? refuse(llhttp, HTTP_PROBLEM_NO_MEMORY) : 0;
}

static int on_chunk_extension(llhttp_t *llhttp, const char *at, size_t length)
{
	(void)at;
	(void)length;
	return refuse(llhttp, HTTP_PROBLEM_BAD_CHUNK);
}

static int on_chunk_complete(llhttp_t *llhttp)
{
	(void)llhttp;
	return HPE_PAUSED;
}

/* llhttp pauses behind each chunk, and behind the line of the last: `next` is where it then goes
 * on. */
static enum http_progress feed_llhttp(struct http_parser *parser, struct slice input,
				      enum parser_state next, size_t *ret_consumed)
{
	llhttp_errno_t code = llhttp_execute(&parser->llhttp, input.data, input.length);

	if (code == HPE_OK) {
		*ret_consumed = input.length;
		return HTTP_NEED_MORE;
	}
	if (code != HPE_PAUSED)
		return parser->problem == NULL ? fail(parser, HTTP_PROBLEM_BAD_CHUNK)
					       : stop(parser);
	*ret_consumed = (size_t)(llhttp_get_error_pos(&parser->llhttp) - input.data);
	parser->guarded = 0;
	move(parser, next);
	return HTTP_NEED_MORE;
}

/* One line at most is shown to llhttp, which would take any number of zeros before a length. */
static enum http_progress feed_chunk_length(struct http_parser *parser, struct slice input,
					    size_t *ret_consumed)
{
	const char *end = input.length == 0 ? NULL : memchr(input.data, '\n', input.length);
	enum http_progress progress;

	if (end != NULL)
		input.length = (size_t)(end + 1 - input.data);
	parser->guarded += input.length;
	if (parser->guarded > CHUNK_LENGTH_BYTES)
		return fail(parser, HTTP_PROBLEM_BAD_CHUNK);
	progress = feed_llhttp(parser, input, PARSER_TRAILERS, ret_consumed);
	if (parser->state == PARSER_TRAILERS)
		http_guard_init_trailers(&parser->guard);
	else if (parser->state == PARSER_CHUNK_LENGTH && end != NULL)
		move(parser, PARSER_CHUNK);
	return progress;
}

static enum http_progress feed_chunk(struct http_parser *parser, struct slice input,
				     size_t *ret_consumed)
{
	enum http_progress progress = feed_llhttp(parser, input, PARSER_CHUNK_LENGTH, ret_consumed);

	if (parser->state == PARSER_CHUNK_LENGTH)
		llhttp_resume(&parser->llhttp);
	return progress;
}

static enum http_progress feed_trailers(struct http_parser *parser, struct slice input,
					size_t *ret_consumed)
{
	enum http_problem_kind kind;

	if (scan(parser, input, ret_consumed, &kind) < 0)
		return fail(parser, kind);
	return parser->guard.state == HTTP_GUARD_DONE ? complete(parser) : HTTP_NEED_MORE;
}

static enum http_progress start_body(struct http_parser *parser, struct slice input,
				     size_t *ret_consumed)
{
	(void)input;
	(void)ret_consumed;
	if (!parser->request.has_body)
		return complete(parser);
	if (parser->request.content_length > parser->limits.body_bytes)
		return fail(parser, HTTP_PROBLEM_LARGE_BODY);
	move(parser, parser->request.chunked ? PARSER_CHUNK_LENGTH : PARSER_LENGTH);
	parser->guarded = 0;
	if (parser->request.chunked)
		llhttp_resume(&parser->llhttp);
	return HTTP_NEED_MORE;
}

static enum http_progress stay_complete(struct http_parser *parser, struct slice input,
					size_t *ret_consumed)
{
	(void)parser;
	(void)input;
	(void)ret_consumed;
	return HTTP_COMPLETE;
}

static enum http_progress stay_failed(struct http_parser *parser, struct slice input,
				      size_t *ret_consumed)
{
	(void)parser;
	(void)input;
	(void)ret_consumed;
	return HTTP_FAILED;
}

enum http_progress http_parser_feed(struct http_parser *parser, struct slice input,
				    size_t *ret_consumed)
{
	static enum http_progress (*const steps[PARSER_STATES])(struct http_parser *, struct slice,
								size_t *) = {
	    [PARSER_HEAD] = feed_head,	       [PARSER_TOLD] = start_body,
	    [PARSER_LENGTH] = feed_length,     [PARSER_CHUNK_LENGTH] = feed_chunk_length,
	    [PARSER_CHUNK] = feed_chunk,       [PARSER_TRAILERS] = feed_trailers,
	    [PARSER_COMPLETE] = stay_complete, [PARSER_FAILED] = stay_failed,
	};
	enum http_progress progress;
	enum parser_state state;
	size_t consumed;

	*ret_consumed = 0;
	do {
		state = parser->state;
		consumed = 0;
		progress = steps[state](parser, input, &consumed);
		if (consumed > 0)
			input = slice_from_bytes(input.data + consumed, input.length - consumed);
		*ret_consumed += consumed;
	} while (progress == HTTP_NEED_MORE && parser->state != state);
	return progress;
}

bool http_parser_limit_body(struct http_parser *parser, size_t bytes)
{
	if (bytes < parser->limits.body_bytes)
		parser->limits.body_bytes = bytes;
	return parser->request.content_length <= parser->limits.body_bytes;
}

const struct http_request *http_parser_request(const struct http_parser *parser)
{
	return &parser->request;
}

const struct http_problem *http_parser_problem(const struct http_parser *parser)
{
	return parser->problem;
}

size_t http_parser_memory(const struct http_parser *parser)
{
	return sizeof(*parser) + parser->head.capacity + parser->body.capacity +
	       parser->header_capacity * sizeof(*parser->headers);
}

#define TO(state) (1U << (state))

static const unsigned char allowed_moves[PARSER_STATES] = {
    [PARSER_HEAD] = TO(PARSER_TOLD) | TO(PARSER_FAILED),
    [PARSER_TOLD] =
	TO(PARSER_LENGTH) | TO(PARSER_CHUNK_LENGTH) | TO(PARSER_COMPLETE) | TO(PARSER_FAILED),
    [PARSER_LENGTH] = TO(PARSER_COMPLETE) | TO(PARSER_FAILED),
    [PARSER_CHUNK_LENGTH] = TO(PARSER_CHUNK) | TO(PARSER_TRAILERS) | TO(PARSER_FAILED),
    [PARSER_CHUNK] = TO(PARSER_CHUNK_LENGTH) | TO(PARSER_FAILED),
    [PARSER_TRAILERS] = TO(PARSER_COMPLETE) | TO(PARSER_FAILED),
};

static const llhttp_settings_t events = {
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_chunk_complete = on_chunk_complete,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_body = on_body,
};
