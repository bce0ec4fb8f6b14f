/* Both kinds begin and end alike; what differs stands in files of its own. */
#include "advisor/chart.h"

#include "advisor/chart_bars.h"
#include "advisor/chart_line.h"
#include "advisor/markup.h"

static void append_named(struct buffer *buffer, const char *name, const char *suffix, unsigned id,
			 struct slice text)
{
	buffer_append_format(buffer, "<%s id=\"id%u%s\">", name, id, suffix);
	markup_append(buffer, text);
	buffer_append_format(buffer, "</%s>\n", name);
}

void chart_append_svg(struct buffer *buffer, const struct chart *chart, unsigned id)
{
	unsigned height = chart->kind == CHART_BARS ? chart_bars_height(&chart->bars)
						    : (unsigned)CHART_LINE_HEIGHT;

	buffer_append_format(buffer,
			     "<svg role=\"img\" width=\"100%%\" height=\"%u\" "
			     "aria-labelledby=\"id%ut id%ud\">\n",
			     height, id, id);
	append_named(buffer, "title", "t", id, chart->title);
	append_named(buffer, "desc", "d", id, chart->description);
	if (chart->kind == CHART_BARS)
		chart_bars_append(buffer, &chart->bars);
	else
		chart_line_append(buffer, &chart->line);
	buffer_append_string(buffer, "</svg>\n");
}
