/* A store itself, opened to be read only: also where no node runs, or beside one. */
#include "cli/audit_reader.h"

#include "cli/sources.h"
#include "config/settings.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

enum { PAGE = 1000, PAGE_BYTES = 1 << 20, PAUSE = 1000 };

struct store_reader {
	struct audit_reader reader;
	struct settings settings;
	struct store *store;
	struct mailbox mailbox;
	int64_t after;
};

static void on_read(struct mailbox_message *message)
{
	*(bool *)store_request_of(message)->context = true;
}

static int ask(struct store_reader *reader, struct store_audit_read *page)
{
	bool is_back = false;

	page->request.context = &is_back;
	store_submit(reader->store, &page->request);
	while (!is_back) {
		mailbox_wait(&reader->mailbox, -1);
		mailbox_receive(&reader->mailbox);
	}
	return page->request.result;
}

/* Returns 0 or -ENOMEM. */
static int take_page(const struct store_audit_read *page, json_t *records)
{
	for (size_t i = 0; i < page->record_count; i++) {
		struct slice line = page->records[i].line;

		if (json_array_append_new(records, json_loadb(line.data, line.length, 0, NULL)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int next(struct audit_reader *base, json_t *records, bool *ret_more)
{
	struct store_reader *reader = (struct store_reader *)base;
	struct store_audit_read page = {
	    .user = slice_from_string(base->wish->user),
	    .event = slice_from_string(base->wish->event),
	    .since = base->wish->since,
	    .after = reader->after,
	    .limit = PAGE,
	    .limit_bytes = PAGE_BYTES,
	};
	int result;

	store_request_init(&page.request, STORE_AUDIT_READ, &reader->mailbox, on_read);
	result = ask(reader, &page);
	if (result == 0)
		result = take_page(&page, records);
	reader->after = page.last;
	*ret_more = page.more;
	store_request_finish(&page.request);
	if (result == 0)
		return COMMAND_GOES_ON;
	return command_fail(base->command, result == -EAGAIN ? COMMAND_UNREACHABLE : COMMAND_FAILED,
			    "the store cannot be read: %s", strerror(-result));
}

static void close_store(struct audit_reader *base)
{
	struct store_reader *reader = (struct store_reader *)base;

	store_close(reader->store);
	mailbox_finish(&reader->mailbox);
	settings_finish(&reader->settings);
	free(reader);
}

static const struct audit_reader_ops ops = {
    .pause = PAUSE,
    .next = next,
    .close = close_store,
};

static int load(struct settings *ret_settings, const char *location, struct error *error)
{
	const struct settings_flag flag = {SLICE("store"), location};
	struct settings_sources sources;
	int result = sources_init(&sources, NULL);

	if (result < 0)
		return error_set(error, result, "out of memory");
	sources.flags = &flag;
	sources.flag_count = 1;
	result = settings_load(ret_settings, &sources, error);
	sources_finish(&sources);
	return result;
}

static int open_store(struct store_reader *reader, struct error *error)
{
	const struct store_options options = {
	    .location = reader->settings.store_location,
	    .password = reader->settings.store_password,
	    .connections = reader->settings.store_connections,
	    .timeout = reader->settings.store_timeout,
	    .read_only = true,
	};

	return store_open(&options, &reader->store, error);
}

int audit_reader_open_store(const struct command *command, const struct audit_wish *wish,
			    const char *location, struct audit_reader **ret_reader)
{
	struct store_reader *reader = calloc(1, sizeof(*reader));
	struct error error = {"out of memory"};
	int result = reader == NULL ? -ENOMEM : mailbox_init(&reader->mailbox);

	if (result < 0) {
		free(reader);
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	}
	reader->reader = (struct audit_reader){&ops, command, wish};
	settings_init_defaults(&reader->settings);
	result = load(&reader->settings, location, &error);
	if (result == 0)
		result = open_store(reader, &error);
	if (result < 0) {
		close_store(&reader->reader);
		return command_fail(command,
				    result == -EAGAIN || result == -ECONNREFUSED
					? COMMAND_UNREACHABLE
					: COMMAND_FAILED,
				    "%s", error.text);
	}
	*ret_reader = &reader->reader;
	return COMMAND_GOES_ON;
}
