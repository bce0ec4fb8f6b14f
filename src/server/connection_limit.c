#include "server/connection_limit.h"

#include <dirent.h>
#include <sys/resource.h>

/* For the store and the like, and for administrators. */
enum { OWN_DESCRIPTORS = 32, ADMIN_CONNECTIONS = 64 };

static uint64_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

void connection_limit_set(struct node *node, const struct settings *settings)
{
	uint64_t used = count_descriptors(), reserved = OWN_DESCRIPTORS + ADMIN_CONNECTIONS;
	struct rlimit limit = {0};
	uint64_t possible;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	possible = limit.rlim_cur > used ? limit.rlim_cur - used : 2;
	if (reserved > possible / 2)
		reserved = possible / 2;
	node->admin_connection_limit =
	    reserved * ADMIN_CONNECTIONS / (OWN_DESCRIPTORS + ADMIN_CONNECTIONS);
	if (node->admin_connection_limit == 0)
		node->admin_connection_limit = 1;
	possible -= reserved;
	node->limited_by_files =
	    settings->limits_connections == 0 || (uint64_t)settings->limits_connections > possible;
	node->connection_limit =
	    node->limited_by_files ? possible : (uint64_t)settings->limits_connections;
}
