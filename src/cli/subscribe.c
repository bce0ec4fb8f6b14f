/* Follows a stream over as many connections as it takes. The place is kept as the last event's id,
 * which a new connection sends back (Last-Event-ID), so that nothing is missed; and an event that
 * is not behind the last one shown is dropped, so that nothing is shown twice.
 *
 *	follow -- ended --> wait as told --> follow
 *	       -- away ---> wait, ever longer --> follow     (the first time: exit status 4)
 *	       -- busy ---> the same                         (the first time: exit status 3)
 *	       -- refused, failed, stopped --> exit */
#include "cli/command.h"

#include "base/clock.h"
#include "cli/backoff.h"
#include "cli/event_stream.h"
#include "cli/event_text.h"
#include "cli/identity.h"
#include "cli/output.h"
#include "cli/secret_file.h"
#include "core/cursor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

enum {
	EVENT_BYTES = 16 * 1024 * 1024,
	TOKEN_LIFETIME = 60 * 60 * 1000,
	SILENCE = 60 * 1000,
};

struct options {
	struct identity_options identity;
	const char *user;
	const char *token_file;
	const char *url;
	const char *after;
	const char *wire;
	int64_t count;
	int64_t timeout;
	int64_t silence;
	bool counts;
	bool json;
};

struct subscription {
	const struct command *command;
	const struct options *options;
	struct endpoint endpoint;
	struct identity *identity; /* makes a token for each connection; NULL: `token` is used */
	struct buffer token;
	struct sse_reader reader;
	struct backoff backoff;
	struct cursor shown; /* of the last event */
	int64_t deadline;
	int64_t printed;
	int exit_status; /* COMMAND_GOES_ON while it does */
	bool was_open;
	bool colours;
};

static bool is_behind(const struct cursor *cursor, const struct cursor *shown)
{
	return cursor->epoch != shown->epoch || cursor->seq > shown->seq ||
	       cursor->broadcast_seq > shown->broadcast_seq;
}

/* Whether the event is to be shown. A reset says where the stream goes on from; what is not in the
 * order of changes (counts, and events of later versions) has no place that it could repeat. */
static bool is_wanted(struct subscription *subscription, const struct sse_message *message)
{
	struct cursor cursor;
	bool is_reset = slice_equals(message->type, SLICE("reset"));

	if (slice_equals(message->type, SLICE("count")))
		return subscription->options->counts;
	if (cursor_parse(message->last_id, &cursor) < 0)
		return true;
	if (!is_reset && !is_behind(&cursor, &subscription->shown))
		return false;
	subscription->shown = cursor;
	return true;
}

static int on_message(void *context, const struct sse_message *message)
{
	struct subscription *subscription = context;
	const struct options *options = subscription->options;
	struct buffer line = BUFFER_EMPTY;

	if (!is_wanted(subscription, message))
		return 0;
	if (!options->json)
		event_text_append_readable(&line, message, subscription->colours);
	else if (event_text_append_json(&line, message) < 0)
		return 0;
	subscription->exit_status = command_print(subscription->command, &line);
	if (++subscription->printed == options->count &&
	    subscription->exit_status == COMMAND_GOES_ON)
		subscription->exit_status = COMMAND_DONE;
	return subscription->exit_status == COMMAND_GOES_ON ? 0 : -ECANCELED;
}

static void on_open(void *context)
{
	struct subscription *subscription = context;

	backoff_reset(&subscription->backoff);
	command_say(subscription->command, "connected%s to %s",
		    subscription->was_open ? " again" : "", subscription->endpoint.authority);
	subscription->was_open = true;
}

static int renew_token(struct subscription *subscription, struct error *error)
{
	if (subscription->identity == NULL)
		return 0;
	buffer_clear(&subscription->token);
	return identity_make_token(
	    subscription->identity, slice_from_string(subscription->options->user), false,
	    TOKEN_LIFETIME, clock_wall() / 1000000, &subscription->token, error);
}

