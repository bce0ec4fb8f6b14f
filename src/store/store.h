/* Where rows live. One interface for every store; who calls it does not know which one it has.
 *
 * Work is asked for with requests. A request belongs to whoever submits it, is handed over by
 * store_submit() and comes back once, through the mailbox it names, with `result` set. What the
 * store adds to it (rows, ids) lives in its arena and ends with store_request_finish().
 *
 * Writes that are submitted while another commit runs share the next one (group commit); a request
 * that fails leaves nothing behind and does not disturb the others of its commit. A write comes
 * back only after it is durable, and after `on_commit` has been called with the hints of its
 * commit.
 *
 * Every inbox is numbered by its own head; the broadcasts are the inbox of everyone, whose name is
 * the empty string. Users come into being when something is first written to them; one that was
 * never written to has head 0 and nothing unread.
 *
 * Results: 0, one of the three that are the request's own matter,
 *   -ENOENT   publish, subscribe: a user without a name; correct, withdraw: no such notification;
 *             correct: one that was withdrawn; mark: an id that is not in this inbox; bury again:
 *             no such letter
 *   -EEXIST   publish: the Idempotency-Key was used for another request; redeem: the ticket was
 *             used before
 *   -E2BIG    publish: more notifications than the request's limit; subscribe: more members of the
 *             topic, or topics of a user, than the request's limits
 * or a failure, which any request can have:
 *   -ENOSPC   the disk is full
 *   -ENOMEM   out of memory
 *   -EAGAIN   the store cannot be reached or is too busy now: try again later
 *   -EROFS    a write to a store that was opened to be read only
 *   -EIO      the store failed for another reason; what the database said of it is logged
 * There is nothing else. */
#ifndef ALLIM_STORE_STORE_H
#define ALLIM_STORE_STORE_H

#include "core/cursor.h"
#include "core/hint.h"
#include "net/mailbox.h"

enum store_operation {
	STORE_PUBLISH,	 /* struct store_publish */
	STORE_CORRECT,	 /* struct store_correct */
	STORE_WITHDRAW,	 /* struct store_withdraw */
	STORE_MARK,	 /* struct store_mark */
	STORE_SUBSCRIBE, /* struct store_subscribe */
	STORE_REDEEM,	 /* struct store_redeem */
	STORE_HEADS,	 /* struct store_heads */
	STORE_REPLAY,	 /* struct store_replay */
	STORE_LIST,	 /* struct store_list */
	STORE_TOPICS,	 /* struct store_topics */
	STORE_SWEEP,	 /* struct store_sweep */
	STORE_PROBE,	 /* struct store_probe */
	STORE_BEAT,	 /* struct store_beat */

	STORE_BURY,	    /* struct store_bury */
	STORE_BURY_AGAIN,   /* struct store_bury_again */
	STORE_EXHUME,	    /* struct store_exhume */
	STORE_DEAD_LETTERS, /* struct store_dead_letters */

	STORE_AUDIT,	  /* struct store_audit */
	STORE_AUDIT_READ, /* struct store_audit_read */

	STORE_OPERATIONS
};

/* As it stands in logs, and whether it changes an inbox: then a store that was opened to be read
 * only refuses it. */
const char *store_operation_name(enum store_operation operation);
bool store_operation_is_write(enum store_operation operation);

struct store_request {
	struct mailbox_message message; /* on_receive is called with the finished request */
	struct mailbox *reply;
	enum store_operation operation;
	int result;
	uint64_t epoch; /* of the store when it was answered; set by the store */
	void *context;	/* the submitter's own */
	struct arena arena;
};

struct store_item {
	struct slice topic;	   /* to its members; empty: to the users, */
	const struct slice *users; /* or without any to everyone. Of a topic, set by the store */
	size_t user_count;
	struct notification_content content;
	struct slice key; /* empty: none */
	bool is_repeated; /* set by the store: the key was used before, and nothing is published */
	const int64_t *ids; /* set by the store: one per user, or one for everyone */
};

/* Who got an item. */
struct store_members {
	const struct slice *users;
	size_t count;
};

/* What came of a request when its key was new. */
struct store_publish_replay {
	bool is_set;
	const int64_t *ids; /* those of all items, in order, and perhaps more */
	size_t id_count;
	const struct store_members *topics; /* those of each item with a topic, in order */
	size_t topic_count;
	struct slice note;
};

