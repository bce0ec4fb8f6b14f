/* Power fails at every sync point: what was not synced is gone, or a part of it is, and still no
 * acknowledged publish is lost, the database is whole, and no cursor is void: the sidecar, which is
 * taken as it is at that moment, never knows more than what remains.
 *
 * A VFS stands between SQLite and the disk. It lets everything through, and keeps for the database
 * and its WAL what the disk would hold if only synced bytes counted. At the wanted sync it lays
 * that down in a second folder, in some runs together with a random part of the blocks that were
 * written since; then the store is opened there. */
#include "base/random.h"
#include "store/sqlite_check.h"
#include "unit/store/folder.h"

#include <ftw.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGE_BYTES = 8 << 20, FILES = 2, BLOCK = 512, USERS = 3 };

static const char *const names[FILES] = {"allim.db", "allim.db-wal"};

/* What the disk holds for sure, and what was written beyond it. */
struct image {
	size_t length;
	size_t written_length;
	size_t used; /* by any of the two, at any time */
	unsigned char synced[IMAGE_BYTES];
	unsigned char written[IMAGE_BYTES];
};

struct power_file {
	sqlite3_file base;
	struct image *image; /* NULL: none of ours */
	sqlite3_file *real;
};

/* One test at a time; guarded by the lock. */
static struct {
	pthread_mutex_t lock;
	sqlite3_vfs *real;
	struct image images[FILES];
	struct random random;
	_Atomic unsigned syncs;
	unsigned fatal_sync; /* 0: none */
	bool with_unsynced;
	char folder[160];
	char crashed[160];	      /* where the remains go */
	_Atomic int64_t acknowledged; /* publishes, at this moment */
	int64_t acknowledged_then;
} power = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lay_down(const struct image *image, const char *name)
{
	char path[200];
	size_t length = image->length;
	unsigned char *bytes = calloc(1, IMAGE_BYTES);
	FILE *file;

	assert_non_null(bytes);
	memcpy(bytes, image->synced, length);
	for (size_t i = 0; power.with_unsynced && i < image->written_length; i += BLOCK) {
		if (random_below(&power.random, 2) == 0)
			continue;
		memcpy(bytes + i, image->written + i, BLOCK);
		if (i + BLOCK > length)
			length =
			    i + BLOCK < image->written_length ? i + BLOCK : image->written_length;
	}
	snprintf(path, sizeof(path), "%s/%s", power.crashed, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	free(bytes);
}

/* It syncs by itself before it gets its name. */
static void lay_down_sidecar(void)
{
	char path[200], text[128];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/allim.epoch", power.folder);
	file = fopen(path, "rb");
	assert_non_null(file);
	length = fread(text, 1, sizeof(text), file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/allim.epoch", power.crashed);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

static void fail_power_at_the_wanted_sync(void)
{
	if (++power.syncs != power.fatal_sync)
		return;
	power.acknowledged_then = power.acknowledged;
	for (int i = 0; i < FILES; i++)
		lay_down(&power.images[i], names[i]);
	lay_down_sidecar();
}

static struct power_file *file_of(sqlite3_file *file)
{
	return (struct power_file *)(void *)file;
}

static int power_close(sqlite3_file *file)
{
	return file_of(file)->real->pMethods->xClose(file_of(file)->real);
}

static int power_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
	return file_of(file)->real->pMethods->xRead(file_of(file)->real, bytes, length, offset);
}

static int power_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
	struct image *image = file_of(file)->image;
	size_t end = (size_t)offset + (size_t)length;

	pthread_mutex_lock(&power.lock);
	if (image != NULL) {
		assert_true(end <= IMAGE_BYTES);
		memcpy(image->written + offset, bytes, (size_t)length);
		if (end > image->written_length)
			image->written_length = end;
		if (end > image->used)
			image->used = end;
	}
	pthread_mutex_unlock(&power.lock);
	return file_of(file)->real->pMethods->xWrite(file_of(file)->real, bytes, length, offset);
}

/* A shorter length is taken as durable at once: the file system keeps its own books. */
static int power_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct image *image = file_of(file)->image;

	pthread_mutex_lock(&power.lock);
	if (image != NULL) {
		image->written_length = (size_t)size;
		image->length = image->length < (size_t)size ? image->length : (size_t)size;
	}
	pthread_mutex_unlock(&power.lock);
	return file_of(file)->real->pMethods->xTruncate(file_of(file)->real, size);
}

