/* Reads WebSocket frames (RFC 6455, 5) from bytes as they come, and puts messages together.
 *
 * A reader that is in the middle of nothing holds nothing that matters: its owner may throw it away
 * and make another when bytes come. It allocates for what has come, never for a length that a frame
 * announces. */
#ifndef ALLIM_PROTOCOL_WEBSOCKET_READER_H
#define ALLIM_PROTOCOL_WEBSOCKET_READER_H

#include "protocol/websocket.h"

struct websocket_failure {
	unsigned close;	       /* its code */
	struct slice sentence; /* static storage */
};

enum websocket_progress {
	WEBSOCKET_NEED_MORE, /* all input was used */
	WEBSOCKET_MESSAGE,   /* a whole message, or a control frame */
	WEBSOCKET_FAILED     /* see `failure`; close the connection with it */
};

/* Valid until the reader is fed again, and while the input is. */
struct websocket_message {
	enum websocket_opcode opcode; /* no continuation: they are put together */
	bool compressed;	      /* as RFC 7692 says; text was not looked at then */
	struct slice payload;	      /* of a close frame without its code */
	unsigned close;		      /* the code of a close frame, or 0: it had none */
};

struct websocket_reader_options {
	size_t message_bytes; /* the longest message */
	bool is_client;	      /* reads what a server sends, which is not masked */
	bool may_compress;    /* permessage-deflate was agreed on */
};

enum websocket_reader_state {
	WEBSOCKET_READER_HEAD,
	WEBSOCKET_READER_PAYLOAD,
	WEBSOCKET_READER_TOLD, /* WEBSOCKET_MESSAGE was returned */
	WEBSOCKET_READER_FAILED,
	WEBSOCKET_READER_STATES
};

struct websocket_reader {
	struct websocket_reader_options options;
	const struct websocket_failure *failure;
	struct buffer message;	   /* what has come of it in earlier frames and reads */
	uint64_t left;		   /* of the frame's payload */
	size_t position;	   /* in the frame's payload */
	unsigned char state;	   /* enum websocket_reader_state */
	unsigned char head_length; /* how much of `head` has come */
	unsigned char head[WEBSOCKET_HEAD_BYTES + WEBSOCKET_MASK_BYTES];
	unsigned char mask[WEBSOCKET_MASK_BYTES];
	unsigned char message_opcode; /* 0: no message has begun */
	bool message_compressed;
	unsigned char control_length;
	char control[WEBSOCKET_CONTROL_BYTES];
};

void websocket_reader_init(struct websocket_reader *reader,
			   const struct websocket_reader_options *options);

/* Frees its buffer; the structure stays the caller's. */
void websocket_reader_finish(struct websocket_reader *reader);

/* Reads on, up to the end of one message, and tells in `*ret_consumed` how much of the input was
 * used. The input is changed: it is unmasked in place. */
enum websocket_progress websocket_reader_feed(struct websocket_reader *reader, char *bytes,
					      size_t length, size_t *ret_consumed,
					      struct websocket_message *ret_message);

/* What has begun took too long: fails, with `failure`. Not for one that is idle. */
void websocket_reader_expire(struct websocket_reader *reader);

/* True where nothing of a frame or message has come that has not been told. */
bool websocket_reader_is_idle(const struct websocket_reader *reader);

#endif
