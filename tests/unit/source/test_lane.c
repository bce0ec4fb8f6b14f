/* What becomes of messages: batches, tries, letters, records. */
#include "lane_scene.h"
#include "lib/captured_log.h"

#include <errno.h>

/* The first goes at once; what comes meanwhile goes together. */
static void test_batches(void **state)
{
	struct scene *scene = *state;
	const struct store_publish *publish;

	for (unsigned i = 1; i <= 12; i++)
		add(scene, i, true);
	publish = publish_at_store(scene);
	assert_int_equal(publish->item_count, 1);
	assert_slice(publish->publisher, "kafka:orders");
	assert_slice(publish->items[0].key, "at:0/1");
	assert_int_equal(scene->handled, 0);
	answer(scene, 0);
	assert_int_equal(scene->handled, 1);
	assert_int_equal(publish_at_store(scene)->item_count, BATCH);
	assert_slice(publish_at_store(scene)->items[BATCH - 1].key, "at:0/9");
	assert_int_equal(statistics(scene).waiting, 11);
	answer(scene, 0);
	assert_int_equal(publish_at_store(scene)->item_count, 3);
	answer(scene, 0);
	assert_int_equal(scene->handled, 12);
	assert_int_equal(statistics(scene).received, 12);
	assert_int_equal(statistics(scene).published, 12);
	assert_int_equal(statistics(scene).waiting, 0);
	assert_int_equal(statistics(scene).waiting_bytes, 0);
}

/* What waits is counted with all that it holds, or many headers would be memory without a limit. */
static void test_bytes_that_wait(void **state)
{
	struct scene *scene = *state;
	struct test_message *message = calloc(1, sizeof(*message));

	assert_non_null(message);
	message->number = 1;
	message->lane.content.body =
	    SLICE("{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"x\"}");
	message->lane.beside = 1000000;
	lane_add(&scene->lane, &message->lane);
	assert_int_equal(statistics(scene).waiting_bytes, LANE_MESSAGE_BYTES + 45 + 1000000);
	answer(scene, 0);
	assert_int_equal(statistics(scene).waiting_bytes, 0);
}

/* The store need not wait for the next batch to be read. */
static void test_the_next_batch_is_read_meanwhile(void **state)
{
	struct scene *scene = *state;
	const struct store_publish *next;

	add(scene, 1, true);
	next = &scene->lane.next->publish;
	for (unsigned i = 2; i <= 12; i++)
		add(scene, i, true);
	assert_int_equal(next->item_count, BATCH);
	assert_slice(next->items[BATCH - 1].key, "at:0/9");
	answer(scene, 0);
	assert_ptr_equal(publish_at_store(scene), next);
	answer(scene, -EAGAIN); /* all are read again, in smaller batches */
	pass(scene, LONG);
	assert_int_equal(publish_at_store(scene)->item_count, BATCH / 2);
	assert_slice(publish_at_store(scene)->items[0].key, "at:0/2");
	answer(scene, 0);
	assert_slice(publish_at_store(scene)->items[0].key, "at:0/6");
	answer(scene, 0);
	assert_int_equal(scene->handled, 12);
}

static void test_what_was_published_before(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	((struct store_publish *)scene->request)->items[0].is_repeated = true;
	answer(scene, 0);
	assert_int_equal(scene->handled, 1);
	assert_int_equal(statistics(scene).published, 0);
	assert_int_equal(statistics(scene).repeated, 1);
}

/* However long the store is away, the same messages are tried, in order, and none is given up. */
static void test_the_store_is_away(void **state)
{
	struct scene *scene = *state;
	const int failures[] = {-EAGAIN, -ENOSPC, -ENOMEM, -EROFS};

	add(scene, 1, true);
	add(scene, 2, true);
	for (unsigned i = 0; i < 40; i++) {
		answer(scene, failures[i % 4]);
		assert_null(scene->request);
		assert_int_equal(scene->handled, 0);
		pass(scene, LONG);
		assert_slice(publish_at_store(scene)->items[0].key, "at:0/1");
	}
	answer(scene, 0);
	assert_slice(publish_at_store(scene)->items[0].key, "at:0/2");
	answer(scene, 0);
	assert_int_equal(scene->handled, 2);
	assert_int_equal(statistics(scene).retries, 40);
	assert_int_equal(statistics(scene).buried, 0);
}

