#include "config/settings_table.h"

#include "loading.h"

#include <stdio.h>

static int64_t duration_of(const char *text)
{
	struct loading loading = loading_flag("store-retention-age", text);
	int64_t milliseconds = loading.settings.store_retention_age;

	assert_loaded(loading);
	settings_finish(&loading.settings);
	return milliseconds;
}

static void durations_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t milliseconds;
	} cases[] = {{"250ms", 250},	  {"15s", 15000}, {"10m", 600000}, {"24h", 86400000},
		     {"30d", 2592000000}, {"0", 0},	  {"0s", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(duration_of(cases[i].text), cases[i].milliseconds);
	assert_refused(loading_flag("stream-heartbeat", "15"),
		       "--stream-heartbeat: \"15\" has no unit; accepted is 1s to 5m");
	assert_refused(loading_flag("stream-heartbeat", "-1"),
		       "--stream-heartbeat: \"-1\" is too small; accepted is 1s to 5m");
	assert_refused(loading_flag("stream-heartbeat", "-99999999999999999999"),
		       "--stream-heartbeat: \"-99999999999999999999\" is too small; ");
	assert_refused(loading_flag("stream-heartbeat", "15sec"),
		       "--stream-heartbeat: \"15sec\" is no whole number with a known unit; ");
	assert_refused(loading_flag("stream-heartbeat", "1.5s"),
		       "--stream-heartbeat: \"1.5s\" is no whole number with a known unit; ");
	assert_refused(loading_flag("stream-heartbeat", "s"),
		       "--stream-heartbeat: \"s\" is not a number; ");
	assert_refused(loading_flag("stream-heartbeat", ""),
		       "--stream-heartbeat: \"\" is not a number; ");
	assert_refused(loading_flag("stream-heartbeat", " 15s"),
		       "--stream-heartbeat: \" 15s\" is not a number; ");
}

static void sizes_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {{"65536", 65536}, {"2000B", 2000},	  {"10KB", 10000},
		     {"64KiB", 65536}, {"1MiB", 1048576}, {"10MB", 10000000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct loading loading = loading_flag("http-body-bytes", cases[i].text);

		assert_loaded(loading);
		assert_int_equal(loading.settings.http_body_bytes, cases[i].bytes);
		settings_finish(&loading.settings);
	}
	assert_refused(loading_flag("http-body-bytes", "1GiB"),
		       "--http-body-bytes: \"1GiB\" is too large; accepted is 1KiB to 64MiB");
	assert_refused(loading_flag("http-body-bytes", "64kib"),
		       "--http-body-bytes: \"64kib\" is no whole number with a known unit; ");
}

static void integers_have_none(void **state)
{
	struct loading loading = loading_flag("http-workers", "16");

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_workers, 16);
	settings_finish(&loading.settings);
	assert_refused(loading_flag("http-workers", "many"),
		       "--http-workers: \"many\" is not a number; accepted is 0 to 256 threads");
	assert_refused(loading_flag("http-workers", "4s"),
		       "--http-workers: \"4s\" is not a whole number; ");
	assert_refused(loading_flag("http-workers", "0x10"),
		       "--http-workers: \"0x10\" is not a whole number; ");
	assert_refused(loading_flag("http-workers", "-"),
		       "--http-workers: \"-\" is not a number; ");
	assert_refused(loading_flag("http-workers", "-1"),
		       "--http-workers: \"-1\" is too small; accepted is 0 to 256 threads");
}

static void numbers_beyond_64_bits_are_too_large(void **state)
{
	(void)state;
	assert_refused(loading_flag("http-workers", "99999999999999999999"),
		       "--http-workers: \"99999999999999999999\" is too large; ");
	assert_refused(loading_flag("http-workers", "-99999999999999999999"),
		       "--http-workers: \"-99999999999999999999\" is too small; ");
	assert_refused(loading_flag("http-body-bytes", "9223372036854775807GiB"),
		       "--http-body-bytes: \"9223372036854775807GiB\" is too large; ");
	assert_refused(loading_flag("stream-heartbeat", "9223372036854775807d"),
		       "--stream-heartbeat: \"9223372036854775807d\" is too large; ");
}

static int read_as(const struct setting *setting, int64_t number, const char *suffix)
{
	char text[32];
	struct error error;
	int64_t read = -1;
	int result;

	snprintf(text, sizeof(text), "%lld%s", (long long)number, suffix);
	result = setting->type->read(setting, slice_from_string(text), NULL, &read, &error);
	assert_int_equal(read, result == 0 ? number : -1);
	return result;
}

static void every_bound_holds(void **state)
{
	size_t checked = 0;

	(void)state;
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];
		const char *suffix = setting->type == &settings_type_duration ? "ms" : "";

		if (setting->type != &settings_type_integer &&
		    setting->type != &settings_type_size &&
		    setting->type != &settings_type_duration)
			continue;
		assert_int_equal(read_as(setting, setting->minimum, suffix), 0);
		assert_int_equal(read_as(setting, setting->maximum, suffix), 0);
		assert_int_equal(read_as(setting, setting->minimum - 1, suffix), -EINVAL);
		assert_int_equal(read_as(setting, setting->maximum + 1, suffix), -EINVAL);
		checked++;
	}
	assert_true(checked > 30);
}

static void the_largest_whole_unit_is_written(void **state)
{
	const struct setting *age = settings_table_find(SLICE("store.retention_age"));
	static const char *const texts[] = {"90d", "36h", "75s", "1500ms", "0"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buffer buffer = BUFFER_EMPTY;
		int64_t number = duration_of(texts[i]);

		age->type->append(&buffer, age, &number);
		assert_buffer(buffer, texts[i]);
		buffer_finish(&buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_have_units),
	    cmocka_unit_test(sizes_have_units),
	    cmocka_unit_test(integers_have_none),
	    cmocka_unit_test(numbers_beyond_64_bits_are_too_large),
	    cmocka_unit_test(every_bound_holds),
	    cmocka_unit_test(the_largest_whole_unit_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
