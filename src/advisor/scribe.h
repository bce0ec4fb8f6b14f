/* What all sections of the decision document are written with: labels in the reader's language, and
 * numbers as people write them.
 *
 * Texts live in the document's memory or as long as the program. Where memory is short they are
 * empty, and the document has failed. */
#ifndef ALLIM_ADVISOR_SCRIBE_H
#define ALLIM_ADVISOR_SCRIBE_H

#include "advisor/report.h"

struct scribe {
	struct document *document;
	const struct report *report;
};

/* A label, in the reader's language. */
const char *scribe_say(const struct scribe *scribe, const char *text)
    __attribute__((format_arg(2)));

/* The same for the name of a size, or a formula of such names. */
const char *scribe_name(const struct scribe *scribe, const char *name);

/* What rules and plans say. */
const char *scribe_sentence(const struct scribe *scribe, const struct advisor_text *text);

/* The same, or any text, with a capital where it begins a line; a name such as created_at has
 * none. */
const char *scribe_line(const struct scribe *scribe, const struct advisor_text *text);
const char *scribe_capital(const struct scribe *scribe, const char *text);

/* ADVISOR_METHODS is no method. */
const char *scribe_method(const struct scribe *scribe, enum advisor_method method);
const char *scribe_methods(const struct scribe *scribe, unsigned methods);

/* The price book's name; of a file, without its folder. */
const char *scribe_book(const struct scribe *scribe);

/* Both, with `between` where neither is empty. */
const char *scribe_join(const struct scribe *scribe, const char *first, const char *between,
			const char *second);

/* "3,000", "99.99"; with a unit, "3,000 users"; and money, "$2,080". NULL where it is NAN. */
const char *scribe_number(const struct scribe *scribe, double number);
const char *scribe_amount(const struct scribe *scribe, double number, const char *unit);
const char *scribe_money(const struct scribe *scribe, double amount);

/* A figure with its unit, or "yes" or "no"; NULL where it is NAN. */
const char *scribe_figure(const struct scribe *scribe, enum figure figure, double value);

/* What stands in a table for NULL. */
const char *scribe_or_dash(const char *text);

/* "2026-11-30"; and the month that comes so many months later, "2027-08". */
const char *scribe_day(const struct scribe *scribe);
const char *scribe_month(const struct scribe *scribe, unsigned months);

/* "now", "month 9 (2027-08)", or a dash for FORECAST_NEVER. */
const char *scribe_when(const struct scribe *scribe, unsigned month);

#endif
