/* The store passes on what it is asked, and answers failures itself. */
#include "conformance/source/conformance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LIST_LIMIT = 1000 };

static bool is_write(const struct store_request *request)
{
	return request->operation == STORE_PUBLISH || request->operation == STORE_BURY;
}

static void submit(struct store *store, struct store_request *request)
{
	struct conformance_store *own = (struct conformance_store *)store;
	int failure = is_write(request) ? atomic_load(&own->failure) : 0;

	if (failure < 0) {
		request->result = failure;
		mailbox_send(request->reply, &request->message);
	} else {
		store_submit(own->real, request);
	}
}

static const struct store_ops ops = {.name = "conformance", .submit = submit};

static void open_store(struct conformance_store *store)
{
	struct store_options options = {.location = store->folder,
					.idempotency_age = INT64_C(86400000000),
					.maintenance_interval = 1000};
	struct error error = {""};

	if (store_open(&options, &store->real, &error) < 0)
		fail_msg("%s", error.text);
	store->store.ops = &ops;
}

static void remove_folder(const char *folder)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
}

void conformance_begin(struct conformance *conformance, const struct conformance_kind *kind,
		       void *place)
{
	struct settings_sources sources = {.content = SLICE("sources: {tries: 2}\n")};
	struct error error = {""};

	*conformance = (struct conformance){.kind = kind, .place = place};
	snprintf(conformance->store.folder, sizeof(conformance->store.folder),
		 "/tmp/allim-source-XXXXXX");
	assert_non_null(mkdtemp(conformance->store.folder));
	open_store(&conformance->store);
	if (configuration_load(&sources, &conformance->configuration, &error) < 0)
		fail_msg("%s", error.text);
	kind->prepare(place, &conformance->configuration->settings);
}

void conformance_end(struct conformance *conformance)
{
	conformance_close(conformance);
	store_close(conformance->store.real);
	configuration_release(conformance->configuration);
	remove_folder(conformance->store.folder);
}

static const struct source_ops *wanted(const struct settings *settings)
{
	for (size_t i = 0; source_table[i] != NULL; i++) {
		if (source_table[i]->is_wanted(settings))
			return source_table[i];
	}
	fail_msg("no source is wanted");
	return NULL;
}

struct source *conformance_open_another(struct conformance *conformance)
{
	const struct source_options options = {.configuration = conformance->configuration,
					       .store = &conformance->store.store};
	const struct source_ops *source = wanted(&conformance->configuration->settings);
	struct source *opened = NULL;
	struct error error = {""};

	if (source->open(&options, &opened, &error) < 0)
		fail_msg("%s", error.text);
	assert_ptr_equal(opened->ops, source);
	return opened;
}

void conformance_open(struct conformance *conformance)
{
	conformance->source = conformance_open_another(conformance);
}

void conformance_close(struct conformance *conformance)
{
	source_close(conformance->source);
	conformance->source = NULL;
}

void conformance_send(struct conformance *conformance, const char *user)
{
	char body[160], key[24];

	conformance->sent++;
	snprintf(key, sizeof(key), "%s-%u", user, conformance->sent);
	snprintf(body, sizeof(body), "{\"to\":{\"user\":\"%s\"},\"type\":\"t\",\"title\":\"%u\"}",
		 user, conformance->sent);
	conformance->kind->send(conformance->place, user,
				conformance->kind->has_positions ? NULL : key, body);
}

struct call {
	struct mailbox mailbox;
	bool is_done;
};

static void on_done(struct mailbox_message *message)
{
	((struct call *)store_request_of(message)->context)->is_done = true;
}

static void ask(struct conformance *conformance, struct store_request *request,
		enum store_operation operation, struct call *call)
{
	assert_int_equal(mailbox_init(&call->mailbox), 0);
	call->is_done = false;
	request->message.on_receive = on_done;
	request->reply = &call->mailbox;
	request->operation = operation;
	request->context = call;
	store_submit(conformance->store.real, request);
	while (!call->is_done) {
		mailbox_wait(&call->mailbox, -1);
		mailbox_receive(&call->mailbox);
	}
	assert_int_equal(request->result, 0);
	mailbox_finish(&call->mailbox);
}

static void read_list(struct conformance *conformance, const char *user, int64_t before,
		      struct store_list *ret_list)
{
	struct call call;

	*ret_list = (struct store_list){
	    .user = slice_from_string(user),
	    .filter = STORE_FILTER_ALL,
	    .before = before,
	    .limit = LIST_LIMIT,
	};
	ask(conformance, &ret_list->request, STORE_LIST, &call);
}

/* Newest first, page by page. Returns how many; with `ordered` their titles must fall. */
static size_t walk(struct conformance *conformance, const char *user, bool ordered)
{
	int64_t before = 0, last = INT64_MAX;
	bool more = true;
	size_t count = 0;

	while (more) {
		struct store_list list;

		read_list(conformance, user, before, &list);
		for (size_t i = 0; i < list.notification_count; i++) {
			int64_t title = 0;

			assert_int_equal(
			    slice_to_integer(list.notifications[i].content.title, &title), 0);
			if (ordered)
				assert_true(title < last);
			last = title;
			before = list.notifications[i].id;
		}
		count += list.notification_count;
		more = list.more;
		store_request_finish(&list.request);
	}
	return count;
}

size_t conformance_count(struct conformance *conformance, const char *user)
{
	return walk(conformance, user, false);
}

void conformance_assert_inbox(struct conformance *conformance, const char *user, size_t count)
{
	assert_int_equal(walk(conformance, user, true), count);
}

const char *conformance_letter(struct conformance *conformance, size_t *ret_count)
{
	static char reason[512];
	struct store_dead_letters letters = {.limit = 100};
	struct call call;

	ask(conformance, &letters.request, STORE_DEAD_LETTERS, &call);
	*ret_count = letters.letter_count;
	reason[0] = '\0';
	if (letters.letter_count > 0)
		snprintf(reason, sizeof(reason), "%.*s", (int)letters.letters[0].reason.length,
			 letters.letters[0].reason.data);
	store_request_finish(&letters.request);
	return reason;
}

struct source_statistics conformance_statistics(struct source *source)
{
	struct source_statistics statistics;

	source_statistics(source, &statistics);
	return statistics;
}

void conformance_pause(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}
