/* A ring of links that live inside what they link; nothing is allocated.
 *
 * An empty list and a link that is in no list point to themselves, so removing is always
 * allowed. */
#ifndef ALLIM_BASE_LIST_H
#define ALLIM_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

/* The structure of type `type` whose member `member` is the link `link`. */
#define CONTAINER_OF(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->next = list;
	list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_append(struct list *list, struct list *link)
{
	link->next = list;
	link->previous = list->previous;
	list->previous->next = link;
	list->previous = link;
}

static inline void list_remove(struct list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}

/* Moves every link of `from` to the end of `to`; `from` becomes empty. */
static inline void list_append_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->previous = to->previous;
	from->previous->next = to;
	to->previous->next = from->next;
	to->previous = from->previous;
	list_init(from);
}

/* Visits each link; the visited one may be removed, any other may not. */
#define LIST_FOR_EACH(link, ring)                                                         \
	for (struct list *link = (ring)->next, *link##_next = link->next; link != (ring); \
	     link = link##_next, link##_next = link->next)

#endif
