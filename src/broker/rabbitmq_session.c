/* A turn: what other threads sent, what the server sent, what the role sends; then the thread
 * sleeps until one of the three has more. librabbitmq's own waiting is for requests only. */
#include "broker/rabbitmq_session.h"

#include "base/clock.h"
#include "base/list.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

enum {
	TICK = 1000,
	STABLE = 1000, /* so long it works before that is told, where something was wrong */
	BACKOFF_LEAST = 100,
	BACKOFF_MOST = 5000,
	FRAMES_PER_TURN = 1024,
	PATIENCE_SECONDS = 1, /* with a thread that is to end */
};

static void wait_before_retry(struct rabbitmq_session *session)
{
	unsigned doublings = session->failed_attempts < 10 ? session->failed_attempts : 10;
	uint64_t longest = (uint64_t)BACKOFF_LEAST << doublings;

	longest = longest < BACKOFF_MOST ? longest : BACKOFF_MOST;
	session->failed_attempts++;
	session->retry_at =
	    clock_monotonic() + (int64_t)random_below(&session->random, longest + 1);
}

static void tell(struct rabbitmq_session *session, const struct error *reason)
{
	rabbitmq_report_problem(session->report, session->number,
				rabbitmq_connection_endpoint(&session->connection), reason);
}

static void lose(struct rabbitmq_session *session, const struct error *reason)
{
	rabbitmq_connection_drop(&session->connection);
	if (!session->connection.is_aborted)
		tell(session, reason);
	if (session->is_open)
		session->role->on_lost(session);
	session->is_open = false;
	wait_before_retry(session);
}

static void open_session(struct rabbitmq_session *session)
{
	struct error error;

	atomic_fetch_add(&session->attempts, 1);
	if (rabbitmq_connection_open(&session->connection, &error) < 0) {
		lose(session, &error);
		return;
	}
	session->is_open = true;
	session->opened_at = session->now = clock_monotonic();
	if (session->role->on_open(session, &error) < 0)
		lose(session, &error);
	else
		atomic_fetch_add(&session->openings, 1);
}

static int take_frames(struct rabbitmq_session *session, struct error *error)
{
	amqp_frame_t frame;
	int result = 1;

	for (unsigned i = 0; i < FRAMES_PER_TURN && result > 0 && !session->holds_back; i++) {
		result = rabbitmq_connection_receive(&session->connection, &frame, error);
		if (result > 0 && session->role->on_frame(session, &frame, error) < 0)
			return -EPROTO;
	}
	return result < 0 ? result : 0;
}

/* A server that was in trouble is in use when it has been well for a while: one that takes a
 * connection and refuses the first request would else be in use every moment. */
static void announce(struct rabbitmq_session *session)
{
	struct error alarm;

	if (session->connection.is_blocked) {
		error_set(&alarm, -EAGAIN,
			  "it blocks publishers, being short of memory or disk space; see "
			  "rabbitmq-diagnostics alarms");
		tell(session, &alarm);
		return;
	}
	if (session->now - session->opened_at >= STABLE)
		session->failed_attempts = 0;
	else if (rabbitmq_report_has_told(session->report, session->number))
		return;
	rabbitmq_report_use(session->report, session->number,
			    rabbitmq_connection_endpoint(&session->connection));
}

static void serve(struct rabbitmq_session *session)
{
	struct error error;
	int result = take_frames(session, &error);

	if (result == 0)
		result = session->role->on_turn(session, &error);
	if (result == 0 && session->holds_back)
		result = rabbitmq_connection_beat(&session->connection, session->now, &error);
	if (result < 0)
		lose(session, &error);
	else
		announce(session);
}

static void wait_for_work(struct rabbitmq_session *session)
{
	bool listens = !session->holds_back || !session->is_open;
	struct pollfd descriptors[] = {
	    {.fd = session->mailbox.event, .events = POLLIN},
	    {.fd = listens ? session->connection.descriptor : -1, .events = POLLIN},
	};
	int64_t left = session->due - clock_monotonic();

	if (left < 0 || (listens && rabbitmq_connection_has_input(&session->connection)))
		left = 0;
	poll(descriptors, 2, (int)left);
}

static void take_turn(struct rabbitmq_session *session)
{
	session->now = clock_monotonic();
	session->due = session->now + TICK;
	if (!session->is_open && session->now >= session->retry_at)
		open_session(session);
	if (session->is_open)
		serve(session);
	session->role->on_time(session);
	if (!session->is_open)
		rabbitmq_session_call_at(session, session->retry_at);
}

static void *run(void *argument)
{
	struct rabbitmq_session *session = argument;
	sigset_t signals;

	/* OpenSSL writes to sockets that may be closed. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	for (;;) {
		mailbox_receive(&session->mailbox);
		if (session->is_stopping)
			break;
		take_turn(session);
		wait_for_work(session);
	}
	rabbitmq_connection_leave(&session->connection);
	session->is_open = false;
	return NULL;
}

static void on_stop(struct mailbox_message *message)
{
	struct rabbitmq_session *session = CONTAINER_OF(message, struct rabbitmq_session, stop);

	session->is_stopping = true;
}

int rabbitmq_session_init(struct rabbitmq_session *session, const struct rabbitmq_access *access,
			  const char *name, const struct rabbitmq_role *role,
			  struct rabbitmq_report *report, unsigned number)
{
	*session = (struct rabbitmq_session){
	    .role = role,
	    .report = report,
	    .number = number,
	    .stop.on_receive = on_stop,
	};
	random_init(&session->random, random_system_seed());
	rabbitmq_connection_init(&session->connection, access, name);
	return mailbox_init(&session->mailbox);
}

int rabbitmq_session_start(struct rabbitmq_session *session)
{
	return -pthread_create(&session->thread, NULL, run, session);
}

void rabbitmq_session_stop(struct rabbitmq_session *session)
{
	struct timespec limit;

	mailbox_send(&session->mailbox, &session->stop);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE_SECONDS;
	if (pthread_timedjoin_np(session->thread, NULL, &limit) == 0)
		return;
	rabbitmq_connection_abort(&session->connection);
	pthread_join(session->thread, NULL);
}

void rabbitmq_session_finish(struct rabbitmq_session *session)
{
	mailbox_receive(&session->mailbox);
	mailbox_finish(&session->mailbox);
	rabbitmq_connection_finish(&session->connection);
}
