/* What administrators ask about dead letters, and what the store is asked then; the test is the
 * store. */
#include "core/json_reader.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/lone_worker.h"
#include "unit/intake/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE	  "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"x\"}"
#define CORRECTED "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"y\"}"

static struct lone_worker lone;

static const struct store_dead_letter example = {
    .id = 7,
    .source = {"kafka:orders", 12},
    .position = {"3/1042", 6},
    .key = {"k1", 2},
    .content_type = {"application/json", 16},
    .reason = {"\"to\" is missing", 15},
    .body = {MESSAGE, sizeof(MESSAGE) - 1},
    .body_length = sizeof(MESSAGE) - 1,
    .tries = 5,
    .first_at = 1700000000000000,
    .buried_at = 1700000001000000,
};

static int start(void **state)
{
	(void)state;
	lone_worker_start(&lone, ROUTE_ADMIN, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

/* With a body, where there is one. */
static int request(const char *method, const char *path, const char *headers, const char *body)
{
	int client = lone_worker_connect(&lone, NULL);
	char lines[4096];

	if (body == NULL)
		snprintf(lines, sizeof(lines), "%s", headers);
	else
		snprintf(lines, sizeof(lines),
			 "%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 headers, strlen(body), body);
	lone_worker_request(&lone, client, method, path, NULL, lines);
	return client;
}

/* Fails the test where the store is asked for anything. */
static void check_nothing_asked(void)
{
	assert_int_equal(lone.asked_count, 0);
}

static void check_refused(const char *method, const char *path, const char *headers,
			  const char *body, const char *expected)
{
	int client = request(method, path, headers, body);

	check_nothing_asked();
	lone_worker_check_answer(client, expected);
}

/* Answers the question for letters with this one, or with none. */
static void answer_letter(struct store_dead_letter *letter)
{
	struct store_dead_letters *page = lone_worker_take(&lone, STORE_DEAD_LETTERS);

	page->letters = letter;
	page->letter_count = letter == NULL ? 0 : 1;
	lone_worker_answer(&lone, page, 0);
}

static void test_a_page(void **state)
{
	int client =
	    request("GET", "/admin/dead-letters?source=kafka%3Aorders&before=9&limit=3", "", NULL);
	struct store_dead_letters *page = lone_worker_take(&lone, STORE_DEAD_LETTERS);
	struct store_dead_letter letters[2] = {example, example};

	(void)state;
	assert_slice(page->source, "kafka:orders");
	assert_int_equal(page->id, 0);
	assert_int_equal(page->before, 9);
	assert_int_equal(page->limit, 3);
	assert_true(page->limit_bytes > 0);
	letters[0].key = letters[1].key = SLICE("\xFF");
	letters[1].reason = SLICE("no \"text\": \xFF");
	page->letters = letters;
	page->letter_count = 2;
	page->more = true;
	lone_worker_answer(&lone, page, 0);
	lone_worker_check_answer(
	    client,
	    "{\"dead_letters\":[{\"id\":7,\"source\":\"kafka:orders\",\"position\":\"3/1042\","
	    "\"key\":\"data:application/octet-stream;base64,/w==\","
	    "\"content_type\":\"application/json\",\"reason\":\"\\\"to\\\" is missing\","
	    "\"tries\":5,\"first_at\":\"2023-11-14T22:13:20.000Z\","
	    "\"buried_at\":\"2023-11-14T22:13:21.000Z\",\"body_bytes\":45},"
	    "{\"id\":7,\"source\":\"kafka:orders\",\"position\":\"3/1042\","
	    "\"key\":\"data:application/octet-stream;base64,/w==\","
	    "\"content_type\":\"application/json\","
	    "\"reason\":\"data:application/octet-stream;base64,bm8gInRleHQiOiD/\","
	    "\"tries\":5,\"first_at\":\"2023-11-14T22:13:20.000Z\","
	    "\"buried_at\":\"2023-11-14T22:13:21.000Z\",\"body_bytes\":45}],\"more\":true}");

	client = request("GET", "/admin/dead-letters", "", NULL);
	page = lone_worker_take(&lone, STORE_DEAD_LETTERS);
	assert_int_equal(page->source.length, 0);
	assert_int_equal(page->before, 0);
	assert_int_equal(page->limit, 20);
	lone_worker_answer(&lone, page, 0);
	lone_worker_check_answer(client, "{\"dead_letters\":[],\"more\":false}");
}

static void check_body_shown(struct slice body, struct slice content_type, const char *expected)
{
	struct store_dead_letter letter = example;
	int client = request("GET", "/admin/dead-letters/7", "", NULL);

	assert_int_equal(((struct store_dead_letters *)lone.asked[0])->id, 7);
	letter.body = body;
	letter.content_type = content_type;
	answer_letter(&letter);
	lone_worker_check_answer(client, expected);
}

static void test_bodies(void **state)
{
	struct slice png = SLICE("image/png");

	(void)state;
	check_body_shown(SLICE("a \"b\"\n"), png, "\"body\":\"a \\\"b\\\"\\n\"}");
	check_body_shown(SLICE(""), png, "\"body\":\"\"}");
	check_body_shown(SLICE("a\0b"), png, "\"body\":\"data:image/png;base64,YQBi\"}");
	check_body_shown(SLICE("\xC3\x28"), SLICE("a\r\nb"),
			 "\"body\":\"data:application/octet-stream;base64,wyg=\"}");
	check_body_shown(SLICE("data:,"), png, "\"body\":\"data:image/png;base64,ZGF0YTos\"}");
}

static void test_not_there(void **state)
{
	static const char *const methods[][2] = {{"GET", "/admin/dead-letters/7"},
						 {"POST", "/admin/dead-letters/7/retry"}};
	struct store_exhume *exhume;
	int client;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		client = request(methods[i][0], methods[i][1], "", NULL);
		answer_letter(NULL);
		lone_worker_check_answer(client, "There is no dead letter 7");
	}
	client = request("DELETE", "/admin/dead-letters/7", "", NULL);
	exhume = lone_worker_take(&lone, STORE_EXHUME);
	lone_worker_answer(&lone, exhume, 0);
	lone_worker_check_answer(client, "There is no dead letter 7");
}

static void test_dropping(void **state)
{
	int client = request("DELETE", "/admin/dead-letters/7", "", NULL);
	struct store_exhume *exhume = lone_worker_take(&lone, STORE_EXHUME);

	(void)state;
	assert_int_equal(exhume->id_count, 1);
	assert_int_equal(exhume->ids[0], 7);
	exhume->exhumed = 1;
	lone_worker_answer(&lone, exhume, 0);
	lone_worker_check_answer(client, "HTTP/1.1 204");

	client = request("DELETE", "/admin/dead-letters?source=rabbitmq:mail", "", NULL);
	exhume = lone_worker_take(&lone, STORE_EXHUME);
	assert_int_equal(exhume->id_count, 0);
	assert_slice(exhume->source, "rabbitmq:mail");
	exhume->exhumed = exhume->limit;
	lone_worker_answer(&lone, exhume, 0);
	lone_worker_check_answer(client, "{\"dropped\":1000,\"more\":true}");

	client = request("DELETE", "/admin/dead-letters?all=1", "", NULL);
	exhume = lone_worker_take(&lone, STORE_EXHUME);
	assert_int_equal(exhume->source.length, 0);
	exhume->exhumed = 3;
	lone_worker_answer(&lone, exhume, 0);
	lone_worker_check_answer(client, "{\"dropped\":3,\"more\":false}");
}

static void test_wrong_requests(void **state)
{
	static const struct {
		const char *method, *path, *expected;
	} rows[] = {
	    {"GET", "/admin/dead-letters?limit=101", "limit is a whole number from 1 to 100"},
	    {"GET", "/admin/dead-letters?before=0", "before is a whole number from 1"},
	    {"GET", "/admin/dead-letters?source=", "source is empty; leave it out"},
	    {"GET", "/admin/dead-letters?sauce=x", "no query parameter sauce"},
	    {"GET", "/admin/dead-letters/7?source=x", "no query parameter source"},
	    {"GET", "/admin/dead-letters/seven", "An id is the number"},
	    {"DELETE", "/admin/dead-letters/0", "An id is the number"},
	    {"POST", "/admin/dead-letters/-1/retry", "An id is the number"},
	    {"DELETE", "/admin/dead-letters", "Give either source=NAME or all=1"},
	    {"DELETE", "/admin/dead-letters?all=0", "Give either source=NAME or all=1"},
	    {"DELETE", "/admin/dead-letters?all=1&source=x", "Give either source=NAME or all=1"},
	    {"PUT", "/admin/dead-letters", "HTTP/1.1 405"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_refused(rows[i].method, rows[i].path, "", NULL, rows[i].expected);
}

/* A page of any site can send a POST that no preflight precedes. */
static void test_pages_of_other_origins(void **state)
{
	static const char *const others[] = {"Origin: http://evil.example\r\n", "Origin: null\r\n",
					     "Origin: http://localhost:81\r\n"};
	int client;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		check_refused("POST", "/admin/dead-letters/7/retry", others[i], NULL,
			      "forbidden_origin");
		check_refused("DELETE", "/admin/dead-letters?all=1", others[i], NULL,
			      "forbidden_origin");
		check_refused("GET", "/admin/dead-letters/7", others[i], NULL, "forbidden_origin");
	}
	client = request("GET", "/admin/dead-letters/7", "Origin: http://localhost\r\n", NULL);
	answer_letter(NULL);
	lone_worker_check_answer(client, "HTTP/1.1 404");
}

/* Takes the publish that a retry asks for, and checks whose it is. */
static struct store_publish *take_publish(const char *key)
{
	struct store_publish *publish = lone_worker_take(&lone, STORE_PUBLISH);

	check_nothing_asked();
	assert_slice(publish->publisher, "kafka:orders");
	assert_int_equal(publish->idempotency_key.length, 0);
	assert_int_equal(publish->item_count, 1);
	assert_slice(publish->items[0].key, key);
	return publish;
}

static void answer_published(struct store_publish *publish)
{
	static const int64_t id = 31;

	publish->items[0].ids = &id;
	publish->created_at = 1700000000000000;
	lone_worker_answer(&lone, publish, 0);
}

static void answer_taken_out(void)
{
	struct store_exhume *exhume = lone_worker_take(&lone, STORE_EXHUME);

	check_nothing_asked();
	assert_int_equal(exhume->id_count, 1);
	assert_int_equal(exhume->ids[0], 7);
	exhume->exhumed = 1;
	lone_worker_answer(&lone, exhume, 0);
}

static void test_published_after_all(void **state)
{
	struct store_dead_letter letter = example;
	int client = request("POST", "/admin/dead-letters/7/retry", "", NULL);

	(void)state;
	answer_letter(&letter);
	answer_published(take_publish("key:k1"));
	assert_string_equal(lone_worker_received(client), "");
	answer_taken_out();
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_PUBLISHES), 1);
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_NOTIFICATIONS), 1);
	lone_worker_check_answer(client, "{\"id\":31,\"notifications\":[{\"id\":31,\"user\":"
					 "\"anna\"}],\"created_at\":");
}

