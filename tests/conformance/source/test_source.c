/* What every source must do.
 *
 * usage: test_source_conformance KIND [TEST]    KIND is one of `kinds`; TEST may have stars */
#include "conformance/source/conformance.h"

#include "lib/captured_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct conformance_kind *const kinds[] = {&conformance_kafka, &conformance_rabbitmq};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), MESSAGES = 300 };

static const struct conformance_kind *kind;
static void *place;

static struct source_statistics figures(struct conformance *c)
{
	return conformance_statistics(c->source);
}

static void check_published_in_order(struct conformance *c)
{
	conformance_open(c);
	for (unsigned i = 0; i < MESSAGES; i++)
		conformance_send(c, i % 3 == 0 ? "anna" : "minjun");
	CONFORMANCE_WAIT_FOR(figures(c).published == MESSAGES);
	conformance_assert_inbox(c, "anna", MESSAGES / 3);
	conformance_assert_inbox(c, "minjun", MESSAGES - MESSAGES / 3);
	assert_true(figures(c).connected);
	assert_int_equal(figures(c).reconnections, 0);
	assert_int_equal(figures(c).repeated, 0);
	CONFORMANCE_WAIT_FOR(figures(c).waiting == 0);
	assert_int_equal(figures(c).waiting_bytes, 0);
}

/* What was sent before anybody was there is not lost. */
static void check_sent_before(struct conformance *c)
{
	for (unsigned i = 0; i < 20; i++)
		conformance_send(c, "anna");
	conformance_open(c);
	CONFORMANCE_WAIT_FOR(figures(c).published == 20);
	conformance_assert_inbox(c, "anna", 20);
}

/* An orderly end leaves nothing to be done again, and nothing undone. */
static void check_closing(struct conformance *c)
{
	uint64_t published = 0;

	for (unsigned round = 0; round < 4; round++) {
		conformance_open(c);
		for (unsigned i = 0; i < 50; i++)
			conformance_send(c, "anna");
		CONFORMANCE_WAIT_FOR(figures(c).published > 0);
		published += figures(c).published;
		conformance_close(c);
	}
	conformance_open(c);
	CONFORMANCE_WAIT_FOR(conformance_count(c, "anna") == 200);
	conformance_assert_inbox(c, "anna", 200);
	assert_true(published > 0);
}

/* Messages that are no notifications go to the dead letters, and the others go on. */
static void check_dead_letters(struct conformance *c)
{
	size_t letters;

	conformance_open(c);
	conformance_send(c, "anna");
	c->kind->send(c->place, "anna", "bad-1", "{\"to\":{\"user\":\"anna\"}}");
	c->kind->send(c->place, "anna", "\xFF\x01", "\xFF\xFE\"");
	c->kind->send(c->place, "anna", "bad-2", "no JSON");
	conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published == 2 && figures(c).buried == 3);
	conformance_assert_inbox(c, "anna", 2);
	assert_non_null(strstr(conformance_letter(c, &letters), "Line 1"));
	assert_int_equal(letters, 3);
}

/* Equal messages without a key are as many letters, also where nothing is kept of them. */
static void check_equal_dead_letters(struct conformance *c)
{
	enum { EQUAL = 3, LARGE_BYTES = (16 << 20) + 1, LARGE = 2 };
	unsigned sent = EQUAL;
	size_t letters;

	conformance_open(c);
	for (unsigned i = 0; i < EQUAL; i++)
		c->kind->send(c->place, "anna", NULL, "no JSON");
	if (!c->kind->has_positions) {
		char *body = malloc(LARGE_BYTES + 1);

		assert_non_null(body);
		memset(body, 'x', LARGE_BYTES);
		body[LARGE_BYTES] = '\0';
		for (unsigned i = 0; i < LARGE; i++)
			c->kind->send(c->place, "anna", NULL, body);
		free(body);
		sent += LARGE;
	}
	CONFORMANCE_WAIT_FOR(figures(c).received == sent && figures(c).waiting == 0);
	conformance_letter(c, &letters);
	assert_int_equal(letters, sent);
	assert_int_equal(figures(c).buried, sent);
}

