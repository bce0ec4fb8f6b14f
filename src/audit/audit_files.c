/* Files of lines, one after the other. They are only appended to; the oldest are removed.
 *
 * Lines are written at once, so that nothing is missing when the process ends in any way, and
 * synced once a second, so that a power failure takes no more than that. Where the disk is full
 * half a line may have been written: it is cut off again, and if even that fails the next one
 * begins on a line of its own. So does the first line behind one that a crash of the machine cut.
 *
 * A file that somebody removes is followed by the next one at once.
 *
 * A node goes on in the newest file, so that restarts use none up. Two nodes would remove each
 * other's files; a lock keeps the second out. */
#include "audit/audit_folder.h"
#include "audit/audit_target.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNC = 1000 /* milliseconds between two syncs */ };

#define LOCK_NAME "audit.lock"

struct audit_files {
	struct audit_target target;
	int folder;
	int lock;
	int file;	 /* -1: none could be made */
	uint64_t number; /* the file's; the next one's is higher */
	int64_t size;
	bool is_torn;  /* it ends in the middle of a line */
	bool is_dirty; /* something was not synced yet */
	int64_t synced_at;
	int64_t limit; /* of a file's size */
	int64_t kept;  /* files; 0: all */
};

static void sync_file(struct audit_files *files)
{
	files->synced_at = clock_monotonic();
	if (!files->is_dirty)
		return;
	files->is_dirty = false;
	if (fdatasync(files->file) < 0)
		log_error("the audit log cannot be synced; a power failure may take records",
			  LOG_TEXT("error", strerror(errno)));
}

static void remove_old(const struct audit_files *files)
{
	struct audit_folder_list list;

	if (files->kept == 0 || audit_folder_list(files->folder, &list) < 0)
		return;
	for (size_t i = 0; i + (size_t)files->kept < list.count; i++) {
		if (unlinkat(files->folder, list.files[i].name, 0) < 0 && errno != ENOENT)
			log_warning("an old file of the audit log cannot be removed",
				    LOG_TEXT("file", list.files[i].name),
				    LOG_TEXT("error", strerror(errno)));
	}
	audit_folder_list_finish(&list);
}

static void use(struct audit_files *files, int file, uint64_t number, int64_t size)
{
	files->file = file;
	files->number = number;
	files->size = size;
	files->is_torn = false;
}

/* The name must be as durable as what will stand in the file. */
static int begin_file(struct audit_files *files)
{
	struct audit_folder_file next;
	int file;

	audit_folder_name(&next, files->number + 1, clock_wall());
	file = openat(files->folder, next.name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
		      0600);
	if (file < 0)
		return -errno;
	fsync(files->folder);
	use(files, file, next.number, 0);
	remove_old(files);
	return 0;
}

static void end_file(struct audit_files *files)
{
	if (files->file < 0)
		return;
	sync_file(files);
	close(files->file);
	files->file = -1;
}

