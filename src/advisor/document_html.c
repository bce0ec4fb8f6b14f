/* What stands before the first heading of the second level is the page's header; each of these
 * headings begins a section. */
#include "advisor/document_html.h"

#include "advisor/markup.h"

struct page {
	struct buffer *buffer;
	const struct document *document;
	bool has_section;
	unsigned id; /* of the element that was named last */
};

static void add(struct page *page, const char *text)
{
	buffer_append_string(page->buffer, text);
}

/* Paragraphs and headings */

static void begin_section(struct page *page)
{
	add(page, page->has_section ? "</section>\n" : "</header>\n");
	page->has_section = true;
	buffer_append_format(page->buffer, "<section aria-labelledby=\"id%u\">\n", page->id);
}

static void append_heading(struct page *page, const struct document_part *part)
{
	page->id++;
	if (part->level == 2)
		begin_section(page);
	buffer_append_format(page->buffer, "<h%d id=\"id%u\">", part->level, page->id);
	markup_append(page->buffer, part->text);
	buffer_append_format(page->buffer, "</h%d>\n", part->level);
}

static void append_paragraph(struct page *page, const struct document_part *part)
{
	static const char *const classes[] = {
	    [DOCUMENT_PLAIN] = NULL, [DOCUMENT_LEAD] = "lead", [DOCUMENT_NOTE] = "note"};

	markup_append_element(page->buffer, "p", classes[part->tone], part->text);
	add(page, "\n");
}

/* Lists */

static void append_text(struct page *page, const char *element, const struct document_item *item)
{
	buffer_append_format(page->buffer, "<%s class=\"text\">", element);
	markup_append(page->buffer, item->text);
	if (slice_is_empty(item->text))
		add(page, "<span class=\"blank\">______</span>");
	buffer_append_format(page->buffer, "</%s>", element);
}

static void append_remarks(struct page *page, const struct document_item *item)
{
	if (!slice_is_empty(item->badge))
		add(page, " ");
	markup_append_element(page->buffer, "span", "badge", item->badge);
	if (!slice_is_empty(item->note))
		add(page, " ");
	markup_append_element(page->buffer, "span", "remark", item->note);
}

static void append_fact(struct page *page, const struct document_item *item)
{
	add(page, "<div>");
	markup_append_element(page->buffer, "dt", NULL, item->term);
	append_text(page, "dd", item);
	if (!slice_is_empty(item->badge) || !slice_is_empty(item->note)) {
		add(page, "<dd>");
		append_remarks(page, item);
		add(page, "</dd>");
	}
	add(page, "</div>\n");
}

static void append_item(struct page *page, const struct document_item *item)
{
	add(page, slice_is_empty(item->text) ? "<li class=\"open\">" : "<li>");
	markup_append_element(page->buffer, "span", "term", item->term);
	if (!slice_is_empty(item->term))
		add(page, " ");
	append_text(page, "span", item);
	append_remarks(page, item);
	for (const struct document_item *below = item->first; below != NULL; below = below->next) {
		add(page, below == item->first ? "\n<ul>\n" : "");
		append_item(page, below);
		add(page, below->next == NULL ? "</ul>\n" : "");
	}
	add(page, "</li>\n");
}

static void append_list(struct page *page, const struct document_part *part)
{
	static const struct {
		const char *element;
		const char *class_name;
		void (*append)(struct page *page, const struct document_item *item);
	} lists[] = {
	    [DOCUMENT_BULLETS] = {"ul", "bullets", append_item},
	    [DOCUMENT_NUMBERS] = {"ol", "numbers", append_item},
	    [DOCUMENT_CHECKS] = {"ul", "checks", append_item},
	    [DOCUMENT_FACTS] = {"dl", "facts", append_fact},
	    [DOCUMENT_STEPS] = {"ol", "steps", append_item},
	};

	buffer_append_format(page->buffer, "<%s class=\"%s\">\n", lists[part->list].element,
			     lists[part->list].class_name);
	for (const struct document_item *item = part->items.first; item != NULL; item = item->next)
		lists[part->list].append(page, item);
	buffer_append_format(page->buffer, "</%s>\n", lists[part->list].element);
}

/* Tables */

static void begin_cell(struct page *page, const char *tag, const struct document_part *table,
		       size_t column, bool is_blank)
{
	static const char *const classes[] = {
	    [DOCUMENT_TEXT] = "words", [DOCUMENT_NUMBER] = "number", [DOCUMENT_CODE] = "code"};

	buffer_append_format(
	    page->buffer, "<%s class=\"%s%s%s\">", tag, classes[table->columns[column].kind],
	    column == table->marked_column ? " marked" : "", is_blank ? " blank" : "");
}

