/* A name stands in a path as it is, so it has only what needs no percent-encoding there (RFC 3986,
 * 3.3); and it is never "." or "..", which clients take out of paths (5.2.4). */
#include "core/topic.h"

bool topic_is_name(struct slice text)
{
	return text.length > 0 && text.length <= TOPIC_BYTES && slice_has_only(text, ".-_:") &&
	       slice_has_only(slice_from_bytes(text.data, 1), "");
}

bool topic_matches(struct slice pattern, struct slice topic)
{
	if (pattern.length == 0 || pattern.data[pattern.length - 1] != '*')
		return slice_equals(pattern, topic);
	return slice_starts_with(topic, slice_from_bytes(pattern.data, pattern.length - 1));
}
