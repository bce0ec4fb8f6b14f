/* What every method must do, for each row of method_table: a node that is started with it delivers
 * the same notifications in the same order with the same cursors, live and after an absence.
 *
 * A new row is tested by itself. A new wire needs a row in `receivers`, which says how its client
 * takes one notification after the other. */
#include "lib/assertions.h"
#include "lib/client.h"
#include "lib/kafka_thread.h"
#include "lib/node.h"
#include "lib/only.h"
#include "lib/websocket_client.h"
#include "method/method.h"

#include <stdio.h>

enum { TEXT_BYTES = 64 };

struct receipt {
	char title[TEXT_BYTES];
	char cursor[TEXT_BYTES];
	bool is_marked; /* the cursor is that of this notification, or else of an earlier one */
	json_t *answer; /* of a poll, while it has more */
	size_t taken;
};

enum { RECEIVERS = 3 };

struct receiver {
	const char *wire;
	/* The connection is open; goes on behind the cursor. */
	void (*begin)(struct client *client, const char *cursor);
	/* Waits for the next notification. `receipt` has the one before, and its cursor. */
	void (*next)(struct client *client, struct receipt *receipt);
};

static const struct receiver receivers[RECEIVERS];

/* What is published in this order, and the cursor behind each without its epoch. */
static const struct {
	const char *user; /* NULL: everyone */
	const char *title;
	const char *cursor;
	bool away; /* nobody is connected when it is published */
} deliveries[] = {
    {"anna", "first", "1.0", false},	  {NULL, "to all", "1.1", false},
    {"anna", "third", "2.1", false},	  {"anna", "missed", "3.1", true},
    {NULL, "missed too", "3.2", true},	  {"anna", "the last missed", "4.2", true},
    {"anna", "live again", "5.2", false},
};
enum { DELIVERIES = sizeof(deliveries) / sizeof(deliveries[0]) };

static void copy_member(const json_t *object, const char *name, char text[static TEXT_BYTES])
{
	const char *value = json_string_value(json_object_get(object, name));

	assert_non_null(value);
	assert_true(strlen(value) < TEXT_BYTES);
	strcpy(text, value);
}

static void poll_begin(struct client *client, const char *cursor)
{
	(void)client;
	(void)cursor;
}

static void ask(struct client *client, struct receipt *receipt)
{
	char path[2 * TEXT_BYTES];

	snprintf(path, sizeof(path), "/v1/inbox?wait=30&after=%s", receipt->cursor);
	assert_int_equal(client_call(client, "anna", "GET", path, NULL), 200);
	receipt->answer = client_json(client);
	receipt->taken = 0;
}

/* An answer has one cursor, which is that of its last notification. */
static void poll_next(struct client *client, struct receipt *receipt)
{
	const json_t *notifications;

	if (receipt->answer == NULL)
		ask(client, receipt);
	notifications = json_object_get(receipt->answer, "notifications");
	copy_member(json_array_get(notifications, receipt->taken++), "title", receipt->title);
	receipt->is_marked = receipt->taken == json_array_size(notifications);
	if (!receipt->is_marked)
		return;
	copy_member(receipt->answer, "cursor", receipt->cursor);
	json_decref(receipt->answer);
	receipt->answer = NULL;
}

static void sse_begin(struct client *client, const char *cursor)
{
	char headers[5200];

	snprintf(headers, sizeof(headers), "%sLast-Event-ID: %s\r\n", client_authorization("anna"),
		 cursor);
	assert_int_equal(client_request(client, "GET", "/v1/inbox/stream", headers, NULL), 0);
	assert_int_equal(client_receive_head(client), 200);
}

static void sse_next(struct client *client, struct receipt *receipt)
{
	json_t *data;
	struct slice line, rest;

	assert_true(client_skip_to(client, "event: notification\ndata: "));
	assert_true(client_wait_for(client, "\n\n"));
	rest = buffer_slice(&client->body);
	line = slice_split(&rest, '\n');
	data = json_loadb(line.data, line.length, 0, NULL);
	copy_member(data, "title", receipt->title);
	json_decref(data);
	line = slice_split(&rest, '\n');
	assert_true(slice_starts_with(line, SLICE("id: ")) && line.length < TEXT_BYTES);
	snprintf(receipt->cursor, TEXT_BYTES, "%.*s", (int)line.length - 4, line.data + 4);
	receipt->is_marked = true;
}

static void websocket_begin(struct client *client, const char *cursor)
{
	char query[TEXT_BYTES + 8];

	snprintf(query, sizeof(query), "?after=%s", cursor);
	websocket_client_begin(client, "anna", query);
}

