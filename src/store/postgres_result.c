/* The columns of allim.change stand here in the order of its definition in
 * postgres_change.sql. */
#include "store/postgres_result.h"

#include <endian.h>
#include <errno.h>

enum column {
	COLUMN_NAME,
	COLUMN_UNREAD,
	COLUMN_BROADCASTS_MARKED,
	COLUMN_BROADCASTS_HANDLED,
	COLUMN_KIND,
	COLUMN_SEQ,
	COLUMN_STATE,
	COLUMN_MARKED_AT,
	COLUMN_MARKED_BROADCASTS,
	COLUMN_ID,
	COLUMN_FIRST_SEQ,
	COLUMN_TO_EVERYONE,
	COLUMN_PRIORITY,
	COLUMN_CREATED_AT,
	COLUMN_CHANGED_AT,
	COLUMN_SEEN_AT,
	COLUMN_READ_AT,
	COLUMN_ARCHIVED_AT,
	COLUMN_WITHDRAWN_AT,
	COLUMN_EXPIRES_AT,
	COLUMN_TYPE,
	COLUMN_TITLE,
	COLUMN_BODY,
	COLUMN_LINK,
	COLUMN_DATA
};

enum { ARRAY_HEADER_BYTES = 20, ARRAY_ELEMENT_BYTES = 12 };

/* An integer of 1, 2, 4 or 8 bytes, the highest first. */
static int64_t read_number(const char *bytes, size_t width)
{
	uint64_t number = width > 1 && (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;

	for (size_t i = 0; i < width; i++)
		number = number << 8 | (unsigned char)bytes[i];
	return (int64_t)number;
}

int64_t postgres_result_number(const PGresult *result, int row, int column)
{
	return read_number(PQgetvalue(result, row, column),
			   (size_t)PQgetlength(result, row, column));
}

struct slice postgres_result_text(const PGresult *result, int row, int column)
{
	return slice_from_bytes(PQgetvalue(result, row, column),
				(size_t)PQgetlength(result, row, column));
}

int postgres_result_numbers(const PGresult *result, int row, int column, struct arena *arena,
			    const int64_t **ret_numbers, size_t *ret_count)
{
	struct slice bytes = postgres_result_text(result, row, column);
	size_t count = bytes.length < ARRAY_HEADER_BYTES
			   ? 0
			   : (bytes.length - ARRAY_HEADER_BYTES) / ARRAY_ELEMENT_BYTES;
	int64_t *numbers = arena_allocate_array(arena, count + 1, sizeof(*numbers));

	if (numbers == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *element = bytes.data + ARRAY_HEADER_BYTES + i * ARRAY_ELEMENT_BYTES;

		if (read_number(element, 4) != 8)
			return -EIO;
		numbers[i] = read_number(element + 4, 8);
	}
	*ret_numbers = numbers;
	*ret_count = count;
	return 0;
}

void postgres_result_counts(const PGresult *result, int row, struct inbox_counts *ret_counts)
{
	*ret_counts = (struct inbox_counts){
	    .unread = postgres_result_number(result, row, 2),
	    .broadcasts_marked = postgres_result_number(result, row, 3),
	    .broadcasts_handled = postgres_result_number(result, row, 4),
	};
}

enum postgres_kind postgres_result_kind(const PGresult *result, int row)
{
	return (enum postgres_kind)postgres_result_number(result, row, COLUMN_KIND);
}

int64_t postgres_result_id(const PGresult *result, int row)
{
	return postgres_result_number(result, row, COLUMN_ID);
}

#define NUMBER(column) postgres_result_number(result, row, COLUMN_##column)
#define TEXT(column)   postgres_result_text(result, row, COLUMN_##column)

static void read_row(const PGresult *result, int row, struct notification *ret_row)
{
	*ret_row = (struct notification){
	    .id = NUMBER(ID),
	    .seq = NUMBER(SEQ),
	    .first_seq = NUMBER(FIRST_SEQ),
	    .to_everyone = NUMBER(TO_EVERYONE) != 0,
	    .content = {.type = TEXT(TYPE),
			.title = TEXT(TITLE),
			.body = TEXT(BODY),
			.link = TEXT(LINK),
			.data = TEXT(DATA),
			.priority = (enum notification_priority)(NUMBER(PRIORITY) & 3),
			.expires_at = NUMBER(EXPIRES_AT)},
	    .created_at = NUMBER(CREATED_AT),
	    .changed_at = NUMBER(CHANGED_AT),
	    .state_at = {NUMBER(SEEN_AT), NUMBER(READ_AT), NUMBER(ARCHIVED_AT)},
	    .withdrawn_at = NUMBER(WITHDRAWN_AT),
	};
}

void postgres_result_hint(const PGresult *result, int row, struct hint *ret_hint)
{
	enum postgres_kind kind = postgres_result_kind(result, row);

	*ret_hint = (struct hint){
	    .user = postgres_result_text(result, row, COLUMN_NAME),
	    .seq = NUMBER(SEQ),
	    .counts = {.unread = NUMBER(UNREAD),
		       .broadcasts_marked = NUMBER(BROADCASTS_MARKED),
		       .broadcasts_handled = NUMBER(BROADCASTS_HANDLED)},
	    .has_change = kind == POSTGRES_ROW || kind == POSTGRES_ALL,
	    .change = {.kind = kind == POSTGRES_ALL ? CHANGE_ALL : CHANGE_ROW,
		       .seq = NUMBER(SEQ),
		       .state = (enum notification_state)NUMBER(STATE),
		       .marked_at = NUMBER(MARKED_AT),
		       .marked_broadcasts = NUMBER(MARKED_BROADCASTS)},
	};
	read_row(result, row, &ret_hint->change.notification);
}
