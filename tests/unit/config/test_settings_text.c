#include "config/settings_table.h"

#include "loading.h"

static void texts_are_taken_as_they_are(void **state)
{
	struct loading loading = loading_yaml("auth: {jwt: {issuer: \"알림 https://a/?b='c'\"}}");

	(void)state;
	assert_loaded(loading);
	assert_string_equal(loading.settings.auth_jwt_issuer, "알림 https://a/?b='c'");
	settings_finish(&loading.settings);
}

static void hidden_characters_are_refused(void **state)
{
	static const char *const escapes[] = {"\\0",   "\\t",	  "\\n",     "\\r",	"\\e",
					      "\\x7f", "\\u0085", "\\u2028", "\\u2029", "\\ufeff"};
	char content[64];

	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		snprintf(content, sizeof(content), "auth: {jwt: {issuer: \"a%sb\"}}", escapes[i]);
		assert_refused_yaml(content, "allim.yaml:1:22: auth.jwt.issuer: \"a");
	}
	assert_refused_yaml(
	    "auth: {jwt: {issuer: \"a\\nb\"}}",
	    "allim.yaml:1:22: auth.jwt.issuer: \"a\\x0ab\" has a control character; "
	    "accepted is up to 512 bytes of text");
	assert_refused(loading_variable("ALLIM_AUTH_JWT_ISSUER=a\xff"),
		       "ALLIM_AUTH_JWT_ISSUER: \"a\\xff\" is not UTF-8; ");
}

static void every_length_holds(void **state)
{
	static char text[8192];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];
		size_t least = (size_t)setting->minimum, most = (size_t)setting->maximum;
		struct error error;
		struct slice member;

		if (setting->type != &settings_type_text && setting->type != &settings_type_path &&
		    setting->type != &settings_type_token && setting->type != &settings_type_secret)
			continue;
		assert_int_equal(setting->type->read(setting, slice_from_bytes(text, least), NULL,
						     &member, &error),
				 0);
		assert_int_equal(setting->type->read(setting, slice_from_bytes(text, most), NULL,
						     &member, &error),
				 0);
		assert_int_equal(setting->type->read(setting, slice_from_bytes(text, most + 1),
						     NULL, &member, &error),
				 -EINVAL);
		if (least > 0)
			assert_int_equal(setting->type->read(setting,
							     slice_from_bytes(text, least - 1),
							     NULL, &member, &error),
					 -EINVAL);
	}
}

static void words_are_plain(void **state)
{
	struct loading loading = loading_flag("auth-cookie", "__Host-token.v1");

	(void)state;
	assert_loaded(loading);
	assert_string_equal(loading.settings.auth_cookie, "__Host-token.v1");
	settings_finish(&loading.settings);
	assert_refused(loading_flag("auth-cookie", "a;b"),
		       "--auth-cookie: \"a;b\" is not a plain word; accepted is 1 to 64 letters");
	assert_refused(loading_flag("auth-cookie", ""),
		       "--auth-cookie: a text of 0 bytes is too short; ");
	assert_refused(loading_flag("store", ""), "--store: a text of 0 bytes is too short; "
						  "accepted is a path of 1 to 4095 bytes");
}

static void choices_are_positions(void **state)
{
	static const char *const words[] = {"debug", "info", "warning", "error"};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct loading loading = loading_flag("log-level", words[i]);

		assert_loaded(loading);
		assert_int_equal(loading.settings.log_level, i);
		settings_finish(&loading.settings);
	}
	assert_refused(
	    loading_flag("log-level", "Info"),
	    "--log-level: \"Info\" is unknown; accepted is debug, info, warning or error");
	assert_refused(loading_flag("log-level", ""), "--log-level: \"\" is unknown; ");
	assert_refused(loading_flag("log-level", "debug|info"),
		       "--log-level: \"debug|info\" is unknown; ");
}

static void booleans_are_two_words(void **state)
{
	struct loading loading = loading_flag("http-insecure-plain-text", NULL);

	(void)state;
	assert_loaded(loading);
	assert_true(loading.settings.http_insecure_plain_text);
	settings_finish(&loading.settings);
	loading = loading_flag("http-insecure-plain-text", "false");
	assert_loaded(loading);
	assert_false(loading.settings.http_insecure_plain_text);
	settings_finish(&loading.settings);
	assert_refused(loading_flag("http-insecure-plain-text", "yes"),
		       "--http-insecure-plain-text: \"yes\" is not a boolean; accepted is true or "
		       "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_taken_as_they_are),
	    cmocka_unit_test(hidden_characters_are_refused),
	    cmocka_unit_test(every_length_holds),
	    cmocka_unit_test(words_are_plain),
	    cmocka_unit_test(choices_are_positions),
	    cmocka_unit_test(booleans_are_two_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
