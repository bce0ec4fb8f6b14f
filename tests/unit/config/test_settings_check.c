#include "loading.h"

static void plain_text_beyond_loopback_is_asked_for(void **state)
{
	struct loading loading;

	(void)state;
	assert_refused_yaml(
	    "http:\n  listen: 0.0.0.0:8080\n",
	    "allim.yaml:2:11: http.listen: 0.0.0.0:8080 is beyond loopback and would "
	    "be plain text; listen on 127.0.0.1, or set http.insecure_plain_text");
	assert_refused(loading_variable("ALLIM_ADMIN_LISTEN=[::]:1"),
		       "ALLIM_ADMIN_LISTEN: admin.listen: [::]:1 is beyond loopback and would be "
		       "plain text; listen on 127.0.0.1, or set admin.insecure_plain_text");
	loading = loading_yaml("http: {listen: 0.0.0.0:8080, insecure_plain_text: true}");
	assert_loaded(loading);
	settings_finish(&loading.settings);
	loading = loading_yaml("admin: {listen: 0.0.0.0:8081, insecure_plain_text: true}");
	assert_loaded(loading);
	settings_finish(&loading.settings);
	assert_refused_yaml("http: {listen: 0.0.0.0:1}\nadmin: {insecure_plain_text: true}",
			    "allim.yaml:1:16: http.listen: 0.0.0.0:1 is beyond loopback");
}

static void two_listeners_have_two_addresses(void **state)
{
	struct loading loading = loading_yaml("http: {listen: 127.0.0.1:0}\n"
					      "admin: {listen: 127.0.0.1:0}\n");

	(void)state;
	assert_loaded(loading);
	settings_finish(&loading.settings);
	loading = loading_flag("admin-listen", "127.0.0.2:8080");
	assert_loaded(loading);
	settings_finish(&loading.settings);
	assert_refused(loading_flag("admin-listen", "localhost:8080"),
		       "--admin-listen: http.listen and admin.listen are both 127.0.0.1:8080; give "
		       "each its own");
	assert_refused(loading_flag("listen", "127.0.0.1:8081"),
		       "--listen: http.listen and admin.listen are both 127.0.0.1:8081; ");
}

static void the_retry_time_has_a_range(void **state)
{
	struct loading loading = loading_yaml("stream: {retry_minimum: 2s, retry_maximum: 2s}");

	(void)state;
	assert_loaded(loading);
	settings_finish(&loading.settings);
	assert_refused_yaml(
	    "stream: {retry_minimum: 11s}",
	    "allim.yaml:1:25: stream.retry_minimum is longer than stream.retry_maximum; ");
	assert_refused(loading_flag("stream-retry-maximum", "500ms"),
		       "--stream-retry-maximum: stream.retry_minimum is longer than "
		       "stream.retry_maximum; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_text_beyond_loopback_is_asked_for),
	    cmocka_unit_test(two_listeners_have_two_addresses),
	    cmocka_unit_test(the_retry_time_has_a_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
