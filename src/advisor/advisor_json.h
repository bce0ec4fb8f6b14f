/* Numbers, texts and methods of advice as JSON. */
#ifndef ALLIM_ADVISOR_ADVISOR_JSON_H
#define ALLIM_ADVISOR_ADVISOR_JSON_H

#include "advisor/advisor_method.h"
#include "base/buffer.h"

#include <jansson.h>

/* Null where it is NAN, whole where it is whole. NULL when memory is short. */
json_t *advisor_json_number(double number);

json_t *advisor_json_text(struct slice text);

/* The name; null for ADVISOR_METHODS, which is no method. */
json_t *advisor_json_method(enum advisor_method method);

/* Sets a member. The value is taken over, and may be NULL. Returns 0, or -ENOMEM. */
int advisor_json_set(json_t *object, const char *name, json_t *value);

/* Appends a value as it is printed and sent: on one line, with numbers as short as they are exact
 * to 15 digits. */
void advisor_json_append(struct buffer *buffer, const json_t *value);

#endif
