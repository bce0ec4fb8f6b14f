#include "config/settings_table.h"

#include "loading.h"

#define HASH_1 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_2 "AA112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"

static void assert_two_origins(struct loading loading)
{
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_allowed_origins.count, 2);
	assert_string_equal(loading.settings.http_allowed_origins.items[0], "https://a.example");
	assert_string_equal(loading.settings.http_allowed_origins.items[1], "http://[::1]:3000");
	settings_finish(&loading.settings);
}

static void origins_are_read_from_everywhere(void **state)
{
	(void)state;
	assert_two_origins(loading_yaml("http:\n  allowed_origins:\n    - https://a.example\n"
					"    - \"http://[::1]:3000\"\n"));
	assert_two_origins(
	    loading_variable("ALLIM_HTTP_ALLOWED_ORIGINS=https://a.example, http://[::1]:3000"));
	assert_two_origins(
	    loading_flag("http-allowed-origins", "https://a.example,http://[::1]:3000"));
}

static void an_empty_list_is_empty(void **state)
{
	struct loading loading = loading_yaml("http: {allowed_origins: []}");

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_allowed_origins.count, 0);
	settings_finish(&loading.settings);
	loading = loading_variable("ALLIM_HTTP_ALLOWED_ORIGINS=");
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_allowed_origins.count, 0);
	settings_finish(&loading.settings);
}

static void assert_loaded_origin(const char *text)
{
	struct loading loading = loading_flag("http-allowed-origins", text);

	assert_loaded(loading);
	assert_int_equal(loading.settings.http_allowed_origins.count, 1);
	assert_string_equal(loading.settings.http_allowed_origins.items[0], text);
	settings_finish(&loading.settings);
}

static void only_origins_are_origins(void **state)
{
	static const char *const texts[] = {"*",
					    "null",
					    "a.example",
					    "https://",
					    "https://a/",
					    "https://A.example",
					    "ftp://a.example",
					    "https://a.example?",
					    "https://*.a"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(loading_flag("http-allowed-origins", texts[i]),
			       "--http-allowed-origins: \"");
	assert_refused(
	    loading_flag("http-allowed-origins", "https://a.example:443"),
	    "--http-allowed-origins: \"https://a.example:443\" has the port that browsers "
	    "leave out; leave it out, too; accepted is a list of ");
	assert_refused(loading_flag("http-allowed-origins", "http://[::1]:80"),
		       "--http-allowed-origins: \"http://[::1]:80\" has the port that browsers ");
	assert_loaded_origin("https://a.example:80");
	assert_loaded_origin("http://a.example:443");
	assert_loaded_origin("https://a.example:8443");
	assert_loaded_origin("http://a");
	assert_refused_yaml(
	    "http:\n  allowed_origins:\n    - https://a\n    - \"*\"\n",
	    "allim.yaml:4:7: http.allowed_origins: \"*\" is not an origin; accepted "
	    "is a list of up to 256 origins, such as https://app.example.com");
	assert_refused_yaml("http: {allowed_origins: https://a}",
			    "allim.yaml:1:25: http.allowed_origins: no list was given; ");
	assert_refused_yaml("http: {allowed_origins: [[https://a]]}",
			    "allim.yaml:1:26: http.allowed_origins: an item is no text; ");
	assert_refused_yaml("http: {allowed_origins: [~]}",
			    "allim.yaml:1:26: http.allowed_origins: an item is no text; ");
}

static void too_many_items_are_refused(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct loading loading;

	(void)state;
	for (int i = 0; i < 256; i++)
		buffer_append_format(&text, "https://a%d,", i);
	buffer_append_byte(&text, '\0');
	loading = loading_flag("http-allowed-origins", text.data);
	assert_loaded(loading);
	assert_int_equal(loading.settings.http_allowed_origins.count, 256);
	assert_string_equal(loading.settings.http_allowed_origins.items[200], "https://a200");
	settings_finish(&loading.settings);
	text.length--;
	buffer_append_string(&text, "https://b");
	buffer_append_byte(&text, '\0');
	assert_refused(loading_flag("http-allowed-origins", text.data),
		       "--http-allowed-origins: too many items were given; ");
	buffer_finish(&text);
}

static void assert_two_keys(struct loading loading)
{
	const struct settings_api_keys *keys = &loading.settings.auth_api_keys;

	assert_loaded(loading);
	assert_int_equal(keys->count, 2);
	assert_string_equal(keys->items[0].name, "orders");
	assert_string_equal(keys->items[1].name, "billing-2");
	assert_int_equal(keys->items[0].sha256[1], 0x11);
	assert_int_equal(keys->items[1].sha256[0], 0xAA);
	assert_int_equal(keys->items[1].sha256[31], 0xFF);
	settings_finish(&loading.settings);
}

static void api_keys_are_read_from_everywhere(void **state)
{
	(void)state;
	assert_two_keys(loading_yaml("auth:\n  api_keys:\n    - name: orders\n      sha256: " HASH_1
				     "\n    - {sha256: " HASH_2 ", name: billing-2}\n"));
	assert_two_keys(
	    loading_variable("ALLIM_AUTH_API_KEYS=orders:" HASH_1 ",billing-2:" HASH_2));
}

static void broken_api_keys_are_refused(void **state)
{
	(void)state;
	assert_refused_yaml("auth: {api_keys: [{name: a}]}",
			    "allim.yaml:1:19: auth.api_keys: an item lacks its sha256");
	assert_refused_yaml(
	    "auth: {api_keys: [{name: environment, sha256: " HASH_1 "}]}",
	    "allim.yaml:1:19: auth.api_keys: \"environment\" is the name of the key "
	    "in ALLIM_API_KEY; choose another");
	assert_refused_yaml("auth: {api_keys: [{sha256: " HASH_1 "}]}",
			    "allim.yaml:1:19: auth.api_keys: an item lacks its name");
	assert_refused_yaml("auth: {api_keys: [{name: a, sha265: b}]}",
			    "allim.yaml:1:29: unknown key sha265 in auth.api_keys; did you mean "
			    "sha256?");
	assert_refused_yaml("auth: {api_keys: [{name: a, name: b}]}",
			    "allim.yaml:1:29: auth.api_keys: an item has a key twice; ");
	assert_refused_yaml("auth: {api_keys: [{name: [a]}]}",
			    "allim.yaml:1:26: auth.api_keys: an item has a key without a text; ");
	assert_refused_yaml("auth: {api_keys: [{[a]: b}]}",
			    "allim.yaml:1:20: a key must be a name");
	assert_refused_yaml("auth: {api_keys: [a]}",
			    "allim.yaml:1:19: auth.api_keys: an item is no mapping; ");
	assert_refused_yaml(
	    "auth: {api_keys: [{name: a, sha256: 1234}]}",
	    "allim.yaml:1:19: auth.api_keys: \"a\" has no SHA-256 of 64 hexadecimal "
	    "digits; accepted is a list of up to 1000 items, each with a name and a "
	    "sha256");
	assert_refused_yaml("auth: {api_keys: [{name: \"a:b\", sha256: " HASH_1 "}]}",
			    "allim.yaml:1:19: auth.api_keys: \"a:b\" is not a publisher's name");
	assert_refused(loading_variable("ALLIM_AUTH_API_KEYS=a:g" HASH_1),
		       "ALLIM_AUTH_API_KEYS: \"a\" has no SHA-256");
	assert_refused(loading_variable("ALLIM_AUTH_API_KEYS=a"),
		       "ALLIM_AUTH_API_KEYS: \"a\" has no SHA-256");
	assert_refused(loading_variable("ALLIM_AUTH_API_KEYS=a:" HASH_1 ",a:" HASH_2),
		       "ALLIM_AUTH_API_KEYS: \"a\" is the name of two keys; ");
	assert_refused(loading_variable("ALLIM_AUTH_API_KEYS=a:" HASH_1 ",b:" HASH_1),
		       "ALLIM_AUTH_API_KEYS: \"b\" has the key of another name; ");
}

static void lists_differ_by_their_items(void **state)
{
	const struct setting *origins = settings_table_find(SLICE("http.allowed_origins"));
	const char *first[] = {"https://a"}, *second[] = {"https://b"};
	struct settings_list a = {first, 1}, b = {second, 1}, none = {NULL, 0};

	(void)state;
	assert_true(origins->type->equals(&a, &a));
	assert_true(origins->type->equals(&none, &none));
	assert_false(origins->type->equals(&a, &b));
	assert_false(origins->type->equals(&a, &none));
}

static void only_topics_can_be_open(void **state)
{
	static const char *const texts[] = {"a b", "a/b", "**", "a*b", "\xED\x95\x9C", "a?"};
	struct loading loading = loading_yaml("topics:\n  open: [news, \"room:*\", \"*\"]\n");
	char longest[130];

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.topics_open.count, 3);
	assert_string_equal(loading.settings.topics_open.items[1], "room:*");
	settings_finish(&loading.settings);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(loading_flag("topics-open", texts[i]), "--topics-open: \"");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[129] = '\0';
	assert_refused(loading_flag("topics-open", longest), "--topics-open: \"");
	assert_refused(loading_flag("topics-open", "a/b"),
		       "--topics-open: \"a/b\" is not a topic; accepted is a list of up to 1000 "
		       "topics, such as news, or what they begin with, such as room:*");
}

