/* Log lines: one JSON object a line on standard error, from any thread.
 *
 *	log_info("listening", LOG_TEXT("address", address), LOG_NUMBER("workers", workers));
 *
 * Never waits: what standard error does not take at once is lost, and counted in a later line.
 * Tokens, tickets, keys and bodies are never logged. */
#ifndef ALLIM_BASE_LOG_H
#define ALLIM_BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log_field {
	const char *name; /* NULL ends the list */
	struct slice text;
	int64_t number;
	bool is_number;
};

#define LOG_TEXT(name_, text_)	   ((struct log_field){(name_), slice_from_string(text_), 0, false})
#define LOG_SLICE(name_, slice_)   ((struct log_field){(name_), (slice_), 0, false})
#define LOG_NUMBER(name_, number_) ((struct log_field){(name_), {"", 0}, (int64_t)(number_), true})

/* Lines below `level` are dropped from now on. Starts at LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *message, const struct log_field *fields);

#define LOG_END ((struct log_field){NULL, {"", 0}, 0, false})

#define LOG_WRITE(level, message, ...) \
	log_write(level, message, (const struct log_field[]){__VA_ARGS__})

#define log_debug(...)	 LOG_WRITE(LOG_LEVEL_DEBUG, __VA_ARGS__, LOG_END)
#define log_info(...)	 LOG_WRITE(LOG_LEVEL_INFO, __VA_ARGS__, LOG_END)
#define log_warning(...) LOG_WRITE(LOG_LEVEL_WARNING, __VA_ARGS__, LOG_END)
#define log_error(...)	 LOG_WRITE(LOG_LEVEL_ERROR, __VA_ARGS__, LOG_END)

#endif