/* A tombstone of a compacted topic says nothing: no dead letter, and the others go on. */
static void check_tombstones(struct conformance *c)
{
	size_t letters;

	if (!c->kind->has_tombstones)
		return;
	conformance_open(c);
	conformance_send(c, "anna");
	for (unsigned i = 0; i < 20; i++)
		c->kind->send(c->place, "anna", NULL, NULL);
	conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published == 2 && figures(c).waiting == 0);
	assert_int_equal(figures(c).buried, 0);
	conformance_letter(c, &letters);
	assert_int_equal(letters, 0);
	assert_int_equal(figures(c).skipped, 20);
	conformance_close(c);
	conformance_open(c);
	conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published == 1);
	assert_int_equal(figures(c).received, 1);
}

/* The same message twice, as a producer sends it that did not hear of the first, is one. */
static void check_keys(struct conformance *c)
{
	const char *body = "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"1\"}";

	conformance_open(c);
	c->kind->send(c->place, "anna", "order 5", body);
	c->kind->send(c->place, "anna", "order 5", body);
	c->kind->send(c->place, "anna", "order 6", body);
	CONFORMANCE_WAIT_FOR(figures(c).published == 2 && figures(c).repeated == 1);
	assert_int_equal(conformance_count(c, "anna"), 2);
}

/* A source may be there first: that is no trouble, and costs no connection. */
static void check_queue_missing(struct conformance *c)
{
	struct captured_log log;

	if (!c->kind->makes_queues)
		return;
	c->configuration->settings.sources_rabbitmq_queue = "missing";
	captured_log_start(&log);
	conformance_open(c);
	CONFORMANCE_WAIT_FOR(figures(c).connected);
	CONFORMANCE_WAIT_FOR(captured_log_count(&log, "RabbitMQ is in use") > 0);
	conformance_close(c);
	assert_int_equal(captured_log_count(&log, "cannot be used"), 0);
	assert_int_equal(captured_log_count(&log, "a queue was missing"), 1);
	assert_int_equal(captured_log_count(&log, "\"queue\":\"missing\""), 2);
	captured_log_end(&log);
}

/* What is sent to a queue that was deleted and made again is new, though it stands where something
 * stood before. */
static void check_queue_made_again(struct conformance *c)
{
	if (!c->kind->has_positions)
		return;
	conformance_open(c);
	for (unsigned i = 0; i < 10; i++)
		conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published == 10);
	conformance_close(c);
	if (!c->kind->make_again(c->place))
		return;
	conformance_open(c);
	for (unsigned i = 0; i < 10; i++)
		conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published + figures(c).repeated == 10);
	conformance_assert_inbox(c, "anna", 20);
}

/* While the store is away nothing is acknowledged, and nothing lost. */
static void check_store_away(struct conformance *c)
{
	conformance_open(c);
	conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published == 1);
	atomic_store(&c->store.failure, -EAGAIN);
	for (unsigned i = 0; i < 50; i++)
		conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).retries >= 3);
	assert_int_equal(conformance_count(c, "anna"), 1);
	atomic_store(&c->store.failure, 0);
	CONFORMANCE_WAIT_FOR(figures(c).published == 51);
	conformance_assert_inbox(c, "anna", 51);
}

/* And also where the source ends meanwhile: somebody else finds the messages. */
static void check_closed_while_store_away(struct conformance *c)
{
	conformance_open(c);
	atomic_store(&c->store.failure, -EAGAIN);
	for (unsigned i = 0; i < 50; i++)
		conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).retries >= 1);
	conformance_close(c);
	atomic_store(&c->store.failure, 0);
	conformance_open(c);
	CONFORMANCE_WAIT_FOR(figures(c).published == 50);
	conformance_assert_inbox(c, "anna", 50);
}

/* A store that fails for a reason of the message's: it is given up, after some tries. */
static void check_store_refuses(struct conformance *c)
{
	size_t letters;

	conformance_open(c);
	atomic_store(&c->store.failure, -EIO);
	conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).retries >= 3);
	atomic_store(&c->store.failure, 0);
	CONFORMANCE_WAIT_FOR(figures(c).buried == 1);
	conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published == 1);
	assert_non_null(strstr(conformance_letter(c, &letters), "the store refuses it"));
}

