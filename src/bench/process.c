/* CPU time comes from the process's CPU clock (clock_getcpuclockid(3)), which counts nanoseconds of
 * all its threads, also of those that have ended; utime and stime of /proc/PID/stat are the same
 * sum in ticks of 10 ms. */
#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_STEPS = 200, STOP_STEP_MICROSECONDS = 10000, FAILED_TO_EXECUTE = 127 };

/* In the child. execve() takes its arguments without const for historical reasons alone. */
static void become(const char *const *arguments, const char *const *environment, const char *log)
{
	int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	union {
		const char *const *given;
		char *const *taken;
	} arguments_as = {arguments}, environment_as = {environment};

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (output >= 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
	}
	execve(arguments[0], arguments_as.taken, environment_as.taken);
	dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerror(errno));
	_exit(FAILED_TO_EXECUTE);
}

int process_start(struct process *process, const char *const *arguments,
		  const char *const *environment, const char *log, struct error *error)
{
	pid_t pid = fork();

	if (pid < 0)
		return error_set(error, -errno, "cannot start %s: %s", arguments[0],
				 strerror(errno));
	if (pid == 0)
		become(arguments, environment, log);
	process->pid = pid;
	return 0;
}

int process_is_running(struct process *process)
{
	if (process->pid > 0 && waitpid(process->pid, NULL, WNOHANG) != 0)
		process->pid = 0;
	return process->pid > 0;
}

void process_stop(struct process *process)
{
	if (!process_is_running(process))
		return;
	kill(process->pid, SIGTERM);
	for (int step = 0; step < STOP_STEPS && process_is_running(process); step++)
		usleep(STOP_STEP_MICROSECONDS);
	if (process->pid > 0) {
		kill(process->pid, SIGKILL);
		waitpid(process->pid, NULL, 0);
		process->pid = 0;
	}
}

static int64_t cpu_of(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) < 0)
		return -1;
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* nginx works in children of its master. */
int64_t process_cpu(const struct process *process)
{
	int64_t sum = cpu_of(process->pid);
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", process->pid, process->pid);
	file = fopen(path, "re");
	if (file == NULL)
		return sum;
	while (fscanf(file, "%d", &child) == 1) {
		int64_t cpu = cpu_of(child);

		sum += cpu > 0 ? cpu : 0;
	}
	fclose(file);
	return sum;
}

/* The number behind `name` in a file of /proc/PID. */
static int64_t read_field(const struct process *process, const char *name_of_file, const char *name)
{
	size_t length = strlen(name);
	int64_t value = -1;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", process->pid, name_of_file);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, name, length) == 0)
			value = strtoll(line + length, NULL, 10);
	}
	fclose(file);
	return value;
}

static int64_t kibibytes(int64_t value)
{
	return value < 0 ? value : value * 1024;
}

int64_t process_anonymous(const struct process *process)
{
	return kibibytes(read_field(process, "smaps_rollup", "Anonymous:"));
}

int64_t process_anonymous_counter(const struct process *process)
{
	return kibibytes(read_field(process, "status", "RssAnon:"));
}

int64_t process_written(const struct process *process)
{
	return read_field(process, "io", "write_bytes:");
}
