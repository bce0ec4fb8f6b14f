/* Lists: origins, patterns of topics, words of a few that there are, and publishers with the hash
 * of their key. As one text, in a variable or a flag, the items are separated by commas, which no
 * item may contain. */
#include "base/json.h"
#include "config/settings_problem.h"

#include <errno.h>

enum { HASH_BYTES = 32, PUBLISHER_BYTES = 64, TOPIC_BYTES = 128 };

/* Makes room for one more item: the array doubles whenever its length is a power of two. What is
 * outgrown stays in the arena. */
static void *grow(struct arena *arena, const void *items, size_t count, size_t size)
{
	void *grown;

	if (count > 0 && (count & (count - 1)) != 0)
		return (char *)(uintptr_t)items;
	grown = arena_allocate_array(arena, count == 0 ? 1 : count * 2, size);
	if (grown != NULL && count > 0)
		memcpy(grown, items, count * size);
	return grown;
}

static int read_items(const struct setting *setting, struct slice text, struct arena *arena,
		      void *member, struct error *error)
{
	struct slice rest = text;
	int result = 0;

	while (rest.length > 0 && result == 0)
		result = setting->type->add(setting, slice_trim(slice_split(&rest, ',')), arena,
					    member, error);
	return result;
}

static bool is_origin_letter(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
	       letter == '.' || letter == '-' || letter == '_' || letter == '[' || letter == ']' ||
	       letter == ':';
}

/* What a browser sends (RFC 6454, 6.2): scheme, host and port, without a path. `*` and `null` would
 * let any page in with a user's cookie. */
static bool is_origin(struct slice text)
{
	struct slice scheme =
	    slice_starts_with(text, SLICE("https://")) ? SLICE("https://") : SLICE("http://");

	if (!slice_starts_with(text, scheme) || text.length == scheme.length)
		return false;
	for (size_t i = scheme.length; i < text.length; i++) {
		if (!is_origin_letter(text.data[i]))
			return false;
	}
	return true;
}

/* A browser does not send it (RFC 6454, 6.2), so that such an origin would match nothing. */
static bool has_default_port(struct slice origin)
{
	struct slice port =
	    slice_starts_with(origin, SLICE("https://")) ? SLICE(":443") : SLICE(":80");

	return slice_equals(
	    slice_from_bytes(origin.data + origin.length - port.length, port.length), port);
}

static int texts_add(const struct setting *setting, struct slice text, struct arena *arena,
		     struct settings_list *list, struct error *error)
{
	const char **items;
	struct slice copy;

	if ((int64_t)list->count >= setting->maximum)
		return error_set(error, -EINVAL, "too many items were given");
	items = grow(arena, list->items, list->count, sizeof(*items));
	if (items == NULL || arena_copy(arena, text, &copy) < 0)
		return -ENOMEM;
	items[list->count] = copy.data;
	*list = (struct settings_list){items, list->count + 1};
	return 0;
}

static int texts_read(const struct setting *setting, struct slice text, struct arena *arena,
		      void *member, struct error *error)
{
	*(struct settings_list *)member = (struct settings_list){NULL, 0};
	return read_items(setting, text, arena, member, error);
}

static void texts_append(struct buffer *buffer, const struct setting *setting, const void *member)
{
	const struct settings_list *list = member;

	(void)setting;
	buffer_append_byte(buffer, '[');
	for (size_t i = 0; i < list->count; i++) {
		buffer_append_string(buffer, i > 0 ? ", " : "");
		json_append_string(buffer, slice_from_string(list->items[i]));
	}
	buffer_append_byte(buffer, ']');
}

static bool texts_equal(const void *a, const void *b)
{
	const struct settings_list *left = a, *right = b;

	if (left->count != right->count)
		return false;
	for (size_t i = 0; i < left->count; i++) {
		if (strcmp(left->items[i], right->items[i]) != 0)
			return false;
	}
	return true;
}

