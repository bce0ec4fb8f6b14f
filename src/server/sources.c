/* A table of their figures serves both, /metrics and /stats. */
#include "server/sources.h"

#include "base/buffer.h"

#include <assert.h>
#include <stddef.h>

static const struct figure {
	const char *name;
	const char *kind;
	const char *help;
	size_t member; /* of struct source_statistics, a uint64_t */
} figures[] = {
    {"received_total", "counter", "Messages taken from a queue.",
     offsetof(struct source_statistics, received)},
    {"published_total", "counter", "Messages published.",
     offsetof(struct source_statistics, published)},
    {"repeated_total", "counter", "Messages that had been published before.",
     offsetof(struct source_statistics, repeated)},
    {"dropped_total", "counter", "Messages that rules dropped.",
     offsetof(struct source_statistics, dropped)},
    {"skipped_total", "counter", "Messages without a value, which say nothing.",
     offsetof(struct source_statistics, skipped)},
    {"buried_total", "counter", "Messages that became dead letters.",
     offsetof(struct source_statistics, buried)},
    {"retries_total", "counter", "Batches of messages that the store failed.",
     offsetof(struct source_statistics, retries)},
    {"reconnections_total", "counter", "Times that a source connected again.",
     offsetof(struct source_statistics, reconnections)},
    {"pauses_total", "counter", "Times that no more was taken, since too much waited.",
     offsetof(struct source_statistics, pauses)},
    {"waiting", "gauge", "Messages that wait for the store.",
     offsetof(struct source_statistics, waiting)},
    {"waiting_bytes", "gauge", "Bytes that messages take that wait for the store.",
     offsetof(struct source_statistics, waiting_bytes)},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

bool sources_are_wanted(const struct settings *settings)
{
	for (size_t i = 0; source_table[i] != NULL; i++) {
		if (source_table[i]->is_wanted(settings))
			return true;
	}
	return false;
}

int sources_check(const struct settings *settings, struct error *error)
{
	int result = 0;

	for (size_t i = 0; source_table[i] != NULL && result == 0; i++) {
		if (source_table[i]->is_wanted(settings))
			result = source_table[i]->check(settings, error);
	}
	return result;
}

static unsigned count_open(const struct sources *sources)
{
	return atomic_load_explicit(&sources->count, memory_order_acquire);
}

int sources_open(struct sources *sources, const struct source_options *options, struct error *error)
{
	unsigned count = count_open(sources);
	int result = 0;

	for (size_t i = 0; source_table[i] != NULL && result == 0; i++) {
		if (!source_table[i]->is_wanted(&options->configuration->settings))
			continue;
		assert(count < SOURCES_MOST);
		result = source_table[i]->open(options, &sources->open[count], error);
		count += result == 0;
		atomic_store_explicit(&sources->count, count, memory_order_release);
	}
	return result;
}

void sources_reconfigure(const struct sources *sources, struct configuration *configuration)
{
	unsigned count = count_open(sources);

	for (unsigned i = 0; i < count; i++)
		source_reconfigure(sources->open[i], configuration);
}

void sources_close(struct sources *sources)
{
	unsigned count = count_open(sources);

	atomic_store_explicit(&sources->count, 0, memory_order_relaxed);
	while (count > 0)
		source_close(sources->open[--count]);
}

static unsigned long long value_of(const struct source_statistics *statistics,
				   const struct figure *figure)
{
	return *(const uint64_t *)(const void *)((const char *)statistics + figure->member);
}

static void append_head(struct buffer *out, const char *name, const char *kind, const char *help)
{
	buffer_append_format(out, "# HELP allim_source_%s %s\n# TYPE allim_source_%s %s\n", name,
			     help, name, kind);
}

void sources_append_metrics(const struct sources *sources, struct buffer *out)
{
	struct source_statistics statistics[SOURCES_MOST];
	unsigned count = count_open(sources);

	if (count == 0)
		return;
	for (unsigned i = 0; i < count; i++)
		source_statistics(sources->open[i], &statistics[i]);
	append_head(out, "connected", "gauge", "1 while a source hears from its broker.");
	for (unsigned i = 0; i < count; i++)
		buffer_append_format(out, "allim_source_connected{source=\"%s\"} %d\n",
				     sources->open[i]->ops->name, statistics[i].connected);
	for (size_t f = 0; f < FIGURES; f++) {
		append_head(out, figures[f].name, figures[f].kind, figures[f].help);
		for (unsigned i = 0; i < count; i++)
			buffer_append_format(out, "allim_source_%s{source=\"%s\"} %llu\n",
					     figures[f].name, sources->open[i]->ops->name,
					     value_of(&statistics[i], &figures[f]));
	}
}

void sources_append(const struct sources *sources, struct buffer *out)
{
	unsigned count = count_open(sources);

	buffer_append_byte(out, '[');
	for (unsigned i = 0; i < count; i++) {
		struct source_statistics statistics;

		source_statistics(sources->open[i], &statistics);
		buffer_append_format(out, "%s{\"name\":\"%s\",\"connected\":%s", i == 0 ? "" : ",",
				     sources->open[i]->ops->name,
				     statistics.connected ? "true" : "false");
		for (size_t f = 0; f < FIGURES; f++)
			buffer_append_format(out, ",\"%s\":%llu", figures[f].name,
					     value_of(&statistics, &figures[f]));
		buffer_append_byte(out, '}');
	}
	buffer_append_byte(out, ']');
}
