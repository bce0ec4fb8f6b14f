/* The store is a list of requests. A turn never sleeps, because a message without a meaning always
 * waits for it. */
#include "lib/lone_worker.h"

#include "base/log.h"
#include "lib/assertions.h"
#include "lib/client.h"
#include "lib/node.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EPOCH = 7, FLAGS = 16, RECEIVED_BYTES = 256 * 1024 };

static void submit(struct store *store, struct store_request *request)
{
	struct lone_worker *lone = CONTAINER_OF(store, struct lone_worker, store);

	assert_true(lone->asked_count < LONE_WORKER_REQUESTS);
	request->epoch = EPOCH;
	lone->asked[lone->asked_count++] = request;
}

static uint64_t epoch(const struct store *store)
{
	(void)store;
	return EPOCH;
}

static const struct store_ops store_ops = {.name = "test", .submit = submit, .epoch = epoch};

static void publish(struct feed *feed, struct hint_batch *batch)
{
	CONTAINER_OF(feed, struct lone_worker, feed)->canary = batch->canary;
}

static const struct feed_ops feed_ops = {.name = "test", .publish = publish};

static void stop_after_turn(struct loop *loop)
{
	struct worker *worker = CONTAINER_OF(loop, struct worker, loop);
	struct lone_worker *lone = CONTAINER_OF(worker->node, struct lone_worker, node);

	lone->on_turn(loop);
	loop_stop(loop);
}

static struct configuration *configure(const char *const *settings)
{
	static char jwt_secret[] = "ALLIM_JWT_SECRET=" NODE_JWT_SECRET;
	static char api_key[] = "ALLIM_API_KEY=" NODE_API_KEY;
	static char *const environment[] = {api_key, jwt_secret, NULL};
	struct configuration *configuration;
	struct settings_flag flags[FLAGS];
	struct settings_sources sources = {.environment = environment, .flags = flags};
	struct error error;

	for (; settings != NULL && *settings != NULL; settings++) {
		struct slice rest = slice_from_string(*settings);
		const char *value = strchr(*settings, '=') + 1;

		assert_true(sources.flag_count < FLAGS);
		flags[sources.flag_count++] =
		    (struct settings_flag){slice_split(&rest, '='), value};
	}
	if (configuration_load(&sources, &configuration, &error) < 0)
		fail_msg("%s", error.text);
	return configuration;
}

void lone_worker_start(struct lone_worker *lone, enum route_listener listener,
		       const char *const *settings)
{
	struct error error;

	*lone = (struct lone_worker){.store.ops = &store_ops, .feed.ops = &feed_ops};
	log_set_level(LOG_LEVEL_ERROR);
	lone->node.store = &lone->store;
	lone->node.feed = &lone->feed;
	lone->node.workers = lone->workers;
	lone->node.connection_limit = 1000;
	lone->node.admin_connection_limit = 1000;
	lone->node.address_connections = quota_create();
	lone->node.user_connections = quota_create();
	lone->node.user_requests = quota_create();
	lone->node.publishes = quota_create();
	assert_int_equal(
	    socket_address_parse(slice_from_string("127.0.0.1:0"), &lone->address, &error), 0);
	if (worker_create(&lone->node, listener, &lone->address, configure(settings), &lone->worker,
			  &error) < 0)
		fail_msg("%s", error.text);
	lone->workers[0] = lone->worker;
	lone->node.worker_count = 1;
	lone->on_turn = lone->worker->loop.on_turn;
	lone->worker->loop.on_turn = stop_after_turn;
	lone_worker_turn(lone);
	if (listener == ROUTE_PUBLIC)
		lone_worker_answer(lone, lone_worker_take(lone, STORE_HEADS), 0);
}

void lone_worker_stop(struct lone_worker *lone)
{
	while (lone->asked_count > 0) {
		struct store_request *request = lone->asked[--lone->asked_count];

		request->result = -EAGAIN;
		mailbox_send(request->reply, &request->message);
	}
	mailbox_receive(&lone->worker->loop.mailbox);
	worker_destroy(lone->worker);
	quota_destroy(lone->node.address_connections);
	quota_destroy(lone->node.user_connections);
	quota_destroy(lone->node.user_requests);
	quota_destroy(lone->node.publishes);
}

