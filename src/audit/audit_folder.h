/* The files of an audit log by their names: audit-20260501T093000Z-17.jsonl is the 17th file of its
 * folder, begun at that time. The numbers rise by one and give the order; the times are for people.
 */
#ifndef ALLIM_AUDIT_AUDIT_FOLDER_H
#define ALLIM_AUDIT_AUDIT_FOLDER_H

#include "base/slice.h"

enum { AUDIT_FOLDER_NAME_BYTES = 64 };

struct audit_folder_file {
	uint64_t number;
	char name[AUDIT_FOLDER_NAME_BYTES];
};

struct audit_folder_list {
	struct audit_folder_file *files; /* in order */
	size_t count;
};

/* The name of a file that begins at that time, in microseconds since 1970. */
void audit_folder_name(struct audit_folder_file *file, uint64_t number, int64_t time);

/* Lists the folder of that descriptor, which stays the caller's. Returns 0 or a negative errno
 * value; the list is to be finished. */
int audit_folder_list(int folder, struct audit_folder_list *ret_list);
void audit_folder_list_finish(struct audit_folder_list *list);

#endif
