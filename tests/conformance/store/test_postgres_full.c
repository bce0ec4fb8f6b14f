/* A database on a disk that gets full: no publish is acknowledged then, reading goes on, and with
 * room comes service.
 *
 * The disk is a small tmpfs that only this program and its server see, with what the database keeps
 * but without the server's log of changes, whose end would be the server's. It takes root. */
#include "conformance/store/postgres_node.h"

#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK   "/mnt"
#define FILLER DISK "/filler"

enum { FILLER_BYTES = 8 << 20, BODY_BYTES = 64 << 10, MOST = 1000 };

static struct postgres_server *server;

static bool mount_disk(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", DISK, "tmpfs", 0, "size=32m,mode=0777") == 0 &&
	       mkdir(DISK "/tablespace", 0700) == 0 && chown(DISK "/tablespace", 65534, 65534) == 0;
}

static void fill_partly(void)
{
	int file = open(FILLER, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	assert_int_equal(posix_fallocate(file, 0, FILLER_BYTES), 0);
	close(file);
}

/* Its body cannot be compressed. */
static int publish_large(struct conformance *node, struct random *random)
{
	static char body[BODY_BYTES];
	struct slice name = SLICE("anna");
	struct store_item item = {
	    .users = &name, .user_count = 1, .content = conformance_content("large")};
	int result;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(' ' + random_below(random, 95));
	item.content.body = slice_from_bytes(body, sizeof(body));
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = &item;
	publish.item_count = 1;
	result = conformance_call(node, &publish.request);
	store_request_finish(&publish.request);
	return result;
}

static void test_a_full_disk(void **state)
{
	struct conformance node;
	struct random random;
	int64_t acknowledged = 0;
	char url[POSTGRES_SERVER_URL_BYTES];
	int result = 0;

	(void)state;
	if (!mount_disk())
		skip();
	server = postgres_server_create(&(struct postgres_server_options){.is_volatile = true});
	postgres_server_run(server, NULL, "CREATE TABLESPACE small LOCATION '" DISK "/tablespace'");
	postgres_server_run(server, NULL, "CREATE DATABASE full_one TABLESPACE small");
	postgres_server_url(server, "full_one", url);
	fill_partly();
	random_init(&random, 1);
	postgres_node_init(&node, url);
	conformance_open(&node);

	for (int i = 0; i < MOST && result == 0; i++) {
		result = publish_large(&node, &random);
		acknowledged += result == 0;
	}
	assert_int_equal(result, -ENOSPC);
	for (int i = 0; i < 5; i++)
		assert_int_equal(publish_large(&node, &random), -ENOSPC);
	assert_int_equal(conformance_head(&node, "anna").seq, acknowledged);
	print_message("full behind %d notifications\n", (int)acknowledged);

	assert_int_equal(unlink(FILLER), 0);
	assert_int_equal(publish_large(&node, &random), 0);
	assert_int_equal(conformance_head(&node, "anna").seq, acknowledged + 1);
	conformance_check(&node);
	postgres_node_finish(&node);
}

static int end_server(void **state)
{
	(void)state;
	postgres_server_destroy(server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_a_full_disk, end_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
