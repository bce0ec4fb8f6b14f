/* The optimal string alignment distance: three rows of the usual table are kept, and names are
 * short, so that it needs no memory of its own. */
#include "config/nearest.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct slice shortened(struct slice text)
{
	return slice_from_bytes(text.data, smaller(text.length, NEAREST_LONGEST));
}

size_t nearest_distance(struct slice a, struct slice b)
{
	size_t rows[3][NEAREST_LONGEST + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	a = shortened(a);
	b = shortened(b);
	for (size_t j = 0; j <= b.length; j++)
		before[j] = row[j] = j;
	for (size_t i = 1; i <= a.length; i++) {
		size_t *free_row = before;

		before = above;
		above = row;
		row = free_row;
		row[0] = i;
		for (size_t j = 1; j <= b.length; j++) {
			bool same = a.data[i - 1] == b.data[j - 1];

			row[j] = smaller(above[j] + 1, row[j - 1] + 1);
			row[j] = smaller(row[j], above[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
			    a.data[i - 2] == b.data[j - 1])
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
	}
	return row[b.length];
}

const char *nearest_name(struct slice wanted, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (; *names != NULL; names++) {
		size_t distance = nearest_distance(wanted, slice_from_string(*names));

		if (distance < best_distance) {
			best = *names;
			best_distance = distance;
		}
	}
	return best;
}
