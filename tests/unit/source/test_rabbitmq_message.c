/* What is kept of a message's properties, which are gone with the next frame. */
#include "source/rabbitmq_message.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <stdlib.h>

static amqp_basic_properties_t properties_of(char *id, char *type, amqp_table_entry_t *header)
{
	return (amqp_basic_properties_t){
	    ._flags =
		AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_HEADERS_FLAG,
	    .message_id = amqp_cstring_bytes(id),
	    .content_type = amqp_cstring_bytes(type),
	    .headers = {.num_entries = 1, .entries = header},
	};
}

static amqp_table_entry_t header_of(const char *name, const char *value)
{
	return (amqp_table_entry_t){
	    .key = amqp_cstring_bytes(name),
	    .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(value)},
	};
}

static void test_everything_is_copied(void **state)
{
	char id[] = "order-17", type[] = "application/json", body[] = "{}", value[] = "1.0";
	amqp_table_entry_t header = header_of("cloudEvents:specversion", value);
	amqp_basic_properties_t properties = properties_of(id, type, &header);
	struct rabbitmq_message *message =
	    rabbitmq_message_create(slice_from_string(body), &properties);

	(void)state;
	assert_non_null(message);
	id[0] = type[0] = body[0] = value[0] = 'X';
	assert_slice(message->lane.content.body, "{}");
	assert_slice(message->lane.content.content_type, "application/json");
	assert_slice(message->lane.content.key, "order-17");
	assert_slice(message->lane.content.position, "order-17");
	assert_int_equal(message->lane.content.attribute_count, 1);
	assert_slice(message->lane.content.attributes[0].name, "specversion");
	assert_slice(message->lane.content.attributes[0].value, "1.0");
	rabbitmq_message_destroy(message);
}

/* A position is shown, and an id may be anything. */
static void test_an_id_that_is_no_text_is_no_position(void **state)
{
	char id[] = "a\nb", type[] = "", value[] = "";
	amqp_table_entry_t header = header_of("other", value);
	amqp_basic_properties_t properties = properties_of(id, type, &header);
	struct rabbitmq_message *message = rabbitmq_message_create(SLICE(""), &properties);

	(void)state;
	assert_non_null(message);
	assert_slice(message->lane.content.key, "a\nb");
	assert_slice(message->lane.content.position, "");
	assert_int_equal(message->lane.content.attribute_count, 0);
	rabbitmq_message_destroy(message);
}

/* As one that is too large and comes when the source stops: no lane has it. */
static void test_a_refusal_goes_with_the_message(void **state)
{
	const amqp_basic_properties_t none = {._flags = 0};
	struct rabbitmq_message *message = rabbitmq_message_create(SLICE(""), &none);

	(void)state;
	assert_non_null(message);
	message->lane.refusal = strdup("too large");
	rabbitmq_message_destroy(message);
}

static void test_without_memory(void **state)
{
	char id[] = "1", type[] = "t", value[] = "1.0";
	amqp_table_entry_t header = header_of("cloudEvents_id", value);
	amqp_basic_properties_t properties = properties_of(id, type, &header);

	(void)state;
	for (unsigned n = 1;; n++) {
		struct rabbitmq_message *message;

		failing_allocator_fail_at(n);
		message = rabbitmq_message_create(SLICE("{}"), &properties);
		if (!failing_allocator_reset()) {
			rabbitmq_message_destroy(message);
			return;
		}
		assert_null(message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_is_copied),
	    cmocka_unit_test(test_an_id_that_is_no_text_is_no_position),
	    cmocka_unit_test(test_a_refusal_goes_with_the_message),
	    cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests_name("rabbitmq_message", tests, NULL, NULL);
}