static int origins_add(const struct setting *setting, struct slice text, struct arena *arena,
		       void *member, struct error *error)
{
	if (!is_origin(text))
		return settings_problem_refuse(error, text, "is not an origin");
	if (has_default_port(text))
		return settings_problem_refuse(
		    error, text, "has the port that browsers leave out; leave it out, too");
	return texts_add(setting, text, arena, member, error);
}

static void origins_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	buffer_append_format(buffer,
			     "a list of up to %lld origins, such as https://app.example.com",
			     (long long)setting->maximum);
}

/* A topic, or the beginning of some with a star behind it. */
static bool is_topic_pattern(struct slice text)
{
	size_t length = text.length;

	if (length > 0 && text.data[length - 1] == '*')
		length--;
	return text.length > 0 && length <= TOPIC_BYTES &&
	       slice_has_only(slice_from_bytes(text.data, length), ".-_:");
}

static int topics_add(const struct setting *setting, struct slice text, struct arena *arena,
		      void *member, struct error *error)
{
	if (!is_topic_pattern(text))
		return settings_problem_refuse(error, text, "is not a topic");
	return texts_add(setting, text, arena, member, error);
}

static void topics_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	buffer_append_format(
	    buffer,
	    "a list of up to %lld topics, such as news, or what they begin with, such as room:*",
	    (long long)setting->maximum);
}

static bool is_accepted(const struct setting *setting, struct slice text)
{
	struct slice rest = slice_from_string(setting->unit);

	while (rest.length > 0) {
		if (slice_equals(text, slice_split(&rest, '|')))
			return true;
	}
	return false;
}

static int words_add(const struct setting *setting, struct slice text, struct arena *arena,
		     void *member, struct error *error)
{
	if (!is_accepted(setting, text))
		return settings_problem_refuse(error, text, "is unknown");
	return texts_add(setting, text, arena, member, error);
}

static void words_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	struct slice rest = slice_from_string(setting->unit);

	buffer_append_string(buffer, "a list of ");
	buffer_append(buffer, slice_split(&rest, '|'));
	while (rest.length > 0) {
		struct slice word = slice_split(&rest, '|');

		buffer_append_string(buffer, rest.length > 0 ? ", " : " and ");
		buffer_append(buffer, word);
	}
}