static void check_broker_away(struct conformance *c)
{
	conformance_open(c);
	for (unsigned i = 0; i < 20; i++)
		conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published > 0);
	c->kind->go_down(c->place);
	CONFORMANCE_WAIT_FOR(!figures(c).connected);
	c->kind->come_up(c->place);
	for (unsigned i = 0; i < 20; i++)
		conformance_send(c, "anna");
	CONFORMANCE_WAIT_FOR(figures(c).published >= 40);
	assert_int_equal(figures(c).published, 40);
	conformance_assert_inbox(c, "anna", 40);
	CONFORMANCE_WAIT_FOR(figures(c).connected);
	CONFORMANCE_WAIT_FOR(figures(c).reconnections > 0);
}

static void check_broker_down_at_the_start(struct conformance *c)
{
	for (unsigned i = 0; i < 5; i++)
		conformance_send(c, "anna");
	c->kind->go_down(c->place);
	conformance_open(c);
	for (unsigned i = 0; i < 100; i++)
		conformance_pause();
	assert_false(figures(c).connected);
	c->kind->come_up(c->place);
	CONFORMANCE_WAIT_FOR(figures(c).published == 5);
}

/* Consumers come and go, and each message is published once, in order. */
static void check_several(struct conformance *c)
{
	const char *users[] = {"anna", "minjun", "sofia", "felix", "yuna"};
	struct source *others[3];

	conformance_open(c);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = 0; k < 50; k++)
			conformance_send(c, users[k % 5]);
		others[i] = conformance_open_another(c);
	}
	CONFORMANCE_WAIT_FOR(conformance_count(c, "anna") == 30);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = 0; k < 50; k++)
			conformance_send(c, users[k % 5]);
		source_close(others[i]);
	}
	for (unsigned i = 0; i < 5; i++) {
		CONFORMANCE_WAIT_FOR(conformance_count(c, users[i]) >= 60);
		conformance_assert_inbox(c, users[i], 60);
	}
}

/* What waits in memory is bounded, however much the broker has. */
static void check_memory(struct conformance *c)
{
	const unsigned messages = 5000;
	uint64_t most = 1 << 20, peak = 0;

	c->configuration->settings.sources_buffer_bytes = (int64_t)most;
	atomic_store(&c->store.failure, -EAGAIN);
	conformance_open(c);
	for (unsigned i = 0; i < messages; i++)
		conformance_send(c, "anna");
	do {
		conformance_pause();
		if (figures(c).waiting_bytes > peak)
			peak = figures(c).waiting_bytes;
	} while (figures(c).retries < 6);
	if (peak == 0 || peak > most + (1 << 19))
		fail_msg("%llu bytes waited", (unsigned long long)peak);
	atomic_store(&c->store.failure, 0);
	CONFORMANCE_WAIT_FOR(figures(c).published == messages);
	conformance_assert_inbox(c, "anna", messages);
}

/* A partition that changes hands while its reader waits for the store is read by whoever has it
 * afterwards, though it be the same one. */
static void check_members_change_while_too_much_waits(struct conformance *c)
{
	const unsigned messages = 2000;
	const char *users[] = {"anna", "minjun", "sofia", "felix", "yuna"};
	struct source *other;

	if (!c->kind->shares)
		return;
	c->configuration->settings.sources_buffer_bytes = 1 << 20;
	atomic_store(&c->store.failure, -EAGAIN);
	conformance_open(c);
	for (unsigned i = 0; i < messages; i++)
		conformance_send(c, users[i % 5]);
	CONFORMANCE_WAIT_FOR(figures(c).pauses > 0 && figures(c).retries >= 20);
	other = conformance_open_another(c);
	CONFORMANCE_WAIT_FOR(conformance_statistics(other).received > 0);
	source_close(other);
	atomic_store(&c->store.failure, 0);
	for (unsigned i = 0; i < 5; i++) {
		CONFORMANCE_WAIT_FOR(conformance_count(c, users[i]) >= messages / 5);
		conformance_assert_inbox(c, users[i], messages / 5);
	}
}