void lone_worker_keep_audit_log(struct lone_worker *lone)
{
	struct settings settings = *lone->worker->settings;
	const struct audit_options options = {.settings = &settings, .node = 1};
	struct error error;

	snprintf(lone->audit_folder, sizeof(lone->audit_folder), "/tmp/allim-test-XXXXXX");
	assert_non_null(mkdtemp(lone->audit_folder));
	settings.audit_to = AUDIT_TO_FILES;
	settings.audit_folder = lone->audit_folder;
	if (audit_log_open(&options, &lone->node.audit, &error) < 0)
		fail_msg("%s", error.text);
	audit_page_init(&lone->worker->audit, lone->node.audit);
}

static int remove_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

uint64_t lone_worker_end_audit_log(struct lone_worker *lone)
{
	struct audit_statistics statistics;

	audit_page_finish(&lone->worker->audit);
	audit_page_init(&lone->worker->audit, NULL);
	audit_log_stop(lone->node.audit);
	audit_log_statistics(lone->node.audit, &statistics);
	audit_log_close(lone->node.audit);
	lone->node.audit = NULL;
	assert_int_equal(nftw(lone->audit_folder, remove_file, 8, FTW_DEPTH | FTW_PHYS), 0);
	return statistics.records + statistics.lost;
}

static void on_nothing(struct mailbox_message *message)
{
	(void)message;
}

void lone_worker_turn(struct lone_worker *lone)
{
	struct mailbox_message nothing = {.on_receive = on_nothing};

	mailbox_send(&lone->worker->loop.mailbox, &nothing);
	lone->worker->loop.stopping = false;
	loop_run(&lone->worker->loop);
}

size_t lone_worker_asked(const struct lone_worker *lone, enum store_operation operation)
{
	size_t count = 0;

	for (size_t i = 0; i < lone->asked_count; i++)
		count += lone->asked[i]->operation == operation;
	return count;
}

void *lone_worker_take(struct lone_worker *lone, enum store_operation operation)
{
	for (size_t i = 0; i < lone->asked_count; i++) {
		struct store_request *request = lone->asked[i];

		if (request->operation != operation)
			continue;
		memmove(lone->asked + i, lone->asked + i + 1,
			(--lone->asked_count - i) * sizeof(struct store_request *));
		return request;
	}
	fail_msg("the store was not asked for operation %d", (int)operation);
	return NULL;
}

void lone_worker_answer(struct lone_worker *lone, void *request, int result)
{
	struct store_request *answered = request;

	answered->result = result;
	mailbox_send(answered->reply, &answered->message);
	lone_worker_turn(lone);
}

void lone_worker_answer_heads(struct lone_worker *lone, void *request, int64_t own,
			      int64_t broadcasts)
{
	struct store_request *answered = request;
	struct cursor cursor = {EPOCH, own, broadcasts};

	if (answered->operation == STORE_LIST)
		((struct store_list *)request)->cursor = cursor;
	else
		((struct store_replay *)request)->cursor = cursor;
	lone_worker_answer(lone, request, 0);
}

void lone_worker_broadcast(struct lone_worker *lone, int64_t seq)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);
	struct hint hint = {
	    .seq = seq,
	    .has_change = true,
	    .change =
		{.kind = CHANGE_ROW,
		 .seq = seq,
		 .notification = {.id = seq, .seq = seq, .first_seq = seq, .to_everyone = true}},
	};

	assert_int_equal(hint_batch_add(batch, &hint), 0);
	worker_receive(lone->worker, batch);
	hint_batch_release(batch);
	lone_worker_turn(lone);
}

int lone_worker_connect(struct lone_worker *lone, struct connection **ret_connection)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	connection_accept(lone->worker, ends[0], &lone->address);
	if (ret_connection != NULL)
		*ret_connection =
		    CONTAINER_OF(lone->worker->connections.previous, struct connection, link);
	return ends[1];
}

void lone_worker_request(struct lone_worker *lone, int client, const char *method, const char *path,
			 const char *user, const char *headers)
{
	char request[8192];
	int length =
	    snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n",
		     method, path, client_authorization(user), headers);

	assert_int_equal(send(client, request, (size_t)length, MSG_NOSIGNAL), length);
	lone_worker_turn(lone);
}

const char *lone_worker_received(int client)
{
	static char text[RECEIVED_BYTES];
	size_t length = 0;
	ssize_t count;

	while ((count = recv(client, text + length, sizeof(text) - 1 - length, 0)) > 0)
		length += (size_t)count;
	text[length] = '\0';
	return text;
}

void lone_worker_check_answer(int client, const char *text)
{
	const char *received = lone_worker_received(client);

	if (strstr(received, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, received);
	close(client);
}