static bool read_hash(struct slice text, unsigned char ret_hash[static HASH_BYTES])
{
	if (text.length != 2 * HASH_BYTES)
		return false;
	for (size_t i = 0; i < HASH_BYTES; i++) {
		int high = slice_hexadecimal(text.data[2 * i]);
		int low = slice_hexadecimal(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret_hash[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

const char *settings_type_refuse_publisher(struct slice name)
{
	if (name.length == 0 || name.length > PUBLISHER_BYTES || !settings_type_is_word(name))
		return "is not a publisher's name of 1 to 64 letters, digits, dots, hyphens and "
		       "underscores";
	if (slice_equals(name, SLICE(SETTINGS_ENVIRONMENT_PUBLISHER)))
		return "is the name of the key in ALLIM_API_KEY; choose another";
	return NULL;
}

/* Two keys with one name would share its Idempotency-Keys and quotas. */
static const char *find_clash(const struct settings_api_keys *keys, struct slice name,
			      const unsigned char hash[static HASH_BYTES])
{
	for (size_t i = 0; i < keys->count; i++) {
		if (slice_equals(name, slice_from_string(keys->items[i].name)))
			return "is the name of two keys";
		if (memcmp(hash, keys->items[i].sha256, HASH_BYTES) == 0)
			return "has the key of another name";
	}
	return NULL;
}

/* The item is name:hash. A name with a colon is cut at the last one, so that the name is blamed. */
static int api_keys_add(const struct setting *setting, struct slice text, struct arena *arena,
			void *member, struct error *error)
{
	struct settings_api_keys *keys = member;
	const char *colon = text.length > 0 ? memrchr(text.data, ':', text.length) : NULL;
	size_t length = colon == NULL ? text.length : (size_t)(colon - text.data);
	struct slice name = slice_from_bytes(text.data, length), copy;
	struct slice hash = slice_from_bytes(text.data + length, text.length - length);
	struct settings_api_key *items;
	unsigned char sha256[HASH_BYTES];
	const char *problem = settings_type_refuse_publisher(name);

	if (problem != NULL)
		return settings_problem_refuse(error, name, problem);
	if (hash.length == 0 ||
	    !read_hash(slice_from_bytes(hash.data + 1, hash.length - 1), sha256))
		return settings_problem_refuse(error, name,
					       "has no SHA-256 of 64 hexadecimal digits");
	problem = find_clash(keys, name, sha256);
	if (problem != NULL)
		return settings_problem_refuse(error, name, problem);
	if ((int64_t)keys->count >= setting->maximum)
		return error_set(error, -EINVAL, "too many items were given");
	items = grow(arena, keys->items, keys->count, sizeof(*items));
	if (items == NULL || arena_copy(arena, name, &copy) < 0)
		return -ENOMEM;
	items[keys->count].name = copy.data;
	memcpy(items[keys->count].sha256, sha256, HASH_BYTES);
	*keys = (struct settings_api_keys){items, keys->count + 1};
	return 0;
}

static int api_keys_read(const struct setting *setting, struct slice text, struct arena *arena,
			 void *member, struct error *error)
{
	*(struct settings_api_keys *)member = (struct settings_api_keys){NULL, 0};
	return read_items(setting, text, arena, member, error);
}

static void api_keys_append(struct buffer *buffer, const struct setting *setting,
			    const void *member)
{
	const struct settings_api_keys *keys = member;

	(void)setting;
	buffer_append_byte(buffer, '[');
	for (size_t i = 0; i < keys->count; i++) {
		buffer_append_format(buffer, "%s{name: \"%s\", sha256: \"", i > 0 ? ", " : "",
				     keys->items[i].name);
		for (size_t j = 0; j < HASH_BYTES; j++)
			buffer_append_format(buffer, "%02x", keys->items[i].sha256[j]);
		buffer_append_string(buffer, "\"}");
	}
	buffer_append_byte(buffer, ']');
}

static void api_keys_append_accepted(struct buffer *buffer, const struct setting *setting)
{
	buffer_append_format(buffer, "a list of up to %lld items, each with a name and a sha256",
			     (long long)setting->maximum);
}

static bool api_keys_equals(const void *a, const void *b)
{
	const struct settings_api_keys *left = a, *right = b;

	if (left->count != right->count)
		return false;
	for (size_t i = 0; i < left->count; i++) {
		if (strcmp(left->items[i].name, right->items[i].name) != 0 ||
		    memcmp(left->items[i].sha256, right->items[i].sha256, HASH_BYTES) != 0)
			return false;
	}
	return true;
}

static const char *const api_key_fields[] = {"name", "sha256", NULL};

const struct settings_type settings_type_origins = {
    .word = "list",
    .placeholder = "ORIGIN,...",
    .read = texts_read,
    .add = origins_add,
    .append = texts_append,
    .append_accepted = origins_append_accepted,
    .equals = texts_equal,
};

const struct settings_type settings_type_topics = {
    .word = "list",
    .placeholder = "TOPIC,...",
    .read = texts_read,
    .add = topics_add,
    .append = texts_append,
    .append_accepted = topics_append_accepted,
    .equals = texts_equal,
};

const struct settings_type settings_type_words = {
    .word = "list",
    .placeholder = "WORD,...",
    .read = texts_read,
    .add = words_add,
    .append = texts_append,
    .append_accepted = words_append_accepted,
    .equals = texts_equal,
};

const struct settings_type settings_type_api_keys = {
    .word = "list",
    .placeholder = "NAME:SHA256,...",
    .read = api_keys_read,
    .add = api_keys_add,
    .fields = api_key_fields,
    .append = api_keys_append,
    .append_accepted = api_keys_append_accepted,
    .equals = api_keys_equals,
};
