/* Puts a node together, and takes it apart in the opposite order.
 *
 * The main thread is the administrators' worker and hears of signals. SIGTERM and SIGINT drain the
 * other workers; when the last of them has stopped, the main loop stops too. */
#include "server/server.h"

#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "server/connection_limit.h"
#include "server/server_configuration.h"
#include "server/sweep.h"
#include "server/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct server {
	const struct server_options *options;
	struct node node;
	struct configuration *configuration;
	struct configuration *started_with; /* what only a start can change is still as here */
	union socket_address address;
	union socket_address admin_address;
	struct worker *admin;
	pthread_t *threads;
	unsigned thread_count;
	unsigned workers_left;
	int signals; /* a signalfd */
	struct loop_source signal_source;
	bool stopping;
};

static struct store_options store_options_of(const struct settings *settings)
{
	return (struct store_options){
	    .location = settings->store_location,
	    .password = settings->store_password,
	    .connections = settings->store_connections,
	    .timeout = settings->store_timeout,
	    .retention_age = settings->store_retention_age * 1000,
	    .retention_count = settings->store_retention_count,
	    .idempotency_age = settings->store_idempotency_age * 1000,
	    .dead_letter_age = settings->store_dead_letter_age * 1000,
	    .audit_age = settings->audit_age * 1000,
	    .maintenance_interval = settings->store_maintenance_interval,
	};
}

static void reload(struct server *server)
{
	struct configuration *fresh;
	const char *names[SETTINGS_COUNT];
	struct store_options store;
	struct error error;
	size_t count;

	fresh = server_configuration_load(server->options, &error);
	if (fresh == NULL) {
		log_error("the settings were not reloaded; the old ones stay",
			  LOG_TEXT("error", error.text));
		return;
	}
	count = settings_difference(&server->started_with->settings, &fresh->settings, names);
	for (size_t i = 0; i < count; i++)
		log_warning("a changed setting waits for a restart", LOG_TEXT("setting", names[i]));
	log_set_level((enum log_level)fresh->settings.log_level);
	for (unsigned i = 0; i < server->node.worker_count; i++)
		worker_reconfigure(server->node.workers[i], fresh);
	sources_reconfigure(&server->node.sources, fresh);
	store = store_options_of(&fresh->settings);
	store_reconfigure(server->node.store, &store);
	audit_log_reconfigure(server->node.audit, &fresh->settings);
	configuration_release(server->configuration);
	server->configuration = fresh;
	log_info("settings reloaded");
	audit_administer(&server->admin->audit, "reload", NULL, NULL);
}

static void begin_end(struct server *server, int signal_number)
{
	if (server->stopping) {
		log_warning("stopping at once");
		_exit(128 + signal_number);
	}
	server->stopping = true;
	audit_administer(&server->admin->audit, "drain", NULL, NULL);
	log_info("draining", LOG_NUMBER("signal", signal_number));
	server->admin->draining_node = true;
	for (unsigned i = 0; i < server->thread_count; i++)
		worker_drain(server->node.workers[i]);
	if (server->thread_count == 0)
		worker_drain(server->admin);
}

static void on_signal(struct loop_source *source, uint32_t events)
{
	struct server *server = CONTAINER_OF(source, struct server, signal_source);
	struct signalfd_siginfo info;

	(void)events;
	while (read(server->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(server);
		else
			begin_end(server, (int)info.ssi_signo);
	}
}

/* Blocks the signals in this thread and those it starts, so that the loop alone hears of them. */
static int watch_signals(struct server *server, struct error *error)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of the write */
	server->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (server->signals < 0)
		return error_set(error, -errno, "cannot watch signals: %s", strerror(errno));
	return 0;
}

static int hear_signals(struct server *server, struct error *error)
{
	int result;

	server->signal_source.on_ready = on_signal;
	result = loop_add(&server->admin->loop, server->signals, EPOLLIN, &server->signal_source);
	return result < 0
		   ? error_set(error, result, "cannot hear of signals: %s", strerror(-result))
		   : 0;
}

static struct server *server_of(const struct worker *worker)
{
	return CONTAINER_OF(worker->node, struct server, node);
}

static void on_farewell(struct mailbox_message *message)
{
	struct server *server = server_of(CONTAINER_OF(message, struct worker, farewell));

	if (--server->workers_left == 0)
		worker_drain(server->admin);
}

/* On the worker's thread, behind its last turn. */
static void on_worker_drained(struct worker *worker)
{
	worker->farewell.on_receive = on_farewell;
	mailbox_send(&server_of(worker)->admin->loop.mailbox, &worker->farewell);
}

static void *run_worker(void *argument)
{
	pthread_setname_np(pthread_self(), "allim worker");
	worker_run(argument);
	return NULL;
}

/* Beside the administrators'. */
static unsigned count_workers(const struct settings *settings, enum server_role role)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (role == SERVER_CONSUMES)
		return 0;
	if (settings->http_workers > 0)
		return (unsigned)settings->http_workers;
	return (unsigned)(cores < 1 ? 1 : cores);
}

