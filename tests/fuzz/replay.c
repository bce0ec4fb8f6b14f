/* Runs a fuzz target on files, so that what the fuzzer once found stays found with every compiler:
 *
 *	replay FOLDER... */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buffer content = BUFFER_EMPTY;
	size_t length = 1;

	while (file != NULL && length > 0 && buffer_reserve(&content, 4096) != NULL) {
		length = fread(content.data + content.length, 1, 4096, file);
		content.length += length;
	}
	if (file == NULL || ferror(file) || buffer_failed(&content)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	fclose(file);
	LLVMFuzzerTestOneInput((const uint8_t *)content.data, content.length);
	buffer_finish(&content);
	return 0;
}

static int replay_folder(const char *folder, unsigned *count)
{
	struct dirent **entries;
	int found = scandir(folder, &entries, NULL, alphasort);
	int result = found < 0 ? -1 : 0;

	if (found < 0)
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
	for (int i = 0; i < found; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && result == 0) {
			result = replay_file(path);
			++*count;
		}
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return result;
}

int main(int count, char **arguments)
{
	unsigned files = 0;

	for (int i = 1; i < count; i++) {
		if (replay_folder(arguments[i], &files) < 0)
			return EXIT_FAILURE;
	}
	printf("%u inputs\n", files);
	return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
