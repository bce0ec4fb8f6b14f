/* A document as Markdown (GitHub's: with tables and boxes to tick). Charts of lines are said in
 * words, and those of bars left to the tables beside them. */
#ifndef ALLIM_ADVISOR_DOCUMENT_MARKDOWN_H
#define ALLIM_ADVISOR_DOCUMENT_MARKDOWN_H

#include "advisor/document.h"

void document_markdown_append(struct buffer *buffer, const struct document *document);

#endif
