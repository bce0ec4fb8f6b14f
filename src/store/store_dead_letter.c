/* The first letter always fits, or a large one would end the list for good. */
#include "store/store_dead_letter.h"

#include <errno.h>

int store_dead_letter_begin(struct store_dead_letters *page, size_t room)
{
	page->letter_count = 0;
	page->more = false;
	page->letters =
	    arena_allocate_array(&page->request.arena, room + 1, sizeof(*page->letters));
	return page->letters == NULL ? -ENOMEM : 0;
}

static size_t bytes_of(const struct store_dead_letter *letter)
{
	return letter->source.length + letter->position.length + letter->key.length +
	       letter->content_type.length + letter->reason.length + letter->body.length;
}

static bool is_full(const struct store_dead_letters *page, const struct store_dead_letter *next)
{
	size_t bytes = bytes_of(next);

	for (size_t i = 0; i < page->letter_count; i++)
		bytes += bytes_of(&page->letters[i]);
	return page->letter_count == page->limit ||
	       (page->limit_bytes > 0 && page->letter_count > 0 && bytes > page->limit_bytes);
}

static int copy(struct store_dead_letter *letter, struct arena *arena)
{
	struct slice *const texts[] = {&letter->source,	      &letter->position, &letter->key,
				       &letter->content_type, &letter->reason,	 &letter->body};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (arena_copy(arena, *texts[i], texts[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int store_dead_letter_add(struct store_dead_letters *page, const struct store_dead_letter *letter)
{
	struct store_dead_letter *place = &page->letters[page->letter_count];

	if (page->id == 0 && is_full(page, letter)) {
		page->more = true;
		return 0;
	}
	*place = *letter;
	if (copy(place, &page->request.arena) < 0)
		return -ENOMEM;
	page->letter_count++;
	return 1;
}
