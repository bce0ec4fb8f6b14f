/* A message is
 *
 *	"alhb"  version  node  epoch  canary  hints  committed_at  hint...
 *	4       1        8     8      8       4      number        bytes
 *
 * with fixed numbers in little-endian order. A hint is the fields of `hint_fields`, one number that
 * says what kind of change follows, and the fields of that change. Numbers are 7 bits a byte, the
 * lowest first, as in LEB128; a text is its length and its bytes. The tables are read by both
 * directions, so that they cannot differ.
 *
 * What a node has in memory goes to clients as it is, so what comes from outside is held to what
 * the writers of JSON and event streams rely upon: UTF-8, times that have a date, data on one
 * line. */
#include "core/hint_codec.h"

#include <errno.h>

enum { VERSION = 1, FIXED_BYTES = 4 + 1 + 8 + 8 + 8 + 4, COUNT_AT = FIXED_BYTES - 4 };
enum { NUMBER_BYTES = 10 };
enum { WITHOUT_CHANGE, WITH_ROW, WITH_ALL, CHANGES };

static const char magic[4] = {'a', 'l', 'h', 'b'};

/* The last microsecond of the year 9999. */
static const uint64_t last_time = 253402300799999999;

enum field_kind {
	FIELD_NUMBER, /* int64_t, not negative */
	FIELD_TIME,   /* the same, and a date */
	FIELD_CHOICE, /* unsigned or an enum, below `limit` */
	FIELD_FLAG,   /* bool */
	FIELD_TEXT,   /* struct slice, UTF-8 */
	FIELD_LINE,   /* the same without control characters of ASCII */
};

struct field {
	size_t offset;
	enum field_kind kind;
	unsigned limit;
};

struct fields {
	const struct field *fields;
	size_t count;
};

#define FIELD(kind_, type, member, limit_)                      \
	{                                                       \
		offsetof(type, member), FIELD_##kind_, (limit_) \
	}
#define ROW(kind_, member, limit_) FIELD(kind_, struct hint, change.notification.member, limit_)
#define FIELDS(array)                                       \
	{                                                   \
		(array), sizeof(array) / sizeof((array)[0]) \
	}

static const struct field hint_fields[] = {
    FIELD(TEXT, struct hint, user, 0),
    FIELD(NUMBER, struct hint, seq, 0),
    FIELD(NUMBER, struct hint, counts.unread, 0),
    FIELD(NUMBER, struct hint, counts.broadcasts_marked, 0),
    FIELD(NUMBER, struct hint, counts.broadcasts_handled, 0),
};

/* A byte for each of these, and one for the kind of change. */
enum { LEAST_HINT_BYTES = sizeof(hint_fields) / sizeof(hint_fields[0]) + 1 };

static const struct field row_fields[] = {
    FIELD(NUMBER, struct hint, change.seq, 0),
    ROW(NUMBER, id, 0),
    ROW(NUMBER, seq, 0),
    ROW(NUMBER, first_seq, 0),
    ROW(FLAG, to_everyone, 0),
    ROW(CHOICE, content.given, 1u << NOTIFICATION_MEMBERS),
    ROW(TEXT, content.type, 0),
    ROW(TEXT, content.title, 0),
    ROW(TEXT, content.body, 0),
    ROW(TEXT, content.link, 0),
    ROW(LINE, content.data, 0),
    ROW(CHOICE, content.priority, NOTIFICATION_PRIORITIES),
    ROW(TIME, content.expires_at, 0),
    ROW(TIME, created_at, 0),
    ROW(TIME, changed_at, 0),
    ROW(TIME, state_at[NOTIFICATION_SEEN], 0),
    ROW(TIME, state_at[NOTIFICATION_READ], 0),
    ROW(TIME, state_at[NOTIFICATION_ARCHIVED], 0),
    ROW(TIME, withdrawn_at, 0),
};

static const struct field all_fields[] = {
    FIELD(NUMBER, struct hint, change.seq, 0),
    FIELD(CHOICE, struct hint, change.state, NOTIFICATION_STATES),
    FIELD(TIME, struct hint, change.marked_at, 0),
    FIELD(NUMBER, struct hint, change.marked_broadcasts, 0),
};

static const struct fields change_fields[CHANGES] = {
    [WITH_ROW] = FIELDS(row_fields),
    [WITH_ALL] = FIELDS(all_fields),
};

static void append_fixed(struct buffer *buffer, uint64_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buffer_append_byte(buffer, (char)(number >> (8 * i) & 0xFF));
}

static void append_number(struct buffer *buffer, uint64_t number)
{
	char *at = buffer_reserve(buffer, NUMBER_BYTES);

	if (at == NULL)
		return;
	for (; number >= 0x80; number >>= 7) {
		*at++ = (char)((number & 0x7F) | 0x80);
		buffer->length++;
	}
	*at = (char)number;
	buffer->length++;
}

static void append_text(struct buffer *buffer, struct slice text)
{
	append_number(buffer, text.length);
	buffer_append(buffer, text);
}

