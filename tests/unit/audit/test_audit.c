/* What each kind of record says. */
#include "lib/assertions.h"

#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scene {
	char path[32];
	struct settings settings;
	struct audit_log *log;
	struct audit_page page;
};

static int setup(void **state)
{
	static const char *const words[] = {"publish",	   "route", "connect",	 "deliver",
					    "acknowledge", "read",  "administer"};
	struct scene *scene = calloc(1, sizeof(*scene));
	const struct audit_options options = {.settings = &scene->settings};
	struct error error;

	assert_non_null(scene);
	snprintf(scene->path, sizeof(scene->path), "/tmp/allim-test-XXXXXX");
	assert_non_null(mkdtemp(scene->path));
	settings_init_defaults(&scene->settings);
	scene->settings.audit_to = AUDIT_TO_FILES;
	scene->settings.audit_folder = scene->path;
	scene->settings.audit_events =
	    (struct settings_list){words, sizeof(words) / sizeof(words[0])};
	assert_int_equal(audit_log_open(&options, &scene->log, &error), 0);
	audit_page_init(&scene->page, scene->log);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	char command[64];

	audit_page_finish(&scene->page);
	audit_log_close(scene->log);
	snprintf(command, sizeof(command), "rm -r %s", scene->path);
	assert_int_equal(system(command), 0);
	free(scene);
	return 0;
}

/* The lines so far, without their beginnings, which are the same but for the event; forgets
 * them. */
static void assert_records(struct scene *scene, const char *expected)
{
	struct slice rest = buffer_slice(&scene->page.lines);
	struct buffer found = BUFFER_EMPTY;

	while (rest.length > 0) {
		struct slice line = slice_split(&rest, '\n');
		const char *event = memmem(line.data, line.length, "\"event\":", 8);

		assert_non_null(event);
		buffer_append(
		    &found,
		    slice_from_bytes(event + 8, line.length - (size_t)(event + 8 - line.data)));
		buffer_append_byte(&found, '\n');
	}
	assert_buffer(found, expected);
	buffer_finish(&found);
	buffer_clear(&scene->page.lines);
	scene->page.count = 0;
}

static const struct slice users[] = {{"anna", 4}, {"minjun", 6}};
static const int64_t ids[] = {17, 18};

static struct store_item item_to(size_t user_count)
{
	return (struct store_item){
	    .users = users,
	    .user_count = user_count,
	    .ids = ids,
	    .content = {.type = SLICE("order"), .title = SLICE("secret"), .body = SLICE("secret")},
	};
}

static void test_a_publish_has_a_record_for_each_receiver(void **state)
{
	struct scene *scene = *state;
	struct store_item item = item_to(2);

	audit_publish(&scene->page, "http", SLICE("shop"), &item, SLICE(""));
	assert_records(scene,
		       "\"publish\",\"publisher\":\"shop\",\"way\":\"http\",\"type\":\"order\","
		       "\"user\":\"anna\",\"id\":17}\n"
		       "\"publish\",\"publisher\":\"shop\",\"way\":\"http\",\"type\":\"order\","
		       "\"user\":\"minjun\",\"id\":18}\n");
	item = item_to(0);
	audit_publish(&scene->page, "kafka:orders", SLICE("kafka:orders"), &item, SLICE("3/7"));
	assert_records(scene, "\"publish\",\"publisher\":\"kafka:orders\",\"way\":\"kafka:orders\","
			      "\"position\":\"3/7\",\"type\":\"order\",\"everyone\":true,\"id\":17"
			      "}\n");
	item.topic = SLICE("news");
	audit_publish(&scene->page, "http", SLICE("shop"), &item, SLICE(""));
	assert_records(scene, "\"publish\",\"publisher\":\"shop\",\"way\":\"http\",\"type\":"
			      "\"order\",\"topic\":\"news\",\"nobody\":true}\n");
	item = item_to(2);
	item.is_repeated = true;
	audit_publish(&scene->page, "http", SLICE("shop"), &item, SLICE(""));
	assert_records(scene, "\"publish\",\"publisher\":\"shop\",\"way\":\"http\",\"type\":"
			      "\"order\",\"repeated\":true}\n");
}