static inline bool store_item_is_to_everyone(const struct store_item *item)
{
	return item->user_count == 0 && slice_is_empty(item->topic);
}

/* How many notifications an item becomes; of a topic, when the store has set its users. */
static inline size_t store_item_receivers(const struct store_item *item)
{
	if (item->is_repeated)
		return 0;
	return store_item_is_to_everyone(item) ? 1 : item->user_count;
}

/* Publishes all items or none. The members of a topic are those whose subscription was committed
 * before the transaction began, and perhaps some later ones, in the order of their names; a topic
 * without any is no failure. With a key, a request that was committed before with the same
 * publisher, key and fingerprint is not published again, whatever its items are now: `replay` says
 * what came of it then. With another fingerprint it fails with -EEXIST. A request without items
 * only asks for that, and leaves a new key new unless `keeps_key` is set.
 *
 * Items may have keys of their own instead: one whose key was committed before by the same
 * publisher, or stands earlier in the request, is left out, and the others are published. So a
 * queue's messages can be handed over again, in whatever pieces. Such a request has no
 * `limit`: keys are taken before the members of topics are counted. */
struct store_publish {
	struct store_request request;
	struct store_item *items;
	size_t item_count;
	struct slice publisher;
	struct slice idempotency_key;  /* empty: none */
	unsigned char fingerprint[32]; /* of the request's body */
	size_t limit;		       /* of notifications; 0: any number */
	bool keeps_key; /* with its note, which then is not empty, also where there are no items */
	struct slice note;  /* the submitter's own, kept with the key */
	int64_t created_at; /* set by the store */
	struct store_publish_replay replay;
};

/* How many notifications all of its items become. */
size_t store_publish_receivers(const struct store_publish *publish);

bool store_publish_names_topic(const struct store_publish *publish);

/* What an item weighs before the members of its topic are known: a few share a commit. */
enum { STORE_TOPIC_WEIGHT = 1024 };

/* About how many rows a request writes: what a commit takes together is limited by it. */
size_t store_request_weight(const struct store_request *request);

/* The empty name is everyone's inbox; who is sent there by mistake must not reach everyone. */
bool store_publish_names_nobody(const struct store_publish *publish);

/* Changes the members of one notification, whoever's it is, that `correction` was given; one that
 * was withdrawn is -ENOENT. */
struct store_correct {
	struct store_request request;
	int64_t id;
	struct notification_content correction;
};

/* Takes a notification back from everybody; a tombstone stays. Twice is once. */
struct store_withdraw {
	struct store_request request;
	int64_t id;
};

/* Marks notifications of one user, broadcasts included: those listed, or all there are. An id that
 * is not in this inbox fails the request with -ENOENT and sets `missing_id`. Marking again changes
 * nothing and takes no seq; so does an id that was withdrawn meanwhile. `all` is one change
 * however many there are, and takes a seq unless nothing came or changed since the same was done
 * before. Archiving also counts as reading for the badge. */
struct store_mark {
	struct store_request request;
	struct slice user;
	enum notification_state state;
	bool all;
	const int64_t *ids;
	size_t id_count;
	int64_t missing_id;
	size_t marked; /* how many changed; for `all` 1 or 0 */
	struct inbox_counts counts;
	struct cursor cursor; /* the heads afterwards */
};

/* Puts users on a topic, or takes them off it; twice is once. All of it is done or nothing: where
 * the topic or a user would get more than a limit allows, the result is -E2BIG, and `full_user` the
 * first such user, or empty where it is the topic. */
struct store_subscribe {
	struct store_request request;
	struct slice topic;
	const struct slice *users;
	size_t user_count;
	bool ends;	     /* takes them off */
	size_t member_limit; /* of the topic; 0: any number */
	size_t topic_limit;  /* of each user */
	size_t changed;	     /* users who were not on it before, or no longer are */
	struct slice full_user;
};

/* Uses up a single-use ticket until `expires_at` (when it may be forgotten): -EEXIST the second
 * time. */
struct store_redeem {
	struct store_request request;
	unsigned char ticket[16];
	int64_t expires_at;
};

