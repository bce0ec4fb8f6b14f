/* Messages that could not be handled: kept whatever bytes they are, once, and found again. */
#include "conformance/store/conformance.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { LARGE = 3 << 20 };

static struct store_dead_letter letter_at(const char *source, const char *position)
{
	return (struct store_dead_letter){
	    .source = slice_from_string(source),
	    .position = slice_from_string(position),
	    .key = SLICE("\0\xFFkey"),
	    .content_type = SLICE("application/json"),
	    .reason = SLICE("\"to\" is missing"),
	    .body = SLICE("{\"a\":\0\xC3\x28}"),
	    .tries = 5,
	    .first_at = 1700000000000000,
	};
}

/* Returns how many were not there. */
static size_t bury(struct conformance *c, const struct store_dead_letter *letters, size_t count)
{
	size_t buried;

	CONFORMANCE_REQUEST(store_bury, request, STORE_BURY);
	request.letters = letters;
	request.letter_count = count;
	assert_int_equal(conformance_call(c, &request.request), 0);
	buried = request.buried;
	store_request_finish(&request.request);
	return buried;
}

static size_t bury_at(struct conformance *c, const char *source, const char *position)
{
	struct store_dead_letter letter = letter_at(source, position);

	return bury(c, &letter, 1);
}

/* To be finished by the caller. */
static struct store_dead_letters look(struct conformance *c, const char *source, int64_t before,
				      size_t limit)
{
	CONFORMANCE_REQUEST(store_dead_letters, page, STORE_DEAD_LETTERS);
	page.source = slice_from_string(source);
	page.before = before;
	page.limit = limit;
	assert_int_equal(conformance_call(c, &page.request), 0);
	return page;
}

static size_t count(struct conformance *c, const char *source)
{
	struct store_dead_letters page = look(c, source, 0, 10000);

	assert_false(page.more);
	store_request_finish(&page.request);
	return page.letter_count;
}

static struct store_dead_letters look_at(struct conformance *c, int64_t id)
{
	CONFORMANCE_REQUEST(store_dead_letters, one, STORE_DEAD_LETTERS);
	one.id = id;
	assert_int_equal(conformance_call(c, &one.request), 0);
	assert_false(one.more);
	return one;
}

static int64_t newest(struct conformance *c)
{
	struct store_dead_letters page = look(c, "", 0, 1);
	int64_t id = page.letter_count == 0 ? 0 : page.letters[0].id;

	store_request_finish(&page.request);
	return id;
}

static int bury_again(struct conformance *c, int64_t id, const char *reason)
{
	int result;

	CONFORMANCE_REQUEST(store_bury_again, again, STORE_BURY_AGAIN);
	again.id = id;
	again.reason = slice_from_string(reason);
	result = conformance_call(c, &again.request);
	store_request_finish(&again.request);
	return result;
}

static size_t exhume(struct conformance *c, const int64_t *ids, size_t id_count)
{
	size_t exhumed;

	CONFORMANCE_REQUEST(store_exhume, request, STORE_EXHUME);
	request.ids = ids;
	request.id_count = id_count;
	assert_int_equal(conformance_call(c, &request.request), 0);
	exhumed = request.exhumed;
	store_request_finish(&request.request);
	return exhumed;
}

static size_t exhume_source(struct conformance *c, const char *source, size_t limit)
{
	size_t exhumed;

	CONFORMANCE_REQUEST(store_exhume, request, STORE_EXHUME);
	request.source = slice_from_string(source);
	request.limit = limit;
	assert_int_equal(conformance_call(c, &request.request), 0);
	exhumed = request.exhumed;
	store_request_finish(&request.request);
	return exhumed;
}

static uint64_t statistic(struct conformance *c)
{
	struct store_statistics statistics;

	store_statistics(c->store, &statistics);
	return statistics.dead_letters;
}

static void assert_bytes(struct slice found, struct slice expected)
{
	assert_int_equal(found.length, expected.length);
	assert_memory_equal(found.data, expected.data, expected.length);
}

