/* Texts are cleaned where they come in, so that no output has to think of it. Most need nothing and
 * are taken as they are. */
#include "advisor/document.h"

#include <stdarg.h>
#include <stdio.h>

void document_init(struct document *document, enum advisor_language language)
{
	*document = (struct document){.arena = ARENA_EMPTY, .language = language};
}

void document_finish(struct document *document)
{
	arena_finish(&document->arena);
}

void *document_allocate(struct document *document, size_t count, size_t bytes)
{
	void *memory =
	    document->failed ? NULL : arena_allocate_array(&document->arena, count, bytes);

	if (memory == NULL)
		document->failed = true;
	return memory;
}

const char *document_format(struct document *document, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	text = length < 0 ? NULL : document_allocate(document, (size_t)length + 1, 1);
	if (text == NULL) {
		document->failed = true;
		return "";
	}
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

const char *document_copy(struct document *document, struct slice text)
{
	char *copy = document_allocate(document, text.length + 1, 1);

	if (copy == NULL)
		return "";
	memcpy(copy, text.data, text.length);
	return copy;
}

/* Texts */

/* How many bytes of what turns a text's direction, or ends its line, stand here: U+2028 to U+202E,
 * U+2066 to U+2069. */
static size_t turning_at(const char *bytes, size_t left)
{
	if (left < 3 || memcmp(bytes, "\xe2", 1) != 0)
		return 0;
	if (memcmp(bytes + 1, "\x80", 1) == 0 &&
	    memchr("\xa8\xa9\xaa\xab\xac\xad\xae", bytes[2], 7))
		return 3;
	return memcmp(bytes + 1, "\x81", 1) == 0 && memchr("\xa6\xa7\xa8\xa9", bytes[2], 4) ? 3 : 0;
}

/* The same for control characters. */
static size_t control_at(const char *bytes, size_t left)
{
	unsigned char first = (unsigned char)bytes[0];

	if (first < 0x20 || first == 0x7f)
		return 1;
	return left > 1 && first == 0xc2 && (unsigned char)bytes[1] < 0xa0 ? 2 : 0;
}

static bool is_clean(struct slice text)
{
	if (!slice_is_utf8(text) || slice_has_control(text))
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (turning_at(text.data + i, text.length - i) > 0)
			return false;
	}
	return true;
}

struct slice document_clean(struct document *document, const char *text)
{
	struct slice given = slice_from_string(text);
	char *copy;
	size_t length = 0, size;

	if (is_clean(given))
		return given;
	copy = document_allocate(document, given.length, 1);
	if (copy == NULL)
		return SLICE("");
	memcpy(copy, given.data, given.length);
	size = slice_drop_malformed(copy, given.length);
	for (size_t i = 0; i < size;) {
		size_t control = control_at(copy + i, size - i),
		       turning = turning_at(copy + i, size - i);

		if (control > 0)
			copy[length++] = ' ';
		else if (turning == 0)
			copy[length++] = copy[i];
		i += control + turning > 0 ? control + turning : 1;
	}
	return slice_from_bytes(copy, length);
}

/* Parts */

static struct document_part *add_part(struct document *document, enum document_kind kind,
				      const char *text)
{
	struct document_part *part = document_allocate(document, 1, sizeof(*part));

	if (part == NULL)
		return NULL;
	part->kind = kind;
	part->text = document_clean(document, text);
	if (document->last == NULL)
		document->parts = part;
	else
		document->last->next = part;
	document->last = part;
	return part;
}

void document_heading(struct document *document, int level, const char *text)
{
	struct document_part *part = add_part(document, DOCUMENT_HEADING, text);

	if (part != NULL)
		part->level = level;
}

void document_paragraph(struct document *document, enum document_tone tone, const char *text)
{
	struct document_part *part = add_part(document, DOCUMENT_PARAGRAPH, text);

	if (part != NULL)
		part->tone = tone;
}

void document_chart(struct document *document, const struct chart *chart)
{
	struct document_part *part = add_part(document, DOCUMENT_CHART, NULL);

	if (part != NULL)
		part->chart = chart;
}

/* Lists */

struct document_item *document_list(struct document *document, enum document_list_kind kind)
{
	struct document_part *part = add_part(document, DOCUMENT_LIST, NULL);

	if (part == NULL)
		return NULL;
	part->list = kind;
	return &part->items;
}

struct document_item *document_item(struct document *document, struct document_item *above,
				    const char *term, const char *text)
{
	struct document_item *item =
	    above == NULL ? NULL : document_allocate(document, 1, sizeof(*item));

	if (item == NULL)
		return NULL;
	item->term = document_clean(document, term);
	item->text = document_clean(document, text);
	if (above->last == NULL)
		above->first = item;
	else
		above->last->next = item;
	above->last = item;
	return item;
}

void document_item_note(struct document *document, struct document_item *item, const char *badge,
			const char *note)
{
	if (item == NULL)
		return;
	item->badge = document_clean(document, badge);
	item->note = document_clean(document, note);
}

/* Tables */

struct document_part *document_table(struct document *document, const char *caption,
				     const struct document_column *columns, size_t count)
{
	struct document_part *table = add_part(document, DOCUMENT_TABLE, caption);
	struct document_head *heads =
	    table == NULL ? NULL : document_allocate(document, count, sizeof(*heads));

	if (heads == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		heads[i].kind = columns[i].kind;
		heads[i].title = document_clean(document, columns[i].title);
	}
	table->columns = heads;
	table->column_count = table->marked_column = count;
	return table;
}

void document_row(struct document *document, struct document_part *table,
		  enum document_weight weight, const char *const *cells)
{
	struct document_row *row =
	    table == NULL ? NULL : document_allocate(document, 1, sizeof(*row));

	if (row == NULL)
		return;
	row->weight = weight;
	row->cells = document_allocate(document, table->column_count, sizeof(*row->cells));
	if (row->cells == NULL)
		return;
	for (size_t i = 0; i < table->column_count; i++)
		row->cells[i] = document_clean(document, cells[i]);
	if (table->last_row == NULL)
		table->rows = row;
	else
		table->last_row->next = row;
	table->last_row = row;
}
