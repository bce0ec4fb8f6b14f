#include "bench/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED_TO_EXECUTE = 127, READ_BYTES = 4096 };

/* In the child. execve() takes its arguments without const for historical reasons alone. */
static void become(const char *const *arguments, const char *const *environment, int output)
{
	union {
		const char *const *given;
		char *const *taken;
	} arguments_as = {arguments}, environment_as = {environment};

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execve(arguments[0], arguments_as.taken, environment_as.taken);
	dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerror(errno));
	_exit(FAILED_TO_EXECUTE);
}

static void read_all(int descriptor, struct buffer *output)
{
	char bytes[READ_BYTES];
	ssize_t length;

	while ((length = read(descriptor, bytes, sizeof(bytes))) > 0 ||
	       (length < 0 && errno == EINTR)) {
		if (length > 0)
			buffer_append(output, slice_from_bytes(bytes, (size_t)length));
	}
}

static struct slice last_line(struct slice text)
{
	struct slice line = SLICE("");

	while (text.length > 0) {
		struct slice next = slice_split(&text, '\n');

		if (next.length > 0)
			line = next;
	}
	return line;
}

int command_run(const char *const *arguments, const char *const *environment, struct buffer *output,
		struct error *error)
{
	size_t before = output->length;
	struct slice reason;
	int pipe[2], status = -1;
	pid_t pid;

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return error_set(error, -errno, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		become(arguments, environment, pipe[1]);
	close(pipe[1]);
	if (pid > 0) {
		read_all(pipe[0], output);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pipe[0]);
	if (pid < 0)
		return error_set(error, -EAGAIN, "cannot start %s", arguments[0]);
	if (buffer_failed(output))
		return error_set(error, -ENOMEM, "memory is short");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	reason = last_line(slice_from_bytes(output->data + before, output->length - before));
	return error_set(error, -ECHILD, "%s failed: %.*s", arguments[0], (int)reason.length,
			 reason.data);
}
