/* The audit log: who published, received, read and administered what, for good.
 *
 * One thread writes it, to files or to the store, so that nobody who has something to record waits
 * for a disk. What waits in memory is bounded; what does not fit is lost, and the log says how
 * much. Titles, bodies, data, tokens and keys never enter it. */
#ifndef ALLIM_AUDIT_AUDIT_LOG_H
#define ALLIM_AUDIT_AUDIT_LOG_H

#include "base/buffer.h"
#include "base/error.h"
#include "config/settings.h"

enum audit_event {
#define AUDIT_EVENT(name, word, meaning) AUDIT_##name,
#include "audit/audit_events.def"
#undef AUDIT_EVENT
	AUDIT_EVENTS
};

/* The word of each. */
extern const char *const audit_event_names[AUDIT_EVENTS];

/* In the order of the words of audit.to. */
enum audit_place { AUDIT_TO_NOWHERE, AUDIT_TO_FILES, AUDIT_TO_STORE };

struct store;

struct audit_options {
	const struct settings *settings; /* read during the call only */
	uint64_t node;			 /* its number */
	struct store *store;		 /* outlives audit_log_stop() */
};

struct audit_statistics {
	uint64_t records; /* written */
	uint64_t lost;
	uint64_t waiting_bytes;
};

struct audit_log;

/* Opens the log and starts its thread; `*ret_log` is NULL where audit.to is none. Returns 0 or a
 * negative errno value with a sentence. */
int audit_log_open(const struct audit_options *options, struct audit_log **ret_log,
		   struct error *error);

/* Whether it has to be stopped before the store closes. NULL is allowed, here and below. */
bool audit_log_needs_store(const struct audit_log *log);

/* Writes what waits and ends the thread. Twice is once. What is given from now on is lost. */
void audit_log_stop(struct audit_log *log);

/* Stops it, says how much was lost at the end, and frees it. */
void audit_log_close(struct audit_log *log);

/* From any thread: takes the kinds of records that the settings name. */
void audit_log_reconfigure(struct audit_log *log, const struct settings *settings);
void audit_log_statistics(struct audit_log *log, struct audit_statistics *ret_statistics);

/* From any thread, and never NULL. Whether records of that kind are written. */
bool audit_log_wants(const struct audit_log *log, enum audit_event event);

/* The number of the node, as it stands in records. */
const char *audit_log_node(const struct audit_log *log);

/* Takes over the bytes of the buffer, `count` whole lines; the buffer is empty afterwards. */
void audit_log_give(struct audit_log *log, struct buffer *lines, size_t count);

/* So many records could not even be given. */
void audit_log_lose(struct audit_log *log, size_t count);

#endif
