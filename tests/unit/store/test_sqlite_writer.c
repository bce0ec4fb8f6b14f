/* How much work shares a commit. */
#include "store/sqlite_writer.h"

#include "unit/store/folder.h"

#include <stdatomic.h>
#include <unistd.h>

enum { MARKS = 20, IDS = 1000 };

static _Atomic bool is_held;
static _Atomic int begun;

static void on_step(const char *step)
{
	if (strcmp(step, "begin") != 0)
		return;
	atomic_fetch_add(&begun, 1);
	while (atomic_load(&is_held))
		usleep(100);
}

static void prepare(struct store_mark *mark, const int64_t *ids, size_t count)
{
	memset(mark, 0, sizeof(*mark));
	store_request_init(&mark->request, STORE_MARK, NULL, NULL);
	mark->user = SLICE("user-0");
	mark->state = NOTIFICATION_READ;
	mark->ids = ids;
	mark->id_count = count;
}

/* Submits them while another commit runs, and returns how many commits they take. */
static int count_commits(struct folder *folder, const int64_t *ids, size_t count)
{
	struct store_mark marks[MARKS + 1];
	int before;

	atomic_store(&is_held, true);
	before = atomic_load(&begun);
	prepare(&marks[MARKS], ids, 1);
	folder_submit(folder, &marks[MARKS].request);
	while (atomic_load(&begun) == before)
		usleep(100);
	before = atomic_load(&begun);
	for (int i = 0; i < MARKS; i++) {
		prepare(&marks[i], ids, count);
		folder_submit(folder, &marks[i].request);
	}
	atomic_store(&is_held, false);
	folder_wait(folder);
	for (int i = 0; i < MARKS; i++)
		assert_int_equal(marks[i].request.result, 0);
	return atomic_load(&begun) - before;
}

/* A mark counts as many rows as it names, so that no commit grows without a bound. */
static void test_large_marks_share_few_commits(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.on_step = on_step};
	struct error error = {.text = ""};
	int64_t ids[IDS];

	assert_int_equal(folder_open(folder, options, &error), 0);
	assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
	for (size_t i = 0; i < IDS; i++)
		ids[i] = 1;
	assert_true(count_commits(folder, ids, 1) < MARKS / 2);
	assert_true(count_commits(folder, ids, IDS) >= MARKS / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_large_marks_share_few_commits, folder_setup,
					    folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