static void test_published_in_another_form(void **state)
{
	struct store_dead_letter letter = example;
	struct store_publish *publish;
	int client = request("POST", "/admin/dead-letters/7/retry", "", CORRECTED);

	(void)state;
	letter.body = SLICE("\xFF");
	letter.content_type = SLICE("application/cloudevents-batch+json");
	answer_letter(&letter);
	publish = take_publish("key:k1");
	assert_slice(publish->items[0].content.title, "y");
	answer_published(publish);
	answer_taken_out();
	lone_worker_check_answer(client, "HTTP/1.1 201");
}

/* By its place, where its producer gave it no key; and a CloudEvent by its own. */
static void test_how_it_is_known_again(void **state)
{
	struct store_dead_letter letter = example;
	int client = request("POST", "/admin/dead-letters/7/retry", "", NULL);
	struct store_publish *publish;

	(void)state;
	letter.key = SLICE("");
	answer_letter(&letter);
	answer_published(take_publish("at:3/1042"));
	answer_taken_out();
	lone_worker_check_answer(client, "HTTP/1.1 201");

	client = request("POST", "/admin/dead-letters/7/retry", "", NULL);
	letter.content_type = SLICE("application/cloudevents+json");
	letter.body = SLICE("{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\","
			    "\"type\":\"t\",\"data\":" MESSAGE "}");
	answer_letter(&letter);
	publish = lone_worker_take(&lone, STORE_PUBLISH);
	assert_true(slice_starts_with(publish->items[0].key, SLICE("event:")));
	answer_published(publish);
	answer_taken_out();
	lone_worker_check_answer(client, "HTTP/1.1 201");
}