struct store_head {
	struct slice user;
	int64_t seq;   /* the head; 0 where the user was never written to */
	int64_t floor; /* changes up to here were forgotten; an older cursor needs a reset */
	struct inbox_counts counts;
};

/* The heads of some users, from one snapshot. With `want_broadcasts`, also everyone's head and the
 * ids of all live broadcasts, rising. */
struct store_heads {
	struct store_request request;
	struct store_head *heads; /* given with `user`, filled in by the store */
	size_t head_count;
	bool want_broadcasts;
	struct store_head everyone;
	int64_t *broadcast_ids;
	size_t broadcast_count;
};

/* What an inbox and the broadcasts went through after the two numbers of `after`, in the order of
 * each, at most `limit` changes (and roughly `limit_bytes`; 0: any), from one snapshot. For the
 * heads alone, set `limit` 0. A cursor below the floor, beyond the head or of another epoch sets
 * `reset` and returns no changes. */
struct store_replay {
	struct store_request request;
	struct slice user;
	struct cursor after;
	size_t limit;
	size_t limit_bytes;
	bool reset;
	struct change *changes; /* of the user's inbox, rising seqs */
	size_t change_count;
	struct change *broadcasts; /* of everyone's, rising seqs */
	size_t broadcast_count;
	bool more;	      /* the limit cut it short */
	struct cursor cursor; /* the heads of the snapshot */
	struct inbox_counts counts;
};

enum store_filter {
	STORE_FILTER_INBOX,  /* not archived */
	STORE_FILTER_UNREAD, /* neither read nor archived */
	STORE_FILTER_ARCHIVED,
	STORE_FILTER_ALL
};

/* A page of the inbox, broadcasts included, newest first: at most `limit` live rows (and roughly
 * `limit_bytes`; 0: any) with an id below `before` (0: from the newest). The page, the cursor and
 * the counts come from one snapshot. */
struct store_list {
	struct store_request request;
	struct slice user;
	enum store_filter filter;
	int64_t before;
	size_t limit;
	size_t limit_bytes;
	struct notification *notifications;
	size_t notification_count;
	bool more;
	struct cursor cursor;
	struct inbox_counts counts;
};

struct store_topics_row {
	struct slice name; /* of the topic, or of the member */
	int64_t number;	   /* when it was subscribed, or how many members the topic has */
};

/* A page of names behind `after`, in their order, at most `limit`: the topics of `user`, or the
 * members of `topic`, or where both are empty all topics that have members. */
struct store_topics {
	struct store_request request;
	struct slice user;
	struct slice topic;
	struct slice after;
	size_t limit;
	struct store_topics_row *rows;
	size_t row_count;
	bool more;
};

/* All inboxes that changed after `position` (empty: answer only the present position), and perhaps,
 * after a restart, some that did not: as hints, one user's in the order of their seqs, the last of
 * which tells the head; the counts of all are those behind the last. What retention took counts as
 * a change here, because it moves the badge and the floor. How a node heals lost hints: one query,
 * whatever the number of users. With `want_changes` a store that can do so at no further query has
 * the hints carry their changes. */
struct store_sweep {
	struct store_request request;
	struct slice position; /* in: where the last sweep ended; out: where this one did */
	bool want_changes;
	struct hint *hints;
	size_t hint_count;
};

/* Proves that a write commits and a read sees it. */
struct store_probe {
	struct store_request request;
	int64_t number; /* set by the store: what was written, and must be read */
};

struct store_node {
	uint64_t number;
	struct slice figures; /* what it told of itself */
};

/* Says that this node lives, and asks which nodes share the store: those that said so within
 * `lifetime`, this one included. */
struct store_beat {
	struct store_request request;
	uint64_t number;
	struct slice figures;
	int64_t lifetime; /* microseconds; 0: this node is leaving */
	struct store_node *nodes;
	size_t node_count;
};

/* A message of a queue that could not be handled, kept until somebody looks at it. Source, position
 * and reason are UTF-8 without NUL; the others are any bytes, because a message that nothing can be
 * done with must not be one that cannot even be buried. */
