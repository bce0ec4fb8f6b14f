/* The time is formatted once for all records of a millisecond: a fan-out writes thousands in one.
 */
#include "audit/audit_page.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

enum { PAGE_BYTES = 256 * 1024 /* more than this is not gathered before it is handed over */ };

void audit_page_init(struct audit_page *page, struct audit_log *log)
{
	*page = (struct audit_page){.log = log, .lines = BUFFER_EMPTY, .stamped = -1};
}

void audit_page_finish(struct audit_page *page)
{
	audit_page_turn(page);
	buffer_finish(&page->lines);
}

static void stamp(struct audit_page *page)
{
	int64_t now = clock_wall();
	struct buffer text = BUFFER_EMPTY;
	struct slice written;

	if (now / 1000 == page->stamped)
		return;
	clock_append_wall(&text, now);
	written = buffer_slice(&text);
	snprintf(page->stamp, sizeof(page->stamp), "%.*s", (int)written.length, written.data);
	page->stamped = buffer_failed(&text) ? -1 : now / 1000;
	buffer_finish(&text);
}

static void append_member(struct audit_page *page, const char *name, const char *text)
{
	buffer_append_byte(&page->lines, ',');
	json_append_name(&page->lines, name);
	buffer_append_byte(&page->lines, '"');
	buffer_append_string(&page->lines, text);
	buffer_append_byte(&page->lines, '"');
}

void audit_page_begin(struct audit_page *page, enum audit_event event)
{
	stamp(page);
	page->start = page->lines.length;
	buffer_append(&page->lines, SLICE("{\"time\":\""));
	buffer_append_string(&page->lines, page->stamp);
	buffer_append_byte(&page->lines, '"');
	append_member(page, "node", audit_log_node(page->log));
	append_member(page, "event", audit_event_names[event]);
}

void audit_page_text(struct audit_page *page, const char *name, struct slice text)
{
	buffer_append_byte(&page->lines, ',');
	json_append_name(&page->lines, name);
	json_append_string(&page->lines, text);
}

void audit_page_number(struct audit_page *page, const char *name, int64_t number)
{
	buffer_append_byte(&page->lines, ',');
	json_append_name(&page->lines, name);
	buffer_append_integer(&page->lines, number);
}

void audit_page_true(struct audit_page *page, const char *name)
{
	buffer_append_byte(&page->lines, ',');
	json_append_name(&page->lines, name);
	buffer_append(&page->lines, SLICE("true"));
}

/* What was gathered before the record that memory was too short for is still whole. */
void audit_page_end(struct audit_page *page)
{
	buffer_append(&page->lines, SLICE("}\n"));
	if (buffer_failed(&page->lines) || page->stamped < 0) {
		page->lines.length = page->start;
		page->lines.failed = false;
		audit_log_lose(page->log, 1);
		return;
	}
	page->count++;
	if (page->lines.length >= PAGE_BYTES)
		audit_page_turn(page);
}

void audit_page_turn(struct audit_page *page)
{
	if (page->count == 0)
		return;
	audit_log_give(page->log, &page->lines, page->count);
	page->count = 0;
}
