/* One notification, as it is published, kept, and shown to its user.
 *
 * The texts are slices of memory that the holder of the structure names: a request's arena, a
 * hint's block, an answer of the store. Times are microseconds since 1970; 0 stands for "not yet"
 * and, for the expiry, for "never". */
#ifndef ALLIM_CORE_NOTIFICATION_H
#define ALLIM_CORE_NOTIFICATION_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#include <jansson.h>

/* What a user can do to a notification. Rows keep one time for each. */
enum notification_state {
	NOTIFICATION_SEEN,
	NOTIFICATION_READ,
	NOTIFICATION_ARCHIVED,
	NOTIFICATION_STATES
};

enum notification_priority {
	NOTIFICATION_LOW,
	NOTIFICATION_NORMAL,
	NOTIFICATION_HIGH,
	NOTIFICATION_URGENT,
	NOTIFICATION_PRIORITIES
};

/* The members of content, by which a correction says what it changes. */
enum notification_member {
	NOTIFICATION_TYPE,
	NOTIFICATION_TITLE,
	NOTIFICATION_BODY,
	NOTIFICATION_LINK,
	NOTIFICATION_DATA,
	NOTIFICATION_PRIORITY,
	NOTIFICATION_EXPIRES_AT,
	NOTIFICATION_MEMBERS
};

/* What the publisher says; what a correction (PATCH) can change. `data` is JSON text on one
 * line. */
struct notification_content {
	unsigned given; /* members that were read, 1 << member each */
	struct slice type;
	struct slice title;
	struct slice body;
	struct slice link;
	struct slice data; /* empty: none */
	enum notification_priority priority;
	int64_t expires_at;
};

struct notification {
	int64_t id;	   /* unique in a store, never used again, rising with time */
	int64_t seq;	   /* the head of its inbox when it last changed */
	int64_t first_seq; /* the head when it came; 0 for a user's state of a broadcast */
	bool to_everyone;  /* a broadcast, */
	bool of_nobody;	   /* seen without any one user's states: its JSON has none */
	struct notification_content content;
	int64_t created_at;
	int64_t changed_at;
	int64_t state_at[NOTIFICATION_STATES];
	int64_t withdrawn_at; /* taken back by its publisher, or expired */
};

/* The limits that content is held to; all in bytes. */
struct notification_limits {
	size_t type;
	size_t title;
	size_t body;
	size_t link;
	size_t data;
};

/* "seen", "read", "archived"; "low", "normal", "high", "urgent". */
const char *notification_state_name(enum notification_state state);
const char *notification_priority_name(enum notification_priority priority);

/* Its name in JSON: "expires_at". */
const char *notification_member_name(enum notification_member member);

/* A JSON value, and the text that it was read from. */
struct notification_source {
	json_t *value;
	struct slice text;
};

/* Reads content from the members of a JSON object, `data` as it is written there; members that are
 * no part of content are refused unless `also_allowed` (a NULL-terminated list) names them. Absent
 * members leave `content` as it was. Texts are copied into the arena.
 * Returns 0, -ENOMEM, or -EINVAL with a sentence that names the member. */
int notification_content_read(struct notification_content *content,
			      const struct notification_source *source,
			      const char *const *also_allowed,
			      const struct notification_limits *limits, struct arena *arena,
			      struct error *error);

/* True while it shows in an inbox at all, and while it counts as unread. */
bool notification_is_live(const struct notification *notification);
bool notification_is_unread(const struct notification *notification);

static inline bool notification_content_has(const struct notification_content *content,
					    enum notification_member member)
{
	return (content->given & 1u << member) != 0;
}

/* Takes the members that were given in `correction`. */
void notification_content_correct(struct notification_content *content,
				  const struct notification_content *correction);

/* What its texts take. */
size_t notification_content_bytes(const struct notification_content *content);

/* Copies the texts of `content` into the arena. Returns 0 or -ENOMEM. */
int notification_content_copy(struct notification_content *content, struct arena *arena);

/* Appends it as one JSON object on one line, the same on every wire and in every list. */
void notification_append_json(const struct notification *notification, struct buffer *buffer);

#endif
