/* Pages come through a mailbox and are put together until they are written: at once where a file
 * takes them, within a second where a transaction does.
 *
 * Losses are counted by whoever loses. The thread writes a record of them, as soon as there is room
 * again, and tells of them in the node's log once until then. */
#include "audit/audit_log.h"

#include "audit/audit_page.h"
#include "audit/audit_target.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "net/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	GATHERED_BYTES = 256 * 1024, /* are written however short they have waited */
	RETRY = 1000,		     /* milliseconds until what failed is tried again */
	TELL = 1000,		     /* between two records of losses, at least, */
	TELL_MOST = 60000,	     /* and where they follow one another; doubles up to this */
	NEVER = -1,
	ALL_EVENTS = (1 << AUDIT_EVENTS) - 1,
};

/* Pages on their way to the thread. */
struct page_message {
	struct mailbox_message message;
	struct buffer lines;
	size_t count;
};

struct audit_log {
	char node[17];
	_Atomic unsigned events; /* 1 << each that is written */
	struct mailbox mailbox;
	pthread_t thread;
	bool has_thread;
	struct mailbox_message last; /* comes behind all pages when the thread is to end */
	uint64_t waiting_limit;
	_Atomic uint64_t waiting_bytes;
	_Atomic uint64_t written;
	_Atomic uint64_t lost;
	_Atomic uint64_t lost_untold; /* of those, what no record tells of yet */

	/* The thread's. */
	struct audit_target *target;
	struct buffer pending;
	int64_t pending_since; /* monotonic milliseconds, when the first of it came */
	int64_t retry_at;
	int64_t tell_at;
	int64_t tell_wait;  /* milliseconds from then until the next may be told of */
	int keep_in;	    /* milliseconds */
	const char *reason; /* why records were lost last */
	bool is_stopping;
	bool is_told; /* of losses, in the node's log */
};

const char *const audit_event_names[AUDIT_EVENTS] = {
#define AUDIT_EVENT(name, word, meaning) [AUDIT_##name] = word,
#include "audit/audit_events.def"
#undef AUDIT_EVENT
};

void audit_log_lose(struct audit_log *log, size_t number)
{
	counter_add(&log->lost, number);
	counter_add(&log->lost_untold, number);
}

bool audit_log_wants(const struct audit_log *log, enum audit_event event)
{
	return (atomic_load_explicit(&log->events, memory_order_relaxed) & 1u << event) != 0;
}

const char *audit_log_node(const struct audit_log *log)
{
	return log->node;
}

static void unreserve(struct audit_log *log, uint64_t bytes)
{
	atomic_fetch_sub_explicit(&log->waiting_bytes, bytes, memory_order_relaxed);
}

static bool reserve(struct audit_log *log, uint64_t bytes)
{
	uint64_t before =
	    atomic_fetch_add_explicit(&log->waiting_bytes, bytes, memory_order_relaxed);

	if (before + bytes <= log->waiting_limit)
		return true;
	unreserve(log, bytes);
	return false;
}

/* NULL where there is no room, or no memory. */
static struct page_message *make_page(struct audit_log *log, uint64_t bytes)
{
	struct page_message *page;

	if (!log->has_thread || !reserve(log, bytes))
		return NULL;
	page = malloc(sizeof(*page));
	if (page == NULL)
		unreserve(log, bytes);
	return page;
}

void audit_log_give(struct audit_log *log, struct buffer *lines, size_t number)
{
	struct page_message *page = make_page(log, lines->length);

	if (page == NULL) {
		audit_log_lose(log, number);
		buffer_clear(lines);
		return;
	}
	*page = (struct page_message){.lines = *lines, .count = number};
	*lines = BUFFER_EMPTY;
	mailbox_send(&log->mailbox, &page->message);
}

static size_t count_lines(struct slice lines)
{
	size_t number = 0;

	for (size_t i = 0; i < lines.length; i++)
		number += lines.data[i] == '\n';
	return number;
}

/* So many bytes of what is pending wait no more. */
static void let_go(struct audit_log *log, size_t bytes)
{
	buffer_consume(&log->pending, bytes);
	unreserve(log, bytes);
}

static void lose_pending(struct audit_log *log, const char *reason)
{
	log->reason = reason;
	audit_log_lose(log, count_lines(buffer_slice(&log->pending)));
	let_go(log, log->pending.length);
}

