#include "cli/event_stream.h"

#include "base/clock.h"
#include "lib/assertions.h"
#include "scripted_server.h"

#include <errno.h>

#define SCRIPTED_STREAM_IN_CHUNKS                                \
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n"

struct watcher {
	struct sse_reader reader;
	struct buffer seen; /* data of each event, with a semicolon behind it */
	int opened;
	bool stops;
	int64_t retry_after;
	struct error error;
};

static void on_open(void *context)
{
	((struct watcher *)context)->opened++;
}

static int on_message(void *context, const struct sse_message *message)
{
	struct watcher *watcher = context;

	buffer_append(&watcher->seen, message->data);
	buffer_append_byte(&watcher->seen, ';');
	return watcher->stops ? -1 : 0;
}

static enum event_stream_outcome follow(struct watcher *watcher,
					const struct event_stream_request *request)
{
	const struct event_stream_handlers handlers = {on_open, on_message, watcher};

	return event_stream_follow(request, &watcher->reader, &handlers, &watcher->retry_after,
				   &watcher->error);
}

static struct event_stream_request request_to(const struct scripted_server *server)
{
	return (struct event_stream_request){.endpoint = &server->endpoint,
					     .token = SLICE("t"),
					     .silence = 60000,
					     .deadline = INT64_MAX};
}

static void finish(struct watcher *watcher, struct scripted_server *server)
{
	scripted_server_stop(server);
	sse_reader_finish(&watcher->reader);
	buffer_finish(&watcher->seen);
}

static void the_last_id_is_sent_again(void **state)
{
	static const char *const answers[] = {SCRIPTED_STREAM "data: 1\nid: c.1.0\n\ndata: cut",
					      SCRIPTED_STREAM "data: 2\nid: c.2.0\n\n", NULL};
	static struct scripted_server server;
	struct watcher watcher = {.opened = 0};
	struct event_stream_request request;

	(void)state;
	sse_reader_init(&watcher.reader, 1000);
	scripted_server_start(&server, answers, false);
	request = request_to(&server);
	request.after = "start";
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_ENDED);
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_ENDED);
	assert_buffer(watcher.seen, "1;2;");
	assert_int_equal(watcher.opened, 2);
	assert_int_equal(watcher.reader.retry, 100);
	finish(&watcher, &server);
	assert_non_null(
	    strstr(server.requests[0], "GET /v1/inbox/stream?after=start HTTP/1.1\r\n"));
	assert_non_null(strstr(server.requests[0], "Authorization: Bearer t\r\n"));
	assert_non_null(strstr(server.requests[0], "Accept: text/event-stream\r\n"));
	assert_null(strstr(server.requests[0], "Last-Event-ID"));
	assert_non_null(strstr(server.requests[1], "GET /v1/inbox/stream HTTP/1.1\r\n"));
	assert_non_null(strstr(server.requests[1], "Last-Event-ID: c.1.0\r\n"));
}

