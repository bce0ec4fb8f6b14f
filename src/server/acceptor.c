/* One warning when accepting stops for want of room, one line when it has not done so for long. */
#include "server/acceptor.h"

#include "base/log.h"
#include "server/connection.h"
#include "server/worker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ACCEPTS_PER_TURN = 64, RECOVERED = 5000, ROOM_SHARE = 64 };

/* Administrators have places of their own: they get in however many users there are, and keep no
 * user out. */
static uint64_t connections(const struct worker *worker)
{
	if (worker->listener == ROUTE_ADMIN)
		return metrics_get(&worker->metrics, METRIC_CONNECTIONS);
	return atomic_load_explicit(&worker->node->connections, memory_order_relaxed);
}

static uint64_t limit(const struct worker *worker)
{
	return worker->listener == ROUTE_ADMIN ? worker->node->admin_connection_limit
					       : worker->node->connection_limit;
}

static bool has_room(const struct worker *worker)
{
	return connections(worker) < limit(worker);
}

static const char *reason(const struct worker *worker)
{
	if (worker->listener == ROUTE_ADMIN)
		return "administrators have all connections that are kept for them";
	return worker->node->limited_by_files ? "the limit of open files (ulimit -n) leaves no more"
					      : "limits.connections is reached";
}

static void pause_accepting(struct worker *worker, const char *why)
{
	struct acceptor *acceptor = &worker->acceptor;
	uint64_t count = connections(worker), room = count / ROOM_SHARE + 1;

	acceptor->accepting = false;
	acceptor->paused_at = worker->loop.now;
	acceptor->resume_at = count > room ? count - room : 0;
	loop_modify(&worker->loop, acceptor->descriptor, 0, &acceptor->source);
	if (acceptor->crowded)
		return;
	acceptor->crowded = true;
	log_warning("accepting stopped until connections end", LOG_TEXT("reason", why),
		    LOG_NUMBER("connections", count), LOG_NUMBER("limit", limit(worker)));
}

static void resume(struct worker *worker)
{
	struct acceptor *acceptor = &worker->acceptor;

	if (acceptor->accepting || acceptor->descriptor < 0 || !has_room(worker))
		return;
	acceptor->accepting = true;
	loop_modify(&worker->loop, acceptor->descriptor, EPOLLIN, &acceptor->source);
}

void acceptor_on_room(struct worker *worker)
{
	if (connections(worker) <= worker->acceptor.resume_at)
		resume(worker);
}

void acceptor_keep(struct worker *worker)
{
	struct acceptor *acceptor = &worker->acceptor;

	if (acceptor->crowded && acceptor->accepting &&
	    worker->loop.now >= acceptor->paused_at + RECOVERED) {
		acceptor->crowded = false;
		log_info("accepting without a pause again",
			 LOG_NUMBER("connections", connections(worker)),
			 LOG_NUMBER("limit", limit(worker)));
	}
	resume(worker);
}

static bool accept_one(struct worker *worker)
{
	struct acceptor *acceptor = &worker->acceptor;
	union socket_address address;
	socklen_t length = sizeof(address);
	int descriptor;

	if (!has_room(worker)) {
		pause_accepting(worker, reason(worker));
		return false;
	}
	descriptor =
	    accept4(acceptor->descriptor, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (descriptor >= 0) {
		connection_accept(worker, descriptor, &address);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		pause_accepting(worker, strerror(errno));
	return errno == ECONNABORTED || errno == EINTR;
}

static void on_acceptable(struct loop_source *source, uint32_t events)
{
	struct worker *worker = CONTAINER_OF(source, struct worker, acceptor.source);

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && worker->acceptor.accepting; i++) {
		if (!accept_one(worker))
			return;
	}
}

/* The workers of a listener share its address; the first of them claims it. */
static bool is_first(const struct worker *worker)
{
	const struct node *node = worker->node;

	for (unsigned i = 0; i < node->worker_count; i++) {
		if (node->workers[i]->listener == worker->listener)
			return false;
	}
	return true;
}

static int explain(const struct worker *worker, int result, struct error *error)
{
	struct error sentence = *error;
	bool admin = worker->listener == ROUTE_ADMIN;

	if (result != -EADDRINUSE)
		return result;
	return error_set(error, result, "%s with %s or %s (make run: %s=)", sentence.text,
			 admin ? "--admin-listen" : "--listen",
			 admin ? "admin.listen" : "http.listen", admin ? "ADMIN_PORT" : "PORT");
}

int acceptor_start(struct worker *worker, union socket_address *address, struct error *error)
{
	struct acceptor *acceptor = &worker->acceptor;
	int backlog = (int)worker->settings->http_backlog;
	int listening = is_first(worker) ? socket_claim(address, backlog, error)
					 : socket_listen(address, backlog, error);
	int result;

	if (listening < 0)
		return explain(worker, listening, error);
	acceptor->descriptor = listening;
	acceptor->source.on_ready = on_acceptable;
	result = loop_add(&worker->loop, listening, EPOLLIN, &acceptor->source);
	if (result < 0)
		return error_set(error, result, "cannot watch the listener: %s", strerror(-result));
	acceptor->accepting = true;
	return 0;
}

void acceptor_stop(struct worker *worker)
{
	if (worker->acceptor.descriptor < 0)
		return;
	close(worker->acceptor.descriptor);
	worker->acceptor.descriptor = -1;
	worker->acceptor.accepting = false;
}
