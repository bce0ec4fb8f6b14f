/* Runs the real servers of a test, which must not outlive it.
 *
 * Beside the test lives a process that starts them (as nobody where the test is root), adopts what
 * they leave behind, and, when the test ends in whatever way, kills all of it and removes the
 * folder. It is forked once, so that what it starts belongs to no thread of the test.
 *
 * Functions fail the test where something does not work. One thread at a time. */
#ifndef ALLIM_TESTS_GUARD_H
#define ALLIM_TESTS_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

struct guard;

/* Makes a temporary folder `name`-XXXXXX, which belongs to what is started. `clean` may be NULL; it
 * is called in the guard's process after the last server and before the folder is removed, and must
 * not allocate. */
struct guard *guard_create(const char *name, void (*clean)(const char *folder));

/* Kills what runs, and waits until nothing is left of it and of the folder. NULL is allowed. */
void guard_destroy(struct guard *guard);

const char *guard_folder(const struct guard *guard);

/* Starts a program (ended by NULL), in the folder, where its output is appended to the file "log".
 * Returns its process id. */
pid_t guard_start(struct guard *guard, const char *const *command);

/* Whether anything that was started still runs, children of children included. */
bool guard_is_busy(struct guard *guard);

/* Waits until nothing runs. Returns the exit status of what ended last, 128 and more for
 * signals. */
int guard_wait(struct guard *guard);

/* SIGKILL to everything. Nothing of it is left afterwards. */
void guard_kill(struct guard *guard);

/* SIGSTOP to everything, parents first, so that nothing is born meanwhile; and SIGCONT. */
void guard_freeze(struct guard *guard);
void guard_thaw(struct guard *guard);

/* The last lines of the file "log", for messages. Static storage until the next call. */
const char *guard_log(const struct guard *guard);

#endif
