/* Descriptors 0 to 2 are memory files while the command runs. */
#include "running.h"

#include "lib/assertions.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS = 32 };

const char *running_locale = "C";

static int open_memory(const char *content)
{
	int descriptor = memfd_create("standard", 0);

	assert_true(descriptor >= 0);
	if (content != NULL)
		assert_int_equal(write(descriptor, content, strlen(content)), strlen(content));
	assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
	return descriptor;
}

/* Puts a memory file in place of `standard` and returns a copy of what was there. */
static int redirect(int standard, const char *content)
{
	int saved = dup(standard), memory = open_memory(content);

	assert_true(saved >= 0);
	assert_int_equal(dup2(memory, standard), standard);
	close(memory);
	return saved;
}

static void restore(int standard, int saved, char *text, size_t size)
{
	ssize_t length = 0;

	if (text != NULL) {
		length = pread(standard, text, size - 1, 0);
		assert_true(length >= 0);
		text[length] = '\0';
	}
	assert_int_equal(dup2(saved, standard), standard);
	close(saved);
}

/* Flags reorder their arguments, so the copies are also kept where they were. */
static int run(const char *const *words)
{
	const struct command *command;
	char *copies[WORDS] = {NULL}, *arguments[WORDS] = {NULL};
	struct error error;
	size_t count = 0, used;
	int status;

	for (; words[count] != NULL; count++) {
		assert_true(count < WORDS - 1);
		arguments[count] = copies[count] = strdup(words[count]);
	}
	command = command_find(arguments, &used, &error);
	assert_non_null(command);
	status = command->run(command, arguments + used);
	while (count > 0)
		free(copies[--count]);
	return status;
}

const struct running *running_of(const char *input, const char *const *words)
{
	static struct running running;
	int saved[3];

	setenv("LC_ALL", running_locale, 1);
	fflush(stdout);
	saved[0] = redirect(STDIN_FILENO, input);
	saved[1] = redirect(STDOUT_FILENO, NULL);
	saved[2] = redirect(STDERR_FILENO, NULL);
	clearerr(stdin);
	running.status = run(words);
	fflush(stdout);
	restore(STDIN_FILENO, saved[0], NULL, 0);
	restore(STDOUT_FILENO, saved[1], running.output, sizeof(running.output));
	restore(STDERR_FILENO, saved[2], running.errors, sizeof(running.errors));
	return &running;
}

void running_assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

json_t *running_json(const struct running *running)
{
	json_t *json = json_loads(running->output, 0, NULL);

	assert_string_equal(running->errors, "");
	assert_int_equal(running->status, COMMAND_DONE);
	assert_non_null(json);
	return json;
}

void running_save(const struct running *running, char *path)
{
	size_t length = strlen(running->output);
	int descriptor = mkstemp(path);

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, running->output, length), length);
	close(descriptor);
}