static int create_workers(struct server *server, struct error *error)
{
	struct node *node = &server->node;
	const struct settings *settings = &server->configuration->settings;
	unsigned count = count_workers(settings, server->options->role);

	node->workers = calloc(count + 1, sizeof(struct worker *));
	server->threads = calloc(count + 1, sizeof(*server->threads));
	if (node->workers == NULL || server->threads == NULL)
		return error_set(error, -ENOMEM, "out of memory while starting workers");
	for (unsigned i = 0; i <= count; i++) {
		bool admin = i == count;
		struct worker *worker;
		int result =
		    worker_create(node, admin ? ROUTE_ADMIN : ROUTE_PUBLIC,
				  admin ? &server->admin_address : &server->address,
				  configuration_reference(server->configuration), &worker, error);

		if (result < 0)
			return result;
		node->workers[node->worker_count++] = worker;
		if (!admin)
			worker->on_drained = on_worker_drained;
	}
	server->admin = node->workers[count];
	atomic_store_explicit(&node->running, true, memory_order_release);
	return 0;
}

static int start_threads(struct server *server, struct error *error)
{
	for (unsigned i = 0; i < server->node.worker_count - 1; i++) {
		int code =
		    pthread_create(&server->threads[i], NULL, run_worker, server->node.workers[i]);

		if (code != 0)
			return error_set(error, -code, "cannot start a worker: %s", strerror(code));
		server->thread_count++;
		server->workers_left++;
	}
	return 0;
}

static void on_hints(void *context, struct hint_batch *batch)
{
	node_deliver(context, batch);
}

static void on_wake(void *context)
{
	struct node *node = context;

	/* Without clients nobody needs to know. */
	if (atomic_load_explicit(&node->running, memory_order_acquire) && node->worker_count > 1)
		sweep_wake(node->workers[node->worker_count - 1]);
}

/* On the store's thread. */
static void on_commit(void *context, struct hint_batch *batch)
{
	node_publish(context, batch);
}

/* On the store's thread. A worker that memory is too short for would go on with void cursors. */
static void on_epoch(void *context, uint64_t epoch)
{
	struct node *node = context;

	if (!atomic_load_explicit(&node->running, memory_order_acquire))
		return;
	for (unsigned i = 0; i < node->worker_count; i++) {
		while (worker_take_epoch(node->workers[i], epoch) < 0)
			usleep(1000);
	}
}

static struct feed_options feed_options_of(struct node *node, const struct settings *settings)
{
	return (struct feed_options){
	    .node = node->number,
	    .settings = settings,
	    .on_hints = on_hints,
	    .on_wake = on_wake,
	    .context = node,
	};
}

/* Of what works, and is hardly what was wanted. */
static void warn(const struct server *server)
{
	const struct feed_ops *feed = server->node.feed->ops;
	const struct settings *settings = &server->configuration->settings;

	if (settings->auth_api_keys.count == 0 && settings->auth_api_key.length == 0 &&
	    server->options->role == SERVER_DELIVERS)
		log_warning(
		    "nobody can publish: auth.api_keys is empty and ALLIM_API_KEY is not set");
	if (!server->node.shares_store && feed->way != FEED_ALONE)
		log_warning("the feed hears nobody: no other node can use this store; several "
			    "nodes need a PostgreSQL in store.location",
			    LOG_TEXT("feed", feed->name));
}

static int open_audit(struct node *node, const struct settings *settings, struct error *error)
{
	const struct audit_options options = {
	    .settings = settings,
	    .node = node->number,
	    .store = node->store,
	};

	return audit_log_open(&options, &node->audit, error);
}

static int create_quotas(struct node *node)
{
	node->address_connections = quota_create();
	node->user_connections = quota_create();
	node->user_requests = quota_create();
	node->publishes = quota_create();
	if (node->address_connections == NULL || node->user_connections == NULL ||
	    node->user_requests == NULL || node->publishes == NULL)
		return -ENOMEM;
	return 0;
}

static int open_parts(struct server *server, struct error *error)
{
	struct node *node = &server->node;
	const struct settings *settings = &server->configuration->settings;
	struct store_options store = store_options_of(settings);
	struct feed_options feed;
	const struct feed_ops *feed_ops;
	int result = method_find(slice_from_string(settings->method), &node->method, error);

	randombytes_buf(&node->number, sizeof(node->number));
	feed = feed_options_of(node, settings);
	if (result == 0)
		result = server_choose_feed(settings, node->method, &feed_ops, error);
	if (result == 0)
		result = feed_open(feed_ops, &feed, &node->feed, error);
	if (result < 0)
		return result;
	store.on_commit = on_commit;
	store.on_epoch = on_epoch;
	store.on_commit_context = node;
	result = store_open(&store, &node->store, error);
	if (result < 0)
		return result;
	node->shares_store = node->store->ops->is_shared;
	warn(server);
	node->blocking = blocking_create();
	if (node->blocking == NULL || create_quotas(node) < 0)
		return error_set(error, -ENOMEM, "out of memory while starting");
	randombytes_buf(node->demo_secret, sizeof(node->demo_secret));
	return open_audit(node, settings, error);
}

