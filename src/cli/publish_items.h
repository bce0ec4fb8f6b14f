/* What is to be published: JSON objects, from flags or a file, cut into requests. */
#ifndef ALLIM_CLI_PUBLISH_ITEMS_H
#define ALLIM_CLI_PUBLISH_ITEMS_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/flags.h"
#include "core/notification.h"

#include <jansson.h>

enum {
	PUBLISH_ITEMS_FILE_BYTES = 64 * 1024 * 1024,
	PUBLISH_ITEMS_BODY_BYTES = 1024 * 1024,
	PUBLISH_ITEMS_BODY_COUNT = 500,
};

/* What the flags say of one notification. Members are NULL where a flag is absent. */
struct publish_content {
	struct flags_texts to;
	const char *topic;
	bool everyone;
	const char *members[NOTIFICATION_MEMBERS];
};

/* Makes an array of one object. Returns 0, -ENOMEM, or -EINVAL with a sentence that names the flag.
 */
int publish_items_from_flags(const struct publish_content *content, json_t **ret_items,
			     struct error *error);

/* Reads objects: one, an array of them, or one behind the other, as in one a line. `name` is the
 * file's, for messages. Returns 0, -ENOMEM, or -EINVAL with a sentence that names the line. */
int publish_items_parse(struct slice text, const char *name, json_t **ret_items,
			struct error *error);

/* Appends what a file holds, - being standard input. Returns 0 or a negative errno value with a
 * sentence. */
int publish_items_read_text(const char *path, struct buffer *text, struct error *error);

/* Reads the notifications of such a file. Returns 0 or a negative errno value with a sentence. */
int publish_items_read(const char *path, json_t **ret_items, struct error *error);

/* Writes the body of the next request and moves `*position` behind the items in it: a lone item is
 * sent as an object, several as an array, as many as fit the two limits (and one at least). Returns
 * 0 or -ENOMEM. */
int publish_items_next_body(json_t *items, size_t *position, struct buffer *body);

#endif