/* A batch that takes the store too long is tried in smaller ones. */
static void test_a_store_that_is_slow(void **state)
{
	struct scene *scene = *state;

	for (unsigned i = 1; i <= 9; i++)
		add(scene, i, true);
	answer(scene, 0);
	for (size_t expected = BATCH; expected > 1; expected /= 2) {
		assert_int_equal(publish_at_store(scene)->item_count, expected);
		answer(scene, -EAGAIN);
		pass(scene, LONG);
	}
	assert_int_equal(publish_at_store(scene)->item_count, 1);
	answer(scene, -EAGAIN);
	pass(scene, LONG);
	assert_int_equal(publish_at_store(scene)->item_count, 1);
	answer(scene, 0);
	assert_int_equal(publish_at_store(scene)->item_count, 2);
	answer(scene, 0);
	answer(scene, 0);
	answer(scene, 0);
	assert_int_equal(scene->handled, 9);
}

/* The waits grow, but not beyond some seconds. */
static void test_waits(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	answer(scene, -EAGAIN);
	pass(scene, 40);
	assert_null(scene->request);
	pass(scene, 100);
	for (unsigned i = 0; i < 20; i++) {
		answer(scene, -EAGAIN);
		pass(scene, 6500);
		assert_non_null(scene->request);
	}
	answer(scene, 0);
}

static void test_a_message_that_can_never_be_published(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	add(scene, 2, false);
	add(scene, 3, true);
	answer(scene, 0);
	assert_int_equal(publish_at_store(scene)->item_count, 1);
	assert_slice(publish_at_store(scene)->items[0].key, "at:0/3");
	answer(scene, 0);
	assert_int_equal(scene->handled, 1);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	assert_slice(bury_at_store(scene)->letters[0].source, "kafka:orders");
	assert_slice(bury_at_store(scene)->letters[0].position, "0/2");
	assert_slice(bury_at_store(scene)->letters[0].reason,
		     "\"title\" is missing; it is required");
	assert_int_equal(bury_at_store(scene)->letters[0].tries, 1);
	answer(scene, -EAGAIN);
	pass(scene, LONG);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	((struct store_bury *)scene->request)->buried = 1;
	answer(scene, 0);
	assert_int_equal(scene->handled, 3);
	assert_int_equal(statistics(scene).buried, 1);
}

/* Where the queue says of no message where it stands, each still has a letter, and one. */
static void test_letters_without_a_position(void **state)
{
	struct scene *scene = *state;
	const struct store_bury *bury;
	struct slice first, second;
	char seen[2][64];

	add(scene, 1, true);
	add_nowhere(scene, 2, false);
	add_nowhere(scene, 3, false);
	answer(scene, 0);
	for (unsigned i = 0; i < 2; i++) {
		bury = bury_at_store(scene);
		assert_int_equal(bury->letter_count, 2);
		first = bury->letters[0].position;
		second = bury->letters[1].position;
		assert_int_equal(first.length, 17);
		assert_false(slice_equals(first, second));
		snprintf(seen[i], sizeof(seen[i]), "%.*s,%.*s", (int)first.length, first.data,
			 (int)second.length, second.data);
		answer(scene, i == 0 ? -EAGAIN : 0);
		pass(scene, LONG);
	}
	assert_string_equal(seen[0], seen[1]);
	assert_int_equal(scene->handled, 3);
}

static void bury_alone(struct scene *scene, unsigned number)
{
	add(scene, number, false);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	answer(scene, 0);
}

/* A producer that sends nothing else does not fill the log. */
static void test_the_log_counts_letters(void **state)
{
	const char *first = "a message becomes a dead letter", *more = "more messages became";
	struct scene *scene = *state;
	struct captured_log log;

	captured_log_start(&log);
	for (unsigned i = 1; i <= 100; i++)
		bury_alone(scene, i);
	assert_int_equal(captured_log_count(&log, first), 1);
	assert_int_equal(captured_log_count(&log, "0/1\""), 1);
	assert_int_equal(captured_log_count(&log, more), 0);
	pass(scene, LONG + 100);
	assert_int_equal(captured_log_count(&log, "\"count\":99}"), 1);
	bury_alone(scene, 101);
	assert_int_equal(captured_log_count(&log, more), 1);
	pass(scene, LONG + 100);
	assert_int_equal(captured_log_count(&log, "\"count\":1}"), 1);
	pass(scene, 2 * LONG);
	bury_alone(scene, 102);
	assert_int_equal(captured_log_count(&log, first), 2);
	captured_log_end(&log);
}

