#include "config/settings_reference.h"

#include "config/settings_table.h"
#include "loading.h"

static void assert_equal_settings(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];

		if (!setting->type->equals(settings_table_value(setting, a),
					   settings_table_value(setting, b)))
			fail_msg("%s differs", setting->name);
	}
}

static struct loading reload(const struct settings *settings)
{
	struct settings_sources sources = {.file = "default.yaml"};
	struct buffer buffer = BUFFER_EMPTY;
	struct loading loading;

	settings_reference_append_yaml(&buffer, settings);
	assert_false(buffer_failed(&buffer));
	sources.content = buffer_slice(&buffer);
	loading = loading_of(&sources);
	buffer_finish(&buffer);
	return loading;
}

static void the_default_file_gives_the_defaults(void **state)
{
	struct settings defaults;
	struct loading loading;

	(void)state;
	settings_init_defaults(&defaults);
	loading = reload(&defaults);
	assert_loaded(loading);
	assert_equal_settings(&loading.settings, &defaults);
	settings_finish(&loading.settings);
}

static void any_settings_survive_their_file(void **state)
{
	struct loading first =
	    loading_yaml("method: poll\n"
			 "http: {listen: '[::1]:9', keep_alive: 1500ms, body_bytes: 3MB,\n"
			 "       allowed_origins: [https://a, http://b:1]}\n"
			 "auth: {jwt: {issuer: \"\\\"q\\\\: #\", audience: 'true'},\n"
			 "       api_keys: [{name: a, sha256: "
			 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff}]}\n"
			 "log: {level: error}\n");
	struct loading second;

	(void)state;
	assert_loaded(first);
	second = reload(&first.settings);
	assert_loaded(second);
	assert_equal_settings(&first.settings, &second.settings);
	settings_finish(&first.settings);
	settings_finish(&second.settings);
}

/* Defaults are shown both as they stand in the table and as they are written back. */
static void defaults_are_written_as_they_stand(void **state)
{
	struct settings defaults;

	(void)state;
	settings_init_defaults(&defaults);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];
		struct buffer written = BUFFER_EMPTY;
		struct slice text;

		setting->type->append(&written, setting, settings_table_value(setting, &defaults));
		text = buffer_slice(&written);
		if (text.data[0] == '"' || text.data[0] == '[')
			text = slice_from_bytes(text.data + 1, text.length - 2);
		assert_slice(text, setting->initial);
		buffer_finish(&written);
	}
}

static void the_page_is_up_to_date(void **state)
{
	FILE *stream = fopen(SOURCE_ROOT "/docs/settings.md", "r");
	struct buffer page = BUFFER_EMPTY, made = BUFFER_EMPTY;
	size_t count = 1;

	(void)state;
	assert_non_null(stream);
	while (count > 0) {
		char *end = buffer_reserve(&page, 4096);

		assert_non_null(end);
		count = fread(end, 1, 4096, stream);
		page.length += count;
	}
	fclose(stream);
	settings_reference_append_markdown(&made);
	if (!slice_equals(buffer_slice(&page), buffer_slice(&made)))
		fail_msg("docs/settings.md is out of date; run: allim config reference");
	buffer_finish(&page);
	buffer_finish(&made);
}

static bool has(const struct buffer *buffer, const char *text)
{
	return memmem(buffer->data, buffer->length, text, strlen(text)) != NULL;
}

static void help_names_every_flag(void **state)
{
	struct buffer help = BUFFER_EMPTY;
	char flag[SETTINGS_NAME_BYTES], line[SETTINGS_NAME_BYTES + 32];

	(void)state;
	settings_reference_append_help(&help);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct settings_type *type = settings_table[i].type;

		settings_table_flag(&settings_table[i], flag);
		snprintf(line, sizeof(line), "--%s%s%s\n", flag,
			 type->placeholder[0] == '\0' ? "" : " ", type->placeholder);
		assert_int_equal(has(&help, line), !type->secret);
	}
	assert_true(has(&help, "  --listen, --http-listen HOST:PORT\n"));
	assert_true(has(&help, "  --data, --store, --store-location PATH\n"));
	assert_true(has(&help, " [127.0.0.1:8080]\n"));
	buffer_finish(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_default_file_gives_the_defaults),
	    cmocka_unit_test(any_settings_survive_their_file),
	    cmocka_unit_test(defaults_are_written_as_they_stand),
	    cmocka_unit_test(the_page_is_up_to_date),
	    cmocka_unit_test(help_names_every_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
