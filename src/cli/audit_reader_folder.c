/* Files are read one after the other. At the end of one, the next is looked for; where there is
 * one, the file may have grown in between, and is read to its end once more before it is left.
 *
 * A line without an end is what a crash, or a write that is under way, leaves. While a file grows
 * it is waited for; in a file that is left it is damaged. */
#include "cli/audit_reader.h"

#include "audit/audit_folder.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK_BYTES = 256 * 1024, LINE_BYTES = 1 << 20, PAUSE = 200 };

struct folder_reader {
	struct audit_reader reader;
	const char *path;
	int folder;
	int file;	    /* -1: none yet */
	uint64_t number;    /* of the file, or of the last one */
	bool is_left;	    /* there is another one: this one is read to its end */
	struct buffer rest; /* what was read and not looked at */
	size_t damaged;
	struct buffer since; /* as it stands at the beginning of lines; empty: any */
};

static bool is_text(const json_t *record, const char *name, const char *wanted)
{
	const char *text = json_string_value(json_object_get(record, name));

	return wanted == NULL || (text != NULL && strcmp(text, wanted) == 0);
}

/* Lines begin with their time, in a form that sorts: most of a long log needs not be read as JSON.
 */
static bool is_older(const struct folder_reader *folder, struct slice line)
{
	static const char head[] = "{\"time\":\"";
	size_t skip = sizeof(head) - 1, length = folder->since.length;

	return length > 0 && line.length > skip + length && memcmp(line.data, head, skip) == 0 &&
	       memcmp(line.data + skip, folder->since.data, length) < 0;
}

/* Returns 0 or -ENOMEM. */
static int take_line(struct folder_reader *folder, struct slice line, json_t *records)
{
	const struct audit_wish *wish = folder->reader.wish;
	json_t *record;
	int result = 0;

	if (slice_is_empty(line) || is_older(folder, line))
		return 0;
	record = json_loadb(line.data, line.length, 0, NULL);
	if (!json_is_object(record))
		folder->damaged++;
	else if (is_text(record, "user", wish->user) && is_text(record, "event", wish->event))
		result = json_array_append(records, record);
	json_decref(record);
	return result < 0 ? -ENOMEM : 0;
}

static int take_lines(struct folder_reader *folder, json_t *records)
{
	struct slice rest = buffer_slice(&folder->rest);
	size_t taken = 0;
	int result = 0;

	while (result == 0 && memchr(rest.data, '\n', rest.length) != NULL) {
		struct slice line = slice_split(&rest, '\n');

		result = take_line(folder, line, records);
		taken += line.length + 1;
	}
	buffer_consume(&folder->rest, taken);
	if (folder->rest.length > LINE_BYTES) {
		folder->damaged++;
		buffer_clear(&folder->rest);
	}
	return result;
}

static void leave_file(struct folder_reader *folder)
{
	folder->damaged += folder->rest.length > 0;
	buffer_clear(&folder->rest);
	if (folder->file >= 0)
		close(folder->file);
	folder->file = -1;
	folder->is_left = false;
}

/* The first file behind the present one. Returns 1, 0 where there is none, or a negative errno
 * value. Between the list and the opening it may have been removed for its age: then it is the next
 * one. */
static int open_next(struct folder_reader *folder)
{
	struct audit_folder_list list;
	int result = audit_folder_list(folder->folder, &list);

	for (size_t i = 0; result == 0 && i < list.count; i++) {
		if (list.files[i].number <= folder->number)
			continue;
		if (folder->file >= 0) {
			folder->is_left = true;
			result = 1;
			break;
		}
		folder->file =
		    openat(folder->folder, list.files[i].name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		folder->number = list.files[i].number;
		if (folder->file < 0 && errno != ENOENT)
			result = -errno;
		else if (folder->file >= 0)
			result = 1;
	}
	audit_folder_list_finish(&list);
	return result;
}

/* Returns how many bytes came, or a negative errno value. */
static ssize_t read_chunk(struct folder_reader *folder)
{
	char *place = buffer_reserve(&folder->rest, CHUNK_BYTES);
	ssize_t length;

	if (place == NULL)
		return -ENOMEM;
	length = read(folder->file, place, CHUNK_BYTES);
	if (length < 0)
		return -errno;
	folder->rest.length += (size_t)length;
	return length;
}

static int read_on(struct folder_reader *folder, json_t *records, bool *ret_more)
{
	ssize_t length = folder->file < 0 ? 0 : read_chunk(folder);
	int result;

	if (length != 0) {
		*ret_more = true;
		return length < 0 ? (int)length : take_lines(folder, records);
	}
	if (folder->is_left)
		leave_file(folder);
	result = open_next(folder);
	*ret_more = result > 0;
	return result < 0 ? result : 0;
}

static int next(struct audit_reader *reader, json_t *records, bool *ret_more)
{
	struct folder_reader *folder = (struct folder_reader *)reader;
	int result = read_on(folder, records, ret_more);

	if (result < 0)
		return command_fail(reader->command, COMMAND_FAILED, "%.200s cannot be read: %s",
				    folder->path, strerror(-result));
	if (folder->damaged > 0 && !*ret_more) {
		command_say(reader->command, "%zu damaged lines are left out", folder->damaged);
		folder->damaged = 0;
	}
	return COMMAND_GOES_ON;
}

static void close_folder(struct audit_reader *reader)
{
	struct folder_reader *folder = (struct folder_reader *)reader;

	if (folder->file >= 0)
		close(folder->file);
	if (folder->folder >= 0)
		close(folder->folder);
	buffer_finish(&folder->rest);
	buffer_finish(&folder->since);
	free(folder);
}

static const struct audit_reader_ops ops = {
    .pause = PAUSE,
    .next = next,
    .close = close_folder,
};

int audit_reader_open_folder(const struct command *command, const struct audit_wish *wish,
			     const char *path, struct audit_reader **ret_reader)
{
	struct folder_reader *folder = calloc(1, sizeof(*folder));

	if (folder == NULL)
		return command_fail(command, COMMAND_FAILED, "out of memory");
	folder->reader = (struct audit_reader){&ops, command, wish};
	folder->path = path;
	folder->file = -1;
	if (wish->since > 0)
		clock_append_wall(&folder->since, wish->since);
	folder->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->folder < 0 || buffer_failed(&folder->since)) {
		int code = errno;

		close_folder(&folder->reader);
		return command_fail(command, COMMAND_FAILED,
				    "%.200s cannot be opened: %s; name the folder that "
				    "audit.folder names",
				    path, strerror(code));
	}
	*ret_reader = &folder->reader;
	return COMMAND_GOES_ON;
}