static int time_is_up(const struct subscription *subscription)
{
	if (subscription->options->count == 0)
		return COMMAND_DONE;
	return command_fail(
	    subscription->command, COMMAND_FAILED, "only %lld of %lld events came in time",
	    (long long)subscription->printed, (long long)subscription->options->count);
}

static void pause_for(struct subscription *subscription, int64_t milliseconds, const char *reason)
{
	int64_t left = subscription->deadline == INT64_MAX
			   ? INT64_MAX
			   : subscription->deadline - clock_monotonic();

	command_say(subscription->command, "%s; trying again in %.1f s", reason,
		    (double)milliseconds / 1000);
	milliseconds = left < milliseconds ? left : milliseconds;
	if (milliseconds > 0)
		poll(NULL, 0, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds);
}

/* Waits before the next connection, or says with which status to end. */
static int go_on_after(struct subscription *subscription, enum event_stream_outcome outcome,
		       int64_t retry_after, const struct error *error)
{
	const struct command *command = subscription->command;
	int64_t wait;

	switch (outcome) {
	case EVENT_STREAM_STOPPED:
		return subscription->exit_status != COMMAND_GOES_ON ? subscription->exit_status
								    : time_is_up(subscription);
	case EVENT_STREAM_REFUSED:
		return command_fail(command, COMMAND_REFUSED, "%s", error->text);
	case EVENT_STREAM_FAILED:
		return command_fail(command, COMMAND_FAILED, "%s", error->text);
	case EVENT_STREAM_ENDED:
		wait = backoff_ended(&subscription->backoff, subscription->reader.retry);
		pause_for(subscription, wait, "the connection ended");
		return COMMAND_GOES_ON;
	case EVENT_STREAM_AWAY:
	case EVENT_STREAM_BUSY:
		break;
	}
	if (!subscription->was_open)
		return command_fail(
		    command, outcome == EVENT_STREAM_BUSY ? COMMAND_REFUSED : COMMAND_UNREACHABLE,
		    "%s", error->text);
	wait = backoff_next(&subscription->backoff, subscription->reader.retry);
	pause_for(subscription, wait < retry_after * 1000 ? retry_after * 1000 : wait, error->text);
	return COMMAND_GOES_ON;
}

static bool is_wire(const struct options *options, const char *name)
{
	return options->wire != NULL && strcmp(options->wire, name) == 0;
}

static int follow(struct subscription *subscription)
{
	const struct event_stream_handlers handlers = {on_open, on_message, subscription};
	struct event_stream_request request = {
	    .endpoint = &subscription->endpoint,
	    .by_websocket = is_wire(subscription->options, "websocket"),
	    .after = subscription->options->after,
	    .silence = subscription->options->silence,
	    .deadline = subscription->deadline,
	};
	int result = COMMAND_GOES_ON;

	while (result == COMMAND_GOES_ON) {
		struct error error;
		enum event_stream_outcome outcome;
		int64_t retry_after;

		if (renew_token(subscription, &error) < 0)
			return command_fail(subscription->command, COMMAND_FAILED, "%s",
					    error.text);
		request.token = buffer_slice(&subscription->token);
		outcome = event_stream_follow(&request, &subscription->reader, &handlers,
					      &retry_after, &error);
		result = go_on_after(subscription, outcome, retry_after, &error);
	}
	return result;
}

static int read_token(struct subscription *subscription, struct error *error)
{
	const char *variable = command_variable("ALLIM_TOKEN");

	if (subscription->options->token_file != NULL)
		return secret_file_read(subscription->options->token_file, &subscription->token,
					error);
	if (variable == NULL)
		return error_set(error, -EINVAL,
				 "there is no token; give --user NAME or --token-file FILE, or set "
				 "ALLIM_TOKEN");
	buffer_append_string(&subscription->token, variable);
	return buffer_failed(&subscription->token) ? error_set(error, -ENOMEM, "out of memory") : 0;
}