static void test_a_letter_is_kept_as_it_came(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letter letter = letter_at("kafka:orders", "3/1042");
	struct store_dead_letters one;
	int64_t before = clock_wall();

	assert_int_equal(bury(c, &letter, 1), 1);
	conformance_crash(c);
	one = look_at(c, newest(c));
	assert_int_equal(one.letter_count, 1);
	assert_bytes(one.letters[0].source, letter.source);
	assert_bytes(one.letters[0].position, letter.position);
	assert_bytes(one.letters[0].key, letter.key);
	assert_bytes(one.letters[0].content_type, letter.content_type);
	assert_bytes(one.letters[0].reason, letter.reason);
	assert_bytes(one.letters[0].body, letter.body);
	assert_int_equal(one.letters[0].body_length, letter.body.length);
	assert_int_equal(one.letters[0].tries, 5);
	assert_int_equal(one.letters[0].first_at, 1700000000000000);
	assert_true(one.letters[0].buried_at >= before - 1000000);
	assert_true(one.letters[0].buried_at <= clock_wall() + 1000000);
	store_request_finish(&one.request);
	conformance_check(c);
}

static void test_a_large_and_an_empty_body(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letter letter = letter_at("kafka:orders", "0/1");
	char *large = malloc(LARGE);
	struct store_dead_letters one;

	assert_non_null(large);
	memset(large, '\0', LARGE);
	letter.body = slice_from_bytes(large, LARGE);
	letter.key = SLICE("");
	letter.content_type = SLICE("");
	assert_int_equal(bury(c, &letter, 1), 1);
	assert_int_equal(bury(c, &letter, 1), 0);
	one = look_at(c, newest(c));
	assert_bytes(one.letters[0].body, letter.body);
	assert_int_equal(one.letters[0].key.length, 0);
	store_request_finish(&one.request);
	letter.body = SLICE("");
	assert_int_equal(bury(c, &letter, 1), 1);
	one = look_at(c, newest(c));
	assert_int_equal(one.letters[0].body.length, 0);
	assert_int_equal(one.letters[0].body_length, 0);
	store_request_finish(&one.request);
	free(large);
}

static void test_twice_is_once(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letter again = letter_at("kafka:orders", "3/1042");
	struct store_dead_letter letters[3];
	struct store_dead_letters page;

	assert_int_equal(bury_at(c, "kafka:orders", "3/1042"), 1);
	again.tries = 1;
	again.reason = SLICE("another reason");
	assert_int_equal(bury(c, &again, 1), 0);
	page = look(c, "", 0, 10);
	assert_int_equal(page.letter_count, 1);
	assert_int_equal(page.letters[0].tries, 5);
	assert_bytes(page.letters[0].reason, SLICE("\"to\" is missing"));
	store_request_finish(&page.request);

	letters[0] = again;
	letters[1] = letter_at("kafka:orders", "3/1043");
	letters[2] = letters[1];
	assert_int_equal(bury(c, letters, 3), 1);
	letters[0].source = SLICE("kafka:other");
	assert_int_equal(bury(c, letters, 3), 1);
	letters[0].body = SLICE("another body");
	assert_int_equal(bury(c, letters, 3), 1);
	assert_int_equal(bury(c, NULL, 0), 0);
	assert_int_equal(count(c, ""), 4);
	conformance_crash(c);
	assert_int_equal(count(c, ""), 4);
	assert_int_equal(bury(c, letters, 3), 0);
}

/* Requests that share a transaction see each other's letters. */
static void test_twice_at_once(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letter letter = letter_at("kafka:orders", "3/1042");
	struct store_bury requests[8];
	size_t buried = 0;

	for (size_t i = 0; i < 8; i++) {
		memset(&requests[i], 0, sizeof(requests[i]));
		conformance_prepare(&requests[i].request, STORE_BURY);
		requests[i].letters = &letter;
		requests[i].letter_count = 1;
		conformance_submit(c, &requests[i].request);
	}
	conformance_wait(c);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(requests[i].request.result, 0);
		buried += requests[i].buried;
		store_request_finish(&requests[i].request);
	}
	assert_int_equal(buried, 1);
	assert_int_equal(count(c, ""), 1);
}

static void bury_many(struct conformance *c, const char *source, int from, int to)
{
	for (int i = from; i < to; i++) {
		char position[16];

		snprintf(position, sizeof(position), "0/%d", i);
		assert_int_equal(bury_at(c, source, position), 1);
	}
}

