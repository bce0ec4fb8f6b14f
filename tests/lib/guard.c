/* Test and guard talk through a socket of messages: one letter, for a start with the command behind
 * it; each is answered by a number. The end of the socket is the end of the test.
 *
 * The guard is a subreaper: whose parent dies becomes its child. So it is enough to kill
 * children until there are none. It is forked from a program that may have threads, so it
 * allocates nothing. */
#include "lib/guard.h"

#include "lib/assertions.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	NOBODY = 65534,
	MESSAGE_BYTES = 8192,
	ARGUMENTS = 64,
	CHILDREN_BYTES = 16384,
	LOG_BYTES = 65536,
	PAUSE_MICROSECONDS = 2000,
};

enum request {
	REQUEST_START = 's',
	REQUEST_COUNT = 'c',
	REQUEST_KILL = 'k',
	REQUEST_FREEZE = 'f',
	REQUEST_THAW = 't',
};

struct guard {
	int socket;
	pid_t pid;
	int status; /* of what ended last */
	void (*clean)(const char *folder);
	char folder[64];
};

/* What the guard says. */
struct reply {
	int number;
	int status;
};

static void pause_shortly(void)
{
	usleep(PAUSE_MICROSECONDS);
}

static size_t read_file(const char *path, char *buffer, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;

	if (file < 0)
		return 0;
	while (length < size - 1 && (got = read(file, buffer + length, size - 1 - length)) > 0)
		length += (size_t)got;
	close(file);
	buffer[length] = '\0';
	return length;
}

static bool is_stopped(pid_t pid)
{
	char path[64], text[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, text, sizeof(text)) == 0)
		return true; /* it is gone */
	state = strrchr(text, ')');
	return state != NULL && strchr("TtZX", state[2]) != NULL;
}

/* Signals the children of a process, and theirs. */
static void signal_children(pid_t parent, int signal)
{
	char path[64], text[CHILDREN_BYTES];
	const char *place = text;
	char *end;
	pid_t child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	if (read_file(path, text, sizeof(text)) == 0)
		return;
	for (; (child = (pid_t)strtol(place, &end, 10)) > 0; place = end) {
		if (signal == SIGCONT)
			signal_children(child, signal);
		kill(child, signal);
		while (signal == SIGSTOP && !is_stopped(child))
			pause_shortly();
		if (signal != SIGCONT)
			signal_children(child, signal);
	}
}

static void kill_all(struct guard *guard)
{
	pid_t ended;

	do {
		signal_children(getpid(), SIGKILL);
		ended = waitpid(-1, &guard->status, 0);
	} while (ended > 0 || errno == EINTR);
}

/* Returns whether a child is left. */
static bool reap(struct guard *guard)
{
	pid_t ended;
	int status;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
		guard->status = status;
	return ended == 0;
}

