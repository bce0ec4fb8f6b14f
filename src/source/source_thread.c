/* Stopping and new settings come as messages, like the store's answers. */
#include "source/source_thread.h"

#include "base/buffer.h"
#include "base/counter.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* A new configuration on its way to the thread. */
struct reconfiguration {
	struct mailbox_message message;
	struct source_thread *thread;
	struct configuration *configuration;
};

static void use(struct source_thread *thread, struct configuration *configuration)
{
	configuration_release(thread->configuration);
	thread->configuration = configuration;
	thread->settings = &configuration->settings;
}

static void on_reconfiguration(struct mailbox_message *message)
{
	struct reconfiguration *received = (struct reconfiguration *)message;

	use(received->thread, received->configuration);
	free(received);
}

void source_thread_reconfigure(struct source_thread *thread, struct configuration *configuration)
{
	struct reconfiguration *sent = malloc(sizeof(*sent));

	if (sent == NULL) {
		log_error("out of memory while changing settings; send SIGHUP again");
		return;
	}
	*sent = (struct reconfiguration){
	    .message.on_receive = on_reconfiguration,
	    .thread = thread,
	    .configuration = configuration_reference(configuration),
	};
	mailbox_send(&thread->loop.mailbox, &sent->message);
}

static void on_stop(struct mailbox_message *message)
{
	struct source_thread *thread = CONTAINER_OF(message, struct source_thread, stop);

	thread->is_stopping = true;
	thread->on_stop(thread);
}

static int make_name(const char *kind, const char *queue, char **ret_name)
{
	struct buffer name = BUFFER_EMPTY;

	buffer_append_format(&name, "%s:%s", kind, queue);
	*ret_name = buffer_failed(&name) ? NULL : slice_to_string(buffer_slice(&name));
	buffer_finish(&name);
	return *ret_name == NULL ? -ENOMEM : 0;
}

int source_thread_init(struct source_thread *thread, const struct source_options *options,
		       const char *kind, const char *queue, struct error *error)
{
	int result;

	*thread = (struct source_thread){.store = options->store};
	thread->stop.on_receive = on_stop;
	audit_page_init(&thread->audit, options->audit);
	random_init(&thread->random, random_system_seed());
	result = make_name(kind, queue, &thread->name);
	if (result == 0)
		result = loop_init(&thread->loop, alarm_expire);
	if (result < 0) {
		free(thread->name);
		return error_set(error, result, "cannot open the source %s: %s", kind,
				 strerror(-result));
	}
	burial_report_init(&thread->burials, &thread->loop, thread->name);
	use(thread, configuration_reference(options->configuration));
	return 0;
}

static void *run(void *argument)
{
	struct source_thread *thread = argument;
	sigset_t signals;

	/* Libraries write to sockets that may be closed. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	pthread_setname_np(pthread_self(), "allim source");
	loop_run(&thread->loop);
	return NULL;
}

int source_thread_start(struct source_thread *thread, struct error *error)
{
	int code = pthread_create(&thread->thread, NULL, run, thread);

	return code == 0 ? 0
			 : error_set(error, -code, "cannot start the source %s: %s", thread->name,
				     strerror(code));
}

void source_thread_stop(struct source_thread *thread)
{
	mailbox_send(&thread->loop.mailbox, &thread->stop);
	pthread_join(thread->thread, NULL);
}

void source_thread_end(struct source_thread *thread)
{
	loop_stop(&thread->loop);
}

void source_thread_finish(struct source_thread *thread)
{
	mailbox_receive(&thread->loop.mailbox);
	audit_page_finish(&thread->audit);
	burial_report_finish(&thread->burials);
	loop_finish(&thread->loop);
	configuration_release(thread->configuration);
	free(thread->name);
}

void source_thread_statistics(struct source_thread *thread,
			      struct source_statistics *ret_statistics)
{
	const struct source_figures *figures = &thread->figures;

	*ret_statistics = (struct source_statistics){
	    .connected = atomic_load_explicit(&figures->connected, memory_order_relaxed),
	    .received = counter_read(&figures->received),
	    .published = counter_read(&figures->published),
	    .repeated = counter_read(&figures->repeated),
	    .dropped = counter_read(&figures->dropped),
	    .skipped = counter_read(&figures->skipped),
	    .buried = counter_read(&figures->buried),
	    .retries = counter_read(&figures->retries),
	    .reconnections = counter_read(&figures->reconnections),
	    .pauses = counter_read(&figures->pauses),
	    .waiting = counter_read(&figures->waiting),
	    .waiting_bytes = counter_read(&figures->waiting_bytes),
	};
}
