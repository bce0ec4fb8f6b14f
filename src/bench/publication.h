/* A publish request as bytes, made once; only the digits of its users and numbers change. */
#ifndef ALLIM_BENCH_PUBLICATION_H
#define ALLIM_BENCH_PUBLICATION_H

#include "base/buffer.h"

/* The notification that every measure publishes, as a format: of the digits and the number of a
 * user, and of the number in the title. */
#define PUBLICATION_CONTENT                                                                     \
	"\"type\":\"comment\",\"title\":\"n%010u\",\"body\":\"Minjun answered your comment.\"," \
	"\"data\":{\"article\":1234,\"comment\":56789}}"
#define PUBLICATION_TO_USER	"{\"to\":{\"user\":\"user-%0*u\"}," PUBLICATION_CONTENT
#define PUBLICATION_TO_EVERYONE "{\"to\":{\"everyone\":true}," PUBLICATION_CONTENT

struct publication_item;

struct publication {
	struct buffer bytes;
	struct publication_item *items;
	unsigned count;
};

/* `POST /v1/notifications` with one notification to a user, or an array of `items` of them. Returns
 * 0 or -ENOMEM; publication_finish() is needed in either case, here and below. */
int publication_init_users(struct publication *publication, unsigned items);

/* The same with one notification to everyone. */
int publication_init_everyone(struct publication *publication);

/* For the bare program: `POST path` with an event as its body, to be sent on as it is. A path
 * ending in 000000 takes the user. */
int publication_init_bare(struct publication *publication, const char *path, struct slice event);

void publication_finish(struct publication *publication);

/* Sets whom an item is for and the number in its title, by which its arrival is recognised. Both
 * start again at 0 beyond their digits. */
void publication_set(struct publication *publication, unsigned item, unsigned user,
		     uint64_t number);

#endif
