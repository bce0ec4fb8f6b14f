/* A page of the audit log, as every store fills it. */
#ifndef ALLIM_STORE_STORE_AUDIT_H
#define ALLIM_STORE_STORE_AUDIT_H

#include "store/store.h"

/* Makes room for so many records. Returns 0 or -ENOMEM. */
int store_audit_begin(struct store_audit_read *page, size_t room);

/* Copies the next record into the page. Returns 1, 0 where its limits leave the record out (and
 * `more` is set), or -ENOMEM. */
int store_audit_add(struct store_audit_read *page, int64_t id, struct slice line);

/* Records up to that id were looked at, and are in the page or not wanted. `reached` says that the
 * store stopped there because it had looked at enough. */
void store_audit_end(struct store_audit_read *page, int64_t last, bool reached);

#endif
