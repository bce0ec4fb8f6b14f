/* A document of every kind of part, whose texts try to be more than text. */
#ifndef ALLIM_TESTS_UNIT_ADVISOR_HOSTILE_H
#define ALLIM_TESTS_UNIT_ADVISOR_HOSTILE_H

#include "advisor/document.h"

#define HOSTILE	     "<b onclick='x'>\"a\" & | `b` *c* _d_ [e](f) # ~g~ \\"
#define HOSTILE_TEXT SLICE(HOSTILE)

static inline struct chart *hostile_chart(struct document *document, enum chart_kind kind)
{
	struct chart *chart = document_allocate(document, 1, sizeof(*chart));

	if (chart == NULL)
		return NULL;
	*chart = (struct chart){.kind = kind, .title = HOSTILE_TEXT, .description = HOSTILE_TEXT};
	if (kind == CHART_LINE) {
		chart->line =
		    (struct chart_line){.values = {1000, 2000, 4000},
					.months = 2,
					.first = HOSTILE_TEXT,
					.last = HOSTILE_TEXT,
					.now = HOSTILE_TEXT,
					.limits = {{3000, HOSTILE_TEXT, 1.5, HOSTILE_TEXT}},
					.limit_count = 1};
		return chart;
	}
	chart->bars.series[0] = chart->bars.series[1] = HOSTILE_TEXT;
	chart->bars.series_count = 2;
	chart->bars.bars = document_allocate(document, 1, sizeof(*chart->bars.bars));
	if (chart->bars.bars == NULL)
		return NULL;
	chart->bars.bars[0] = (struct chart_bar){HOSTILE_TEXT, HOSTILE_TEXT, {1, 3}, true};
	chart->bars.bar_count = 1;
	return chart;
}

static inline void hostile_lists(struct document *document)
{
	for (int kind = DOCUMENT_BULLETS; kind <= DOCUMENT_STEPS; kind++) {
		struct document_item *list = document_list(document, (enum document_list_kind)kind);
		struct document_item *item = document_item(document, list, HOSTILE, HOSTILE);

		document_item_note(document, item, HOSTILE, HOSTILE);
		document_item(document, item, HOSTILE, HOSTILE);
		document_item(document, list, "open", "");
	}
}

static inline void hostile_fill(struct document *document)
{
	const struct document_column columns[] = {
	    {HOSTILE, DOCUMENT_TEXT}, {HOSTILE, DOCUMENT_NUMBER}, {HOSTILE, DOCUMENT_CODE}};
	const char *const cells[] = {HOSTILE, HOSTILE, HOSTILE};
	struct document_part *table;
	struct chart *chart;

	document_heading(document, 1, HOSTILE);
	document_heading(document, 2, HOSTILE);
	for (int tone = DOCUMENT_PLAIN; tone <= DOCUMENT_NOTE; tone++)
		document_paragraph(document, (enum document_tone)tone, HOSTILE);
	hostile_lists(document);
	table = document_table(document, HOSTILE, columns, 3);
	for (int weight = DOCUMENT_USUAL; weight <= DOCUMENT_TOTAL; weight++)
		document_row(document, table, (enum document_weight)weight, cells);
	for (int kind = CHART_BARS; kind <= CHART_LINE; kind++) {
		chart = hostile_chart(document, (enum chart_kind)kind);
		if (chart != NULL)
			document_chart(document, chart);
	}
}

#endif
