/* Where the audit log goes. One interface for each place; all of it on the log's thread. */
#ifndef ALLIM_AUDIT_AUDIT_TARGET_H
#define ALLIM_AUDIT_AUDIT_TARGET_H

#include "audit/audit_log.h"

struct audit_target;

struct audit_target_ops {
	/* Milliseconds that records may wait for others to be written together with. */
	int gather;
	/* It writes to the node's store, and ends before that. */
	bool needs_store;
	/* Before the thread runs. Returns 0 or a negative errno value with a sentence. */
	int (*open)(const struct audit_options *options, struct audit_target **ret_target,
		    struct error *error);
	/* Writes whole lines, and says how many bytes of them are written, also where it fails.
	 * Returns 0, -EAGAIN where the rest is to be tried again later, or another negative errno
	 * value: the rest is lost. */
	int (*write)(struct audit_target *target, struct slice lines, size_t *ret_written);
	/* Does what is due beside writing. Returns in how many milliseconds it is due again, or -1.
	 */
	int (*keep)(struct audit_target *target);
	/* When the thread has ended. */
	void (*close)(struct audit_target *target);
};

/* What every target starts with. */
struct audit_target {
	const struct audit_target_ops *ops;
};

extern const struct audit_target_ops audit_files_ops;
extern const struct audit_target_ops audit_rows_ops;

#endif
