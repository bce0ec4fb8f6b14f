#include "intake/message.h"

#include "config/settings.h"
#include "core/json_reader.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "rules.h"

#include <errno.h>
#include <stdlib.h>

enum { NOW = 1000000 };

#define PLAIN "{\"to\":{\"user\":\"anna\"},\"type\":\"order\",\"title\":\"Shipped\"}"
#define ENVELOPE                                                                                 \
	"{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/shop\",\"type\":\"order.shipped\"," \
	"\"subject\":\"anna\",\"time\":\"2026-05-01T09:30:00Z\",\"data\":"

struct fixture {
	struct settings settings;
	struct routing *routing; /* NULL in most tests */
	struct arena arena;
	struct store_item item;
	struct error error;
};

static void begin(struct fixture *fixture)
{
	*fixture = (struct fixture){.arena = ARENA_EMPTY};
	settings_init_defaults(&fixture->settings);
}

static void finish(struct fixture *fixture)
{
	arena_finish(&fixture->arena);
	settings_finish(&fixture->settings);
}

static int read_message(struct fixture *fixture, const struct message *message)
{
	const char *rule;

	return message_read(message, &fixture->settings, fixture->routing, NOW, &fixture->arena,
			    &fixture->item, &rule, &fixture->error);
}

static void assert_read(struct fixture *fixture, const struct message *message, const char *user,
			const char *type, const char *key)
{
	if (read_message(fixture, message) < 0)
		fail_msg("%s", fixture->error.text);
	assert_int_equal(fixture->item.user_count, 1);
	assert_slice(fixture->item.users[0], user);
	assert_slice(fixture->item.content.type, type);
	assert_slice(fixture->item.key, key);
}

