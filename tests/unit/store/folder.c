/* Shared by the unit tests of the store. */
#include "unit/store/folder.h"

#include <errno.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

int folder_setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_non_null(folder);
	snprintf(folder->path, sizeof(folder->path), "/tmp/allim-unit-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	assert_int_equal(mailbox_init(&folder->mailbox), 0);
	*state = folder;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

int folder_teardown(void **state)
{
	struct folder *folder = *state;

	folder_close(folder);
	mailbox_finish(&folder->mailbox);
	nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return 0;
}

int folder_open(struct folder *folder, struct store_options options, struct error *error)
{
	options.location = folder->path;
	if (options.maintenance_interval == 0)
		options.maintenance_interval = 3600 * 1000;
	return store_open(&options, &folder->store, error);
}

void folder_close(struct folder *folder)
{
	store_close(folder->store);
	folder->store = NULL;
}

static void on_done(struct mailbox_message *message)
{
	struct folder *folder = store_request_of(message)->context;

	folder->under_way--;
}

void folder_submit(struct folder *folder, struct store_request *request)
{
	request->message.on_receive = on_done;
	request->reply = &folder->mailbox;
	request->context = folder;
	folder->under_way++;
	store_submit(folder->store, request);
}

void folder_wait(struct folder *folder)
{
	while (folder->under_way > 0) {
		mailbox_wait(&folder->mailbox, -1);
		mailbox_receive(&folder->mailbox);
	}
}

int folder_call(struct folder *folder, struct store_request *request)
{
	folder_submit(folder, request);
	folder_wait(folder);
	return request->result;
}

static struct slice name_of(char name[static 24], size_t user)
{
	return slice_from_bytes(name, (size_t)snprintf(name, 24, "user-%zu", user));
}

int folder_publish(struct folder *folder, size_t count, size_t users, size_t body)
{
	struct store_publish publish;
	struct store_item *items = calloc(count, sizeof(*items));
	struct slice *slices = calloc(count, sizeof(*slices));
	char(*names)[24] = calloc(count, sizeof(*names));
	char *text = malloc(body + 1);
	int result;

	assert_true(items != NULL && slices != NULL && names != NULL && text != NULL);
	memset(text, 'x', body);
	memset(&publish, 0, sizeof(publish));
	store_request_init(&publish.request, STORE_PUBLISH, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		slices[i] = name_of(names[i], i % users);
		items[i] = (struct store_item){.users = &slices[i], .user_count = 1};
		items[i].content.type = SLICE("test");
		items[i].content.title = SLICE("a title");
		items[i].content.body = slice_from_bytes(text, body);
	}
	publish.items = items;
	publish.item_count = count;
	result = folder_call(folder, &publish.request);
	store_request_finish(&publish.request);
	free(text);
	free(names);
	free(slices);
	free(items);
	return result;
}

int64_t folder_heads(struct folder *folder, size_t users)
{
	int64_t sum = 0;

	for (size_t i = 0; i < users; i++) {
		char name[24];
		struct store_head head = {.user = name_of(name, i)};
		struct store_heads heads;
		int result;

		memset(&heads, 0, sizeof(heads));
		store_request_init(&heads.request, STORE_HEADS, NULL, NULL);
		heads.heads = &head;
		heads.head_count = 1;
		result = folder_call(folder, &heads.request);
		store_request_finish(&heads.request);
		if (result < 0)
			return result;
		sum += head.seq;
	}
	return sum;
}

const char *folder_file(struct folder *folder, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	return path;
}

void folder_execute(struct folder *folder, const char *text)
{
	sqlite3 *database = NULL;

	assert_int_equal(sqlite3_open(folder_file(folder, "allim.db"), &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

void folder_downgrade(struct folder *folder, int version)
{
	static const char *const backwards[] = {
	    [5] = "DROP TABLE audit; DROP TABLE audit_node; "
		  "DROP TABLE topic; DROP TABLE subscription;"
		  "ALTER TABLE idempotency DROP COLUMN members; PRAGMA user_version = 4",
	    [4] = "DROP TABLE item_key; DROP TABLE dead_letter; PRAGMA user_version = 3",
	    [3] = "DROP TABLE forgotten_broadcast; DROP INDEX ticket_expiry;"
		  "ALTER TABLE idempotency DROP COLUMN note; PRAGMA user_version = 2",
	    [2] = "ALTER TABLE meta DROP COLUMN beat; PRAGMA user_version = 1",
	};

	for (int i = sizeof(backwards) / sizeof(backwards[0]) - 1; i > version; i--)
		folder_execute(folder, backwards[i]);
}
