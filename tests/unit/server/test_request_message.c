/* Messages of a WebSocket's client, without a WebSocket. */
#include "server/request_message.h"

#include "core/json_reader.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>

static json_t *parse(const char *text)
{
	struct error error;
	json_t *json;

	assert_int_equal(json_reader_read(slice_from_string(text), &json, &error), 0);
	return json;
}

static void members_are_found_in_any_order(void **state)
{
	static const char text[] =
	    " { \"body\" : {\"n\": 1.50} , \"p\\u0061th\":\"/v1/\\u00e4\","
	    "\"idempotency_key\":\"\",\"method\":\"POST\",\"id\": \"\\u0031\"}";
	struct request_message message;
	const char *sentence;
	json_t *json = parse(text);

	(void)state;
	assert_int_equal(request_message_read(json, slice_from_string(text), &message, &sentence),
			 0);
	assert_false(request_message_acknowledges(&message));
	assert_slice(message.body, "{\"n\": 1.50}");
	assert_slice(message.path, "/v1/\xc3\xa4");
	assert_slice(message.method, "POST");
	assert_slice(message.idempotency_key, "");
	assert_slice(message.id, "\"\\u0031\"");
	assert_null(message.ack.data);
	json_decref(json);
}

static void messages_are_requests_or_acknowledgements(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *has;
	} rows[] = {
	    {"{\"ack\":\"a\"}", 0, ""},
	    {"{\"ack\":\"\",\"id\":1}", 0, ""},
	    {"{\"id\":1,\"method\":\"GET\",\"path\":\"\"}", 0, ""},
	    {"{}", -EINVAL, "A request has id"},
	    {"{\"id\":1}", -EINVAL, "A request has id"},
	    {"{\"method\":\"GET\",\"path\":\"/\"}", -EINVAL, "A request has id"},
	    {"{\"ack\":\"a\",\"body\":null}", -EINVAL, "A request has id"},
	    {"{\"ack\":\"a\",\"id\":1,\"idempotency_key\":\"k\"}", -EINVAL, "A request has id"},
	    {"{\"ack\":7}", -EINVAL, "are strings"},
	    {"{\"path\":null}", -EINVAL, "are strings"},
	    {"{\"paths\":\"\"}", -EINVAL, "has the members"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct request_message message;
		const char *sentence = "";
		json_t *json = parse(rows[i].text);

		print_message("%s\n", rows[i].text);
		assert_int_equal(request_message_read(json, slice_from_string(rows[i].text),
						      &message, &sentence),
				 rows[i].result);
		assert_non_null(strstr(sentence, rows[i].has));
		if (rows[i].result == 0)
			assert_int_equal(request_message_acknowledges(&message), i < 2);
		json_decref(json);
	}
}

#define LETTERS_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void ids_are_integers_or_short_strings(void **state)
{
	static const struct {
		const char *text;
		const char *id; /* NULL: refused */
	} rows[] = {
	    {"{}", ""},
	    {"{\"id\":-7}", "-7"},
	    {"{\"id\":9223372036854775807}", "9223372036854775807"},
	    {"{\"id\":\"\"}", "\"\""},
	    {"{\"id\":\"\\u0031\\n\"}", "\"1\\n\""},
	    {"{\"id\":\"" LETTERS_64 "\"}", "\"" LETTERS_64 "\""},
	    {"{\"id\":\"" LETTERS_64 "x\"}", NULL},
	    {"{\"id\":null}", NULL},
	    {"{\"id\":1.5}", NULL},
	    {"{\"id\":[1]}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena = ARENA_EMPTY;
		json_t *json = parse(rows[i].text);
		const char *sentence = "";
		struct slice id;

		print_message("%s\n", rows[i].text);
		assert_int_equal(request_message_read_id(json, &arena, &id, &sentence),
				 rows[i].id == NULL ? -EINVAL : 0);
		if (rows[i].id != NULL)
			assert_slice(id, rows[i].id);
		else
			assert_non_null(strstr(sentence, "id is an integer"));
		arena_finish(&arena);
		json_decref(json);
	}
}

static void a_shortage_of_memory_is_told(void **state)
{
	json_t *json = parse("{\"id\":1}");
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		struct arena arena = ARENA_EMPTY;
		const char *sentence;
		struct slice id;
		int result;

		failing_allocator_fail_at(n);
		result = request_message_read_id(json, &arena, &id, &sentence);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		arena_finish(&arena);
	}
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(members_are_found_in_any_order),
	    cmocka_unit_test(messages_are_requests_or_acknowledgements),
	    cmocka_unit_test(ids_are_integers_or_short_strings),
	    cmocka_unit_test(a_shortage_of_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
