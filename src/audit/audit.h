/* What is recorded: one function for each kind of thing that somebody does. Each costs one branch
 * where it is not to be recorded. A record is about one notification, so that what became of it,
 * and what a user got, is found by searching lines for an id or a name.
 *
 * Only ids, names of users, publishers, topics and rules, and types are written. */
#ifndef ALLIM_AUDIT_AUDIT_H
#define ALLIM_AUDIT_AUDIT_H

#include "audit/audit_page.h"
#include "core/change.h"
#include "core/cursor.h"
#include "intake/publication.h"
#include "store/store.h"

/* Who did something, and how it came. */
struct audit_actor {
	const char *way;    /* "http", "websocket", "admin", or a source: "kafka:orders" */
	bool is_user;	    /* else a publisher or an administrator */
	struct slice name;  /* empty: whoever reaches the admin listener */
	const char *method; /* of the route; NULL: none */
	const char *path;
};

/* A client's connection. */
struct audit_client {
	struct slice user;
	const char *wire;
	unsigned worker;
	uint32_t connection; /* its number among those of the worker */
};

/* Records what the store has done for somebody; requests that only ask are nothing. A publish is a
 * struct publication. */
void audit_done(struct audit_page *page, const struct audit_actor *actor,
		const struct store_request *request);

/* One item of a publish that was committed, for all who got it. `position` in a queue; or empty. */
void audit_publish(struct audit_page *page, const char *way, struct slice publisher,
		   const struct store_item *item, struct slice position);

/* A message of a queue that became a dead letter. */
void audit_bury(struct audit_page *page, const char *way, const struct store_dead_letter *letter);

/* What a rule decided; `item` is NULL where it dropped the message. */
void audit_route(struct audit_page *page, struct slice publisher, const char *rule,
		 const struct store_item *item, struct slice position);

/* What rules decided about a publication that left nothing for the store. */
void audit_route_all(struct audit_page *page, const struct publication *publication);

void audit_connect(struct audit_page *page, const struct audit_client *client,
		   struct slice address);

/* A change was written to a connection. `is_new`: the client has never had the notification. */
void audit_deliver(struct audit_page *page, const struct audit_client *client,
		   const struct change *change, bool is_new);

/* Rows of a list were written to a connection. */
void audit_deliver_list(struct audit_page *page, const struct audit_client *client,
			const struct notification *notifications, size_t count);

void audit_acknowledge(struct audit_page *page, const struct audit_client *client,
		       const struct cursor *cursor);

/* Something that happened to the node. `name` and `text` say more, or are NULL. */
void audit_administer(struct audit_page *page, const char *action, const char *name,
		      const char *text);

#endif