/* It was published, and the letter stayed: nothing is published again, and the letter goes. */
static void test_published_before(void **state)
{
	struct store_dead_letter letter = example;
	struct store_publish *publish;
	int client = request("POST", "/admin/dead-letters/7/retry", "", NULL);

	(void)state;
	answer_letter(&letter);
	publish = take_publish("key:k1");
	publish->items[0].is_repeated = true;
	lone_worker_answer(&lone, publish, 0);
	answer_taken_out();
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_PUBLISHES), 0);
	lone_worker_check_answer(client, "{\"repeated\":true}");
}

/* Has the example published under that rule, which is gone before the store answers. */
static int retry_with_rule(const char *rule)
{
	struct store_dead_letter letter = example;
	struct rules rules;
	int client;

	rules_make(&rules, rule);
	lone.worker->configuration->routing = rules.routing;
	client = request("POST", "/admin/dead-letters/7/retry", "", NULL);
	answer_letter(&letter);
	lone.worker->configuration->routing = NULL;
	rules_finish(&rules);
	return client;
}

/* What a publisher is told and what is counted of a publish over HTTP. */
static void test_routed_by_a_rule(void **state)
{
	int client = retry_with_rule("[{name: high, when: {type: t}, priority: high}]");

	(void)state;
	answer_published(take_publish("key:k1"));
	answer_taken_out();
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_ITEMS_ROUTED), 1);
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_ITEMS_DROPPED), 0);
	lone_worker_check_answer(client, ",\"routed_by\":\"high\"}");
}

