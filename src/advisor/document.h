/* A document as a list of parts, before it is Markdown or HTML.
 *
 * Nothing here returns an error: a document that could not grow remembers it, ignores what follows,
 * and document_failed() tells once at the end, as with a buffer. Parts live in the document's
 * arena; texts that are handed in have to live as long. What a text may not hold in either form
 * (control characters, what turns its direction, malformed UTF-8) is taken out; escaping is left to
 * the output. */
#ifndef ALLIM_ADVISOR_DOCUMENT_H
#define ALLIM_ADVISOR_DOCUMENT_H

#include "advisor/audience.h"
#include "advisor/chart.h"
#include "base/arena.h"

enum document_kind {
	DOCUMENT_HEADING,
	DOCUMENT_PARAGRAPH,
	DOCUMENT_LIST,
	DOCUMENT_TABLE,
	DOCUMENT_CHART
};

enum document_tone { DOCUMENT_PLAIN, DOCUMENT_LEAD, DOCUMENT_NOTE };

enum document_list_kind {
	DOCUMENT_BULLETS,
	DOCUMENT_NUMBERS,
	DOCUMENT_CHECKS, /* ticked where there is a text */
	DOCUMENT_FACTS,	 /* few, short and important */
	DOCUMENT_STEPS	 /* in time, one after the other */
};

/* An empty text is a blank, to be filled in by hand. */
struct document_item {
	struct document_item *next;
	struct document_item *first; /* of the items below it */
	struct document_item *last;
	struct slice term; /* what it is about; may be empty */
	struct slice text;
	struct slice badge; /* a word that says where the text comes from; may be empty */
	struct slice note;  /* may be empty */
};

enum document_column_kind { DOCUMENT_TEXT, DOCUMENT_NUMBER, DOCUMENT_CODE };

struct document_column {
	const char *title;
	enum document_column_kind kind;
};

/* The same in a document. */
struct document_head {
	struct slice title;
	enum document_column_kind kind;
};

enum document_weight { DOCUMENT_USUAL, DOCUMENT_MARKED, DOCUMENT_TOTAL };

struct document_row {
	struct document_row *next;
	enum document_weight weight;
	struct slice *cells; /* as many as the table has columns; an empty one is a blank */
};

struct document_part {
	struct document_part *next;
	enum document_kind kind;
	int level;	   /* of a heading, from 1 */
	struct slice text; /* of a heading, a paragraph; a table's caption */
	enum document_tone tone;
	enum document_list_kind list;
	struct document_item items; /* of a list: those below it */
	struct document_head *columns;
	size_t column_count;
	size_t marked_column; /* that stands out; column_count: none does */
	struct document_row *rows;
	struct document_row *last_row;
	const struct chart *chart;
};

struct document {
	struct arena arena;
	enum advisor_language language;
	bool failed;
	struct document_part *parts;
	struct document_part *last;
};

void document_init(struct document *document, enum advisor_language language);
void document_finish(struct document *document);

static inline bool document_failed(const struct document *document)
{
	return document->failed;
}

/* Memory of the document's, zeroed; NULL where it is short. */
void *document_allocate(struct document *document, size_t count, size_t bytes);

/* Texts in the document's memory: what printf would make, and a copy. */
const char *document_format(struct document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *document_copy(struct document *document, struct slice text);

/* A text that no output has to look through any more, the same one or a copy. All that is handed in
 * below is cleaned so; what a chart shows is not. */
struct slice document_clean(struct document *document, const char *text);

/* NULL is an empty text. */
void document_heading(struct document *document, int level, const char *text);
void document_paragraph(struct document *document, enum document_tone tone, const char *text);

/* Items go to what it returns, which takes further items itself. All of these take and return NULL
 * where memory is short. */
struct document_item *document_list(struct document *document, enum document_list_kind kind);
struct document_item *document_item(struct document *document, struct document_item *above,
				    const char *term, const char *text);
void document_item_note(struct document *document, struct document_item *item, const char *badge,
			const char *note);

/* Begins a table. The columns are copied. */
struct document_part *document_table(struct document *document, const char *caption,
				     const struct document_column *columns, size_t count);
void document_row(struct document *document, struct document_part *table,
		  enum document_weight weight, const char *const *cells);

/* A chart of the document's memory. */
void document_chart(struct document *document, const struct chart *chart);

#endif
