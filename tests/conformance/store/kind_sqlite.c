/* SQLite: a folder, with the files that count after a crash. */
#include "conformance/store/conformance.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static int create_folder(char *ret_location, size_t size)
{
	const char *parent = getenv("TMPDIR");

	snprintf(ret_location, size, "%s/allim-store-XXXXXX", parent == NULL ? "/tmp" : parent);
	return mkdtemp(ret_location) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void destroy_folder(const char *location)
{
	nftw(location, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int copy_file(const char *from, const char *to, const char *name)
{
	char path[256], block[16384];
	FILE *input, *output;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", from, name);
	input = fopen(path, "rb");
	snprintf(path, sizeof(path), "%s/%s", to, name);
	output = fopen(path, "wb");
	if (input == NULL || output == NULL)
		return -1;
	while ((length = fread(block, 1, sizeof(block), input)) > 0)
		assert_int_equal(fwrite(block, 1, length, output), length);
	fclose(input);
	return fclose(output);
}

/* A copy of what the files hold is opened instead: not the shared memory beside them, which no
 * crash leaves as it was. */
static void crash(struct conformance *conformance)
{
	static const char *const names[] = {"allim.epoch", "allim.db", "allim.db-wal"};
	char location[sizeof(conformance->location)];

	assert_int_equal(create_folder(location, sizeof(location)), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(copy_file(conformance->location, location, names[i]), 0);
	conformance_close(conformance);
	destroy_folder(conformance->location);
	memcpy(conformance->location, location, sizeof(location));
}

const struct conformance_kind conformance_sqlite = {
    .name = "sqlite",
    .create = create_folder,
    .destroy = destroy_folder,
    .crash = crash,
};
