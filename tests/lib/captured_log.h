/* Log lines into a file instead of standard error, to be looked at while they are written. */
#ifndef ALLIM_TESTS_CAPTURED_LOG_H
#define ALLIM_TESTS_CAPTURED_LOG_H

/* One at a time. */
struct captured_log {
	int saved;
	int file;
};

void captured_log_start(struct captured_log *log);

/* How often the text stands there so far. */
unsigned captured_log_count(const struct captured_log *log, const char *text);

/* Standard error is as before, and gets what was written meanwhile. */
void captured_log_end(struct captured_log *log);

#endif