struct store_dead_letter {
	int64_t id;		   /* set by the store; rises with time, never used again */
	struct slice source;	   /* the queue: "kafka:orders" */
	struct slice position;	   /* where in it: "3/1042"; or "~" and a number of its own */
	struct slice key;	   /* empty: none */
	struct slice content_type; /* as the message has it; empty: it has none */
	struct slice reason;	   /* why, in a sentence */
	struct slice body;
	size_t body_length; /* set by the store, also where the body is left out */
	int64_t tries;
	int64_t first_at;  /* when it was tried first */
	int64_t buried_at; /* set by the store */
};

/* Keeps all letters or none. Twice is once: a worker that ends between burying and acknowledging
 * buries again what it gets again, so a letter that is there already, with the same source,
 * position and body, stays as it is. Another body at the same position is another letter: queues
 * are made anew, and count from the start. */
struct store_bury {
	struct store_request request;
	const struct store_dead_letter *letters;
	size_t letter_count;
	size_t buried; /* how many were not there; set by the store */
};

/* A letter was tried once more, in vain: counts that, and says why. */
struct store_bury_again {
	struct store_request request;
	int64_t id;
	struct slice reason;
};

/* Takes letters out: those listed that are there, or, without a list, the oldest of the source
 * (empty: of any), at most `limit`. */
struct store_exhume {
	struct store_request request;
	const int64_t *ids;
	size_t id_count;
	struct slice source;
	size_t limit;
	size_t exhumed; /* set by the store */
};

/* With an id that letter, with its body; none where it is not there. Else a page, without bodies:
 * at most `limit` letters (and roughly `limit_bytes`; 0: any) of the source (empty: of any) with an
 * id below `before` (0: from the newest). The newest come first, because what went wrong lately is
 * what is looked for, and because letters that come meanwhile then move no page. */
struct store_dead_letters {
	struct store_request request;
	int64_t id;
	struct slice source;
	int64_t before;
	size_t limit;
	size_t limit_bytes;
	struct store_dead_letter *letters;
	size_t letter_count;
	bool more;
};

/* What somebody did, as the audit log tells it (audit/audit.h). */
struct store_audit_record {
	int64_t id; /* set by the store: rises in the order in which records were appended */
	int64_t time;
	struct slice event;
	struct slice user; /* whom it was about; empty: nobody in particular */
	struct slice line; /* all of it, as JSON on one line */
};

/* Appends all records or none; nothing ever changes one, and only age takes them away. A node's
 * batches are numbered, rising: one that was appended before is not appended again, so that a node
 * which does not know what became of it may try again. */
struct store_audit {
	struct store_request request;
	uint64_t node;
	int64_t batch; /* from 1 */
	const struct store_audit_record *records;
	size_t record_count;
};

enum { STORE_AUDIT_SCAN = 10000 /* records */ };

/* Records behind `after`, of the user (empty: any), of the kind `event` (empty: any), not older
 * than `since`: at most `limit` (and roughly `limit_bytes`; 0: any). The store looks at
 * STORE_AUDIT_SCAN records at most, so that a question about a long log keeps nobody waiting:
 * `last` says how far it looked, and `more` that it was not the end. Who asks again with `after`
 * set to `last` gets each record once, those included that other nodes append meanwhile. */
struct store_audit_read {
	struct store_request request;
	struct slice user;
	struct slice event;
	int64_t since; /* microseconds since 1970; 0: any */
	int64_t after;
	size_t limit;
	size_t limit_bytes;
	struct store_audit_record *records; /* with their ids and lines only */
	size_t record_count;
	int64_t last;
	bool more;
};