static void assert_refused(const struct message *message, const char *part)
{
	struct fixture fixture;

	begin(&fixture);
	assert_int_equal(read_message(&fixture, message), -EINVAL);
	if (strstr(fixture.error.text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", fixture.error.text, part);
	finish(&fixture);
}

static void assert_body_refused(const char *body, const char *part)
{
	struct message message = {.body = slice_from_string(body)};

	assert_refused(&message, part);
}

static void test_plain(void **state)
{
	struct message message = {.body = SLICE(PLAIN), .position = SLICE("3/1042")};
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_read(&fixture, &message, "anna", "order", "at:3/1042");
	assert_slice(fixture.item.content.title, "Shipped");
	message.position = SLICE("");
	assert_read(&fixture, &message, "anna", "order", "");
	finish(&fixture);
}

/* The producer's key goes before the place in the queue, which another try changes. */
static void test_keys(void **state)
{
	struct message message = {
	    .body = SLICE(PLAIN), .position = SLICE("3/1042"), .key = SLICE("3/1042")};
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_read(&fixture, &message, "anna", "order", "key:3/1042");
	message.body = SLICE("{\"idempotency_key\":\"order 5\",\"to\":{\"user\":\"anna\"},"
			     "\"type\":\"t\",\"title\":\"x\"}");
	assert_read(&fixture, &message, "anna", "t", "key:order 5");
	finish(&fixture);
}

static void test_envelope(void **state)
{
	struct message message = {
	    .body = SLICE(ENVELOPE "{\"title\":\"Shipped\",\"data\":{\"n\": 1.50}}}"),
	    .position = SLICE("0/1")};
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_read(&fixture, &message, "anna", "order.shipped", "event:/shop 7");
	assert_slice(fixture.item.content.data, "{\"n\":1.50}");
	message.content_type = SLICE("application/cloudevents+json; charset=utf-8");
	message.body = SLICE(ENVELOPE "{\"to\":{\"user\":\"minjun\"},\"type\":\"own\","
				      "\"title\":\"x\"}}");
	assert_read(&fixture, &message, "minjun", "own", "event:/shop 7");
	message.key = SLICE("own key");
	assert_read(&fixture, &message, "minjun", "own", "key:own key");
	finish(&fixture);
}

static void test_attributes(void **state)
{
	struct message_attribute attributes[] = {
	    {SLICE("specversion"), SLICE("1.0")}, {SLICE("id"), SLICE("7")},
	    {SLICE("source"), SLICE("/shop")},	  {SLICE("type"), SLICE("order.shipped")},
	    {SLICE("subject"), SLICE("anna")},	  {SLICE("traceparent"), SLICE("00-1-2-00")},
	};
	struct message message = {
	    .body = SLICE("{\"title\":\"x\"}"),
	    .content_type = SLICE("application/json"),
	    .attributes = attributes,
	    .attribute_count = 6,
	};
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_read(&fixture, &message, "anna", "order.shipped", "event:/shop 7");
	finish(&fixture);
	attributes[1].value = SLICE("");
	assert_refused(&message, "lacks \"id\"");
	attributes[1].value = SLICE("\xFF");
	assert_refused(&message, "UTF-8");
	attributes[0].value = SLICE("0.3");
	assert_refused(&message, "\"specversion\"");
}

static void test_what_can_never_be_published(void **state)
{
	(void)state;
	assert_body_refused("", "Line 1");
	assert_body_refused("hello", "The message is not valid JSON. Line 1, ");
	assert_body_refused("[" PLAIN "]", "one JSON object");
	assert_body_refused("{\"type\":\"t\",\"title\":\"x\"}", "\"to\"");
	assert_body_refused("{\"to\":{\"user\":\"a\"},\"title\":\"x\"}", "\"type\"");
	assert_body_refused("{\"to\":{\"user\":\"a\"},\"type\":\"t\",\"title\":\"x\",\"more\":1}",
			    "more");
	assert_body_refused("{\"idempotency_key\":5}", "\"idempotency_key\" is no string");
	assert_body_refused("{\"idempotency_key\":\"a\\u0000\"}", "control character");
	assert_body_refused(
	    "{\"specversion\":\"1.0\",\"id\":\"a\\u0000\",\"source\":\"s\",\"type\":"
	    "\"t\"}",
	    "\"source\" or \"id\" of the CloudEvent has a control character");
	assert_body_refused(ENVELOPE "\"text\"}", "no JSON object");
	assert_body_refused(ENVELOPE "{\"title\":\"x\"},\"data_base64\":\"eA==\"}", "data_base64");
	assert_body_refused("{\"specversion\":\"1.0\"}", "lacks \"id\"");
	assert_body_refused("{\"specversion\":1}", "no string");
}

static void test_batches_of_events(void **state)
{
	struct message message = {.body = SLICE("[]"),
				  .content_type = SLICE("application/cloudevents-batch+json")};

	(void)state;
	assert_refused(&message, "one event a message");
}

static void test_limits(void **state)
{
	char *long_text = calloc(1, 2 << 20);
	struct message message = {.body = slice_from_bytes(long_text, (1 << 20) + 1)};

	(void)state;
	assert_non_null(long_text);
	assert_refused(&message, "sources.message_bytes");
	memset(long_text, 'k', MESSAGE_KEY_BYTES + 1);
	message.body = SLICE(PLAIN);
	message.key = slice_from_bytes(long_text, MESSAGE_KEY_BYTES + 1);
	assert_refused(&message, "key is longer than 255");
	free(long_text);
}

/* What an envelope says is there for the rules, too. */
static void test_rules(void **state)
{
	struct message message = {
	    .body = SLICE(ENVELOPE "{\"title\":\"x\",\"user\":{\"plan\":\"pro\"}}}")};
	struct rules rules;
	struct fixture fixture;

	(void)state;
	rules_make(
	    &rules,
	    "[{name: drop, when: {type: debug}, drop: true}, {name: pro, when: {type: "
	    "order.shipped, user.plan: pro}, to: {user: 'vip-${to.user}'}, priority: high}]");
	begin(&fixture);
	fixture.routing = rules.routing;
	assert_read(&fixture, &message, "vip-anna", "order.shipped", "event:/shop 7");
	assert_int_equal(fixture.item.content.priority, NOTIFICATION_HIGH);
	message.body = SLICE("{\"type\":\"debug\",\"title\":\"x\"}");
	assert_int_equal(read_message(&fixture, &message), 1);
	message.body = SLICE("{\"type\":\"debug\"}");
	assert_int_equal(read_message(&fixture, &message), -EINVAL);
	finish(&fixture);
	rules_finish(&rules);
}

static void check_memory(const struct message *message)
{
	for (unsigned n = 1;; n++) {
		struct fixture fixture;
		int result;
		bool failed;

		begin(&fixture);
		failing_allocator_fail_at(n);
		result = read_message(&fixture, message);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		finish(&fixture);
		if (!failed)
			break;
	}
}

static void test_out_of_memory(void **state)
{
	struct message plain = {.body = SLICE(PLAIN), .position = SLICE("3/1042")};
	struct message envelope = {.body = SLICE(ENVELOPE "{\"title\":\"x\"}}")};

	(void)state;
	check_memory(&plain);
	check_memory(&envelope);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_envelope),
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_what_can_never_be_published),
	    cmocka_unit_test(test_batches_of_events),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_out_of_memory),
	};

	json_reader_adopt();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
