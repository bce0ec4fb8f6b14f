/* A lane whose store is the test: requests wait until it answers them, and time passes when it says
 * so. */
#ifndef ALLIM_TESTS_UNIT_SOURCE_LANE_SCENE_H
#define ALLIM_TESTS_UNIT_SOURCE_LANE_SCENE_H

#include "source/lane.h"

#include "base/clock.h"
#include "intake/routing.h"
#include "lib/assertions.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 8, TRIES = 3, LONG = 60000 };

struct scene {
	struct store store;
	struct source_thread thread;
	struct lane lane;
	struct configuration *configuration;
	struct store_request *request; /* at the store */
	struct audit_log *audit;
	unsigned handled;
	unsigned last_handled; /* the number of the message */
	unsigned dropped;
	unsigned closed;
};

struct test_message {
	struct lane_message lane;
	unsigned number;
	char position[16];
	char body[128];
};

static inline void submit(struct store *store, struct store_request *request)
{
	struct scene *scene = CONTAINER_OF(store, struct scene, store);

	assert_null(scene->request);
	scene->request = request;
}

static const struct store_ops store_ops = {.name = "test", .submit = submit};

static inline struct scene *scene_of(struct lane *lane)
{
	return CONTAINER_OF(lane, struct scene, lane);
}

static inline void take_all(struct scene *scene, struct list *messages, unsigned *count)
{
	LIST_FOR_EACH(link, messages) {
		struct test_message *message =
		    (struct test_message *)CONTAINER_OF(link, struct lane_message, link);

		list_remove(link);
		++*count;
		if (count == &scene->handled) {
			assert_int_equal(message->number, scene->last_handled + 1);
			scene->last_handled = message->number;
		}
		free(message);
	}
}

static inline void on_handled(struct lane *lane, struct list *messages)
{
	take_all(scene_of(lane), messages, &scene_of(lane)->handled);
}

static inline void on_dropped(struct lane *lane, struct list *messages)
{
	take_all(scene_of(lane), messages, &scene_of(lane)->dropped);
}

static inline void on_closed(struct lane *lane)
{
	scene_of(lane)->closed++;
}

static const struct lane_ops lane_ops = {
    .on_handled = on_handled,
    .on_dropped = on_dropped,
    .on_closed = on_closed,
};

static inline struct configuration *load(struct slice content)
{
	struct settings_sources sources = {.content = content};
	struct configuration *configuration;
	struct error error = {""};

	if (configuration_load(&sources, &configuration, &error) < 0 ||
	    routing_attach(configuration, &error) < 0)
		fail_msg("%s", error.text);
	return configuration;
}

static inline int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct source_options options;
	struct error error = {""};

	assert_non_null(scene);
	scene->configuration =
	    load(SLICE("sources: {batch: 8, tries: 3}\n"
		       "routing: {rules: [{name: r, when: {type: noise}, drop: true}]}\n"));
	scene->store.ops = &store_ops;
	options =
	    (struct source_options){.configuration = scene->configuration, .store = &scene->store};
	if (source_thread_init(&scene->thread, &options, "kafka", "orders", &error) < 0)
		fail_msg("%s", error.text);
	scene->thread.loop.now = clock_monotonic();
	lane_init(&scene->lane, &scene->thread, &lane_ops);
	*state = scene;
	return 0;
}

static inline int teardown(void **state)
{
	struct scene *scene = *state;

	if (scene->closed == 0)
		lane_close(&scene->lane);
	assert_null(scene->request);
	assert_int_equal(scene->closed, 1);
	assert_int_equal(scene->lane.waiting_count, 0);
	assert_int_equal(scene->lane.waiting_bytes, 0);
	source_thread_finish(&scene->thread);
	configuration_release(scene->configuration);
	free(scene);
	return 0;
}

static inline struct test_message *make(unsigned number, const char *body)
{
	struct test_message *message = calloc(1, sizeof(*message));

	assert_non_null(message);
	message->number = number;
	snprintf(message->body, sizeof(message->body), "%s", body);
	message->lane.content.body = slice_from_string(message->body);
	return message;
}

static inline void add_text(struct scene *scene, unsigned number, const char *body)
{
	struct test_message *message = make(number, body);

	snprintf(message->position, sizeof(message->position), "0/%u", number);
	message->lane.content.position = slice_from_string(message->position);
	lane_add(&scene->lane, &message->lane);
}

/* A message without a title can never be published. */
static const char good[] = "{\"to\":{\"user\":\"anna\"},\"type\":\"t\",\"title\":\"x\"}",
		  bad[] = "{\"to\":{\"user\":\"anna\"},\"type\":\"t\"}";

/* Numbers begin with 1. */
static inline void add(struct scene *scene, unsigned number, bool is_good)
{
	add_text(scene, number, is_good ? good : bad);
}

static inline void add_nowhere(struct scene *scene, unsigned number, bool is_good)
{
	lane_add(&scene->lane, &make(number, is_good ? good : bad)->lane);
}

static inline void answer(struct scene *scene, int result)
{
	struct store_request *request = scene->request;

	assert_non_null(request);
	scene->request = NULL;
	request->result = result;
	request->message.on_receive(&request->message);
}

static inline const struct store_publish *publish_at_store(const struct scene *scene)
{
	assert_non_null(scene->request);
	assert_int_equal(scene->request->operation, STORE_PUBLISH);
	return (const struct store_publish *)scene->request;
}

static inline const struct store_bury *bury_at_store(const struct scene *scene)
{
	assert_non_null(scene->request);
	assert_int_equal(scene->request->operation, STORE_BURY);
	return (const struct store_bury *)scene->request;
}

static inline void pass(struct scene *scene, int64_t milliseconds)
{
	struct loop *loop = &scene->thread.loop;

	loop->now += milliseconds;
	timer_wheel_advance(&loop->timers, loop->now);
}

static inline struct source_statistics statistics(struct scene *scene)
{
	struct source_statistics figures;

	source_thread_statistics(&scene->thread, &figures);
	return figures;
}

#define LANE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
