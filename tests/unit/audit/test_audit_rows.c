/* Batches on their way into a store, which is the test: it answers at once. */
#include "audit/audit_target.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include "base/list.h"
#include "store/store.h"

#include <errno.h>

struct scene {
	struct store store;
	struct audit_target *target;
	int answer;
	bool memory_ends; /* when it has answered */
	int64_t batch;	  /* the last one's number, */
	size_t records;	  /* and how many it had */
};

static void submit(struct store *store, struct store_request *request)
{
	struct scene *scene = CONTAINER_OF(store, struct scene, store);
	const struct store_audit *audit = (const struct store_audit *)request;

	scene->batch = audit->batch;
	scene->records = audit->record_count;
	request->result = scene->answer;
	mailbox_send(request->reply, &request->message);
	if (scene->memory_ends)
		failing_allocator_fail_at(1);
}

static const struct store_ops store_ops = {.name = "test", .submit = submit};

static void open_rows(struct scene *scene)
{
	const struct audit_options options = {.node = 7, .store = &scene->store};
	struct error error;

	*scene = (struct scene){.store.ops = &store_ops};
	assert_int_equal(audit_rows_ops.open(&options, &scene->target, &error), 0);
}

static void write_lines(struct scene *scene, const char *lines, int expected)
{
	size_t written = 0, length = strlen(lines);
	int result = audit_rows_ops.write(scene->target, slice_from_string(lines), &written);

	assert_int_equal(result, expected);
	assert_int_equal(written, expected == 0 ? length : 0);
}

static void test_each_batch_has_a_number_of_its_own(void **state)
{
	struct scene scene;

	(void)state;
	open_rows(&scene);
	write_lines(&scene, "{\"event\":\"a\"}\n{\"event\":\"b\"}\n", 0);
	assert_int_equal(scene.batch, 1);
	assert_int_equal(scene.records, 2);
	scene.answer = -ENOSPC;
	write_lines(&scene, "{\"event\":\"c\"}\n", -ENOSPC);
	assert_int_equal(scene.batch, 2);
	scene.answer = 0;
	write_lines(&scene, "{\"event\":\"d\"}\n", 0);
	assert_int_equal(scene.batch, 3);
	audit_rows_ops.close(scene.target);
}

/* It may have been appended: then the store is to know it again. */
static void test_a_doubtful_batch_is_tried_again_as_it_was(void **state)
{
	struct scene scene;

	(void)state;
	open_rows(&scene);
	scene.answer = -EAGAIN;
	write_lines(&scene, "{\"event\":\"a\"}\n", -EAGAIN);
	scene.answer = 0;
	write_lines(&scene, "{\"event\":\"a\"}\n{\"event\":\"b\"}\n", 0);
	assert_int_equal(scene.batch, 2);
	assert_int_equal(scene.records, 1);
	audit_rows_ops.close(scene.target);
}

/* The same number with more records would have the store leave those out. */
static void test_without_memory_a_doubtful_batch_is_another_one(void **state)
{
	struct scene scene;

	(void)state;
	open_rows(&scene);
	scene.answer = -EAGAIN;
	scene.memory_ends = true;
	write_lines(&scene, "{\"event\":\"a\"}\n", -EAGAIN);
	assert_true(failing_allocator_reset());
	scene.memory_ends = false;
	assert_int_equal(scene.batch, 1);
	write_lines(&scene, "{\"event\":\"a\"}\n{\"event\":\"b\"}\n", -EAGAIN);
	assert_int_equal(scene.batch, 2);
	assert_int_equal(scene.records, 2);
	audit_rows_ops.close(scene.target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_batch_has_a_number_of_its_own),
	    cmocka_unit_test(test_a_doubtful_batch_is_tried_again_as_it_was),
	    cmocka_unit_test(test_without_memory_a_doubtful_batch_is_another_one),
	};

	return cmocka_run_group_tests_name("audit_rows", tests, NULL, NULL);
}