static void words_are_those_that_there_are(void **state)
{
	struct loading loading = loading_yaml("audit:\n  events: [read, deliver]\n");

	(void)state;
	assert_loaded(loading);
	assert_int_equal(loading.settings.audit_events.count, 2);
	assert_string_equal(loading.settings.audit_events.items[1], "deliver");
	settings_finish(&loading.settings);
	assert_refused(
	    loading_flag("audit-events", "read,write"),
	    "--audit-events: \"write\" is unknown; accepted is a list of publish, route, "
	    "connect, deliver, acknowledge, read and administer");
	assert_refused(loading_flag("audit-events", "lost"), "--audit-events: \"lost\"");
}

static void api_keys_differ_by_name_and_hash(void **state)
{
	const struct setting *setting = settings_table_find(SLICE("auth.api_keys"));
	struct settings_api_key first = {"a", {1}}, renamed = {"b", {1}}, changed = {"a", {2}};
	struct settings_api_keys a = {&first, 1}, b = {&renamed, 1}, c = {&changed, 1},
				 none = {NULL, 0};

	(void)state;
	assert_true(setting->type->equals(&a, &a));
	assert_false(setting->type->equals(&a, &b));
	assert_false(setting->type->equals(&a, &c));
	assert_false(setting->type->equals(&a, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(origins_are_read_from_everywhere),
	    cmocka_unit_test(an_empty_list_is_empty),
	    cmocka_unit_test(only_origins_are_origins),
	    cmocka_unit_test(too_many_items_are_refused),
	    cmocka_unit_test(api_keys_are_read_from_everywhere),
	    cmocka_unit_test(broken_api_keys_are_refused),
	    cmocka_unit_test(only_topics_can_be_open),
	    cmocka_unit_test(words_are_those_that_there_are),
	    cmocka_unit_test(lists_differ_by_their_items),
	    cmocka_unit_test(api_keys_differ_by_name_and_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