/* What is published, or dropped, is so once, though letters beside it cannot be buried at once: a
 * message need not have a key by which the store would know it. */
static void test_what_is_done_is_not_done_again(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, true);
	add(scene, 2, true);
	add_text(scene, 3, "{\"type\":\"noise\",\"title\":\"x\"}");
	add(scene, 4, false);
	answer(scene, 0);
	answer(scene, -ENOSPC);
	pass(scene, LONG);
	assert_int_equal(publish_at_store(scene)->item_count, 1);
	answer(scene, 0);
	for (unsigned i = 0; i < 3; i++) {
		answer(scene, -EAGAIN);
		pass(scene, LONG);
		assert_int_equal(bury_at_store(scene)->letter_count, 1);
	}
	answer(scene, 0);
	assert_int_equal(scene->handled, 4);
	assert_int_equal(statistics(scene).published, 2);
	assert_int_equal(statistics(scene).dropped, 1);
}

static void test_only_messages_that_can_never_be_published(void **state)
{
	struct scene *scene = *state;

	add(scene, 1, false);
	add(scene, 2, false);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	answer(scene, 0);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	answer(scene, 0);
	assert_int_equal(scene->handled, 2);
}

static void keep_audit_log(struct scene *scene, char *folder)
{
	struct settings settings;
	const struct audit_options options = {.settings = &settings, .node = 1};
	struct error error;

	assert_non_null(mkdtemp(folder));
	settings_init_defaults(&settings);
	settings.audit_to = AUDIT_TO_FILES;
	settings.audit_folder = folder;
	assert_int_equal(audit_log_open(&options, &scene->audit, &error), 0);
	audit_page_init(&scene->thread.audit, scene->audit);
}

/* The lines that have the text. */
static unsigned count_in_audit_log(const char *folder, const char *text)
{
	char command[256];
	unsigned count = 0;
	FILE *lines;

	snprintf(command, sizeof(command), "cat %s/*.jsonl | grep -c -F '%s'", folder, text);
	lines = popen(command, "r");
	assert_non_null(lines);
	assert_int_equal(fscanf(lines, "%u", &count), 1);
	pclose(lines);
	return count;
}

