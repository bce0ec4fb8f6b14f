#include "cli/secret_file.h"

#include "lib/assertions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char folder[40];
	char path[64];
};

static int make_folder(void **state)
{
	static struct place place;

	strcpy(place.folder, "/tmp/allim-cli-XXXXXX");
	if (mkdtemp(place.folder) == NULL)
		return -1;
	snprintf(place.path, sizeof(place.path), "%s/key", place.folder);
	*state = &place;
	return 0;
}

static int remove_folder(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	return rmdir(place->folder);
}

static int read_with(const struct place *place, struct slice content, mode_t mode,
		     struct buffer *buffer, struct error *error)
{
	FILE *file = fopen(place->path, "w");

	assert_non_null(file);
	fwrite(content.data, 1, content.length, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(place->path, mode), 0);
	return secret_file_read(place->path, buffer, error);
}

static void the_line_is_read(void **state)
{
	static const char *const contents[] = {"key", "key\n", "key\r\n", NULL};

	for (const char *const *content = contents; *content != NULL; content++) {
		struct buffer buffer = BUFFER_EMPTY;
		struct error error;

		assert_int_equal(
		    read_with(*state, slice_from_string(*content), 0600, &buffer, &error), 0);
		assert_buffer(buffer, "key");
		buffer_finish(&buffer);
	}
}

static void others_must_not_read_it(void **state)
{
	const struct place *place = *state;
	struct buffer buffer = BUFFER_EMPTY;
	char sentence[256];
	struct error error;

	assert_int_equal(read_with(place, SLICE("key"), 0640, &buffer, &error), -EACCES);
	snprintf(sentence, sizeof(sentence), "the file %s can be read by others; run: chmod 600 %s",
		 place->path, place->path);
	assert_string_equal(error.text, sentence);
	assert_int_equal(buffer.length, 0);
}

static void it_is_not_somebody_elses(void **state)
{
	const struct place *place = *state;
	struct buffer buffer = BUFFER_EMPTY;
	struct error error;

	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	assert_int_equal(read_with(place, SLICE("key"), 0600, &buffer, &error), 0);
	buffer_clear(&buffer);
	assert_int_equal(chown(place->path, 12345, (gid_t)-1), 0);
	assert_int_equal(secret_file_read(place->path, &buffer, &error), -EACCES);
	assert_non_null(strstr(error.text, "belongs to another user"));
	assert_int_equal(buffer.length, 0);
	assert_int_equal(chown(place->path, 0, (gid_t)-1), 0);
	buffer_finish(&buffer);
}

static void what_is_no_secret_is_refused(void **state)
{
	const struct place *place = *state;
	static char large[SECRET_FILE_BYTES + 1];
	struct buffer buffer = BUFFER_EMPTY;
	struct error error;

	memset(large, 'k', sizeof(large));
	assert_int_equal(read_with(place, SLICE(""), 0600, &buffer, &error), -EINVAL);
	assert_int_equal(read_with(place, SLICE("\nkey"), 0600, &buffer, &error), -EINVAL);
	assert_int_equal(read_with(place, SLICE("key\nmore\n"), 0600, &buffer, &error), -EINVAL);
	assert_non_null(strstr(error.text, "has more than one line"));
	assert_int_equal(
	    read_with(place, slice_from_bytes(large, sizeof(large)), 0600, &buffer, &error),
	    -EFBIG);
	assert_int_equal(secret_file_read(place->folder, &buffer, &error), -EINVAL);
	assert_int_equal(secret_file_read("/nowhere/key", &buffer, &error), -ENOENT);
	assert_string_equal(error.text, "cannot read /nowhere/key: No such file or directory");
	buffer_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_line_is_read),
	    cmocka_unit_test(others_must_not_read_it),
	    cmocka_unit_test(it_is_not_somebody_elses),
	    cmocka_unit_test(what_is_no_secret_is_refused),
	};

	return cmocka_run_group_tests_name("secret_file", tests, make_folder, remove_folder);
}