static void test_pages_go_from_the_newest_down(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letters page;
	int64_t before = 0;
	int expected = 24;

	bury_many(c, "kafka:orders", 0, 25);
	bury_many(c, "rabbitmq:mail", 0, 3);
	assert_int_equal(count(c, ""), 28);
	assert_int_equal(count(c, "rabbitmq:mail"), 3);
	assert_int_equal(count(c, "rabbitmq"), 0);
	do {
		page = look(c, "kafka:orders", before, 10);
		for (size_t i = 0; i < page.letter_count; i++) {
			char position[16];

			snprintf(position, sizeof(position), "0/%d", expected--);
			assert_bytes(page.letters[i].position, slice_from_string(position));
			assert_int_equal(page.letters[i].body.length, 0);
			assert_int_equal(page.letters[i].body_length, 9);
			before = page.letters[i].id;
		}
		store_request_finish(&page.request);
		/* What comes meanwhile moves no page. */
		if (expected == 14)
			bury_many(c, "kafka:orders", 100, 105);
	} while (page.more);
	assert_int_equal(expected, -1);
}

static void test_pages_are_limited_in_bytes(void **state)
{
	struct conformance *c = *state;
	static const struct {
		size_t bytes, letters;
	} limits[] = {{1, 1},	 {1000, 1}, {1999, 1}, {2000, 2}, {2001, 2},
		      {4999, 4}, {5000, 5}, {9000, 5}, {0, 5}};
	static char text[1000];
	struct store_dead_letters page;

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 5; i++) {
		char position[16];
		struct store_dead_letter letter = letter_at("k", "");

		snprintf(position, sizeof(position), "%d", i);
		letter.position = slice_from_string(position);
		letter.reason =
		    slice_from_bytes(text, sizeof(text) - 23); /* with the rest: 1,000 */
		assert_int_equal(bury(c, &letter, 1), 1);
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		CONFORMANCE_REQUEST(store_dead_letters, request, STORE_DEAD_LETTERS);
		request.limit = 100;
		request.limit_bytes = limits[i].bytes;
		assert_int_equal(conformance_call(c, &request.request), 0);
		assert_int_equal(request.letter_count, limits[i].letters);
		assert_int_equal(request.more, limits[i].letters < 5);
		store_request_finish(&request.request);
	}
	page = look(c, "", 0, 5);
	assert_int_equal(page.letter_count, 5);
	assert_false(page.more);
	store_request_finish(&page.request);
	page = look(c, "", 0, 0);
	assert_int_equal(page.letter_count, 0);
	assert_true(page.more);
	store_request_finish(&page.request);
}

static void test_tried_in_vain(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letters one;
	int64_t id;

	bury_at(c, "kafka:orders", "3/1042");
	id = newest(c);
	assert_int_equal(bury_again(c, id, "still no \"to\""), 0);
	one = look_at(c, id);
	assert_int_equal(one.letters[0].tries, 6);
	assert_bytes(one.letters[0].reason, SLICE("still no \"to\""));
	assert_bytes(one.letters[0].body, SLICE("{\"a\":\0\xC3\x28}"));
	store_request_finish(&one.request);
	assert_int_equal(bury_again(c, id + 1, "no such letter"), -ENOENT);
}

static void test_taken_out_by_id(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letters one;
	int64_t id, ids[3];

	bury_many(c, "kafka:orders", 0, 5);
	id = newest(c);
	ids[0] = id;
	ids[1] = id + 7;
	ids[2] = id - 2;
	assert_int_equal(exhume(c, ids, 3), 2);
	assert_int_equal(exhume(c, ids, 3), 0);
	one = look_at(c, id);
	assert_int_equal(one.letter_count, 0);
	store_request_finish(&one.request);
	assert_int_equal(count(c, ""), 3);
	/* Nobody who holds the id of a letter that is gone takes out another one. */
	assert_int_equal(bury_at(c, "kafka:orders", "0/4"), 1);
	assert_true(newest(c) > id);
	conformance_crash(c);
	assert_int_equal(exhume(c, ids, 3), 0);
	assert_int_equal(count(c, ""), 4);
}

static void test_ids_are_not_used_again(void **state)
{
	struct conformance *c = *state;
	int64_t id;

	bury_at(c, "kafka:orders", "0/1");
	id = newest(c);
	assert_int_equal(exhume(c, &id, 1), 1);
	conformance_reopen(c);
	bury_at(c, "kafka:orders", "0/2");
	assert_true(newest(c) > id);
}

