/* Texts in HTML and SVG. */
#ifndef ALLIM_ADVISOR_MARKUP_H
#define ALLIM_ADVISOR_MARKUP_H

#include "base/buffer.h"

/* Appends the text so that it stays one, in an element and in a quoted attribute alike. */
void markup_append(struct buffer *buffer, struct slice text);

/* Appends <name class="class">text</name>, without a class where that is NULL. Where there is no
 * text, there is no element. */
void markup_append_element(struct buffer *buffer, const char *name, const char *class_name,
			   struct slice text);

#endif