/* What is recorded behind this goes into files only. */
static void end_audit(struct server *server)
{
	if (server->admin != NULL) {
		audit_administer(&server->admin->audit, "stop", NULL, NULL);
		audit_page_turn(&server->admin->audit);
	}
	if (audit_log_needs_store(server->node.audit))
		audit_log_stop(server->node.audit);
}

static void close_parts(struct server *server)
{
	struct node *node = &server->node;

	/* Blocking jobs, store requests and hints come to the workers, which outlive all three. */
	blocking_destroy(node->blocking);
	sources_close(&node->sources);
	if (node->store != NULL && server->admin != NULL)
		registry_leave(server->admin);
	end_audit(server);
	store_close(node->store);
	feed_close(node->feed);
	/* A sweep that comes back now must not reach a worker that is gone. */
	atomic_store_explicit(&node->running, false, memory_order_release);
	/* What one worker has received may be a part of another. */
	for (unsigned i = 0; i < node->worker_count; i++)
		mailbox_receive(&node->workers[i]->loop.mailbox);
	for (unsigned i = 0; i < node->worker_count; i++)
		worker_destroy(node->workers[i]);
	audit_log_close(node->audit);
	registry_finish(&node->registry);
	free(node->workers);
	free(server->threads);
	quota_destroy(node->address_connections);
	quota_destroy(node->user_connections);
	quota_destroy(node->user_requests);
	quota_destroy(node->publishes);
	configuration_release(server->configuration);
	configuration_release(server->started_with);
	if (server->signals >= 0)
		close(server->signals);
}

/* When whoever is told of a publish is there. */
static int start_sources(struct server *server, struct error *error)
{
	const struct source_options options = {.configuration = server->configuration,
					       .store = server->node.store,
					       .audit = server->node.audit};

	return sources_open(&server->node.sources, &options, error);
}

static int start(struct server *server, struct error *error)
{
	const struct settings *settings;
	int result;

	server->configuration = server_configuration_load(server->options, error);
	if (server->configuration == NULL)
		return -EINVAL;
	server->started_with = configuration_reference(server->configuration);
	settings = &server->configuration->settings;
	log_set_level((enum log_level)settings->log_level);
	server->node.demo = server->options->role == SERVER_SHOWS;
	server->node.started_at = clock_wall();
	result = server_addresses(settings, server->options->role, &server->address,
				  &server->admin_address, error);
	if (result == 0)
		result = watch_signals(server, error);
	if (result == 0)
		result = open_parts(server, error);
	if (result == 0)
		result = create_workers(server, error);
	if (result == 0)
		result = hear_signals(server, error);
	if (result == 0)
		connection_limit_set(&server->node, settings);
	if (result < 0)
		return result;
	if (server->node.worker_count > 1) {
		sweep_start(server->admin);
		socket_address_format(&server->address, server->node.address);
	}
	worker_schedule(server->admin, WORKER_BEAT, server->admin->loop.now);
	result = start_threads(server, error);
	return result < 0 ? result : start_sources(server, error);
}

static void announce(const struct server *server)
{
	const char *address = server->node.address;
	char admin[SOCKET_ADDRESS_BYTES];

	socket_address_format(&server->admin_address, admin);
	log_info("ready", LOG_TEXT("address", address), LOG_TEXT("admin", admin),
		 LOG_TEXT("method", server->node.method->name),
		 LOG_NUMBER("workers", server->thread_count),
		 LOG_NUMBER("connection_limit", server->node.connection_limit));
	audit_administer(&server->admin->audit, "start", "version", ALLIM_VERSION);
	if (server->options->on_ready != NULL)
		server->options->on_ready(address, admin);
}

int server_run(const struct server_options *options, struct error *error)
{
	struct server *server = calloc(1, sizeof(*server));
	int result;

	if (server == NULL)
		return error_set(error, -ENOMEM, "out of memory while starting");
	if (sodium_init() < 0) {
		free(server);
		return error_set(error, -EIO, "libsodium could not start");
	}
	umask(077);
	server->options = options;
	registry_init(&server->node.registry);
	server->signals = -1;
	result = start(server, error);
	if (result == 0) {
		announce(server);
		worker_run(server->admin);
		log_info("stopped");
	} else {
		for (unsigned i = 0; i < server->thread_count; i++)
			worker_drain(server->node.workers[i]);
	}
	for (unsigned i = 0; i < server->thread_count; i++)
		pthread_join(server->threads[i], NULL);
	close_parts(server);
	free(server);
	return result;
}
