/* The servers that take turns: allim, the bare epoll program and nginx, each started fresh on a
 * free port of loopback with a folder of its own. */
#ifndef ALLIM_BENCH_TARGET_H
#define ALLIM_BENCH_TARGET_H

#include "bench/bench.h"
#include "bench/process.h"
#include "bench/stream_wire.h"
#include "net/socket.h"

enum target_kind { TARGET_ALLIM, TARGET_BARE, TARGET_NGINX, TARGET_KINDS };

enum { TARGET_PATH_BYTES = 4096, TARGET_NO_HEARTBEAT = 0 };

struct target {
	enum target_kind kind;
	struct process process;
	union socket_address address;
	union socket_address admin; /* of allim */
	const char *const *flags;   /* of a node, besides those of every allim */
	char folder[TARGET_PATH_BYTES];
};

/* Starts a server and waits until it answers. `heartbeat` is seconds; with TARGET_NO_HEARTBEAT none
 * comes within a measure. Returns 0 or a negative errno value with a sentence. */
int target_start(struct target *target, enum target_kind kind, const struct bench *bench,
		 unsigned threads, unsigned heartbeat, struct error *error);

/* The same for an allim with these flags (NULL at the end), which say where its store is. They stay
 * valid until it is stopped. */
int target_start_node(struct target *target, const struct bench *bench, unsigned threads,
		      const char *const *flags, struct error *error);

/* Ends the server and removes its folder. Does nothing when it is not running. */
void target_stop(struct target *target);

/* Appends the request that opens the stream of user `number`. The bare program knows event streams
 * alone. */
void target_append_stream_request(const struct target *target, enum stream_wire wire,
				  const struct users *users, unsigned number,
				  struct buffer *buffer);

/* Appends an idle poll of user `number`: conditional where `etag` is not empty. */
void target_append_poll_request(const struct target *target, const struct users *users,
				unsigned number, struct slice etag, struct buffer *buffer);

#endif
