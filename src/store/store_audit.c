/* The first record always fits, or a long one would end the log for good. */
#include "store/store_audit.h"

#include <errno.h>

int store_audit_begin(struct store_audit_read *page, size_t room)
{
	page->record_count = 0;
	page->more = false;
	page->last = page->after;
	page->records =
	    arena_allocate_array(&page->request.arena, room + 1, sizeof(*page->records));
	return page->records == NULL ? -ENOMEM : 0;
}

static bool is_full(const struct store_audit_read *page, struct slice next)
{
	size_t bytes = next.length;

	if (page->record_count == page->limit)
		return true;
	for (size_t i = 0; i < page->record_count && page->limit_bytes > 0; i++)
		bytes += page->records[i].line.length;
	return page->limit_bytes > 0 && page->record_count > 0 && bytes > page->limit_bytes;
}

int store_audit_add(struct store_audit_read *page, int64_t id, struct slice line)
{
	struct store_audit_record record = {.id = id};

	if (is_full(page, line)) {
		page->more = true;
		return 0;
	}
	if (arena_copy(&page->request.arena, line, &record.line) < 0)
		return -ENOMEM;
	page->records[page->record_count++] = record;
	page->last = id;
	return 1;
}

void store_audit_end(struct store_audit_read *page, int64_t last, bool reached)
{
	if (page->more)
		return;
	page->more = reached;
	if (last > page->last)
		page->last = last;
}