static void append_head(struct page *page, const struct document_part *table)
{
	add(page, "<thead><tr>");
	for (size_t i = 0; i < table->column_count; i++) {
		begin_cell(page, "th scope=\"col\"", table, i, false);
		markup_append(page->buffer, table->columns[i].title);
		add(page, "</th>");
	}
	add(page, "</tr></thead>\n");
}

static void append_row(struct page *page, const struct document_part *table,
		       const struct document_row *row)
{
	static const char *const tags[] = {[DOCUMENT_USUAL] = "<tr>",
					   [DOCUMENT_MARKED] = "<tr class=\"marked\">",
					   [DOCUMENT_TOTAL] = "<tr class=\"total\">"};

	add(page, tags[row->weight]);
	for (size_t i = 0; i < table->column_count; i++) {
		bool is_code = table->columns[i].kind == DOCUMENT_CODE;

		begin_cell(page, i == 0 ? "th scope=\"row\"" : "td", table, i,
			   slice_is_empty(row->cells[i]));
		add(page, is_code ? "<code>" : "");
		markup_append(page->buffer, row->cells[i]);
		add(page, is_code ? "</code>" : "");
		add(page, i == 0 ? "</th>" : "</td>");
	}
	add(page, "</tr>\n");
}

/* A table that is wider than the page is moved in its frame, with the keyboard too. */
static void append_table(struct page *page, const struct document_part *table)
{
	page->id++;
	buffer_append_format(page->buffer,
			     "<div class=\"table\" role=\"group\" tabindex=\"0\" "
			     "aria-labelledby=\"id%u\">\n<table>\n<caption id=\"id%u\">",
			     page->id, page->id);
	markup_append(page->buffer, table->text);
	add(page, "</caption>\n");
	append_head(page, table);
	add(page, "<tbody>\n");
	for (const struct document_row *row = table->rows; row != NULL; row = row->next)
		append_row(page, table, row);
	add(page, "</tbody>\n</table>\n</div>\n");
}

/* Charts */

static void append_legend(struct page *page, const struct chart_bars *bars)
{
	add(page, "<ul class=\"legend\">\n");
	for (size_t i = 0; i < bars->series_count; i++) {
		buffer_append_format(page->buffer, "<li class=\"series%zu\">", i + 1);
		markup_append(page->buffer, bars->series[i]);
		add(page, "</li>\n");
	}
	add(page, "</ul>\n");
}

static void append_chart(struct page *page, const struct document_part *part)
{
	const struct chart *chart = part->chart;

	add(page, "<figure>\n");
	markup_append_element(page->buffer, "figcaption", NULL, chart->title);
	if (chart->kind == CHART_BARS && chart->bars.series_count > 1)
		append_legend(page, &chart->bars);
	chart_append_svg(page->buffer, chart, ++page->id);
	markup_append_element(page->buffer, "p", "note", chart->description);
	add(page, "</figure>\n");
}

/* The page */

static struct slice title_of(const struct document *document)
{
	const struct document_part *part = document->parts;

	while (part != NULL && part->kind != DOCUMENT_HEADING)
		part = part->next;
	return part == NULL ? SLICE("") : part->text;
}

static void append_front(struct page *page)
{
	buffer_append_format(
	    page->buffer,
	    "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	    "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n",
	    advisor_text_language_name(page->document->language), document_style_hash);
	markup_append_element(page->buffer, "title", NULL, title_of(page->document));
	buffer_append_format(page->buffer,
			     "\n<style>%s</style>\n</head>\n<body>\n<main>\n<header>\n",
			     document_style);
}

void document_html_append(struct buffer *buffer, const struct document *document)
{
	static void (*const outputs[])(struct page * page, const struct document_part *part) = {
	    [DOCUMENT_HEADING] = append_heading, [DOCUMENT_PARAGRAPH] = append_paragraph,
	    [DOCUMENT_LIST] = append_list,	 [DOCUMENT_TABLE] = append_table,
	    [DOCUMENT_CHART] = append_chart,
	};
	struct page page = {.buffer = buffer, .document = document};

	append_front(&page);
	for (const struct document_part *part = document->parts; part != NULL; part = part->next)
		outputs[part->kind](&page, part);
	add(&page, page.has_section ? "</section>\n" : "</header>\n");
	add(&page, "</main>\n</body>\n</html>\n");
}
