/* The decision document: the guide's 9.1, 9.2 and 9.3, filled in with what is known. */
#ifndef ALLIM_ADVISOR_REPORT_H
#define ALLIM_ADVISOR_REPORT_H

#include "advisor/advice.h"
#include "advisor/document.h"
#include "advisor/observation.h"
#include "advisor/plans.h"
#include "advisor/price_book.h"

struct report_date {
	int year;
	int month; /* from 1 */
	int day;
};

/* All of it is the caller's, and has to outlive the document. */
struct report {
	const struct situation *situation;
	const struct observations *observations; /* NULL: nothing was measured */
	const struct rules *rules;
	const double *weights; /* of the criteria, in their order */
	const struct advice *advice;
	const struct price_book *book;
	const char *prices; /* the book's name */
	const struct plans *plans;
	enum advisor_method current; /* that they have; ADVISOR_METHODS: none */
	unsigned months;	     /* over which costs are summed up */
	struct report_date date;
	const struct audience *audience;
};

/* Fills a document that is still empty, whose language is the audience's. Returns 0 or -ENOMEM. */
int report_fill(struct document *document, const struct report *report);

#endif
