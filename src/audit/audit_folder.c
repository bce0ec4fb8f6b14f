/* Whatever else lies in the folder is nobody's business here. */
#include "audit/audit_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Zeros stand for any digits. */
#define SHAPE  "audit-00000000T000000Z-"
#define SUFFIX ".jsonl"

void audit_folder_name(struct audit_folder_file *file, uint64_t number, int64_t time)
{
	time_t seconds = (time_t)(time / 1000000);
	struct tm parts;
	char stamp[24] = "";

	gmtime_r(&seconds, &parts);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &parts);
	file->number = number;
	snprintf(file->name, sizeof(file->name), "audit-%s-%llu" SUFFIX, stamp,
		 (unsigned long long)number);
}

static bool has_shape(struct slice name)
{
	static const char shape[] = SHAPE;

	if (name.length < sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool is_digit = name.data[i] >= '0' && name.data[i] <= '9';

		if (shape[i] == '0' ? !is_digit : name.data[i] != shape[i])
			return false;
	}
	return true;
}

/* Returns 0, or -EINVAL where it is no name of such a file. */
static int read_name(struct slice name, struct audit_folder_file *ret_file)
{
	size_t head = sizeof(SHAPE) - 1, tail = sizeof(SUFFIX) - 1;

	if (name.length >= AUDIT_FOLDER_NAME_BYTES || !has_shape(name) ||
	    name.length <= head + tail ||
	    memcmp(name.data + name.length - tail, SUFFIX, tail) != 0 ||
	    slice_to_unsigned(slice_from_bytes(name.data + head, name.length - head - tail),
			      &ret_file->number) < 0)
		return -EINVAL;
	snprintf(ret_file->name, sizeof(ret_file->name), "%.*s", (int)name.length, name.data);
	return 0;
}

static int add(struct audit_folder_list *list, const struct audit_folder_file *file)
{
	struct audit_folder_file *grown;

	if ((list->count & (list->count - 1)) == 0) {
		grown =
		    realloc(list->files, (list->count == 0 ? 1 : list->count * 2) * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		list->files = grown;
	}
	list->files[list->count++] = *file;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct audit_folder_file *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

int audit_folder_list(int folder, struct audit_folder_list *ret_list)
{
	int descriptor = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *entry;
	int result = 0;

	*ret_list = (struct audit_folder_list){.files = NULL};
	if (entries == NULL) {
		result = -errno;
		if (descriptor >= 0)
			close(descriptor);
		return result;
	}
	while (result == 0 && (entry = readdir(entries)) != NULL) {
		struct audit_folder_file file;

		if (read_name(slice_from_string(entry->d_name), &file) == 0)
			result = add(ret_list, &file);
	}
	closedir(entries);
	if (ret_list->count > 1)
		qsort(ret_list->files, ret_list->count, sizeof(*ret_list->files), compare);
	if (result < 0)
		audit_folder_list_finish(ret_list);
	return result;
}

void audit_folder_list_finish(struct audit_folder_list *list)
{
	free(list->files);
	*list = (struct audit_folder_list){.files = NULL};
}