static void append_field(struct buffer *buffer, const struct field *field, const void *at)
{
	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_TIME:
		append_number(buffer, *(const uint64_t *)at);
		break;
	case FIELD_CHOICE:
		append_number(buffer, *(const unsigned *)at);
		break;
	case FIELD_FLAG:
		append_number(buffer, *(const bool *)at);
		break;
	case FIELD_TEXT:
	case FIELD_LINE:
		append_text(buffer, *(const struct slice *)at);
		break;
	}
}

static void append_fields(struct buffer *buffer, struct fields fields, const struct hint *hint)
{
	for (size_t i = 0; i < fields.count; i++)
		append_field(buffer, &fields.fields[i],
			     (const char *)hint + fields.fields[i].offset);
}

static void append_hint(struct buffer *buffer, const struct hint *hint, bool head_only)
{
	unsigned change = WITHOUT_CHANGE;

	if (hint->has_change && !head_only)
		change = hint->change.kind == CHANGE_ROW ? WITH_ROW : WITH_ALL;
	append_fields(buffer, (struct fields)FIELDS(hint_fields), hint);
	append_number(buffer, change);
	append_fields(buffer, change_fields[change], hint);
}

static void append_head(const struct hint_encoder *encoder, struct buffer *buffer)
{
	buffer_append(buffer, slice_from_bytes(magic, sizeof(magic)));
	append_fixed(buffer, VERSION, 1);
	append_fixed(buffer, encoder->node, 8);
	append_fixed(buffer, encoder->batch->epoch, 8);
	append_fixed(buffer, encoder->batch->canary, 8);
	append_fixed(buffer, 0, 4);
	append_number(buffer, (uint64_t)encoder->batch->committed_at);
}

static void set_count(struct buffer *buffer, size_t start, size_t count)
{
	for (unsigned i = 0; i < 4 && !buffer_failed(buffer); i++)
		buffer->data[start + COUNT_AT + i] = (char)(count >> (8 * i) & 0xFF);
}

/* The whole rest with its changes, where that fits. */
static bool append_whole(const struct hint_encoder *encoder, struct buffer *buffer)
{
	const struct hint_batch *batch = encoder->batch;
	size_t start = buffer->length;

	if (batch->count > HINT_CODEC_HINTS)
		return false;
	append_head(encoder, buffer);
	for (size_t i = 0; i < batch->count; i++) {
		append_hint(buffer, &batch->hints[i], false);
		if (buffer->length - start > encoder->limit) {
			buffer->length = start;
			return false;
		}
	}
	set_count(buffer, start, batch->count);
	return true;
}

/* As many heads as fit. Returns how many there are. */
static size_t append_heads(struct hint_encoder *encoder, struct buffer *buffer)
{
	size_t start = buffer->length;
	size_t count = 0;

	append_head(encoder, buffer);
	while (encoder->next < encoder->batch->count && count < HINT_CODEC_HINTS) {
		size_t end = buffer->length;

		append_hint(buffer, &encoder->batch->hints[encoder->next], true);
		if (buffer->length - start <= encoder->limit) {
			count++;
		} else {
			buffer->length = end;
			if (count > 0)
				break;
		}
		encoder->next++;
	}
	set_count(buffer, start, count);
	return count;
}

void hint_encoder_init(struct hint_encoder *encoder, const struct hint_batch *batch, uint64_t node,
		       size_t limit)
{
	*encoder = (struct hint_encoder){.batch = batch, .node = node, .limit = limit};
}

int hint_encoder_next(struct hint_encoder *encoder, struct buffer *buffer)
{
	size_t start = buffer->length;
	size_t count;

	if (encoder->finished)
		return 0;
	if (!encoder->heads_only && append_whole(encoder, buffer)) {
		encoder->finished = true;
		return buffer_failed(buffer) ? -ENOMEM : 1;
	}
	encoder->heads_only = true;
	count = append_heads(encoder, buffer);
	if (buffer_failed(buffer))
		return -ENOMEM;
	encoder->finished = encoder->next == encoder->batch->count;
	if (count == 0)
		buffer->length = start;
	return count > 0;
}

static int take_bytes(struct slice *rest, uint64_t length, struct slice *ret_bytes)
{
	if (length > rest->length)
		return -EPROTO;
	*ret_bytes = slice_from_bytes(rest->data, (size_t)length);
	*rest = slice_from_bytes(rest->data + length, rest->length - (size_t)length);
	return 0;
}

static int read_fixed(struct slice *rest, unsigned bytes, uint64_t *ret_number)
{
	struct slice taken;
	uint64_t number = 0;

	if (take_bytes(rest, bytes, &taken) < 0)
		return -EPROTO;
	for (unsigned i = 0; i < bytes; i++)
		number |= (uint64_t)(unsigned char)taken.data[i] << (8 * i);
	*ret_number = number;
	return 0;
}

