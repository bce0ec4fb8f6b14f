/* From uname(2), sysconf(3) and /proc/cpuinfo, and one second of syncing. */
#include "bench/machine.h"

#include "base/json.h"
#include "bench/disk.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { SYNC_BYTES = 4096, SYNC_SECONDS = 1 };

static void append_processor(struct buffer *buffer)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	struct slice model = SLICE("unknown");
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		struct slice rest = slice_from_string(line);

		if (!slice_equals(slice_trim(slice_split(&rest, ':')), SLICE("model name")))
			continue;
		model = slice_trim(slice_split(&rest, '\n'));
		break;
	}
	json_append_name(buffer, "processor");
	json_append_string(buffer, model);
	if (file != NULL)
		fclose(file);
}

static void append_number(struct buffer *buffer, const char *name, int64_t number)
{
	buffer_append_byte(buffer, ',');
	json_append_name(buffer, name);
	buffer_append_integer(buffer, number);
}

static void append_kernel(struct buffer *buffer)
{
	struct utsname names;

	if (uname(&names) < 0)
		return;
	buffer_append_byte(buffer, ',');
	json_append_name(buffer, "kernel");
	json_append_string(buffer, slice_from_string(names.release));
}

static void append_sync(struct buffer *buffer, const char *folder)
{
	static const char *const names[] = {"sync_4k_p50_ns", "sync_4k_p99_ns"};
	static const double shares[] = {0.5, 0.99};
	struct histogram durations;
	struct error error;

	if (disk_measure(folder, SYNC_BYTES, SYNC_SECONDS, &durations, &error) < 0)
		return;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		append_number(buffer, names[i], histogram_percentile(&durations, shares[i]));
}

void machine_append_json(const char *folder, struct buffer *buffer)
{
	struct rlimit files = {0};

	getrlimit(RLIMIT_NOFILE, &files);
	buffer_append_byte(buffer, '{');
	append_processor(buffer);
	append_number(buffer, "cores", sysconf(_SC_NPROCESSORS_ONLN));
	append_number(buffer, "memory_bytes", sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
	append_number(buffer, "open_files", (int64_t)files.rlim_cur);
	append_kernel(buffer);
	append_sync(buffer, folder);
	buffer_append_byte(buffer, '}');
}
