/* The servers that are measured: started as children, and watched through /proc. */
#ifndef ALLIM_BENCH_PROCESS_H
#define ALLIM_BENCH_PROCESS_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid; /* 0: not running */
};

/* Starts a program that ends when this one does. Its environment is `environment` (NAME=value, NULL
 * at the end) and nothing else; its output is appended to the file `log`. Returns 0 or a negative
 * errno value with a sentence. A program that cannot be executed shows by ending at once. */
int process_start(struct process *process, const char *const *arguments,
		  const char *const *environment, const char *log, struct error *error);

/* SIGTERM, and SIGKILL when that took more than two seconds. */
void process_stop(struct process *process);

/* Whether it is still there. */
int process_is_running(struct process *process);

/* CPU time that the process and its children have used, in nanoseconds, or -1. */
int64_t process_cpu(const struct process *process);

/* Anonymous memory in RAM, in bytes, or -1: exactly, by the page tables (smaps_rollup), and as the
 * kernel's counter tells it (status), which may be off by some pages for each CPU. */
int64_t process_anonymous(const struct process *process);
int64_t process_anonymous_counter(const struct process *process);

/* Bytes that the process has caused to be written to storage, or -1. */
int64_t process_written(const struct process *process);

#endif
