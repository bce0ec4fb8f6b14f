/* Every server gets what makes it fast: nginx has no access log, endless keep-alive, a cache of
 * open files and a listener for each worker. */
#include "bench/target.h"

#include "bench/call.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	START_STEPS = 1500,
	START_STEP_MICROSECONDS = 10000,
	STATIC_FILE_BYTES = 200,
	PORT_BYTES = 32,
	ARGUMENTS = 40,
	PASSWORDS = 2,
	PASSWORD_BYTES = 1200,
};

struct target_environment {
	const char *items[PASSWORDS + 3];
	char texts[PASSWORDS][PASSWORD_BYTES];
};

struct target_ops {
	const char *name;
	/* Starts the program, with what it needs in the target's folder. */
	int (*start)(struct target *target, const struct bench *bench, unsigned threads,
		     unsigned heartbeat, struct error *error);
	/* The request that tells whether it is up, to `admin` where that has a port. */
	const char *probe;
};

static const struct target_ops kinds[TARGET_KINDS];

/* A port that is free now. */
static int find_port(union socket_address *ret_address, struct error *error)
{
	union socket_address address = {.v4 = {.sin_family = AF_INET}};
	int descriptor;

	address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	descriptor = socket_listen(&address, 1, error);
	if (descriptor < 0)
		return descriptor;
	close(descriptor);
	*ret_address = address;
	return 0;
}

static void append_path(char path[static TARGET_PATH_BYTES + 32], const struct target *target,
			const char *name)
{
	snprintf(path, TARGET_PATH_BYTES + 32, "%s/%s", target->folder, name);
}

/* Keys of the benchmarks, and the passwords of the servers that the nodes of a cluster share. */
static void append_environment(struct target_environment *environment)
{
	static const char *const passed_on[] = {"ALLIM_STORE_PASSWORD", "ALLIM_REDIS_PASSWORD"};
	size_t count = 0;

	environment->items[count++] = "ALLIM_API_KEY=" USERS_API_KEY;
	environment->items[count++] = "ALLIM_JWT_SECRET=" USERS_SECRET;
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
		const char *value = getenv(passed_on[i]);
		char *text = environment->texts[i];

		if (value == NULL)
			continue;
		snprintf(text, sizeof(environment->texts[i]), "%s=%s", passed_on[i], value);
		environment->items[count++] = text;
	}
}

static int start_allim(struct target *target, const struct bench *bench, unsigned threads,
		       unsigned heartbeat, struct error *error)
{
	char listen[SOCKET_ADDRESS_BYTES], admin[SOCKET_ADDRESS_BYTES];
	char workers[PORT_BYTES], seconds[PORT_BYTES], log[TARGET_PATH_BYTES + 32];
	struct target_environment environment = {.items = {NULL}};
	const char *const own_store[] = {"--data", target->folder, NULL};
	const char *const *flags = target->flags != NULL ? target->flags : own_store;
	const char *arguments[ARGUMENTS] = {bench->options.allim,
					    "serve",
					    "--demo",
					    "--listen",
					    listen,
					    "--admin-listen",
					    admin,
					    "--http-workers",
					    workers,
					    "--stream-heartbeat",
					    seconds,
					    "--limits-requests-per-minute",
					    "0",
					    "--drain-duration",
					    "0s"};
	size_t count = 0;
	int code = find_port(&target->admin, error);

	if (code < 0)
		return code;
	while (arguments[count] != NULL)
		count++;
	while (*flags != NULL && count < ARGUMENTS - 1)
		arguments[count++] = *flags++;
	append_environment(&environment);
	socket_address_format(&target->address, listen);
	socket_address_format(&target->admin, admin);
	snprintf(workers, sizeof(workers), "%u", threads);
	snprintf(seconds, sizeof(seconds), "%us", heartbeat == 0 ? 300 : heartbeat);
	append_path(log, target, "log");
	return process_start(&target->process, arguments, environment.items, log, error);
}

