#include "bench/publication.h"

#include "bench/event_reader.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

static bool has(const struct publication *publication, const char *text)
{
	return memmem(publication->bytes.data, publication->bytes.length, text, strlen(text)) !=
	       NULL;
}

/* The body is as long as the head says. */
static void assert_length(const struct publication *publication)
{
	struct slice rest = buffer_slice(&publication->bytes);
	const char *body = memmem(rest.data, rest.length, "\r\n\r\n", 4);
	const char *length = memmem(rest.data, rest.length, "Content-Length: ", 16);

	assert_non_null(body);
	assert_non_null(length);
	assert_int_equal(strtoul(length + 16, NULL, 10), rest.data + rest.length - body - 4);
}

static void test_single(void **state)
{
	struct publication publication;

	(void)state;
	assert_int_equal(publication_init_users(&publication, 1), 0);
	assert_length(&publication);
	publication_set(&publication, 0, 17, 123456);
	assert_true(has(&publication, "POST /v1/notifications HTTP/1.1\r\n"));
	assert_true(has(&publication, "{\"to\":{\"user\":\"user-000017\"},"));
	assert_int_equal(event_number(buffer_slice(&publication.bytes)), 123456);
	publication_set(&publication, 0, 999999, 9999999999);
	assert_true(has(&publication, "\"user-999999\""));
	assert_int_equal(event_number(buffer_slice(&publication.bytes)), 9999999999);
	publication_finish(&publication);
}

static void test_array(void **state)
{
	struct publication publication;

	(void)state;
	assert_int_equal(publication_init_users(&publication, 3), 0);
	assert_length(&publication);
	for (unsigned i = 0; i < 3; i++)
		publication_set(&publication, i, i + 1, i + 10);
	assert_true(has(&publication, "\r\n\r\n[{\"to\":{\"user\":\"user-000001\"}"));
	assert_true(has(&publication, "},{\"to\":{\"user\":\"user-000002\"}"));
	assert_true(has(&publication, "},{\"to\":{\"user\":\"user-000003\"}"));
	assert_true(has(&publication, "\"title\":\"n0000000010\""));
	assert_true(has(&publication, "\"title\":\"n0000000012\""));
	assert_true(has(&publication, "}]"));
	publication_finish(&publication);
}

static void test_everyone(void **state)
{
	struct publication publication;

	(void)state;
	assert_int_equal(publication_init_everyone(&publication), 0);
	assert_length(&publication);
	publication_set(&publication, 0, 17, 5);
	assert_true(has(&publication, "{\"to\":{\"everyone\":true},"));
	assert_true(has(&publication, "\"title\":\"n0000000005\""));
	assert_false(has(&publication, "17"));
	publication_finish(&publication);
}

static void test_bare(void **state)
{
	struct slice event = SLICE("event: notification\ndata: {\"title\":\"n0000000099\"}\n\n");
	struct publication publication;

	(void)state;
	assert_int_equal(publication_init_bare(&publication, "/to/000000", event), 0);
	assert_length(&publication);
	publication_set(&publication, 0, 17, 5);
	assert_true(has(&publication, "POST /to/000017 HTTP/1.1\r\n"));
	assert_true(has(&publication,
			"\r\n\r\nevent: notification\ndata: {\"title\":\"n0000000005\"}\n\n"));
	publication_finish(&publication);
}

static void test_short_memory(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct publication publication;
		int error;

		failing_allocator_fail_at(n);
		error = publication_init_users(&publication, 100);
		publication_finish(&publication);
		if (!failing_allocator_reset()) {
			assert_int_equal(error, 0);
			break;
		}
		assert_int_equal(error, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_single),	 cmocka_unit_test(test_array),
	    cmocka_unit_test(test_everyone),	 cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
