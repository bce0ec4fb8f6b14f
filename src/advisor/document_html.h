/* A document as one page of HTML that needs nothing but itself: styles and charts are in it,
 * scripts are not, and its policy forbids whatever else a text might bring along. */
#ifndef ALLIM_ADVISOR_DOCUMENT_HTML_H
#define ALLIM_ADVISOR_DOCUMENT_HTML_H

#include "advisor/document.h"

void document_html_append(struct buffer *buffer, const struct document *document);

/* The page's style, and the base64 of its SHA-256, by which the policy lets it through; both are
 * made of document_style.css. */
extern const char document_style[];
extern const char document_style_hash[];

#endif
