/* A fresh folder for a test, and a store in it whose answers are waited for. */
#ifndef ALLIM_TESTS_UNIT_STORE_FOLDER_H
#define ALLIM_TESTS_UNIT_STORE_FOLDER_H

#include "lib/assertions.h"
#include "store/store.h"

struct folder {
	char path[128];
	struct store *store;
	struct mailbox mailbox;
	size_t under_way; /* requests */
};

/* For cmocka: `*state` is a struct folder, without a store. */
int folder_setup(void **state);
int folder_teardown(void **state);

/* Opens the store of the folder. Returns store_open()'s result. */
int folder_open(struct folder *folder, struct store_options options, struct error *error);
void folder_close(struct folder *folder);

/* Submits without waiting, and waits for all that was submitted. */
void folder_submit(struct folder *folder, struct store_request *request);
void folder_wait(struct folder *folder);

/* Submits, waits and returns the result. */
int folder_call(struct folder *folder, struct store_request *request);

/* `count` notifications with a body of `body` bytes to as many users as fit in `users`. */
int folder_publish(struct folder *folder, size_t count, size_t users, size_t body);

/* The sum of the heads of the users that folder_publish() published to, or a negative errno value.
 */
int64_t folder_heads(struct folder *folder, size_t users);

/* Runs SQL on the database, which must not be open. */
void folder_execute(struct folder *folder, const char *text);

/* Makes the database what an older version of the schema left: takes back the later migrations. */
void folder_downgrade(struct folder *folder, int version);

/* The path of a file in the folder; the text stays until the next call. */
const char *folder_file(struct folder *folder, const char *name);

#endif