static void websocket_next(struct client *client, struct receipt *receipt)
{
	json_t *message = websocket_client_wait_for(client, "notification");

	copy_member(json_object_get(message, "data"), "title", receipt->title);
	copy_member(message, "cursor", receipt->cursor);
	receipt->is_marked = true;
	json_decref(message);
}

static const struct receiver *receiver_of(const struct method *method)
{
	const struct receiver *receiver = receivers;

	while (receiver < &receivers[RECEIVERS - 1] &&
	       strcmp(receiver->wire, method->wire->name) != 0)
		receiver++;
	assert_string_equal(receiver->wire, method->wire->name);
	return receiver;
}

/* The cursor of the list, which is where a client begins. */
static void read_cursor(const struct test_node *node, char cursor[static TEXT_BYTES])
{
	struct client client;
	json_t *list;

	client_open(&client, &node->address);
	assert_int_equal(client_call(&client, "anna", "GET", "/v1/inbox", NULL), 200);
	list = client_json(&client);
	copy_member(list, "cursor", cursor);
	json_decref(list);
	client_close(&client);
}

static void assert_receipt(const struct receipt *receipt, size_t number)
{
	const char *point = strchr(receipt->cursor, '.');

	assert_string_equal(receipt->title, deliveries[number].title);
	if (!receipt->is_marked)
		return;
	assert_non_null(point);
	assert_string_equal(point + 1, deliveries[number].cursor);
}

static void open_at(struct client *client, const struct test_node *node,
		    const struct receiver *receiver, const char *cursor)
{
	client_open(client, &node->address);
	receiver->begin(client, cursor);
}

/* Publishes what comes while nobody is connected. Returns the number behind the last. */
static size_t publish_missed(const struct test_node *node, size_t number)
{
	while (number < DELIVERIES && deliveries[number].away) {
		client_publish(&node->address, deliveries[number].user, deliveries[number].title);
		number++;
	}
	return number;
}

static void check_delivery(const struct test_node *node, const struct receiver *receiver)
{
	struct receipt receipt = {.title = ""};
	char cursor[TEXT_BYTES];
	struct client client;

	read_cursor(node, receipt.cursor);
	open_at(&client, node, receiver, receipt.cursor);
	for (size_t i = 0, published = 0; i < DELIVERIES; i++) {
		if (i == published && deliveries[i].away) {
			client_close(&client);
			published = publish_missed(node, i);
			open_at(&client, node, receiver, receipt.cursor);
		} else if (i == published) {
			client_publish(&node->address, deliveries[i].user, deliveries[i].title);
			published++;
		}
		receiver->next(&client, &receipt);
		assert_receipt(&receipt, i);
	}
	client_close(&client);
	read_cursor(node, cursor);
	assert_string_equal(cursor, receipt.cursor);
}

static void test_rows(void **state)
{
	const struct feed_ops *feed = NULL;
	struct error error;

	(void)state;
	for (const struct method *method = method_table; method->name != NULL; method++) {
		assert_ptr_equal(wire_find(slice_from_string(method->wire->name)), method->wire);
		assert_int_equal(feed_find(slice_from_string(method->feed->name), &feed, &error),
				 0);
		assert_ptr_equal(feed, method->feed);
		for (const struct method *other = method + 1; other->name != NULL; other++)
			assert_string_not_equal(method->name, other->name);
	}
}

static void test_delivery(void **state)
{
	(void)state;
	for (const struct method *method = method_table; method->name != NULL; method++) {
		const struct receiver *receiver = receiver_of(method);
		const char *broker = getenv("ALLIM_TEST_KAFKA");
		char setting[TEXT_BYTES], kafka[TEXT_BYTES];
		const char *const settings[] = {setting, broker == NULL ? NULL : kafka, NULL};
		struct test_node node;

		if (!kafka_thread_allows(method->feed) || !only_allows(method->name))
			continue;
		printf("method %s\n", method->name);
		snprintf(setting, sizeof(setting), "method=%s", method->name);
		snprintf(kafka, sizeof(kafka), "kafka=%s", broker == NULL ? "" : broker);
		node_start(&node, false, settings);
		check_delivery(&node, receiver);
		node_stop(&node);
		node_remove(&node);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

static const struct receiver receivers[RECEIVERS] = {
    {"poll", poll_begin, poll_next},
    {"sse", sse_begin, sse_next},
    {"websocket", websocket_begin, websocket_next},
};
