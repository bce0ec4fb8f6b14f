#include "bench/stream_wire.h"

#include <assert.h>

static const struct stream_wire_ops *const stream_wires[STREAM_WIRES] = {
    [STREAM_WIRE_SSE] = &sse_stream_wire_ops,
    [STREAM_WIRE_WEBSOCKET] = &websocket_stream_wire_ops,
};

const struct stream_wire_ops *stream_wire_ops(enum stream_wire wire)
{
	assert(wire < STREAM_WIRES);
	return stream_wires[wire];
}