static void take_page(struct audit_log *log, struct page_message *page)
{
	if (log->pending.length == 0)
		log->pending_since = clock_monotonic();
	buffer_append(&log->pending, buffer_slice(&page->lines));
	if (buffer_failed(&log->pending)) {
		log->pending.failed = false;
		log->reason = "memory is short";
		audit_log_lose(log, page->count);
		unreserve(log, page->lines.length);
	}
	buffer_finish(&page->lines);
	free(page);
}

static void receive(struct audit_log *log)
{
	struct mailbox_message *message = mailbox_take(&log->mailbox);

	while (message != NULL) {
		struct mailbox_message *next = message->next;

		if (message == &log->last)
			log->is_stopping = true;
		else
			take_page(log, (struct page_message *)message);
		message = next;
	}
}

/* Returns 0 where all of it is written. */
static int write_pending(struct audit_log *log)
{
	struct slice lines = buffer_slice(&log->pending);
	size_t written = 0;
	int result = log->target->ops->write(log->target, lines, &written);

	counter_add(&log->written, count_lines(slice_from_bytes(lines.data, written)));
	let_go(log, written);
	if (result == -EAGAIN && !log->is_stopping)
		log->retry_at = clock_monotonic() + RETRY;
	else if (result < 0)
		lose_pending(log, strerror(-result));
	return result;
}

/* The record of so many losses, in place of what is pending: that is empty. */
static bool write_loss(struct audit_log *log, uint64_t number)
{
	struct audit_page page;
	size_t written = 0;
	int result;

	audit_page_init(&page, log);
	audit_page_begin(&page, AUDIT_LOST);
	audit_page_number(&page, "records", (int64_t)number);
	audit_page_end(&page);
	result = log->target->ops->write(log->target, buffer_slice(&page.lines), &written);
	buffer_finish(&page.lines);
	return result == 0 && written > 0;
}

static void tell_in_log(struct audit_log *log, uint64_t number)
{
	if (log->is_told)
		return;
	log->is_told = true;
	log_error("records of the audit log are lost",
		  LOG_TEXT("reason", log->reason == NULL ? "audit.waiting_bytes of records wait "
							   "already"
							 : log->reason),
		  LOG_NUMBER("records", number));
}

/* On a disk that is nearly full this record may fit where no page does. */
static void wait_longer(struct audit_log *log, int64_t now)
{
	bool is_long_ago = now > log->tell_at + TELL_MOST;

	log->tell_wait = is_long_ago || log->tell_wait == 0 ? TELL : log->tell_wait * 2;
	if (log->tell_wait > TELL_MOST)
		log->tell_wait = TELL_MOST;
	log->tell_at = now + log->tell_wait;
}

/* Behind what came before them, at most once in a while. */
static void tell_losses(struct audit_log *log)
{
	uint64_t number = counter_read(&log->lost_untold);
	int64_t now = clock_monotonic();

	if (number == 0)
		return;
	tell_in_log(log, number);
	if (log->pending.length > 0 || (now < log->tell_at && !log->is_stopping))
		return;
	if (!write_loss(log, number)) {
		log->tell_at = now + TELL;
		return;
	}
	wait_longer(log, now);
	atomic_fetch_sub_explicit(&log->lost_untold, number, memory_order_relaxed);
	counter_add(&log->written, 1);
	log->is_told = false;
	log->reason = NULL;
	log_info("the audit log goes on, and tells how many records are missing",
		 LOG_NUMBER("records", number));
}

static bool is_due(const struct audit_log *log, int64_t now)
{
	if (log->pending.length == 0)
		return false;
	if (log->is_stopping)
		return true;
	return now >= log->retry_at && (log->pending.length >= GATHERED_BYTES ||
					now >= log->pending_since + log->target->ops->gather);
}

static int sooner(int a, int64_t b)
{
	if (b < 0)
		b = 0;
	return a == NEVER || b < a ? (int)b : a;
}

