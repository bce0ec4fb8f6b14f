/* URLs that hold what they lead to (RFC 2397): data:image/png;base64,iVBORw0... */
#ifndef ALLIM_PROTOCOL_DATA_URL_H
#define ALLIM_PROTOCOL_DATA_URL_H

#include "base/buffer.h"

/* Cuts a data URL in base64. `ret_type` is a media type that is safe in a header, or empty: then it
 * is text/plain;charset=US-ASCII. Returns 0, or -EINVAL for any other text. */
int data_url_split(struct slice text, struct slice *ret_type, struct slice *ret_base64);

/* Appends the bytes as a data URL in base64; a type that would not be safe in one is left out for
 * application/octet-stream. */
void data_url_append(struct buffer *buffer, struct slice type, struct slice bytes);

#endif