/* Changing the user forgets the signal of the parent's death, so that comes last. */
static void become_unprivileged(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			       setresuid(NOBODY, NOBODY, NOBODY) < 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void execute(const struct guard *guard, char *command)
{
	char *arguments[ARGUMENTS + 1] = {NULL};
	sigset_t none;
	int log, input;

	for (size_t i = 0; i < ARGUMENTS && *command != '\0'; i++) {
		arguments[i] = command;
		command += strlen(command) + 1;
	}
	become_unprivileged();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	umask(077);
	if (chdir(guard->folder) < 0)
		_exit(126);
	log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	input = open("/dev/null", O_RDONLY);
	if (log < 0 || input < 0 || dup2(input, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(126);
	execvp(arguments[0], arguments);
	_exit(127);
}

static int start(const struct guard *guard, char *command)
{
	pid_t child = fork();

	if (child == 0) {
		close(guard->socket);
		execute(guard, command);
	}
	return child;
}

static void answer(struct guard *guard, char *message)
{
	struct reply reply = {.number = 0};

	switch ((enum request)message[0]) {
	case REQUEST_START:
		reply.number = start(guard, message + 1);
		break;
	case REQUEST_COUNT:
		reply.number = reap(guard);
		break;
	case REQUEST_KILL:
		kill_all(guard);
		break;
	case REQUEST_FREEZE:
		signal_children(getpid(), SIGSTOP);
		break;
	case REQUEST_THAW:
		signal_children(getpid(), SIGCONT);
		break;
	}
	reply.status = guard->status;
	send(guard->socket, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* A session of its own: what a terminal or a test runner sends to the test's group must not end
 * the guard first. */
static void __attribute__((noreturn)) run(struct guard *guard)
{
	char message[MESSAGE_BYTES + 2];
	ssize_t length;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "guard");
	if (dup2(guard->socket, 3) < 0)
		_exit(1);
	guard->socket = 3;
	close_range(4, ~0U, 0);
	while ((length = recv(guard->socket, message, MESSAGE_BYTES, 0)) > 0) {
		message[length] = message[length + 1] = '\0';
		answer(guard, message);
	}
	kill_all(guard);
	if (guard->clean != NULL)
		guard->clean(guard->folder);
	execl("/bin/rm", "rm", "-rf", "--", guard->folder, (char *)NULL);
	_exit(1);
}

static void make_folder(struct guard *guard, const char *name)
{
	const char *parent = getenv("TMPDIR");

	snprintf(guard->folder, sizeof(guard->folder), "%s/%s-XXXXXX",
		 parent == NULL ? "/tmp" : parent, name);
	assert_non_null(mkdtemp(guard->folder));
	if (geteuid() == 0)
		assert_int_equal(chown(guard->folder, NOBODY, NOBODY), 0);
}

struct guard *guard_create(const char *name, void (*clean)(const char *folder))
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int sockets[2];

	assert_non_null(guard);
	guard->clean = clean;
	make_folder(guard, name);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	guard->pid = fork();
	assert_true(guard->pid >= 0);
	guard->socket = sockets[guard->pid == 0 ? 1 : 0];
	if (guard->pid == 0)
		run(guard);
	close(sockets[1]);
	return guard;
}

void guard_destroy(struct guard *guard)
{
	int status;

	if (guard == NULL)
		return;
	close(guard->socket);
	while (waitpid(guard->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	free(guard);
}

const char *guard_folder(const struct guard *guard)
{
	return guard->folder;
}

static int ask(struct guard *guard, const char *message, size_t length)
{
	struct reply reply;

	if (send(guard->socket, message, length, MSG_NOSIGNAL) < 0 ||
	    recv(guard->socket, &reply, sizeof(reply), 0) != sizeof(reply))
		fail_msg("the guard of %s is gone", guard->folder);
	guard->status = reply.status;
	return reply.number;
}

static int request(struct guard *guard, enum request request)
{
	char letter = (char)request;

	return ask(guard, &letter, 1);
}

pid_t guard_start(struct guard *guard, const char *const *command)
{
	char message[MESSAGE_BYTES] = {REQUEST_START};
	size_t length = 1;
	pid_t pid;

	for (size_t i = 0; command[i] != NULL; i++) {
		size_t size = strlen(command[i]) + 1;

		assert_true(i < ARGUMENTS && size > 1 && size <= sizeof(message) - length);
		memcpy(message + length, command[i], size);
		length += size;
	}
	pid = ask(guard, message, length);
	assert_true(pid > 0);
	return pid;
}

bool guard_is_busy(struct guard *guard)
{
	return request(guard, REQUEST_COUNT) != 0;
}

int guard_wait(struct guard *guard)
{
	while (guard_is_busy(guard))
		pause_shortly();
	return WIFEXITED(guard->status) ? WEXITSTATUS(guard->status)
					: 128 + WTERMSIG(guard->status);
}

void guard_kill(struct guard *guard)
{
	request(guard, REQUEST_KILL);
}

void guard_freeze(struct guard *guard)
{
	request(guard, REQUEST_FREEZE);
}

void guard_thaw(struct guard *guard)
{
	request(guard, REQUEST_THAW);
}

const char *guard_log(const struct guard *guard)
{
	static char text[LOG_BYTES];
	char path[128];
	FILE *file;
	size_t length = 0;

	snprintf(path, sizeof(path), "%s/log", guard->folder);
	file = fopen(path, "r");
	if (file != NULL) {
		if (fseek(file, -(long)(sizeof(text) - 1), SEEK_END) < 0)
			rewind(file);
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[length] = '\0';
	return text;
}