/* Milliseconds until there is something to do though nothing comes. */
static int wait_for(const struct audit_log *log)
{
	int64_t now = clock_monotonic();
	int64_t due = log->pending_since + log->target->ops->gather;
	int wait = log->keep_in;

	if (log->pending.length > 0)
		wait = sooner(wait, (due > log->retry_at ? due : log->retry_at) - now);
	if (counter_read(&log->lost_untold) > 0)
		wait = sooner(wait, log->tell_at > now ? log->tell_at - now : TELL);
	return wait;
}

static void *run(void *context)
{
	struct audit_log *log = context;

	while (!log->is_stopping) {
		mailbox_wait(&log->mailbox, wait_for(log));
		receive(log);
		if (is_due(log, clock_monotonic()))
			write_pending(log);
		tell_losses(log);
		log->keep_in = log->target->ops->keep(log->target);
	}
	return NULL;
}

/* Nobody names lost records: they are written in any case. */
static unsigned events_of(const struct settings *settings)
{
	const struct settings_list *words = &settings->audit_events;
	unsigned events = words->count == 0 ? ALL_EVENTS & ~(1u << AUDIT_DELIVER) : 0;

	for (size_t i = 0; i < words->count; i++) {
		for (int event = 0; event < AUDIT_EVENTS; event++) {
			if (strcmp(words->items[i], audit_event_names[event]) == 0)
				events |= 1u << event;
		}
	}
	return events;
}

void audit_log_reconfigure(struct audit_log *log, const struct settings *settings)
{
	if (log != NULL)
		atomic_store_explicit(&log->events, events_of(settings), memory_order_relaxed);
}

static int start(struct audit_log *log, const struct audit_options *options, struct error *error)
{
	static const struct audit_target_ops *const places[] = {
	    [AUDIT_TO_FILES] = &audit_files_ops,
	    [AUDIT_TO_STORE] = &audit_rows_ops,
	};
	int result = places[options->settings->audit_to]->open(options, &log->target, error);

	if (result < 0)
		return result;
	log->keep_in = log->target->ops->keep(log->target);
	result = mailbox_init(&log->mailbox);
	if (result == 0) {
		result = -pthread_create(&log->thread, NULL, run, log);
		if (result < 0)
			mailbox_finish(&log->mailbox);
	}
	if (result < 0) {
		log->target->ops->close(log->target);
		return error_set(error, result, "cannot start the audit log: %s",
				 strerror(-result));
	}
	pthread_setname_np(log->thread, "allim audit");
	log->has_thread = true;
	return 0;
}

int audit_log_open(const struct audit_options *options, struct audit_log **ret_log,
		   struct error *error)
{
	struct audit_log *log;
	int result;

	*ret_log = NULL;
	if (options->settings->audit_to == AUDIT_TO_NOWHERE)
		return 0;
	log = calloc(1, sizeof(*log));
	if (log == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the audit log");
	snprintf(log->node, sizeof(log->node), "%016llx", (unsigned long long)options->node);
	log->waiting_limit = (uint64_t)options->settings->audit_waiting_bytes;
	audit_log_reconfigure(log, options->settings);
	result = start(log, options, error);
	if (result < 0)
		free(log);
	else
		*ret_log = log;
	return result;
}

bool audit_log_needs_store(const struct audit_log *log)
{
	return log != NULL && log->has_thread && log->target->ops->needs_store;
}

void audit_log_stop(struct audit_log *log)
{
	if (log == NULL || !log->has_thread)
		return;
	mailbox_send(&log->mailbox, &log->last);
	pthread_join(log->thread, NULL);
	mailbox_finish(&log->mailbox);
	log->has_thread = false;
	log->target->ops->close(log->target);
	buffer_finish(&log->pending);
}

void audit_log_close(struct audit_log *log)
{
	uint64_t untold;

	if (log == NULL)
		return;
	audit_log_stop(log);
	untold = counter_read(&log->lost_untold);
	if (untold > 0)
		log_error("records of the audit log are lost, and it does not tell of them",
			  LOG_NUMBER("records", untold));
	free(log);
}

void audit_log_statistics(struct audit_log *log, struct audit_statistics *ret_statistics)
{
	*ret_statistics = (struct audit_statistics){.records = 0};
	if (log == NULL)
		return;
	ret_statistics->records = counter_read(&log->written);
	ret_statistics->lost = counter_read(&log->lost);
	ret_statistics->waiting_bytes = counter_read(&log->waiting_bytes);
}