static void end_audit_log(struct scene *scene, const char *folder)
{
	char command[64];

	audit_log_close(scene->audit);
	audit_page_init(&scene->thread.audit, NULL);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

/* The batch comes again because its letter could not be buried at once. */
static void test_the_audit_log_has_each_message_once(void **state)
{
	static const int64_t ids[] = {17};
	struct scene *scene = *state;
	char folder[] = "/tmp/allim-test-XXXXXX";

	keep_audit_log(scene, folder);
	add(scene, 1, true); /* goes alone */
	add(scene, 2, true);
	add_text(scene, 3, "{\"type\":\"noise\",\"title\":\"x\"}");
	add(scene, 4, false);
	((struct store_publish *)scene->request)->items[0].ids = ids;
	answer(scene, 0);
	((struct store_publish *)scene->request)->items[0].ids = ids;
	answer(scene, 0);
	answer(scene, -EAGAIN);
	pass(scene, LONG);
	assert_int_equal(bury_at_store(scene)->letter_count, 1);
	answer(scene, 0);
	assert_int_equal(scene->handled, 4);
	audit_log_stop(scene->audit);
	assert_int_equal(count_in_audit_log(folder, "\"event\":"), 4);
	assert_int_equal(count_in_audit_log(folder, "\"position\":\"0/2\",\"type\":\"t\",\"user\":"
						    "\"anna\",\"id\":17}"),
			 1);
	assert_int_equal(
	    count_in_audit_log(folder, "\"position\":\"0/3\",\"rule\":\"r\",\"dropped\":true}"), 1);
	assert_int_equal(count_in_audit_log(folder, "\"position\":\"0/4\",\"dead_letter\":true}"),
			 1);
	end_audit_log(scene, folder);
}

/* A rule is gone with its settings, but not the name of one that has decided. */
static void test_new_settings_while_messages_are_read(void **state)
{
	static const int64_t ids[] = {17};
	struct scene *scene = *state;
	char folder[] = "/tmp/allim-test-XXXXXX";

	keep_audit_log(scene, folder);
	add(scene, 1, true);
	add_text(scene, 2, "{\"type\":\"noise\",\"title\":\"x\"}");
	configuration_release(scene->configuration);
	scene->configuration = load(SLICE("routing: {rules: [{name: new, drop: true}]}\n"));
	source_thread_reconfigure(&scene->thread, scene->configuration);
	mailbox_receive(&scene->thread.loop.mailbox);
	((struct store_publish *)scene->request)->items[0].ids = ids;
	answer(scene, 0);
	add(scene, 3, true);
	assert_int_equal(scene->handled, 3);
	audit_log_stop(scene->audit);
	assert_int_equal(
	    count_in_audit_log(folder, "\"position\":\"0/2\",\"rule\":\"r\",\"dropped\":true}"), 1);
	assert_int_equal(
	    count_in_audit_log(folder, "\"position\":\"0/3\",\"rule\":\"new\",\"dropped\":true}"),
	    1);
	end_audit_log(scene, folder);
}

/* Fails what has message 3 in it. */
static int result_of_poison(const struct store_publish *publish)
{
	for (size_t i = 0; i < publish->item_count; i++) {
		if (slice_equals(publish->items[i].key, SLICE("at:0/3")))
			return -EIO;
	}
	return 0;
}

/* It is found, tried, buried, and the others are published once each. */
static void test_a_message_that_the_store_refuses(void **state)
{
	struct scene *scene = *state;
	unsigned refused = 0;

	for (unsigned i = 1; i <= 40; i++)
		add(scene, i, true);
	while (scene->handled < 40) {
		if (scene->request == NULL) {
			pass(scene, LONG);
		} else if (scene->request->operation == STORE_BURY) {
			assert_int_equal(bury_at_store(scene)->letter_count, 1);
			assert_slice(bury_at_store(scene)->letters[0].position, "0/3");
			assert_int_equal(bury_at_store(scene)->letters[0].tries, TRIES);
			answer(scene, 0);
		} else {
			int result = result_of_poison(publish_at_store(scene));

			refused += result < 0;
			answer(scene, result);
		}
	}
	assert_int_equal(refused, 2 + TRIES); /* in two batches, and alone */
	assert_int_equal(scene->lane.limit, BATCH);
}

/* What a rule drops is handled in its turn, and nothing of it is stored or buried. */
static void test_what_a_rule_drops(void **state)
{
	static const char noise[] = "{\"type\":\"noise\",\"title\":\"x\"}";
	struct scene *scene = *state;

	add_text(scene, 1, noise);
	assert_null(scene->request);
	assert_int_equal(scene->handled, 1);
	add(scene, 2, true);
	add_text(scene, 3, noise);
	add(scene, 4, true);
	assert_int_equal(publish_at_store(scene)->item_count, 1);
	answer(scene, 0);
	assert_int_equal(scene->handled, 2);
	assert_int_equal(publish_at_store(scene)->item_count, 1);
	answer(scene, 0);
	assert_int_equal(scene->handled, 4);
	assert_null(scene->request);
	assert_int_equal(statistics(scene).dropped, 2);
}

/* One item may go to many; then fewer share a transaction. */
static void test_receivers_are_limited(void **state)
{
	struct scene *scene = *state;

	scene->configuration->settings.publish_notifications = 3;
	for (unsigned i = 1; i <= 8; i++)
		add(scene, i, true);
	answer(scene, 0);
	assert_int_equal(publish_at_store(scene)->item_count, 3);
	answer(scene, 0);
	answer(scene, 0);
	answer(scene, 0);
	assert_int_equal(scene->handled, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LANE_TEST(test_batches),
	    LANE_TEST(test_bytes_that_wait),
	    LANE_TEST(test_the_next_batch_is_read_meanwhile),
	    LANE_TEST(test_what_was_published_before),
	    LANE_TEST(test_the_store_is_away),
	    LANE_TEST(test_a_store_that_is_slow),
	    LANE_TEST(test_waits),
	    LANE_TEST(test_a_message_that_can_never_be_published),
	    LANE_TEST(test_letters_without_a_position),
	    LANE_TEST(test_the_log_counts_letters),
	    LANE_TEST(test_the_audit_log_has_each_message_once),
	    LANE_TEST(test_new_settings_while_messages_are_read),
	    LANE_TEST(test_what_is_done_is_not_done_again),
	    LANE_TEST(test_only_messages_that_can_never_be_published),
	    LANE_TEST(test_a_message_that_the_store_refuses),
	    LANE_TEST(test_what_a_rule_drops),
	    LANE_TEST(test_receivers_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
