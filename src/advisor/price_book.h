/* Prices, what a method needs of them, and the days of work for it: a file of YAML, of which two
 * are built in. A book lives in its arena and never changes. */
#ifndef ALLIM_ADVISOR_PRICE_BOOK_H
#define ALLIM_ADVISOR_PRICE_BOOK_H

#include "advisor/advisor_method.h"
#include "yaml/yaml_source.h"

enum quantity {
#define QUANTITY(id, name, expression) QUANTITY_##id,
#include "advisor/quantities.def"
#undef QUANTITY
	QUANTITIES
};

/* Where and when a price was found: an item's own, or the book's. */
struct price_item {
	struct slice name;
	double price; /* of a month */
	struct slice region;
	struct slice date;
	struct slice source;
};

struct bill_line {
	const struct price_item *item;
	double count;		/* NAN: as many as the system has, below */
	double per[QUANTITIES]; /* what one is enough for; NAN: it does not depend on this */
};

/* A method without lines is not priced; one whose days are NAN has no work to it. */
struct bill {
	struct bill_line *lines;
	size_t line_count;
	double development; /* days */
	double maintenance; /* days, each month */
};

struct price_book {
	struct arena arena;
	struct slice currency; /* ISO 4217: "USD" */
	struct slice region;
	struct slice date;
	struct slice source;
	struct price_item *items;
	size_t item_count;
	struct bill bills[ADVISOR_METHODS];
	double hour; /* of a developer */
	double hours_a_day;
};

/* The built-in books. */
extern const char price_book_guide[];
extern const char price_book_aws_2026[];

/* The one for whoever names none. */
#define PRICE_BOOK_DEFAULT "aws-2026"

/* The text of a built-in book, or NULL. */
const char *price_book_find(struct slice name);

/* Reads a book; `file` is what messages call it. Returns 0 or a negative errno value with a
 * sentence; there is nothing to finish then. */
int price_book_read(struct price_book *book, const char *file, struct slice content,
		    struct error *error);

void price_book_finish(struct price_book *book);

#endif
