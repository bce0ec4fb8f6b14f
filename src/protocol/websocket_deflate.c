/* Raw deflate by zlib (RFC 1951). A sync flush ends on a byte with an empty stored block, whose
 * last four bytes, 00 00 ff ff, end no message on the wire: the receiver puts them back (RFC 7692,
 * 7.2). */
#include "protocol/websocket_deflate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	SENT_BITS = -WEBSOCKET_DEFLATE_BITS, /* negative: without zlib's own head */
	RECEIVED_BITS = -15,
	MEMORY_LEVEL = 8,     /* zlib's default */
	STORED_BYTES = 65535, /* of one block (RFC 1951, 3.2.4) */
	STORED_HEAD = 5,
	PIECE_BYTES = 16384
};

struct websocket_deflate {
	z_stream deflater;
	z_stream inflater;
	bool has_deflater;
	bool has_inflater;
};

struct websocket_deflate *websocket_deflate_create(void)
{
	return calloc(1, sizeof(struct websocket_deflate));
}

void websocket_deflate_destroy(struct websocket_deflate *codec)
{
	if (codec == NULL)
		return;
	if (codec->has_deflater)
		deflateEnd(&codec->deflater);
	if (codec->has_inflater)
		inflateEnd(&codec->inflater);
	free(codec);
}

enum parameter {
	SERVER_NO_CONTEXT_TAKEOVER,
	CLIENT_NO_CONTEXT_TAKEOVER,
	SERVER_MAX_WINDOW_BITS,
	CLIENT_MAX_WINDOW_BITS,
	PARAMETERS
};

static const struct slice parameters[PARAMETERS];

/* RFC 7692, 7.1.2: a number of at most 15 without leading zeros. */
static bool is_bits(struct slice value, uint64_t minimum)
{
	uint64_t bits;

	return slice_to_unsigned(value, &bits) == 0 && value.data[0] != '0' && bits >= minimum &&
	       bits <= 15;
}

/* Whether a parameter of an offer is one that the answer meets, and comes for the first time. */
static bool is_acceptable(struct slice parameter, unsigned *seen)
{
	bool has_value = memchr(parameter.data, '=', parameter.length) != NULL;
	struct slice name = slice_trim(slice_split(&parameter, '='));
	struct slice value = slice_trim(parameter);
	unsigned i = 0;

	while (i < PARAMETERS && !slice_equals_ignoring_case(name, parameters[i]))
		i++;
	if (i == PARAMETERS || (*seen & 1U << i) != 0)
		return false;
	*seen |= 1U << i;
	if (i == SERVER_MAX_WINDOW_BITS)
		return is_bits(value, WEBSOCKET_DEFLATE_BITS);
	if (i == CLIENT_MAX_WINDOW_BITS)
		return !has_value || is_bits(value, 8);
	return !has_value;
}

static bool is_offer(struct slice offer)
{
	unsigned seen = 0;

	if (!slice_equals_ignoring_case(slice_trim(slice_split(&offer, ';')),
					SLICE("permessage-deflate")))
		return false;
	while (offer.length > 0) {
		if (!is_acceptable(slice_trim(slice_split(&offer, ';')), &seen))
			return false;
	}
	return true;
}

bool websocket_deflate_is_offered(const struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct slice rest = request->headers[i].value;

		if (!slice_equals_ignoring_case(request->headers[i].name,
						SLICE("sec-websocket-extensions")))
			continue;
		while (rest.length > 0) {
			if (is_offer(slice_split(&rest, ',')))
				return true;
		}
	}
	return false;
}

