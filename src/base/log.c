/* Each line is built in one buffer and written with one write(), so that lines of several threads
 * never mix. Who reads them may stop reading; the node goes on, and says later how many lines were
 * lost. The sink is the project's only mutable global. */
#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic int minimum = LOG_LEVEL_INFO;
static pthread_mutex_t sink = PTHREAD_MUTEX_INITIALIZER;
static int64_t lost; /* lines, since the last that was written; under `sink` */

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&minimum, (int)level, memory_order_relaxed);
}

static void append_line(struct buffer *line, enum log_level level, const char *message,
			const struct log_field *fields)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};

	buffer_append(line, SLICE("{\"time\":"));
	json_append_time(line, clock_wall());
	buffer_append(line, SLICE(",\"level\":"));
	json_append_string(line, slice_from_string(names[level]));
	buffer_append(line, SLICE(",\"message\":"));
	json_append_string(line, slice_from_string(message));
	for (; fields->name != NULL; fields++) {
		buffer_append_byte(line, ',');
		json_append_name(line, fields->name);
		if (fields->is_number)
			buffer_append_integer(line, fields->number);
		else
			json_append_string(line, fields->text);
	}
	buffer_append(line, SLICE("}\n"));
}

/* What is ready takes a line at once, as long as no other thread comes in between: hence the lock.
 * Standard error is shared with others, so it must not be made non-blocking. */
static bool write_line(const struct buffer *line)
{
	struct pollfd end = {.fd = STDERR_FILENO, .events = POLLOUT};

	return !buffer_failed(line) && poll(&end, 1, 0) > 0 && (end.revents & POLLOUT) != 0 &&
	       write(STDERR_FILENO, line->data, line->length) >= 0;
}

static void tell_lost(void)
{
	const struct log_field fields[] = {LOG_NUMBER("count", lost), LOG_END};
	struct buffer line = BUFFER_EMPTY;

	if (lost == 0)
		return;
	append_line(&line, LOG_LEVEL_WARNING, "log lines were lost, because nobody read them",
		    fields);
	if (write_line(&line))
		lost = 0;
	buffer_finish(&line);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
	struct buffer line = BUFFER_EMPTY;

	if ((int)level < atomic_load_explicit(&minimum, memory_order_relaxed))
		return;
	append_line(&line, level, message, fields);
	pthread_mutex_lock(&sink);
	tell_lost();
	if (!write_line(&line))
		lost++;
	pthread_mutex_unlock(&sink);
	buffer_finish(&line);
}