/* What a rule drops is handled, and published to nobody. */
static void test_dropped_by_a_rule(void **state)
{
	int client = retry_with_rule("[{name: quiet, when: {type: t}, drop: true}]");

	(void)state;
	answer_taken_out();
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_ITEMS_ROUTED), 1);
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_ITEMS_DROPPED), 1);
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_PUBLISHES), 0);
	lone_worker_check_answer(client, "{\"dropped_by\":\"quiet\"}");
}

/* The reason is written down, one more try is counted, and the answer says why. */
static void check_refused_again(int client, const char *reason, int result)
{
	struct store_bury_again *again = lone_worker_take(&lone, STORE_BURY_AGAIN);
	char text[512];

	check_nothing_asked();
	assert_int_equal(again->id, 7);
	assert_true(again->reason.length < sizeof(text));
	snprintf(text, sizeof(text), "%.*s", (int)again->reason.length, again->reason.data);
	if (strstr(text, reason) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", reason, text);
	lone_worker_answer(&lone, again, result);
	lone_worker_check_answer(client, reason);
}

static void test_refused_again(void **state)
{
	static const struct {
		struct slice body;
		const char *reason;
	} rows[] = {
	    {{"\xFF\0", 2}, "Line 1, column 0"},
	    {{"", 0}, "Line 1, column 0"},
	    {{"{}", 2}, "is missing; say whom"},
	    {{"17", 2}, "a message is one JSON object"},
	    {{"[" MESSAGE "]", sizeof(MESSAGE) + 1}, "a message is one JSON object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_dead_letter letter = example;
		int client = request("POST", "/admin/dead-letters/7/retry", "", NULL);

		letter.body = rows[i].body;
		answer_letter(&letter);
		check_refused_again(client, rows[i].reason, i == 0 ? -ENOENT : 0);
	}
}

/* The letter's reason speaks of its own body. */
static void test_a_correction_that_is_refused(void **state)
{
	struct store_dead_letter letter = example;
	int client = request("POST", "/admin/dead-letters/7/retry", "", "{\"to\":1}");

	(void)state;
	answer_letter(&letter);
	check_nothing_asked();
	lone_worker_check_answer(client, "HTTP/1.1 422");

	check_refused("POST", "/admin/dead-letters/7/retry", "", "{", "invalid_json");
}

/* What the store cannot do now leaves the letter, and is told. */
static void test_the_store_fails(void **state)
{
	struct store_dead_letter letter = example;

	(void)state;
	for (int stage = 0; stage < 3; stage++) {
		int client = request("POST", "/admin/dead-letters/7/retry", "", NULL);

		if (stage == 0)
			lone_worker_answer(&lone, lone_worker_take(&lone, STORE_DEAD_LETTERS),
					   -EAGAIN);
		if (stage > 0)
			answer_letter(&letter);
		if (stage == 1)
			lone_worker_answer(&lone, take_publish("key:k1"), -EAGAIN);
		if (stage == 2) {
			answer_published(take_publish("key:k1"));
			lone_worker_answer(&lone, lone_worker_take(&lone, STORE_EXHUME), -EAGAIN);
		}
		check_nothing_asked();
		lone_worker_check_answer(client, "store_unavailable");
	}
}

/* Plays the store until nothing is asked any more. Tells whether something was published. */
static bool play_store(void)
{
	static const int64_t id = 31;
	static struct store_dead_letter letter;
	bool published = false;

	letter = example;
	while (lone.asked_count > 0) {
		struct store_request *asked = lone.asked[0];

		if (asked->operation == STORE_DEAD_LETTERS) {
			answer_letter(&letter);
		} else if (asked->operation == STORE_PUBLISH) {
			published = true;
			((struct store_publish *)asked)->items[0].ids = &id;
			lone_worker_answer(&lone, lone_worker_take(&lone, STORE_PUBLISH), 0);
		} else {
			lone_worker_answer(&lone, lone_worker_take(&lone, STORE_EXHUME), 0);
		}
	}
	return published;
}

/* Whatever allocation fails: an answer or a closed connection, never "done" where it was not. */
static void test_short_of_memory(void **state)
{
	bool failed = true;

	(void)state;
	json_reader_adopt();
	for (unsigned n = 1; failed; n++) {
		const char *received;
		char byte;
		bool published;
		int client = lone_worker_connect(&lone, NULL);

		failing_allocator_fail_at(n);
		lone_worker_request(&lone, client, "POST", "/admin/dead-letters/7/retry", NULL, "");
		published = play_store();
		failed = failing_allocator_reset();
		received = lone_worker_received(client);
		if (strstr(received, "HTTP/1.1 201") != NULL)
			assert_true(published);
		else if (received[0] == '\0')
			assert_int_equal(recv(client, &byte, 1, 0), 0);
		else
			assert_non_null(strstr(received, "HTTP/1.1 503"));
		assert_true(failed || published);
		close(client);
		lone_worker_turn(&lone);
	}
}

#define DEAD_LETTER_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    DEAD_LETTER_TEST(test_a_page),
	    DEAD_LETTER_TEST(test_bodies),
	    DEAD_LETTER_TEST(test_not_there),
	    DEAD_LETTER_TEST(test_dropping),
	    DEAD_LETTER_TEST(test_wrong_requests),
	    DEAD_LETTER_TEST(test_pages_of_other_origins),
	    DEAD_LETTER_TEST(test_published_after_all),
	    DEAD_LETTER_TEST(test_published_in_another_form),
	    DEAD_LETTER_TEST(test_how_it_is_known_again),
	    DEAD_LETTER_TEST(test_published_before),
	    DEAD_LETTER_TEST(test_routed_by_a_rule),
	    DEAD_LETTER_TEST(test_dropped_by_a_rule),
	    DEAD_LETTER_TEST(test_refused_again),
	    DEAD_LETTER_TEST(test_a_correction_that_is_refused),
	    DEAD_LETTER_TEST(test_the_store_fails),
	    DEAD_LETTER_TEST(test_short_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
