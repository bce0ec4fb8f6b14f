/* What a parser makes of some bytes, as one text that tests compare. */
#ifndef ALLIM_TESTS_HTTP_SUMMARY_H
#define ALLIM_TESTS_HTTP_SUMMARY_H

#include "base/buffer.h"
#include "protocol/http_parser.h"

/* Feeds the input in pieces of `piece` bytes after a first one of `first`, until a request is
 * complete or refused, and appends what came of it: "POST /path?query [name=value] (body)
 * keep-alive +3", where the number tells how many bytes were left over; or "400 bare_cr"; or
 * "more". The parser is not reset. Returns how many bytes were left over behind a complete request,
 * else 0. */
size_t http_summary_append(struct buffer *summary, struct http_parser *parser, struct slice input,
			   size_t first, size_t piece);

#endif
