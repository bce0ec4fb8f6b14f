/* Records that a thread gathers, as lines of JSON, until the end of its turn: so that a change
 * which goes to thousands of connections is one message to the log's thread, and not thousands.
 *
 *	if (audit_page_wants(page, AUDIT_READ)) {
 *		audit_page_begin(page, AUDIT_READ);
 *		audit_page_text(page, "user", user);
 *		audit_page_end(page);
 *	}
 *
 * A page belongs to one thread. Where memory is short a record is lost, and counted. */
#ifndef ALLIM_AUDIT_AUDIT_PAGE_H
#define ALLIM_AUDIT_AUDIT_PAGE_H

#include "audit/audit_log.h"

enum { AUDIT_STAMP_BYTES = 32 };

struct audit_page {
	struct audit_log *log; /* NULL: nothing is recorded */
	struct buffer lines;
	size_t count;
	size_t start;	 /* of the record that is being written */
	int64_t stamped; /* the millisecond that `stamp` stands for */
	char stamp[AUDIT_STAMP_BYTES];
};

void audit_page_init(struct audit_page *page, struct audit_log *log);

/* Hands over what is left. */
void audit_page_finish(struct audit_page *page);

/* Whether records of that kind are written: one branch where there is no audit log. */
static inline bool audit_page_wants(const struct audit_page *page, enum audit_event event)
{
	return page->log != NULL && audit_log_wants(page->log, event);
}

/* One record, member by member. Names are ours and need no escaping; texts are UTF-8. */
void audit_page_begin(struct audit_page *page, enum audit_event event);
void audit_page_text(struct audit_page *page, const char *name, struct slice text);
void audit_page_number(struct audit_page *page, const char *name, int64_t number);
void audit_page_true(struct audit_page *page, const char *name);
void audit_page_end(struct audit_page *page);

/* At the end of a turn: hands over what was gathered. */
void audit_page_turn(struct audit_page *page);

#endif