static int power_sync(sqlite3_file *file, int flags)
{
	struct image *image = file_of(file)->image;

	(void)flags;
	pthread_mutex_lock(&power.lock);
	if (image != NULL) {
		fail_power_at_the_wanted_sync();
		memcpy(image->synced, image->written, image->written_length);
		image->length = image->written_length;
	}
	pthread_mutex_unlock(&power.lock);
	return SQLITE_OK;
}

static int power_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return file_of(file)->real->pMethods->xFileSize(file_of(file)->real, size);
}

static int power_lock(sqlite3_file *file, int level)
{
	return file_of(file)->real->pMethods->xLock(file_of(file)->real, level);
}

static int power_unlock(sqlite3_file *file, int level)
{
	return file_of(file)->real->pMethods->xUnlock(file_of(file)->real, level);
}

static int power_check_lock(sqlite3_file *file, int *held)
{
	return file_of(file)->real->pMethods->xCheckReservedLock(file_of(file)->real, held);
}

static int power_control(sqlite3_file *file, int operation, void *argument)
{
	return file_of(file)->real->pMethods->xFileControl(file_of(file)->real, operation,
							   argument);
}

static int power_sector_size(sqlite3_file *file)
{
	(void)file;
	return BLOCK;
}

/* None: nothing is atomic, nothing is in order. */
static int power_characteristics(sqlite3_file *file)
{
	(void)file;
	return 0;
}

static int power_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
	return file_of(file)->real->pMethods->xShmMap(file_of(file)->real, page, size, extend,
						      memory);
}

static int power_shared_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return file_of(file)->real->pMethods->xShmLock(file_of(file)->real, offset, count, flags);
}

static void power_barrier(sqlite3_file *file)
{
	file_of(file)->real->pMethods->xShmBarrier(file_of(file)->real);
}

static int power_unmap(sqlite3_file *file, int remove_it)
{
	return file_of(file)->real->pMethods->xShmUnmap(file_of(file)->real, remove_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = power_close,
    .xRead = power_read,
    .xWrite = power_write,
    .xTruncate = power_truncate,
    .xSync = power_sync,
    .xFileSize = power_size,
    .xLock = power_lock,
    .xUnlock = power_unlock,
    .xCheckReservedLock = power_check_lock,
    .xFileControl = power_control,
    .xSectorSize = power_sector_size,
    .xDeviceCharacteristics = power_characteristics,
    .xShmMap = power_map,
    .xShmLock = power_shared_lock,
    .xShmBarrier = power_barrier,
    .xShmUnmap = power_unmap,
};

static struct image *image_of(const char *path)
{
	for (int i = 0; path != NULL && power.fatal_sync > 0 && i < FILES; i++) {
		size_t length = strlen(path), wanted = strlen(names[i]);

		if (length >= wanted && strcmp(path + length - wanted, names[i]) == 0)
			return &power.images[i];
	}
	return NULL;
}

static int power_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		      int *ret_flags)
{
	struct power_file *opened = file_of(file);
	int code;

	(void)vfs;
	opened->real = (sqlite3_file *)(void *)(opened + 1);
	opened->image = image_of(path);
	code = power.real->xOpen(power.real, path, opened->real, flags, ret_flags);
	opened->base.pMethods = opened->real->pMethods == NULL ? NULL : &methods;
	return code;
}

