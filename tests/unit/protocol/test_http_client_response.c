#include "protocol/http_client_response.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

struct seen {
	struct buffer text;
	int head_result;
	int body_result;
};

static int on_head(void *context, struct http_client_response *response)
{
	struct seen *seen = context;

	buffer_append_format(&seen->text, "%d ", http_client_response_status(response));
	return seen->head_result;
}

static int on_body(void *context, struct slice bytes)
{
	struct seen *seen = context;

	buffer_append(&seen->text, bytes);
	return seen->body_result;
}

static struct http_client_response *create(struct seen *seen, bool without_body)
{
	struct http_client_response_events events = {on_head, on_body, seen};
	struct http_client_response *response =
	    http_client_response_create(&events, 200, without_body);

	assert_non_null(response);
	return response;
}

/* Feeds in pieces; returns the result and how much was left over. */
static int feed(struct http_client_response *response, struct slice input, size_t piece,
		size_t *ret_left)
{
	size_t offset = 0, consumed = 1;
	int result = 0;

	while (result == 0 && consumed > 0 && offset < input.length) {
		size_t length = piece < input.length - offset ? piece : input.length - offset;

		result = http_client_response_feed(
		    response, slice_from_bytes(input.data + offset, length), &consumed);
		offset += consumed;
	}
	*ret_left = input.length - offset;
	return result;
}

struct row {
	const char *input;
	const char *text;
	int result; /* of feeding */
	int end;    /* of the connection's end after it */
	bool complete;
	bool without_body;
};

static const struct row rows[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "200 ab", 0, 0, true, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", "200 a", 0, -ECONNRESET, false, false},
    {"HTTP/1.1 204 No Content\r\n\r\n", "204 ", 0, 0, true, false},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304 ", 0, 0, true, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "200 ", 0, 0, true, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
     "200 abc", 0, 0, true, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "200 ab", 0, -ECONNRESET,
     false, false},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", "200 abc", 0, 0, false, false},
    {"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "503 x", 0, 0, true,
     false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", "201 x", 0,
     0, true, false},
    {"HTTP/1.1 100 Continue\r\n\r\n", "", 0, -ECONNRESET, false, false},
    {"", "", 0, -ECONNRESET, false, false},
    {"SSH-2.0-OpenSSH_9.2\r\n", "", -EBADMSG, -ECONNRESET, false, false},
    {"HTTP/1.1 200 OK\r\nA b\r\n\r\n", "", -EBADMSG, -ECONNRESET, false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "", -EBADMSG, -ECONNRESET,
     false, false},
};

static void check_row(const struct row *row, size_t piece)
{
	struct seen seen = {BUFFER_EMPTY, 0, 0};
	struct http_client_response *response = create(&seen, row->without_body);
	size_t left;

	assert_int_equal(feed(response, slice_from_string(row->input), piece, &left), row->result);
	assert_buffer(seen.text, row->text);
	assert_int_equal(http_client_response_is_complete(response), row->complete);
	assert_int_equal(http_client_response_end(response), row->end);
	http_client_response_destroy(response);
	buffer_finish(&seen.text);
}

static void test_rows_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t piece = 1; piece < 60; piece++)
			check_row(&rows[i], piece);
		check_row(&rows[i], 1000);
	}
}

static void test_headers(void **state)
{
	struct seen seen = {BUFFER_EMPTY, 0, 0};
	struct http_client_response *response = create(&seen, false);
	size_t left;

	(void)state;
	assert_int_equal(
	    feed(response,
		 SLICE("HTTP/1.1 100 Go\r\nA: old\r\n\r\nHTTP/1.1 200 OK\r\n"
		       "Content-Type:  a:b \r\nE:\r\nX: 1\r\nx: 2\r\nContent-Length: 0\r\n\r\n"
		       "HTTP/1.1 404 Next"),
		 3, &left),
	    0);
	assert_int_equal(left, 17);
	assert_slice(http_client_response_header(response, SLICE("content-type")), "a:b");
	assert_slice(http_client_response_header(response, SLICE("E")), "");
	assert_slice(http_client_response_header(response, SLICE("x")), "1");
	assert_slice(http_client_response_header(response, SLICE("a")), "");
	http_client_response_reset(response, false);
	assert_int_equal(http_client_response_status(response), 0);
	assert_slice(http_client_response_header(response, SLICE("x")), "");
	http_client_response_destroy(response);
	buffer_finish(&seen.text);
}

static void test_head_limit(void **state)
{
	struct seen seen = {BUFFER_EMPTY, 0, 0};
	struct http_client_response *response = create(&seen, false);
	struct buffer input = BUFFER_EMPTY;
	size_t left;

	(void)state;
	buffer_append_string(&input, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 40; i++)
		buffer_append_string(&input, "Name: value\r\n");
	assert_int_equal(feed(response, buffer_slice(&input), 10, &left), -EMSGSIZE);
	http_client_response_destroy(response);
	buffer_finish(&input);
	buffer_finish(&seen.text);
}

static void test_callbacks_stop_it(void **state)
{
	struct slice input = SLICE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
	struct seen seen = {BUFFER_EMPTY, -ECANCELED, 0};
	struct http_client_response *response = create(&seen, false);
	size_t left;

	(void)state;
	assert_int_equal(feed(response, input, 100, &left), -ECANCELED);
	http_client_response_reset(response, false);
	seen.head_result = 0;
	seen.body_result = -EPIPE;
	assert_int_equal(feed(response, input, 100, &left), -EPIPE);
	http_client_response_destroy(response);
	buffer_finish(&seen.text);
}

static void test_every_allocation(void **state)
{
	struct slice input = SLICE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
	struct http_client_response_events events = {NULL, on_body, NULL};
	struct seen seen = {BUFFER_EMPTY, 0, 0};
	unsigned n = 1;

	(void)state;
	buffer_append_string(&seen.text, "reserved");
	events.context = &seen;
	for (bool failed = true; failed; n++) {
		struct http_client_response *response;
		size_t consumed;

		failing_allocator_fail_at(n);
		response = http_client_response_create(&events, 100, false);
		if (response != NULL) {
			int result = http_client_response_feed(response, input, &consumed);

			failed = failing_allocator_reset();
			assert_int_equal(result, failed ? -ENOMEM : 0);
		} else {
			assert_true(failing_allocator_reset());
		}
		http_client_response_destroy(response);
	}
	assert_true(n > 3);
	buffer_finish(&seen.text);
}

/* 101 ends HTTP where a client asked for that, and nowhere else. */
static void test_upgrades(void **state)
{
	static const char input[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\n\r\n\x81\x01.";

	(void)state;
	for (size_t piece = 1; piece <= sizeof(input); piece++) {
		struct seen seen = {.text = BUFFER_EMPTY};
		struct http_client_response *response = create(&seen, false);
		size_t left;

		http_client_response_allow_upgrade(response);
		assert_int_equal(feed(response, slice_from_string(input), piece, &left), 0);
		assert_int_equal(left, 3);
		assert_true(http_client_response_is_complete(response));
		assert_slice(http_client_response_header(response, SLICE("Upgrade")), "websocket");
		assert_buffer(seen.text, "101 ");
		http_client_response_destroy(response);
		response = create(&seen, false);
		assert_int_equal(feed(response, slice_from_string(input), piece, &left), -EBADMSG);
		http_client_response_destroy(response);
		buffer_finish(&seen.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows_in_pieces),   cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_head_limit),	     cmocka_unit_test(test_callbacks_stop_it),
	    cmocka_unit_test(test_every_allocation), cmocka_unit_test(test_upgrades),
	    cmocka_unit_test(test_upgrades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