/* Up to INT64_MAX, which is nine bytes. */
static int read_number(struct slice *rest, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (size_t i = 0; i < rest->length && i < NUMBER_BYTES - 1; i++) {
		unsigned char byte = (unsigned char)rest->data[i];

		number |= (uint64_t)(byte & 0x7F) << (7 * i);
		if (byte < 0x80) {
			*ret_number = number;
			*rest = slice_from_bytes(rest->data + i + 1, rest->length - i - 1);
			return 0;
		}
	}
	return -EPROTO;
}

static int read_limited(struct slice *rest, uint64_t limit, uint64_t *ret_number)
{
	int result = read_number(rest, ret_number);

	return result == 0 && *ret_number >= limit ? -EPROTO : result;
}

static bool is_one_line(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if ((unsigned char)text.data[i] < 0x20)
			return false;
	}
	return true;
}

static int read_text(struct slice *rest, enum field_kind kind, struct slice *ret_text)
{
	uint64_t length;
	int result = read_number(rest, &length);

	if (result == 0)
		result = take_bytes(rest, length, ret_text);
	if (result == 0 &&
	    (!slice_is_utf8(*ret_text) || (kind == FIELD_LINE && !is_one_line(*ret_text))))
		result = -EPROTO;
	return result;
}

static int read_field(struct slice *rest, const struct field *field, void *ret_at)
{
	uint64_t number = 0;
	int result = 0;

	switch (field->kind) {
	case FIELD_NUMBER:
		result = read_number(rest, &number);
		*(int64_t *)ret_at = (int64_t)number;
		break;
	case FIELD_TIME:
		result = read_limited(rest, last_time + 1, &number);
		*(int64_t *)ret_at = (int64_t)number;
		break;
	case FIELD_CHOICE:
		result = read_limited(rest, field->limit, &number);
		*(unsigned *)ret_at = (unsigned)number;
		break;
	case FIELD_FLAG:
		result = read_limited(rest, 2, &number);
		*(bool *)ret_at = number == 1;
		break;
	case FIELD_TEXT:
	case FIELD_LINE:
		result = read_text(rest, field->kind, ret_at);
		break;
	}
	return result;
}

static int read_fields(struct slice *rest, struct fields fields, struct hint *hint)
{
	int result = 0;

	for (size_t i = 0; i < fields.count && result == 0; i++)
		result =
		    read_field(rest, &fields.fields[i], (char *)hint + fields.fields[i].offset);
	return result;
}

/* Its texts are slices of the message. */
static int read_hint(struct slice *rest, struct hint *ret_hint)
{
	uint64_t change = WITHOUT_CHANGE;
	int result;

	*ret_hint = (struct hint){.seq = 0};
	result = read_fields(rest, (struct fields)FIELDS(hint_fields), ret_hint);
	if (result == 0)
		result = read_limited(rest, CHANGES, &change);
	if (result < 0)
		return result;
	ret_hint->has_change = change != WITHOUT_CHANGE;
	ret_hint->change.kind = change == WITH_ALL ? CHANGE_ALL : CHANGE_ROW;
	return read_fields(rest, change_fields[change], ret_hint);
}

static int read_head(struct slice *rest, struct hint_batch *head, uint64_t *ret_node,
		     uint64_t *ret_count)
{
	uint64_t version = 0, committed_at = 0;
	struct slice taken;
	int result = take_bytes(rest, sizeof(magic), &taken);

	if (result < 0 || !slice_equals(taken, slice_from_bytes(magic, sizeof(magic))))
		return -EPROTO;
	result = read_fixed(rest, 1, &version);
	if (result == 0 && version != VERSION)
		return -EPROTONOSUPPORT;
	if (result < 0 || read_fixed(rest, 8, ret_node) < 0 ||
	    read_fixed(rest, 8, &head->epoch) < 0 || read_fixed(rest, 8, &head->canary) < 0 ||
	    read_fixed(rest, 4, ret_count) < 0 || *ret_count > HINT_CODEC_HINTS)
		return -EPROTO;
	result = read_limited(rest, last_time + 1, &committed_at);
	head->committed_at = (int64_t)committed_at;
	return result;
}

static int read_hints(struct slice rest, size_t count, struct hint_batch *batch)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		struct hint hint;

		result = read_hint(&rest, &hint);
		if (result == 0)
			result = hint_batch_add(batch, &hint);
	}
	return result == 0 && rest.length > 0 ? -EPROTO : result;
}

int hint_codec_decode(struct slice message, uint64_t *ret_node, struct hint_batch **ret_batch)
{
	struct hint_batch head = {.count = 0};
	struct hint_batch *batch;
	uint64_t node = 0, count = 0;
	int result = read_head(&message, &head, &node, &count);

	if (result < 0)
		return result;
	if (count > message.length / LEAST_HINT_BYTES)
		return -EPROTO;
	batch = hint_batch_create(head.epoch, (size_t)count);
	if (batch == NULL)
		return -ENOMEM;
	batch->canary = head.canary;
	batch->committed_at = head.committed_at;
	result = read_hints(message, (size_t)count, batch);
	if (result < 0) {
		hint_batch_release(batch);
		return result;
	}
	*ret_node = node;
	*ret_batch = batch;
	return 0;
}
