/* The head first, whose texts are the items' too where they have none of their own; then the items,
 * since lines of bills name them. */
#include "advisor/price_book.h"

#include "advisor/currency.h"
#include "advisor/method_list.h"
#include "base/quote.h"

#include <errno.h>
#include <math.h>

/* The schema of the file. */
enum { VERSION = 1 };

#define AMOUNT_MOST 1e12
#define PER_LEAST   1e-6

enum { HOURS_MOST = 24 };

static const char *const quantity_names[QUANTITIES + 1] = {
#define QUANTITY(id, name, expression) [QUANTITY_##id] = name,
#include "advisor/quantities.def"
#undef QUANTITY
};

const char *price_book_find(struct slice name)
{
	static const struct {
		const char *name;
		const char *text;
	} books[] = {{"guide", price_book_guide}, {"aws-2026", price_book_aws_2026}};

	for (size_t i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
		if (slice_equals(name, slice_from_string(books[i].name)))
			return books[i].text;
	}
	return NULL;
}

/* A number from 0 up to a limit, within which sums stay finite. */
static int read_amount(double *amount, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	double number;
	char quote[QUOTE_BYTES];
	int result = yaml_source_number(source, node, &number);

	if (result == 0 && (number < 0 || number > AMOUNT_MOST))
		result = yaml_source_refuse(source, node, "%s is %g; accepted is 0 to %g",
					    quote_word(node->name, quote), number, AMOUNT_MOST);
	if (result == 0)
		*amount = number;
	return result;
}

static int need_amount(double *amount, const struct yaml_node *map, const char *name,
		       const struct yaml_source *source)
{
	const struct yaml_node *node;
	int result = yaml_source_need(source, map, name, &node);

	return result < 0 ? result : read_amount(amount, node, source);
}

static int read_text(struct slice *text, const struct yaml_node *node,
		     const struct yaml_source *source)
{
	if (node->kind != YAML_NODE_TEXT)
		return yaml_source_refuse(source, node, "a text is expected here");
	*text = node->text;
	return 0;
}

/* Items */

/* A price alone, or a map of it and of what is otherwise than in the book. */
static int read_item(struct price_item *item, const struct yaml_node *node,
		     const struct yaml_source *source)
{
	static const char *const members[] = {"price", "region", "date", "source", NULL};
	struct slice *const texts[] = {NULL, &item->region, &item->date, &item->source};
	int result;

	if (node->kind != YAML_NODE_MAP)
		return read_amount(&item->price, node, source);
	result = yaml_source_check_map(source, node, "an item", members);
	if (result == 0)
		result = need_amount(&item->price, node, members[0], source);
	for (size_t i = 1; members[i] != NULL && result == 0; i++) {
		const struct yaml_node *member = yaml_source_member(node, members[i]);

		if (member != NULL)
			result = read_text(texts[i], member, source);
	}
	return result;
}

static int read_items(struct price_book *book, const struct yaml_node *root,
		      const struct yaml_source *source)
{
	const struct yaml_node *map;
	int result = yaml_source_need_map(source, root, "items", &map);

	if (result < 0)
		return result;
	book->items = arena_allocate_array(source->arena, map->count, sizeof(*book->items));
	if (book->items == NULL && map->count > 0)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = map->first; node != NULL && result == 0;
	     node = node->next) {
		struct price_item *item = &book->items[book->item_count++];

		*item =
		    (struct price_item){node->name, NAN, book->region, book->date, book->source};
		result = read_item(item, node, source);
	}
	return result;
}

static int find_item(const struct price_book *book, const struct yaml_node *node,
		     const struct price_item **ret_item, const struct yaml_source *source)
{
	char quote[QUOTE_BYTES];

	for (size_t i = 0; i < book->item_count; i++) {
		if (!slice_equals(book->items[i].name, node->text))
			continue;
		*ret_item = &book->items[i];
		return 0;
	}
	return yaml_source_refuse(source, node, "%s has no price; add it to items",
				  quote_text(node->text, quote));
}

/* Bills */

static int read_per(struct bill_line *line, const struct yaml_node *map,
		    const struct yaml_source *source)
{
	int result = yaml_source_check_map(source, map, "per", quantity_names);

	for (int i = 0; i < QUANTITIES && result == 0; i++) {
		const struct yaml_node *node = yaml_source_member(map, quantity_names[i]);

		if (node == NULL)
			continue;
		result = read_amount(&line->per[i], node, source);
		if (result == 0 && line->per[i] < PER_LEAST)
			result = yaml_source_refuse(source, node,
						    "%s is %g; it says for how many one is enough",
						    quantity_names[i], line->per[i]);
	}
	return result;
}

static int read_counts(struct bill_line *line, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	const struct yaml_node *count = yaml_source_member(node, "count"),
			       *per = yaml_source_member(node, "per");

	line->count = NAN;
	for (int i = 0; i < QUANTITIES; i++)
		line->per[i] = NAN;
	if ((count == NULL) == (per == NULL))
		return yaml_source_refuse(source, node, "a line has either count or per");
	return per == NULL ? read_amount(&line->count, count, source) : read_per(line, per, source);
}

