/* Each line is built in one buffer and written with one write(), so that lines of several threads
 * never mix. The level is the project's only mutable global. */
#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdatomic.h>
#include <unistd.h>

static _Atomic int minimum = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&minimum, (int)level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};
	struct buffer line = BUFFER_EMPTY;

	if ((int)level < atomic_load_explicit(&minimum, memory_order_relaxed))
		return;
	buffer_append(&line, SLICE("{\"time\":"));
	json_append_time(&line, clock_wall());
	buffer_append(&line, SLICE(",\"level\":"));
	json_append_string(&line, slice_from_string(names[level]));
	buffer_append(&line, SLICE(",\"message\":"));
	json_append_string(&line, slice_from_string(message));
	for (; fields->name != NULL; fields++) {
		buffer_append_byte(&line, ',');
		json_append_name(&line, fields->name);
		if (fields->is_number)
			buffer_append_integer(&line, fields->number);
		else
			json_append_string(&line, fields->text);
	}
	buffer_append(&line, SLICE("}\n"));
	if (!buffer_failed(&line) && write(STDERR_FILENO, line.data, line.length) < 0) {
		/* Nobody is left to tell. */
	}
	buffer_finish(&line);
}