static void test_taken_out_by_source(void **state)
{
	struct conformance *c = *state;
	struct store_dead_letters page;

	bury_many(c, "kafka:orders", 0, 7);
	bury_many(c, "rabbitmq:mail", 0, 3);
	assert_int_equal(exhume_source(c, "kafka:orders", 4), 4);
	page = look(c, "kafka:orders", 0, 10);
	assert_int_equal(page.letter_count, 3);
	assert_bytes(page.letters[2].position, SLICE("0/4"));
	store_request_finish(&page.request);
	assert_int_equal(exhume_source(c, "kafka:orders", 4), 3);
	assert_int_equal(exhume_source(c, "kafka:orders", 4), 0);
	assert_int_equal(exhume_source(c, "", 2), 2);
	assert_int_equal(exhume_source(c, "", 2), 1);
	assert_int_equal(count(c, ""), 0);
}

static void test_old_letters_go(void **state)
{
	struct conformance *c = *state;
	struct store_statistics statistics;

	c->options.maintenance_interval = 20;
	c->options.dead_letter_age = 3600 * INT64_C(1000000);
	conformance_reopen(c);
	bury_many(c, "kafka:orders", 0, 3);
	conformance_publish(c, "anna", "stays");
	conformance_settle(c);
	assert_int_equal(count(c, ""), 3);
	c->options.dead_letter_age = 1;
	store_reconfigure(c->store, &c->options);
	CONFORMANCE_WAIT_FOR(count(c, "") == 0);
	store_statistics(c->store, &statistics);
	assert_int_equal(statistics.dead_letters_forgotten, 3);
	CONFORMANCE_WAIT_FOR(statistic(c) == 0);
	assert_int_equal(conformance_unread(c, "anna"), 1);

	c->options.dead_letter_age = 0;
	store_reconfigure(c->store, &c->options);
	bury_many(c, "kafka:orders", 0, 2);
	usleep(100000);
	conformance_settle(c);
	assert_int_equal(count(c, ""), 2);
}

static void test_how_many_there_are(void **state)
{
	struct conformance *c = *state;
	int64_t id;

	assert_int_equal(statistic(c), 0);
	bury_many(c, "kafka:orders", 0, 5);
	bury_at(c, "kafka:orders", "0/3");
	CONFORMANCE_WAIT_FOR(statistic(c) == 5);
	id = newest(c);
	assert_int_equal(exhume(c, &id, 1), 1);
	CONFORMANCE_WAIT_FOR(statistic(c) == 4);
	conformance_reopen(c);
	CONFORMANCE_WAIT_FOR(statistic(c) == 4);
	assert_int_equal(exhume_source(c, "", 100), 4);
	CONFORMANCE_WAIT_FOR(statistic(c) == 0);
}

/* They are nobody's: no inbox changes, and nobody is told. */
static void test_no_inbox_knows(void **state)
{
	struct conformance *c = *state;
	struct store_head everyone = conformance_head(c, "");

	bury_many(c, "kafka:orders", 0, 2);
	conformance_settle(c);
	assert_int_equal(c->hint_count, 0);
	assert_int_equal(conformance_head(c, "").seq, everyone.seq);
	conformance_check(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_a_letter_is_kept_as_it_came),
	    CONFORMANCE_TEST(test_a_large_and_an_empty_body),
	    CONFORMANCE_TEST(test_twice_is_once),
	    CONFORMANCE_TEST(test_twice_at_once),
	    CONFORMANCE_TEST(test_pages_go_from_the_newest_down),
	    CONFORMANCE_TEST(test_pages_are_limited_in_bytes),
	    CONFORMANCE_TEST(test_tried_in_vain),
	    CONFORMANCE_TEST(test_taken_out_by_id),
	    CONFORMANCE_TEST(test_ids_are_not_used_again),
	    CONFORMANCE_TEST(test_taken_out_by_source),
	    CONFORMANCE_TEST(test_old_letters_go),
	    CONFORMANCE_TEST(test_how_many_there_are),
	    CONFORMANCE_TEST(test_no_inbox_knows),
	};

	return conformance_run("dead letters", tests, sizeof(tests) / sizeof(tests[0]));
}