static int start_bare(struct target *target, const struct bench *bench, unsigned threads,
		      unsigned heartbeat, struct error *error)
{
	char port[PORT_BYTES], count[PORT_BYTES], milliseconds[PORT_BYTES];
	char log[TARGET_PATH_BYTES + 32];
	const char *environment[] = {NULL};
	const char *arguments[] = {bench->options.bare, port, count, milliseconds, NULL};

	snprintf(port, sizeof(port), "%u", ntohs(target->address.v4.sin_port));
	snprintf(count, sizeof(count), "%u", threads);
	snprintf(milliseconds, sizeof(milliseconds), "%u", heartbeat * 1000);
	append_path(log, target, "log");
	return process_start(&target->process, arguments, environment, log, error);
}

static int write_file(const char *path, struct slice content, struct error *error)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return error_set(error, -errno, "cannot write %s: %s", path, strerror(errno));
	fwrite(content.data, 1, content.length, file);
	if (fclose(file) != 0)
		return error_set(error, -errno, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

/* Workers of a master that runs as root would become nobody, who may not read the folder. */
static int write_nginx_configuration(const struct target *target, unsigned threads,
				     const char *path, struct error *error)
{
	struct buffer text = BUFFER_EMPTY;
	char address[SOCKET_ADDRESS_BYTES];
	int code;

	socket_address_format(&target->address, address);
	buffer_append_format(
	    &text,
	    "%sdaemon off; worker_processes %u; pid nginx.pid; error_log log;\n"
	    "worker_rlimit_nofile 8192;\n"
	    "events { worker_connections 4096; }\n"
	    "http {\n"
	    "\taccess_log off; sendfile on; tcp_nodelay on; default_type text/plain;\n"
	    "\tkeepalive_timeout 300s; keepalive_requests 1000000000;\n"
	    "\topen_file_cache max=16; open_file_cache_valid 300s;\n"
	    "\tclient_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n"
	    "\tuwsgi_temp_path t4; scgi_temp_path t5;\n"
	    "\tserver { listen %s reuseport backlog=4096; root .; }\n"
	    "}\n",
	    geteuid() == 0 ? "user root; " : "", threads, address);
	code = buffer_failed(&text) ? error_set(error, -ENOMEM, "memory is short")
				    : write_file(path, buffer_slice(&text), error);
	buffer_finish(&text);
	return code;
}

static int start_nginx(struct target *target, const struct bench *bench, unsigned threads,
		       unsigned heartbeat, struct error *error)
{
	char configuration[TARGET_PATH_BYTES + 32], file[TARGET_PATH_BYTES + 32];
	char log[TARGET_PATH_BYTES + 32], content[STATIC_FILE_BYTES];
	const char *environment[] = {NULL};
	const char *arguments[] = {bench->options.nginx, "-p", target->folder, "-c",
				   configuration,	 "-e", "log",	       NULL};
	int code;

	(void)heartbeat;
	append_path(configuration, target, "nginx.conf");
	append_path(file, target, "static.txt");
	append_path(log, target, "log");
	memset(content, 'x', sizeof(content));
	code = write_nginx_configuration(target, threads, configuration, error);
	if (code == 0)
		code = write_file(file, slice_from_bytes(content, sizeof(content)), error);
	return code < 0 ? code
			: process_start(&target->process, arguments, environment, log, error);
}

static int make_folder(struct target *target, const struct bench *bench, struct error *error)
{
	char path[TARGET_PATH_BYTES + 64];
	const char *folder = bench->options.folder;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return error_set(error, -errno, "cannot make the folder %s: %s", folder,
				 strerror(errno));
	if (realpath(folder, target->folder) == NULL)
		return error_set(error, -errno, "%s: %s", folder, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s-XXXXXX", target->folder, kinds[target->kind].name);
	if (strlen(path) >= sizeof(target->folder) || mkdtemp(path) == NULL)
		return error_set(error, -errno, "cannot make a folder in %s", folder);
	memcpy(target->folder, path, strlen(path) + 1);
	return 0;
}

static int wait_until_up(struct target *target, struct error *error)
{
	const char *name = kinds[target->kind].name;
	const union socket_address *address =
	    target->admin.any.sa_family == AF_INET ? &target->admin : &target->address;

	for (int step = 0; step < START_STEPS; step++) {
		if (!process_is_running(&target->process))
			return error_set(error, -ECHILD, "%s ended at once; see %s/log", name,
					 target->folder);
		if (call_server(address, slice_from_string(kinds[target->kind].probe)) == 200)
			return 0;
		usleep(START_STEP_MICROSECONDS);
	}
	return error_set(error, -ETIMEDOUT, "%s does not answer; see %s/log", name, target->folder);
}

static int start(struct target *target, const struct bench *bench, unsigned threads,
		 unsigned heartbeat, struct error *error)
{
	int code = make_folder(target, bench, error);

	if (code == 0)
		code = find_port(&target->address, error);
	if (code == 0)
		code = kinds[target->kind].start(target, bench, threads, heartbeat, error);
	if (code == 0)
		code = wait_until_up(target, error);
	if (code < 0)
		process_stop(&target->process);
	return code;
}

int target_start(struct target *target, enum target_kind kind, const struct bench *bench,
		 unsigned threads, unsigned heartbeat, struct error *error)
{
	*target = (struct target){.kind = kind};
	return start(target, bench, threads, heartbeat, error);
}

int target_start_node(struct target *target, const struct bench *bench, unsigned threads,
		      const char *const *flags, struct error *error)
{
	*target = (struct target){.kind = TARGET_ALLIM, .flags = flags};
	return start(target, bench, threads, TARGET_NO_HEARTBEAT, error);
}

/* The folder has only files, and nginx's empty folders. */
static void remove_folder(const char *folder)
{
	char path[TARGET_PATH_BYTES + 512];
	DIR *directory = opendir(folder);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		remove(path);
	}
	closedir(directory);
	rmdir(folder);
}

void target_stop(struct target *target)
{
	if (target->process.pid == 0)
		return;
	process_stop(&target->process);
	remove_folder(target->folder);
}

/* All of a request but its path is the same for every side, so that reading it costs the same. */
static void append_request(struct buffer *buffer, const struct users *users, unsigned number,
			   const char *accept)
{
	buffer_append_format(buffer,
			     " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: %s\r\n"
			     "Authorization: Bearer ",
			     accept);
	users_append_token(users, number, buffer);
	buffer_append_string(buffer, "\r\n");
}

void target_append_stream_request(const struct target *target, enum stream_wire wire,
				  const struct users *users, unsigned number, struct buffer *buffer)
{
	const struct stream_wire_ops *ops = stream_wire_ops(wire);

	if (target->kind == TARGET_ALLIM)
		buffer_append_format(buffer, "GET %s", ops->path);
	else
		buffer_append_format(buffer, "GET /stream/%u", number);
	append_request(buffer, users, number, ops->accept);
	buffer_append_format(buffer, "%s\r\n", ops->headers);
}

void target_append_poll_request(const struct target *target, const struct users *users,
				unsigned number, struct slice etag, struct buffer *buffer)
{
	buffer_append_string(buffer,
			     target->kind == TARGET_ALLIM ? "GET /v1/inbox" : "GET /static.txt");
	append_request(buffer, users, number, "application/json");
	if (etag.length > 0) {
		buffer_append_string(buffer, "If-None-Match: ");
		buffer_append(buffer, etag);
		buffer_append_string(buffer, "\r\n");
	}
	buffer_append_string(buffer, "\r\n");
}

static const struct target_ops kinds[TARGET_KINDS] = {
    [TARGET_ALLIM] = {.name = "allim",
		      .start = start_allim,
		      .probe = "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
    [TARGET_BARE] = {.name = "bare",
		     .start = start_bare,
		     .probe = "GET /static.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
    [TARGET_NGINX] = {.name = "nginx",
		      .start = start_nginx,
		      .probe = "GET /static.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
};