static void answers_are_judged(void **state)
{
	static const struct {
		const char *answer;
		enum event_stream_outcome outcome;
		int64_t retry_after;
		const char *sentence;
	} rows[] = {
	    {SCRIPTED_JSON("401 Unauthorized", "{\"detail\":\"log in\"}"), EVENT_STREAM_REFUSED, 0,
	     "the server refused (401): log in"},
	    {SCRIPTED_JSON("403 Forbidden", ""), EVENT_STREAM_REFUSED, 0,
	     "the server answered with status 403"},
	    {"HTTP/1.1 204 No Content\r\n\r\n", EVENT_STREAM_REFUSED, 0,
	     "the server answered with status 204"},
	    {"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\n\r\n", EVENT_STREAM_BUSY, 9,
	     "the server answered with status 503"},
	    {SCRIPTED_JSON("429 Slow down", "{\"detail\":\"slower\"}"), EVENT_STREAM_BUSY, 0,
	     "the server refused (429): slower"},
	    {"HTTP/1.1 999 What\r\n\r\n", EVENT_STREAM_BUSY, 0,
	     "the server answered with status 999"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const answers[] = {rows[i].answer, NULL};
		static struct scripted_server server;
		struct watcher watcher = {.opened = 0};
		struct event_stream_request request;

		sse_reader_init(&watcher.reader, 1000);
		scripted_server_start(&server, answers, false);
		request = request_to(&server);
		assert_int_equal(follow(&watcher, &request), rows[i].outcome);
		assert_int_equal(watcher.retry_after, rows[i].retry_after);
		assert_int_equal(watcher.opened, 0);
		assert_string_equal(watcher.error.text, rows[i].sentence);
		finish(&watcher, &server);
	}
}

static void what_is_no_stream_fails(void **state)
{
	static const char *const all[] = {
	    SCRIPTED_JSON("200 OK", "{}"),
	    SCRIPTED_STREAM_IN_CHUNKS "no length\r\n",
	    SCRIPTED_STREAM "data: longer than the limit of this reader, which is 64 bytes as "
			    "can be seen\n\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *const answers[] = {all[i], NULL};
		static struct scripted_server server;
		struct watcher watcher = {.opened = 0};
		struct event_stream_request request;

		sse_reader_init(&watcher.reader, 64);
		scripted_server_start(&server, answers, false);
		request = request_to(&server);
		assert_int_equal(follow(&watcher, &request), EVENT_STREAM_FAILED);
		assert_string_not_equal(watcher.error.text, "");
		finish(&watcher, &server);
	}
}

/* That one is accepted needs a server that answers the key: tests/integration/cli.test.js. */
static void a_websocket_is_asked_for(void **state)
{
	static const struct {
		const char *answer;
		enum event_stream_outcome outcome;
	} rows[] = {
	    {SCRIPTED_STREAM "data: 1\n\n", EVENT_STREAM_FAILED},
	    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	     EVENT_STREAM_FAILED},
	    {SCRIPTED_JSON("401 Unauthorized", "{\"detail\":\"log in\"}"), EVENT_STREAM_REFUSED},
	    {"HTTP/1.1 503 Busy\r\n\r\n", EVENT_STREAM_BUSY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const answers[] = {rows[i].answer, NULL};
		static struct scripted_server server;
		struct watcher watcher = {.opened = 0};
		struct event_stream_request request;

		sse_reader_init(&watcher.reader, 1000);
		scripted_server_start(&server, answers, false);
		request = request_to(&server);
		request.by_websocket = true;
		request.after = "start";
		assert_int_equal(follow(&watcher, &request), rows[i].outcome);
		assert_int_equal(watcher.opened, 0);
		finish(&watcher, &server);
		assert_non_null(
		    strstr(server.requests[0], "GET /v1/inbox/socket?after=start HTTP/1.1\r\n"));
		assert_non_null(strstr(server.requests[0], "\r\nSec-WebSocket-Key: "));
		assert_null(strstr(server.requests[0], "text/event-stream"));
	}
}

static void nobody_there_is_away(void **state)
{
	static const char *const answers[] = {NULL};
	static struct scripted_server server;
	struct watcher watcher = {.opened = 0};
	struct event_stream_request request;

	(void)state;
	sse_reader_init(&watcher.reader, 64);
	scripted_server_start(&server, answers, false);
	finish(&watcher, &server);
	request = request_to(&server);
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_AWAY);
	assert_non_null(strstr(watcher.error.text, "Connection refused"));
	scripted_server_start(&server, (const char *const[]){"220 smtp\r\n", NULL}, false);
	request = request_to(&server);
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_AWAY);
	assert_non_null(strstr(watcher.error.text, " does not speak HTTP"));
	scripted_server_stop(&server);
	sse_reader_finish(&watcher.reader);
}

static void the_watcher_can_stop_it(void **state)
{
	static const char *const answers[] = {SCRIPTED_STREAM "data: 1\n\ndata: 2\n\n", NULL};
	static struct scripted_server server;
	struct watcher watcher = {.stops = true};
	struct event_stream_request request;

	(void)state;
	sse_reader_init(&watcher.reader, 64);
	scripted_server_start(&server, answers, true);
	request = request_to(&server);
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_STOPPED);
	assert_buffer(watcher.seen, "1;");
	finish(&watcher, &server);
}

static void silence_ends_it_and_so_does_time(void **state)
{
	static const char *const answers[] = {SCRIPTED_STREAM, SCRIPTED_STREAM, NULL};
	static struct scripted_server server;
	struct watcher watcher = {.opened = 0};
	struct event_stream_request request;

	(void)state;
	sse_reader_init(&watcher.reader, 64);
	scripted_server_start(&server, (const char *const[]){SCRIPTED_STREAM, NULL}, true);
	request = request_to(&server);
	request.silence = 100;
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_ENDED);
	scripted_server_stop(&server);
	scripted_server_start(&server, answers + 1, true);
	request = request_to(&server);
	request.deadline = clock_monotonic() + 100;
	assert_int_equal(follow(&watcher, &request), EVENT_STREAM_STOPPED);
	finish(&watcher, &server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_id_is_sent_again),
	    cmocka_unit_test(answers_are_judged),
	    cmocka_unit_test(what_is_no_stream_fails),
	    cmocka_unit_test(a_websocket_is_asked_for),
	    cmocka_unit_test(nobody_there_is_away),
	    cmocka_unit_test(the_watcher_can_stop_it),
	    cmocka_unit_test(silence_ends_it_and_so_does_time),
	};

	return cmocka_run_group_tests_name("event_stream", tests, NULL, NULL);
}
