/* Whatever may mean something is escaped wherever it stands: a backslash before punctuation is
 * always right (CommonMark 2.4). */
#include "advisor/document_markdown.h"

#define BLANK "______"

enum { DEPTH_COLUMNS = 2 };

static void append_text(struct buffer *buffer, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (memchr("\\`*_[]<>#|~&", text.data[i], 12) != NULL)
			buffer_append_byte(buffer, '\\');
		buffer_append_byte(buffer, text.data[i]);
	}
}

/* What begins a list or a rule is none at the beginning of a paragraph either. */
static void append_first_text(struct buffer *buffer, struct slice text)
{
	size_t digits = 0;

	while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	buffer_append(buffer, slice_from_bytes(text.data, digits));
	text = slice_from_bytes(text.data + digits, text.length - digits);
	if (text.length > 0 && memchr(digits > 0 ? ".)" : "-+=", text.data[0], digits > 0 ? 2 : 3))
		buffer_append_byte(buffer, '\\');
	append_text(buffer, text);
}

static void append_wrapped(struct buffer *buffer, const char *mark, struct slice text)
{
	buffer_append_string(buffer, mark);
	append_text(buffer, text);
	buffer_append_string(buffer, mark);
}

static void append_paragraph(struct buffer *buffer, const struct document_part *part)
{
	static const char *const marks[] = {
	    [DOCUMENT_PLAIN] = NULL, [DOCUMENT_LEAD] = "**", [DOCUMENT_NOTE] = "*"};

	if (slice_is_empty(part->text))
		return;
	if (marks[part->tone] == NULL)
		append_first_text(buffer, part->text);
	else
		append_wrapped(buffer, marks[part->tone], part->text);
	buffer_append_string(buffer, "\n\n");
}

static void append_heading(struct buffer *buffer, const struct document_part *part)
{
	for (int i = 0; i < part->level; i++)
		buffer_append_byte(buffer, '#');
	buffer_append_byte(buffer, ' ');
	append_text(buffer, part->text);
	buffer_append_string(buffer, "\n\n");
}

/* Lists */

static void append_marker(struct buffer *buffer, enum document_list_kind kind,
			  const struct document_item *item, size_t number)
{
	if (kind == DOCUMENT_NUMBERS)
		buffer_append_format(buffer, "%zu. ", number);
	else if (kind == DOCUMENT_CHECKS)
		buffer_append_string(buffer, slice_is_empty(item->text) ? "- [ ] " : "- [x] ");
	else
		buffer_append_string(buffer, "- ");
}

static void append_term(struct buffer *buffer, enum document_list_kind kind,
			const struct document_item *item)
{
	if (slice_is_empty(item->term))
		return;
	if (kind == DOCUMENT_CHECKS)
		append_text(buffer, item->term);
	else
		append_wrapped(buffer, "**", item->term);
	buffer_append_string(buffer, ": ");
}

static void append_remarks(struct buffer *buffer, const struct document_item *item)
{
	if (slice_is_empty(item->badge) && slice_is_empty(item->note))
		return;
	buffer_append_string(buffer, " (");
	append_text(buffer, item->badge);
	if (!slice_is_empty(item->badge) && !slice_is_empty(item->note))
		buffer_append_string(buffer, "; ");
	append_text(buffer, item->note);
	buffer_append_byte(buffer, ')');
}

static void append_item(struct buffer *buffer, enum document_list_kind kind,
			const struct document_item *item, size_t number)
{
	append_marker(buffer, kind, item, number);
	append_term(buffer, kind, item);
	if (slice_is_empty(item->text))
		buffer_append_string(buffer, BLANK);
	append_text(buffer, item->text);
	append_remarks(buffer, item);
	buffer_append_byte(buffer, '\n');
}

static void append_items(struct buffer *buffer, const struct document_part *part)
{
	size_t number = 1;

	for (const struct document_item *item = part->items.first; item != NULL;
	     item = item->next, number++) {
		append_item(buffer, part->list, item, number);
		for (const struct document_item *below = item->first; below != NULL;
		     below = below->next) {
			buffer_append_format(buffer, "%*s", DEPTH_COLUMNS, "");
			append_item(buffer, DOCUMENT_BULLETS, below, 0);
		}
	}
	buffer_append_byte(buffer, '\n');
}

/* Tables */

/* In more backticks than stand in it; a bar ends a cell even there. */
static void append_code(struct buffer *buffer, struct slice text)
{
	size_t run = 0, longest = 0;

	for (size_t i = 0; i < text.length; i++) {
		run = text.data[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		buffer_append_byte(buffer, '`');
	buffer_append_string(buffer, longest > 0 ? " " : "");
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '|')
			buffer_append_byte(buffer, '\\');
		buffer_append_byte(buffer, text.data[i]);
	}
	buffer_append_string(buffer, longest > 0 ? " " : "");
	for (size_t i = 0; i <= longest; i++)
		buffer_append_byte(buffer, '`');
}

static void append_cell(struct buffer *buffer, const struct document_part *table,
			const struct document_row *row, size_t column)
{
	struct slice text = row->cells[column];

	buffer_append_string(buffer, " ");
	if (slice_is_empty(text))
		buffer_append_string(buffer, BLANK);
	else if (table->columns[column].kind == DOCUMENT_CODE)
		append_code(buffer, text);
	else if (row->weight != DOCUMENT_USUAL || column == table->marked_column)
		append_wrapped(buffer, "**", text);
	else
		append_text(buffer, text);
	buffer_append_string(buffer, " |");
}

static void append_head(struct buffer *buffer, const struct document_part *table)
{
	buffer_append_string(buffer, "|");
	for (size_t i = 0; i < table->column_count; i++) {
		buffer_append_string(buffer, " ");
		append_text(buffer, table->columns[i].title);
		buffer_append_string(buffer, " |");
	}
	buffer_append_string(buffer, "\n|");
	for (size_t i = 0; i < table->column_count; i++)
		buffer_append_string(buffer,
				     table->columns[i].kind == DOCUMENT_NUMBER ? "---:|" : "---|");
	buffer_append_string(buffer, "\n");
}

static void append_table(struct buffer *buffer, const struct document_part *table)
{
	append_paragraph(buffer, table);
	append_head(buffer, table);
	for (const struct document_row *row = table->rows; row != NULL; row = row->next) {
		buffer_append_string(buffer, "|");
		for (size_t i = 0; i < table->column_count; i++)
			append_cell(buffer, table, row, i);
		buffer_append_string(buffer, "\n");
	}
	buffer_append_string(buffer, "\n");
}

/* Of bars a table beside them has the numbers. */
static void append_chart(struct buffer *buffer, const struct document_part *part)
{
	if (part->chart->kind == CHART_BARS)
		return;
	append_wrapped(buffer, "*", part->chart->description);
	buffer_append_string(buffer, "\n\n");
}

void document_markdown_append(struct buffer *buffer, const struct document *document)
{
	static void (*const outputs[])(struct buffer * buffer, const struct document_part *part) = {
	    [DOCUMENT_HEADING] = append_heading, [DOCUMENT_PARAGRAPH] = append_paragraph,
	    [DOCUMENT_LIST] = append_items,	 [DOCUMENT_TABLE] = append_table,
	    [DOCUMENT_CHART] = append_chart,
	};

	for (const struct document_part *part = document->parts; part != NULL; part = part->next)
		outputs[part->kind](buffer, part);
}