static bool start_deflater(struct websocket_deflate *codec)
{
	if (codec->has_deflater)
		return deflateReset(&codec->deflater) == Z_OK;
	codec->has_deflater = deflateInit2(&codec->deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
					   SENT_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
	return codec->has_deflater;
}

void websocket_deflate_append(struct websocket_deflate *codec, struct slice text,
			      struct buffer *out)
{
	z_stream *stream = &codec->deflater;
	char *room;

	if (!start_deflater(codec)) {
		out->failed = true;
		return;
	}
	stream->next_in = (unsigned char *)(uintptr_t)text.data;
	stream->avail_in = (uInt)text.length;
	do {
		room = buffer_reserve(out, PIECE_BYTES);
		if (room == NULL)
			return;
		stream->next_out = (unsigned char *)room;
		stream->avail_out = PIECE_BYTES;
		deflate(stream, Z_SYNC_FLUSH);
		out->length += PIECE_BYTES - stream->avail_out;
	} while (stream->avail_out == 0);
}

void websocket_deflate_append_stored(struct slice text, struct buffer *out)
{
	unsigned char head[STORED_HEAD] = {
	    0,
	    (unsigned char)(text.length & 0xff),
	    (unsigned char)(text.length >> 8),
	    (unsigned char)(~text.length & 0xff),
	    (unsigned char)(~text.length >> 8 & 0xff),
	};

	assert(text.length <= STORED_BYTES);
	buffer_append(out, slice_from_bytes((const char *)head, sizeof(head)));
	buffer_append(out, text);
	buffer_append_byte(out, '\0');
}

static bool start_inflater(struct websocket_deflate *codec)
{
	if (codec->has_inflater)
		return inflateReset(&codec->inflater) == Z_OK;
	codec->has_inflater = inflateInit2(&codec->inflater, RECEIVED_BITS) == Z_OK;
	return codec->has_inflater;
}

/* Behind a final block only the start of the flush may come (RFC 7692, 7.2.3.4). */
static int check_end(const z_stream *stream)
{
	bool is_flush = stream->avail_in == 1 && *stream->next_in == 0;

	return stream->avail_in == 0 || is_flush ? 1 : -EBADMSG;
}

/* Takes all of the input, which may hold several blocks. Returns 0, or 1 where a final block ended
 * the message, or a negative errno value. */
static int inflate_some(z_stream *stream, struct slice input, size_t limit, struct buffer *out)
{
	int code = Z_OK;

	stream->next_in = (unsigned char *)(uintptr_t)input.data;
	stream->avail_in = (uInt)input.length;
	do {
		size_t room =
		    limit - out->length < PIECE_BYTES ? limit - out->length + 1 : PIECE_BYTES;

		stream->next_out = (unsigned char *)buffer_reserve(out, room);
		if (stream->next_out == NULL)
			return -ENOMEM;
		stream->avail_out = (uInt)room;
		code = inflate(stream, Z_SYNC_FLUSH);
		out->length += room - stream->avail_out;
		if (out->length > limit)
			return -EMSGSIZE;
		if (code == Z_STREAM_END)
			return check_end(stream);
		if (code == Z_BUF_ERROR && stream->avail_out > 0)
			return 0;
		if (code == Z_MEM_ERROR)
			return -ENOMEM;
		if (code != Z_OK && code != Z_BUF_ERROR)
			return -EBADMSG;
	} while (stream->avail_in > 0 || stream->avail_out == 0);
	return 0;
}

int websocket_inflate(struct websocket_deflate *codec, struct slice message, size_t limit,
		      struct buffer *out)
{
	int result;

	assert(out->length == 0);
	if (!start_inflater(codec))
		return -ENOMEM;
	result = inflate_some(&codec->inflater, message, limit, out);
	if (result == 0 && !inflateSyncPoint(&codec->inflater))
		return -EBADMSG; /* it is cut off: what is put back would not end it */
	if (result == 0)
		result = inflate_some(&codec->inflater, SLICE("\0\0\xff\xff"), limit, out);
	return result < 0 ? result : 0;
}

static const struct slice parameters[PARAMETERS] = {
    [SERVER_NO_CONTEXT_TAKEOVER] = {"server_no_context_takeover", 26},
    [CLIENT_NO_CONTEXT_TAKEOVER] = {"client_no_context_takeover", 26},
    [SERVER_MAX_WINDOW_BITS] = {"server_max_window_bits", 22},
    [CLIENT_MAX_WINDOW_BITS] = {"client_max_window_bits", 22},
};
