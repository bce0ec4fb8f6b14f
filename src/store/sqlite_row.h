/* Rows of the table `notification` as their user sees them.
 *
 * What a row says and what the user's markers say together are the effective states; everything
 * that leaves the store carries those. */
#ifndef ALLIM_STORE_SQLITE_ROW_H
#define ALLIM_STORE_SQLITE_ROW_H

#include "base/arena.h"
#include "store/sqlite_user.h"

enum { SQLITE_ROW_COLUMNS = 17, SQLITE_EVERYONE_ID = 0 };

/* Reads the present row of a statement over ROW_COLUMNS. The texts are valid until the next step.
 */
void sqlite_row_read(sqlite3_stmt *statement, struct notification *ret_row, int64_t *ret_user_id);

/* Fills in the states of a row of the inbox's own that its markers cover. */
void sqlite_row_apply_markers(struct notification *row, const struct sqlite_inbox *inbox);

/* Turns everyone's row into what the user with that inbox sees: with the user's own states and,
 * where there are any, the seq of the last of them. Returns 0 or a negative errno value. */
int sqlite_row_apply_states(struct notification *row, struct sqlite_connection *connection,
			    int64_t user_id, const struct sqlite_inbox *inbox);

/* Finds one row and leaves its texts, which may be large, on the disk; those of `*ret_row` are
 * empty. Returns 0, -ENOENT, or another negative errno value. */
int sqlite_row_find(struct sqlite_connection *connection, int64_t id, struct notification *ret_row,
		    int64_t *ret_user_id);

/* Loads one row; the texts are copied into the arena. Returns 0, -ENOENT, or another negative errno
 * value. */
int sqlite_row_load(struct sqlite_connection *connection, int64_t id, struct arena *arena,
		    struct notification *ret_row, int64_t *ret_user_id);

#endif