static int read_line(const struct price_book *book, struct bill_line *line,
		     const struct yaml_node *node, const struct yaml_source *source)
{
	static const char *const members[] = {"item", "count", "per", NULL};
	const struct yaml_node *item;
	int result = yaml_source_check_map(source, node, "a line", members);

	if (result == 0)
		result = yaml_source_need(source, node, "item", &item);
	if (result == 0)
		result = find_item(book, item, &line->item, source);
	return result < 0 ? result : read_counts(line, node, source);
}

static int read_bill(struct price_book *book, const struct yaml_node *list,
		     const struct yaml_source *source)
{
	enum advisor_method method;
	struct bill *bill;
	int result = method_list_read_name(&method, list, source);

	if (result == 0 && (list->kind != YAML_NODE_LIST || list->count == 0))
		result = yaml_source_refuse(source, list, "a bill is a list of lines");
	if (result < 0)
		return result;
	bill = &book->bills[method];
	bill->lines = arena_allocate_array(source->arena, list->count, sizeof(*bill->lines));
	if (bill->lines == NULL)
		return yaml_source_memory(source);
	for (const struct yaml_node *node = list->first; node != NULL && result == 0;
	     node = node->next)
		result = read_line(book, &bill->lines[bill->line_count++], node, source);
	return result;
}

static int read_bills(struct price_book *book, const struct yaml_node *root,
		      const struct yaml_source *source)
{
	const struct yaml_node *map;
	int result = yaml_source_need_map(source, root, "bills", &map);

	for (const struct yaml_node *node = result == 0 ? map->first : NULL;
	     node != NULL && result == 0; node = node->next)
		result = read_bill(book, node, source);
	return result;
}

/* Work */

static int read_days(struct price_book *book, const struct yaml_node *node,
		     const struct yaml_source *source)
{
	static const char *const members[] = {"development", "maintenance", NULL};
	enum advisor_method method;
	int result = method_list_read_name(&method, node, source);

	if (result == 0)
		result = yaml_source_check_map(source, node, "the work", members);
	if (result == 0)
		result = need_amount(&book->bills[method].development, node, "development", source);
	return result < 0
		   ? result
		   : need_amount(&book->bills[method].maintenance, node, "maintenance", source);
}

static int read_work(struct price_book *book, const struct yaml_node *root,
		     const struct yaml_source *source)
{
	static const char *const members[] = {"hour", "hours-a-day", NULL};
	const struct yaml_node *labour, *map;
	int result = yaml_source_need_map(source, root, "labour", &labour);

	if (result == 0)
		result = yaml_source_check_map(source, labour, "labour", members);
	if (result == 0)
		result = need_amount(&book->hour, labour, "hour", source);
	if (result == 0)
		result = need_amount(&book->hours_a_day, labour, "hours-a-day", source);
	if (result == 0 && book->hours_a_day > HOURS_MOST)
		result = yaml_source_refuse(source, labour, "a day has %d hours", HOURS_MOST);
	if (result == 0)
		result = yaml_source_need_map(source, root, "work", &map);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		book->bills[i].development = book->bills[i].maintenance = NAN;
	for (const struct yaml_node *node = result == 0 ? map->first : NULL;
	     node != NULL && result == 0; node = node->next)
		result = read_days(book, node, source);
	return result;
}

/* The whole */

static int refuse_currency(struct slice currency, const struct yaml_node *root,
			   const struct yaml_source *source)
{
	char quote[QUOTE_BYTES];

	return yaml_source_refuse(source, yaml_source_member(root, "currency"),
				  "%s is no currency; write its three letters, such as USD or KRW",
				  quote_text(currency, quote));
}

static int read_head(struct price_book *book, const struct yaml_node *root,
		     const struct yaml_source *source)
{
	static const char *const names[] = {"currency", "region", "date", "source"};
	struct slice *const texts[] = {&book->currency, &book->region, &book->date, &book->source};
	int result = 0;

	for (size_t i = 0; i < 4 && result == 0; i++) {
		const struct yaml_node *node;

		result = yaml_source_need(source, root, names[i], &node);
		if (result == 0)
			result = read_text(texts[i], node, source);
	}
	if (result == 0 && !currency_is_known(book->currency))
		result = refuse_currency(book->currency, root, source);
	return result;
}

static int read_root(struct price_book *book, const struct yaml_node *root,
		     const struct yaml_source *source)
{
	static const char *const members[] = {"version", "currency", "region", "date", "source",
					      "items",	 "bills",    "labour", "work", NULL};
	int result = yaml_source_check_version(source, root, "a price book", VERSION);

	if (result == 0)
		result = yaml_source_check_map(source, root, "a price book", members);
	if (result == 0)
		result = read_head(book, root, source);
	if (result == 0)
		result = read_items(book, root, source);
	if (result == 0)
		result = read_bills(book, root, source);
	return result < 0 ? result : read_work(book, root, source);
}

int price_book_read(struct price_book *book, const char *file, struct slice content,
		    struct error *error)
{
	const struct yaml_source source = {.file = slice_from_string(file),
					   .name = SLICE(""),
					   .arena = &book->arena,
					   .error = error};
	const struct yaml_node *root;
	int result;

	*book = (struct price_book){.arena = ARENA_EMPTY};
	result = yaml_tree_read_all(file, content, &book->arena, &root, error);
	if (result == 0)
		result = read_root(book, root, &source);
	if (result < 0)
		price_book_finish(book);
	return result;
}

void price_book_finish(struct price_book *book)
{
	arena_finish(&book->arena);
}
