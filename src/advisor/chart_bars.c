/* A bar is a label and a sum on one line and its pieces on the next, so that it needs no room that
 * texts of unknown width would have to leave it. */
#include "advisor/chart_bars.h"

#include "advisor/markup.h"

enum { ROW = 46, TEXT = 15, TOP = 22, THICKNESS = 14 };

static double sum_of(const struct chart_bars *bars, const struct chart_bar *bar)
{
	double sum = 0;

	for (size_t i = 0; i < bars->series_count; i++)
		sum += bar->values[i];
	return sum;
}

static double longest_of(const struct chart_bars *bars)
{
	double longest = 0;

	for (size_t i = 0; i < bars->bar_count; i++) {
		double sum = sum_of(bars, &bars->bars[i]);

		longest = sum > longest ? sum : longest;
	}
	return longest > 0 ? longest : 1;
}

static void append_label(struct buffer *buffer, const struct chart_bar *bar, size_t row)
{
	const char *marked = bar->is_marked ? " marked" : "";

	buffer_append_format(buffer, "<text class=\"label%s\" x=\"0\" y=\"%zu\">", marked,
			     row * ROW + TEXT);
	markup_append(buffer, bar->label);
	buffer_append_format(buffer,
			     "</text><text class=\"value%s\" x=\"100%%\" y=\"%zu\" "
			     "text-anchor=\"end\">",
			     marked, row * ROW + TEXT);
	markup_append(buffer, bar->total);
	buffer_append_string(buffer, "</text>\n");
}

static void append_pieces(struct buffer *buffer, const struct chart_bars *bars, size_t row,
			  double longest)
{
	const struct chart_bar *bar = &bars->bars[row];
	size_t y = row * ROW + TOP;
	double start = 0;

	buffer_append_format(buffer,
			     "<rect class=\"track\" x=\"0\" y=\"%zu\" width=\"100%%\" "
			     "height=\"%d\"/>\n",
			     y, THICKNESS);
	for (size_t i = 0; i < bars->series_count; i++) {
		double width = bar->values[i] / longest * 100;

		if (width > 0)
			buffer_append_format(buffer,
					     "<rect class=\"series%zu\" x=\"%.2f%%\" y=\"%zu\" "
					     "width=\"%.2f%%\" height=\"%d\"/>\n",
					     i + 1, start, y, width, THICKNESS);
		start += width;
	}
}

unsigned chart_bars_height(const struct chart_bars *bars)
{
	return (unsigned)bars->bar_count * ROW;
}

void chart_bars_append(struct buffer *buffer, const struct chart_bars *bars)
{
	double longest = longest_of(bars);

	for (size_t i = 0; i < bars->bar_count; i++) {
		append_label(buffer, &bars->bars[i], i);
		append_pieces(buffer, bars, i, longest);
	}
}