static void test_rules_and_dead_letters(void **state)
{
	struct scene *scene = *state;
	struct store_item item = item_to(1);
	const struct store_dead_letter letter = {.source = SLICE("kafka:orders"),
						 .position = SLICE("3/8"),
						 .reason = SLICE("secret"),
						 .body = SLICE("secret")};

	audit_route(&scene->page, SLICE("shop"), NULL, &item, SLICE(""));
	assert_records(scene, "");
	audit_route(&scene->page, SLICE("shop"), "urgent", &item, SLICE(""));
	audit_route(&scene->page, SLICE("shop"), "noise", NULL, SLICE("3/7"));
	assert_records(scene,
		       "\"route\",\"publisher\":\"shop\",\"rule\":\"urgent\",\"id\":17}\n"
		       "\"route\",\"publisher\":\"shop\",\"position\":\"3/7\",\"rule\":\"noise\","
		       "\"dropped\":true}\n");
	audit_bury(&scene->page, "kafka:orders", &letter);
	assert_records(scene, "\"publish\",\"publisher\":\"kafka:orders\",\"way\":\"kafka:orders\","
			      "\"position\":\"3/8\",\"dead_letter\":true}\n");
}

static void test_deliveries(void **state)
{
	struct scene *scene = *state;
	const struct audit_client client = {SLICE("anna"), "sse", 1, 42};
	struct change change = {.kind = CHANGE_ROW, .notification = {.id = 17, .seq = 3}};

	audit_deliver(&scene->page, &client, &change, true);
	change.notification.withdrawn_at = 1;
	change.notification.to_everyone = true;
	audit_deliver(&scene->page, &client, &change, false);
	change = (struct change){.kind = CHANGE_ALL, .seq = 4, .state = NOTIFICATION_READ};
	audit_deliver(&scene->page, &client, &change, false);
	audit_connect(&scene->page, &client, SLICE("127.0.0.1:5"));
	audit_acknowledge(&scene->page, &client, &(struct cursor){.seq = 3, .broadcast_seq = 2});
#define CLIENT "\"user\":\"anna\",\"wire\":\"sse\",\"connection\":\"1-42\","
	assert_records(scene,
		       "\"deliver\"," CLIENT "\"change\":\"notification\",\"id\":17,\"seq\":3}\n"
		       "\"deliver\"," CLIENT "\"change\":\"change\",\"id\":17,\"seq\":3,"
		       "\"everyone\":true,\"withdrawn\":true}\n"
		       "\"deliver\"," CLIENT "\"change\":\"all\",\"mark\":\"read\",\"seq\":4}\n"
		       "\"connect\"," CLIENT "\"address\":\"127.0.0.1:5\"}\n"
		       "\"acknowledge\"," CLIENT "\"seq\":3,\"broadcast_seq\":2}\n");
}

static void test_what_the_store_did(void **state)
{
	struct scene *scene = *state;
	const struct audit_actor shop = {
	    .way = "http", .name = SLICE("shop"), .method = "POST", .path = "/x"};
	const struct audit_actor administrator = {.way = "admin", .name = SLICE("")};
	struct store_mark mark = {.request.operation = STORE_MARK,
				  .user = SLICE("anna"),
				  .state = NOTIFICATION_SEEN,
				  .ids = ids,
				  .id_count = 2};
	struct store_subscribe subscribe = {.request.operation = STORE_SUBSCRIBE,
					    .topic = SLICE("news"),
					    .users = users,
					    .user_count = 1,
					    .changed = 1};
	struct store_exhume exhume = {
	    .request.operation = STORE_EXHUME, .ids = ids, .id_count = 1, .exhumed = 1};
	struct store_heads heads = {.request.operation = STORE_HEADS};

	audit_done(&scene->page, &shop, &mark.request);
	audit_done(&scene->page, &shop, &heads.request);
	assert_records(scene, "");
	mark.marked = 1;
	audit_done(&scene->page, &shop, &mark.request);
	audit_done(&scene->page, &shop, &subscribe.request);
	audit_done(&scene->page, &administrator, &exhume.request);
	assert_records(scene,
		       "\"read\",\"user\":\"anna\",\"way\":\"http\",\"mark\":\"seen\",\"id\":17}\n"
		       "\"read\",\"user\":\"anna\",\"way\":\"http\",\"mark\":\"seen\",\"id\":18}\n"
		       "\"administer\",\"action\":\"subscribe\",\"by\":\"shop\",\"way\":\"http\","
		       "\"route\":\"POST /x\",\"topic\":\"news\",\"user\":\"anna\"}\n"
		       "\"administer\",\"action\":\"exhume\",\"by\":\"administrator\",\"way\":"
		       "\"admin\",\"letter\":17,\"letters\":1}\n");
}

#define AUDIT_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    AUDIT_TEST(test_a_publish_has_a_record_for_each_receiver),
	    AUDIT_TEST(test_rules_and_dead_letters),
	    AUDIT_TEST(test_deliveries),
	    AUDIT_TEST(test_what_the_store_did),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
