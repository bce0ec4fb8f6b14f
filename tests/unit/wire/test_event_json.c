#include "wire/event_json.h"

#include "lib/assertions.h"
#include "lib/changes.h"

static void test_marks(void **state)
{
	struct change seen = changes_all(1, NOTIFICATION_SEEN);
	struct change archived = changes_all(INT64_MAX, NOTIFICATION_ARCHIVED);
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	archived.marked_broadcasts = 7;
	event_json_append_all(&out, &seen);
	assert_buffer(out, "{\"all\":\"seen\",\"at\":\"2026-05-01T09:30:00.250Z\",\"seq\":1,"
			   "\"everyone_up_to\":0}");
	buffer_clear(&out);
	event_json_append_all(&out, &archived);
	assert_buffer(out, "{\"all\":\"archived\",\"at\":\"2026-05-01T09:30:00.250Z\",\"seq\":"
			   "9223372036854775807,\"everyone_up_to\":7}");
	buffer_finish(&out);
}

/* A new one is counted by the client itself; any other has the count behind it, where that is
 * known. */
static void test_changes(void **state)
{
	struct change mark = changes_all(3, NOTIFICATION_READ);
	struct change row = changes_row(7, SLICE("hello"));
	struct buffer alone = BUFFER_EMPTY, out = BUFFER_EMPTY;

	(void)state;
	notification_append_json(&row.notification, &alone);
	event_json_append_change(&out, &row, true, 5);
	assert_true(slice_equals(buffer_slice(&out), buffer_slice(&alone)));
	buffer_clear(&out);
	event_json_append_change(&out, &row, false, -1);
	assert_true(slice_equals(buffer_slice(&out), buffer_slice(&alone)));
	buffer_clear(&out);
	event_json_append_change(&out, &row, false, 5);
	alone.length--; /* the brace */
	buffer_append_string(&alone, ",\"unread\":5}");
	assert_true(slice_equals(buffer_slice(&out), buffer_slice(&alone)));
	buffer_clear(&out);
	event_json_append_change(&out, &mark, false, 0);
	assert_buffer(out, "{\"all\":\"read\",\"at\":\"2026-05-01T09:30:00.250Z\",\"seq\":3,"
			   "\"everyone_up_to\":0,\"unread\":0}");
	buffer_finish(&alone);
	buffer_finish(&out);
}

static void test_counts(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	event_json_append_count(&out, 0);
	event_json_append_count(&out, INT64_MAX);
	assert_buffer(out, "{\"unread\":0}{\"unread\":9223372036854775807}");
	buffer_finish(&out);
}

static void test_resets(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	event_json_append_reset(&out, WIRE_RESET_EPOCH);
	event_json_append_reset(&out, WIRE_RESET_FORGOTTEN);
	event_json_append_reset(&out, WIRE_RESET_FUTURE);
	assert_buffer(out,
		      "{\"reason\":\"epoch\"}{\"reason\":\"forgotten\"}{\"reason\":\"future\"}");
	buffer_finish(&out);
}

static void test_events(void **state)
{
	(void)state;
	assert_int_equal(event_of_change(true), EVENT_notification);
	assert_int_equal(event_of_change(false), EVENT_change);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_marks),  cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_counts), cmocka_unit_test(test_resets),
	    cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