static int write_all(int file, struct slice bytes)
{
	while (bytes.length > 0) {
		ssize_t written = write(file, bytes.data, bytes.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written == 0 ? -ENOSPC : -errno;
		bytes = slice_from_bytes(bytes.data + written, bytes.length - (size_t)written);
	}
	return 0;
}

/* All of it or nothing. */
static int append(struct audit_files *files, struct slice lines)
{
	int result = 0;

	files->is_dirty = true;
	if (files->is_torn) {
		result = write_all(files->file, SLICE("\n"));
		files->size += result == 0;
		files->is_torn = result < 0;
	}
	if (result == 0)
		result = write_all(files->file, lines);
	if (result == 0)
		files->size += (int64_t)lines.length;
	else if (ftruncate(files->file, files->size) < 0)
		files->is_torn = true;
	return result;
}

/* Somebody removed the file: what is written to it nobody reads any more. */
static bool is_gone(const struct audit_files *files)
{
	struct stat status;

	return fstat(files->file, &status) == 0 && status.st_nlink == 0;
}

static void leave_removed_file(struct audit_files *files)
{
	log_warning("a file of the audit log was removed while it was written, with its records; "
		    "the next one begins",
		    LOG_NUMBER("number", files->number));
	end_file(files);
}

/* A file takes one page at least, however long that is. */
static int write_lines(struct audit_target *target, struct slice lines, size_t *ret_written)
{
	struct audit_files *files = (struct audit_files *)target;
	int result = 0;

	if (files->file >= 0 && is_gone(files))
		leave_removed_file(files);
	if (files->file >= 0 && files->size > 0 &&
	    files->size + (int64_t)lines.length > files->limit)
		end_file(files);
	if (files->file < 0)
		result = begin_file(files);
	if (result == 0)
		result = append(files, lines);
	*ret_written = result == 0 ? lines.length : 0;
	return result;
}

static int keep(struct audit_target *target)
{
	struct audit_files *files = (struct audit_files *)target;
	int64_t left = files->synced_at + SYNC - clock_monotonic();

	if (!files->is_dirty)
		return -1;
	if (left > 0)
		return (int)left;
	sync_file(files);
	return -1;
}

static void close_files(struct audit_target *target)
{
	struct audit_files *files = (struct audit_files *)target;

	end_file(files);
	if (files->lock >= 0)
		close(files->lock);
	if (files->folder >= 0)
		close(files->folder);
	free(files);
}

static int open_folder(struct audit_files *files, const char *path, struct error *error)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_set(error, -errno, "the folder %s of the audit log cannot be made: %s",
				 path, strerror(errno));
	files->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->folder < 0)
		return error_set(error, -errno,
				 "the folder %s of the audit log cannot be opened: %s; choose "
				 "another with audit.folder",
				 path, strerror(errno));
	return 0;
}

static int take_lock(struct audit_files *files, const char *path, struct error *error)
{
	files->lock = openat(files->folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (files->lock < 0)
		return error_set(error, -errno, "%s/" LOCK_NAME " cannot be made: %s", path,
				 strerror(errno));
	if (flock(files->lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(error, -EBUSY,
				 "another node writes its audit log to %s; give each node its own "
				 "folder with audit.folder",
				 path);
	return 0;
}

static bool ends_within_a_line(int file, int64_t size)
{
	char last = '\n';

	return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

/* The newest file goes on, unless it is full. */
static int find_file(struct audit_files *files)
{
	struct audit_folder_list list;
	struct stat status;
	int file, result = audit_folder_list(files->folder, &list);

	if (result < 0 || list.count == 0)
		return result < 0 ? result : begin_file(files);
	files->number = list.files[list.count - 1].number;
	file = openat(files->folder, list.files[list.count - 1].name,
		      O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	audit_folder_list_finish(&list);
	if (file < 0)
		return -errno;
	if (fstat(file, &status) < 0 || status.st_size >= files->limit) {
		close(file);
		return begin_file(files);
	}
	use(files, file, files->number, status.st_size);
	files->is_torn = ends_within_a_line(file, status.st_size);
	remove_old(files);
	return 0;
}

static int open_files(const struct audit_options *options, struct audit_target **ret_target,
		      struct error *error)
{
	const struct settings *settings = options->settings;
	struct audit_files *files = calloc(1, sizeof(*files));
	int result;

	if (files == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the audit log");
	*files = (struct audit_files){
	    .target.ops = &audit_files_ops,
	    .folder = -1,
	    .lock = -1,
	    .file = -1,
	    .limit = settings->audit_file_bytes,
	    .kept = settings->audit_files,
	};
	result = open_folder(files, settings->audit_folder, error);
	if (result == 0)
		result = take_lock(files, settings->audit_folder, error);
	if (result == 0) {
		result = find_file(files);
		if (result < 0)
			error_set(error, result,
				  "no file of the audit log can be written in %s: %s",
				  settings->audit_folder, strerror(-result));
	}
	if (result < 0)
		close_files(&files->target);
	else
		*ret_target = &files->target;
	return result;
}

const struct audit_target_ops audit_files_ops = {
    .gather = 0,
    .needs_store = false,
    .open = open_files,
    .write = write_lines,
    .keep = keep,
    .close = close_files,
};
