/* One event of a stream as a line: of JSON for programs, or readable for people. */
#ifndef ALLIM_CLI_EVENT_TEXT_H
#define ALLIM_CLI_EVENT_TEXT_H

#include "protocol/sse_reader.h"

/* {"event":"notification","id":"...","data":{...}}; data that is no JSON is a string. Returns 0, or
 * -EILSEQ, with nothing appended, where the texts are no UTF-8. */
int event_text_append_json(struct buffer *buffer, const struct sse_message *message);

/* What happened, when, to which notification. */
void event_text_append_readable(struct buffer *buffer, const struct sse_message *message,
				bool colours);

#endif