/* However little of it is body. */
static void check_memory_beside_bodies(struct conformance *c)
{
	enum { LONG_KEYS = 60, KEY_BYTES = 64 << 10 }; /* the mock keeps 5 MiB */
	char *key = malloc(KEY_BYTES + 1);
	uint64_t peak = 0;

	assert_non_null(key);
	memset(key, 'k', KEY_BYTES);
	key[c->kind->has_positions ? KEY_BYTES : 255] = '\0';
	c->configuration->settings.sources_buffer_bytes = 1 << 20;
	atomic_store(&c->store.failure, -EAGAIN);
	conformance_open(c);
	for (unsigned i = 0; i < LONG_KEYS; i++)
		c->kind->send(c->place, "anna", key, "no JSON");
	do {
		conformance_pause();
		if (figures(c).waiting > peak)
			peak = figures(c).waiting;
	} while (figures(c).retries < 6);
	if (c->kind->has_positions && peak > LONG_KEYS / 2)
		fail_msg("%llu messages waited", (unsigned long long)peak);
	atomic_store(&c->store.failure, 0);
	CONFORMANCE_WAIT_FOR(figures(c).received >= LONG_KEYS && figures(c).waiting == 0);
	free(key);
}

/* However large messages are; the connection lives while nothing is taken from it. Blanks behind
 * the object are a message's, too. */
static void check_memory_of_large_messages(struct conformance *c)
{
	enum { LARGE = 40, BODY_BYTES = 100 << 10 }; /* the mock keeps 5 MiB */
	char *body = malloc(BODY_BYTES + 1);
	uint64_t most = 1 << 20, peak = 0;

	assert_non_null(body);
	c->configuration->settings.sources_buffer_bytes = (int64_t)most;
	atomic_store(&c->store.failure, -EAGAIN);
	conformance_open(c);
	for (unsigned i = 1; i <= LARGE; i++) {
		snprintf(body, BODY_BYTES,
			 "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"%u\"}%*s", i,
			 BODY_BYTES - 60, "");
		c->kind->send(c->place, "anna", NULL, body);
	}
	do {
		conformance_pause();
		if (figures(c).waiting_bytes > peak)
			peak = figures(c).waiting_bytes;
	} while (figures(c).retries < 8);
	if (peak == 0 || peak > most + (1 << 19))
		fail_msg("%llu bytes waited", (unsigned long long)peak);
	assert_true(figures(c).pauses > 0);
	atomic_store(&c->store.failure, 0);
	CONFORMANCE_WAIT_FOR(figures(c).published == LARGE);
	conformance_assert_inbox(c, "anna", LARGE);
	assert_int_equal(figures(c).reconnections, 0);
	assert_true(figures(c).connected);
	free(body);
}

static void run(void (*check)(struct conformance *c))
{
	struct conformance c;

	conformance_begin(&c, kind, place);
	check(&c);
	conformance_end(&c);
}

#define CHECKS                                     \
	CHECK(published_in_order)                  \
	CHECK(sent_before)                         \
	CHECK(closing)                             \
	CHECK(dead_letters)                        \
	CHECK(equal_dead_letters)                  \
	CHECK(tombstones)                          \
	CHECK(keys)                                \
	CHECK(queue_missing)                       \
	CHECK(queue_made_again)                    \
	CHECK(store_away)                          \
	CHECK(closed_while_store_away)             \
	CHECK(store_refuses)                       \
	CHECK(broker_away)                         \
	CHECK(broker_down_at_the_start)            \
	CHECK(several)                             \
	CHECK(members_change_while_too_much_waits) \
	CHECK(memory)                              \
	CHECK(memory_beside_bodies)                \
	CHECK(memory_of_large_messages)

#define CHECK(name)                           \
	static void test_##name(void **state) \
	{                                     \
		(void)state;                  \
		run(check_##name);            \
	}
CHECKS
#undef CHECK

static int start(void **state)
{
	(void)state;
	place = kind->start();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kind->stop(place);
	return 0;
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
#define CHECK(name) cmocka_unit_test(test_##name),
	    CHECKS
#undef CHECK
	};

	for (size_t i = 0; i < KINDS; i++) {
		if (count > 1 && strcmp(arguments[1], kinds[i]->name) == 0)
			kind = kinds[i];
	}
	if (kind == NULL)
		return 2;
	if (count > 2)
		cmocka_set_test_filter(arguments[2]);
	return cmocka_run_group_tests_name("source conformance", tests, start, stop);
}
