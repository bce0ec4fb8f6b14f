/* The JSON of a change, shared by the wires that speak JSON. */
#ifndef ALLIM_WIRE_CHANGE_JSON_H
#define ALLIM_WIRE_CHANGE_JSON_H

#include "base/buffer.h"
#include "core/change.h"

/* {"all":"read","at":"2026-05-01T09:30:00.250Z","seq":9,"everyone_up_to":5} */
void change_json_append_all(struct buffer *out, const struct change *change);

#endif