static void install(void)
{
	static sqlite3_vfs vfs;

	power.real = sqlite3_vfs_find(NULL);
	vfs = *power.real;
	vfs.zName = "power";
	vfs.szOsFile = (int)sizeof(struct power_file) + power.real->szOsFile;
	vfs.xOpen = power_open;
	assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

static void read_image(const char *folder, int i)
{
	char path[200];
	FILE *file;
	struct image *image = &power.images[i];

	/* What was written is all that is not zero. */
	memset(image->synced, 0, image->used);
	memset(image->written, 0, image->used);
	image->length = image->written_length = image->used = 0;
	snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
	file = fopen(path, "rb");
	if (file == NULL)
		return;
	image->length = fread(image->synced, 1, IMAGE_BYTES, file);
	image->written_length = image->used = image->length;
	memcpy(image->written, image->synced, image->length);
	fclose(file);
}

static int mark_all(struct folder *folder)
{
	struct store_mark mark;
	int result;

	memset(&mark, 0, sizeof(mark));
	store_request_init(&mark.request, STORE_MARK, NULL, NULL);
	mark.user = SLICE("user-1");
	mark.state = NOTIFICATION_SEEN;
	mark.all = true;
	result = folder_call(folder, &mark.request);
	store_request_finish(&mark.request);
	return result;
}

/* Enough for a checkpoint and a WAL that starts over, in which old frames follow the new ones. The
 * sidecar follows nearly every commit. */
static void work(struct folder *folder)
{
	static const struct store_options options = {.retention_count = 200,
						     .maintenance_interval = 1};
	struct error error;

	assert_int_equal(folder_open(folder, options, &error), 0);
	for (int i = 0; i < 60 && power.syncs < power.fatal_sync; i++) {
		assert_int_equal(folder_publish(folder, 30, USERS, 2000), 0);
		power.acknowledged += 30;
		if (i % 10 == 9)
			assert_int_equal(mark_all(folder), 0);
	}
	folder_close(folder);
}

static void assert_nothing_lost(uint64_t epoch)
{
	struct folder crashed = {.store = NULL};
	struct error error = {.text = ""};
	int64_t heads;

	power.fatal_sync = 0;
	snprintf(crashed.path, sizeof(crashed.path), "%.120s", power.crashed);
	assert_int_equal(mailbox_init(&crashed.mailbox), 0);
	if (folder_open(&crashed, (struct store_options){.location = NULL}, &error) < 0 ||
	    store_check(crashed.store, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(store_epoch(crashed.store), epoch);
	heads = folder_heads(&crashed, USERS);
	assert_true(heads >= power.acknowledged_then);
	folder_close(&crashed);
	mailbox_finish(&crashed.mailbox);
}

/* Returns false when there was no such sync any more. */
static bool fail_at(unsigned sync, bool with_unsynced)
{
	struct error error;
	struct folder *folder;
	void *fresh = NULL;
	uint64_t epoch;
	bool failed;

	folder_setup(&fresh);
	folder = fresh;
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	epoch = store_epoch(folder->store);
	folder_close(folder);
	for (int i = 0; i < FILES; i++)
		read_image(folder->path, i);
	snprintf(power.folder, sizeof(power.folder), "%s", folder->path);
	snprintf(power.crashed, sizeof(power.crashed), "%s/crashed", folder->path);
	assert_int_equal(mkdir(power.crashed, 0700), 0);
	random_init(&power.random, sync);
	power.syncs = 0;
	power.fatal_sync = sync;
	power.with_unsynced = with_unsynced;
	power.acknowledged = 0;
	work(folder);
	failed = power.syncs >= sync;
	if (failed)
		assert_nothing_lost(epoch);
	power.fatal_sync = 0;
	folder_teardown(&fresh);
	return failed;
}

static void test_power_fails_at_every_sync(void **state)
{
	unsigned sync = 1;

	(void)state;
	while (fail_at(sync, false) && fail_at(sync, true))
		sync++;
	assert_true(sync > 60);
	print_message("%u sync points\n", sync - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_power_fails_at_every_sync),
	};

	install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
