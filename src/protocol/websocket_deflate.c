/* Raw deflate by zlib (RFC 1951). A sync flush ends on a byte with an empty stored block, whose last
 * four bytes, 00 00 ff ff, end no message on the wire: the receiver puts them back (RFC 7692, 7.2). */
#include "protocol/websocket_deflate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	WINDOW_BITS = -15,    /* the largest, without zlib's own head */
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

/* Whether a parameter of an offer is one that the answer meets. Fewer bits for the server's window
 * are not: all connections get the same bytes. */
static bool is_acceptable(struct slice parameter)
{
	struct slice name = slice_trim(slice_split(&parameter, '='));
	struct slice value = slice_trim(parameter);

	if (slice_equals_ignoring_case(name, SLICE("server_no_context_takeover")) ||
	    slice_equals_ignoring_case(name, SLICE("client_no_context_takeover")))
		return value.length == 0;
	return slice_equals_ignoring_case(name, SLICE("client_max_window_bits"));
}

static bool is_offer(struct slice offer)
{
	if (!slice_equals_ignoring_case(slice_trim(slice_split(&offer, ';')),
					SLICE("permessage-deflate")))
		return false;
	while (offer.length > 0) {
		if (!is_acceptable(slice_trim(slice_split(&offer, ';'))))
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
					   WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
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
	codec->has_inflater = inflateInit2(&codec->inflater, WINDOW_BITS) == Z_OK;
	return codec->has_inflater;
}

/* Takes all of the input. A message may hold several blocks, and end with a final one, behind which
 * nothing but the flush may come. */
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
		if (code == Z_STREAM_END || (code == Z_BUF_ERROR && stream->avail_out > 0))
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
	size_t start = out->length;
	int result;

	if (!start_inflater(codec))
		return -ENOMEM;
	assert(start == 0);
	result = inflate_some(&codec->inflater, message, limit, out);
	if (result == 0)
		result =
		    inflate_some(&codec->inflater, slice_from_bytes("\0\0\xff\xff", 4), limit, out);
	return result;
}
