/* Notifications and changes for tests: plain ones, and ones whose texts are hard to carry. */
#ifndef ALLIM_TESTS_CHANGES_H
#define ALLIM_TESTS_CHANGES_H

#include "core/change.h"

/* Texts that break careless framing: line ends of every kind, NUL, quotes, separators that some
 * languages take for line ends, and everything that looks like a field of an event stream. */
extern const struct slice changes_hostile_texts[];
extern const size_t changes_hostile_text_count;

/* A notification that is complete, with this body. It lives as long as the text. */
struct notification changes_notification(int64_t id, struct slice body);

/* That it came, or was marked: everything up to `seq`. */
struct change changes_row(int64_t seq, struct slice body);
struct change changes_all(int64_t seq, enum notification_state state);

#endif