static int subscribe_as(struct subscription *subscription, struct identity *identity)
{
	struct error error;
	int result;

	if (subscription->options->user != NULL) {
		result = identity_init(identity, &subscription->options->identity, &error);
		subscription->identity = result == 0 ? identity : NULL;
	} else {
		result = read_token(subscription, &error);
	}
	if (result < 0)
		return command_fail(subscription->command, COMMAND_FAILED, "%s", error.text);
	return follow(subscription);
}

static int subscribe(const struct command *command, const struct options *options,
		     const struct endpoint *endpoint)
{
	struct subscription subscription = {
	    .command = command,
	    .options = options,
	    .endpoint = *endpoint,
	    .deadline = options->timeout == 0 ? INT64_MAX : clock_monotonic() + options->timeout,
	    .exit_status = COMMAND_GOES_ON,
	    .colours = output_has_colours(),
	};
	struct identity identity;
	int result;

	sse_reader_init(&subscription.reader, EVENT_BYTES);
	backoff_init(&subscription.backoff, random_system_seed());
	result = subscribe_as(&subscription, &identity);
	if (subscription.identity != NULL)
		identity_finish(subscription.identity);
	sse_reader_finish(&subscription.reader);
	buffer_finish(&subscription.token);
	return result;
}

int subscribe_run(const struct command *command, char **arguments)
{
	struct options options = {.silence = SILENCE};
	struct endpoint endpoint;
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (options.user != NULL && options.token_file != NULL)
		return command_misuse(command, "--user and --token-file exclude each other");
	if (options.wire != NULL && !is_wire(&options, "sse") && !is_wire(&options, "websocket"))
		return command_misuse(command, "--wire is sse or websocket");
	if (endpoint_choose(options.url, "ALLIM_URL", ENDPOINT_DEFAULT, &endpoint, &error) < 0)
		return command_misuse(command, "%s", error.text);
	return subscribe(command, &options, &endpoint);
}

const struct cli_flag subscribe_flags[] = {
    {"user", "NAME", "whose inbox; makes a token from the key that the node has, too", FLAGS_TEXT,
     offsetof(struct options, user), 0, 0},
    {"token-file", "FILE", "the file of mode 0600 with the user's token (ALLIM_TOKEN)", FLAGS_TEXT,
     offsetof(struct options, token_file), 0, 0},
    {"after", "CURSOR", "begin behind this event's id, or with all that is kept: start", FLAGS_TEXT,
     offsetof(struct options, after), 0, 0},
    {"wire", "NAME", "how it arrives: websocket, or sse, which is the default", FLAGS_TEXT,
     offsetof(struct options, wire), 0, 0},
    {"count", "NUMBER", "end after so many events", FLAGS_NUMBER, offsetof(struct options, count),
     1, INT64_MAX},
    {"timeout", "TIME", "end after this time: 30s", FLAGS_DURATION,
     offsetof(struct options, timeout), 1, 365LL * 86400000},
    {"unread-counts", NULL, "show the events that only carry the number of unread ones, too",
     FLAGS_SWITCH, offsetof(struct options, counts), 0, 0},
    {"json", NULL, "print each event as JSON, on one line", FLAGS_SWITCH,
     offsetof(struct options, json), 0, 0},
    {"url", "URL", "the node (ALLIM_URL), " ENDPOINT_DEFAULT " by default", FLAGS_TEXT,
     offsetof(struct options, url), 0, 0},
    {"silence", "TIME", "connect again when no byte came for so long, 1m by default",
     FLAGS_DURATION, offsetof(struct options, silence), 1000, 86400000},
    {"config", "FILE", "the node's settings file (ALLIM_CONFIG), for --user", FLAGS_TEXT,
     offsetof(struct options, identity.config), 0, 0},
    {"secret-file", "FILE", "the file of mode 0600 with the node's key, for --user", FLAGS_TEXT,
     offsetof(struct options, identity.secret_file), 0, 0},
    {NULL, NULL, NULL, FLAGS_SWITCH, 0, 0, 0},
};