struct store_options {
	/* SQLite: the folder of the database. PostgreSQL: its URL, with the password apart. */
	const char *location;
	struct slice password;
	int64_t connections; /* PostgreSQL only, as is */
	int64_t timeout;     /* milliseconds until the database counts as gone */
	bool read_only; /* open what exists and write nothing, also beside the node that runs */
	int64_t retention_age;	      /* microseconds; 0: for ever */
	int64_t retention_count;      /* per inbox; 0: any */
	int64_t idempotency_age;      /* microseconds a key is remembered */
	int64_t dead_letter_age;      /* microseconds a letter is kept; 0: for ever */
	int64_t audit_age;	      /* likewise, a record of the audit log */
	int64_t maintenance_interval; /* milliseconds between rounds of expiry and retention */
	/* Called on a thread of the store's after each commit that changed inboxes, before its
	 * writes come back. The batch stays the store's; references may be taken. Where a commit's
	 * changes are large, the later of its hints come without them. */
	void (*on_commit)(void *context, struct hint_batch *batch);
	/* Called from a thread of the store's when the database turns out to have another history
	 * than before, and cursors of the old epoch are void. NULL is allowed. */
	void (*on_epoch)(void *context, uint64_t epoch);
	void *on_commit_context; /* for both */
	/* Where in a commit a test wants to intervene; NULL otherwise. Called on a thread of the
	 * store's, in this order, and by some stores for their own upkeep too:
	 *   "begin"      a transaction has begun, nothing is written
	 *   "written"    all of it is written, nothing is durable
	 *   "committed"  all of it is durable, nobody was told
	 *   "hinted"     on_commit has returned, no write has come back
	 * One that fails never gets to the later ones. */
	void (*on_step)(const char *step);
};

struct store_statistics {
	uint64_t commits;
	uint64_t writes; /* committed */
	uint64_t reads;
	uint64_t queries;  /* statements run, by reads and writes */
	uint64_t failures; /* requests */
	uint64_t rows_expired;
	uint64_t rows_forgotten;	 /* by retention */
	uint64_t dead_letters;		 /* that are there, as counted lately */
	uint64_t dead_letters_forgotten; /* because of their age */
	uint64_t bytes;			 /* on disk */
	uint64_t queue;			 /* requests that wait now */
	uint64_t commit_microseconds;	 /* sum, over all commits */
	/* How long ago the oldest transaction that is still open and may write began, whosever it
	 * is: roughly, and only where other programs can hold the database back. */
	int64_t horizon_milliseconds;
};

struct store;

/* All stores, ended by NULL; the first one that takes a location has it. */
extern const struct store_ops *const store_table[];

/* No function of these is called without a store; store_close() looks. */
struct store_ops {
	const char *name;
	/* Whether a location as settings name it is one of this store's. */
	bool (*takes)(const char *location);
	/* Other nodes may change what it holds, so that a node does not know of every commit. */
	bool is_shared;
	/* Opens, migrates and starts the store's threads. Returns 0 or a negative errno value with
	 * a sentence that says what to do. */
	int (*open)(const struct store_options *options, struct store **ret_store,
		    struct error *error);
	/* Finishes what was submitted, stops the threads, closes. */
	void (*close)(struct store *store);
	void (*submit)(struct store *store, struct store_request *request);
	/* From any thread. */
	uint64_t (*epoch)(const struct store *store);
	void (*statistics)(struct store *store, struct store_statistics *ret_statistics);
	/* New retention settings, from any thread. */
	void (*reconfigure)(struct store *store, const struct store_options *options);
	/* Reads everything and proves that it fits together. From any thread, which it keeps for
	 * long. Returns 0, or a negative errno value with a sentence. */
	int (*check)(struct store *store, struct error *error);
};

/* What every store starts with. */
struct store {
	const struct store_ops *ops;
};

/* What takes this location, or NULL. Without asking anything of it. */
const struct store_ops *store_find(const char *location);

int store_open(const struct store_options *options, struct store **ret_store, struct error *error);

/* NULL is allowed. Nothing may be submitted any more. */
void store_close(struct store *store);

/* From any thread. Never fails: what cannot be done comes back with its result. */
void store_submit(struct store *store, struct store_request *request);

uint64_t store_epoch(const struct store *store);
void store_statistics(struct store *store, struct store_statistics *ret_statistics);
void store_reconfigure(struct store *store, const struct store_options *options);
int store_check(struct store *store, struct error *error);

/* Prepares a request's base; everything else is zero. */
void store_request_init(struct store_request *request, enum store_operation operation,
			struct mailbox *reply, void (*on_done)(struct mailbox_message *message));

/* Whether it came back with a failure of the store's, rather than with 0 or its own matter. */
bool store_request_failed(const struct store_request *request);

/* Frees what the arena holds; the structure itself stays the caller's. */
void store_request_finish(struct store_request *request);

/* The request of a message that came back. */
static inline struct store_request *store_request_of(struct mailbox_message *message)
{
	return (struct store_request *)message;
}

#endif
