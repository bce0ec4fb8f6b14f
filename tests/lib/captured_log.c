/* The file has no name, so nothing of it is left however the test ends. A test that fails does not
 * come to its end, and what it captured would be missed most then: the next start, or the end of
 * the program, writes it out. */
#include "lib/captured_log.h"

#include "lib/assertions.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct captured_log current;
static bool running;

static char *read_all(const struct captured_log *log)
{
	struct stat status;
	char *text;
	ssize_t length;

	assert_int_equal(fstat(log->file, &status), 0);
	text = malloc((size_t)status.st_size + 1);
	assert_non_null(text);
	length = pread(log->file, text, (size_t)status.st_size, 0);
	assert_true(length >= 0);
	text[length] = '\0';
	return text;
}

unsigned captured_log_count(const struct captured_log *log, const char *text)
{
	char *all = read_all(log);
	unsigned count = 0;

	for (const char *at = all; (at = strstr(at, text)) != NULL; at += strlen(text))
		count++;
	free(all);
	return count;
}

void captured_log_end(struct captured_log *log)
{
	char *all = read_all(log);
	ssize_t ignored;

	dup2(log->saved, STDERR_FILENO);
	ignored = write(STDERR_FILENO, all, strlen(all));
	(void)ignored;
	free(all);
	close(log->saved);
	close(log->file);
	running = false;
}

static void end_running(void)
{
	if (running)
		captured_log_end(&current);
}

void captured_log_start(struct captured_log *log)
{
	static bool registered;

	end_running();
	if (!registered)
		atexit(end_running);
	registered = true;
	log->file = memfd_create("log", MFD_CLOEXEC);
	log->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	assert_true(log->file >= 0 && log->saved >= 0);
	assert_true(dup2(log->file, STDERR_FILENO) >= 0);
	current = *log;
	running = true;
}
