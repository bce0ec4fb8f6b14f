/* Figures that cannot be read, because a newer node wrote them, count as a node without figures. */
#include "server/registry.h"

#include "base/json.h"
#include "base/log.h"
#include "server/worker.h"

enum { BEAT = 5000, LIFETIME_BEATS = 3 };

void registry_init(struct registry *registry)
{
	*registry = (struct registry){.cluster = BUFFER_EMPTY};
	pthread_mutex_init(&registry->mutex, NULL);
}

void registry_finish(struct registry *registry)
{
	buffer_finish(&registry->figures);
	buffer_finish(&registry->cluster);
	pthread_mutex_destroy(&registry->mutex);
}

static void append_member(struct buffer *out, const struct store_node *node, const json_t *object,
			  const struct node_figures *figures)
{
	const char *address = json_string_value(json_object_get(object, "address"));
	const char *method = json_string_value(json_object_get(object, "method"));
	const char *feed = json_string_value(json_object_get(object, "feed"));

	buffer_append_format(out, "\"%016llx\":{\"address\":", (unsigned long long)node->number);
	json_append_string(out, slice_from_string(address));
	buffer_append(out, SLICE(",\"method\":"));
	json_append_string(out, slice_from_string(method));
	buffer_append(out, SLICE(",\"feed\":"));
	json_append_string(out, slice_from_string(feed));
	buffer_append_byte(out, ',');
	node_figures_append(figures, out);
	buffer_append_byte(out, '}');
}

/* Nodes with different feeds do not hear each other's hints; the sweep makes that good, late. */
static void compare_feed(struct registry *registry, const json_t *object)
{
	const char *feed = json_string_value(json_object_get(object, "feed"));

	if (feed == NULL || registry->is_warned || strcmp(feed, registry->feed) == 0)
		return;
	registry->is_warned = true;
	log_warning("another node of this store has another feed, so both hear of each other late",
		    LOG_TEXT("feed", registry->feed), LOG_TEXT("other", feed),
		    LOG_TEXT("node", json_string_value(json_object_get(object, "address"))));
}

/* The nodes one by one, and before them what they make together. */
static void describe(struct registry *registry, struct buffer *out)
{
	const struct store_beat *beat = &registry->request;
	struct buffer members = BUFFER_EMPTY;
	struct node_figures sum = {.values = {0}};

	for (size_t i = 0; i < beat->node_count; i++) {
		const struct store_node *node = &beat->nodes[i];
		json_t *object =
		    json_loadb(node->figures.data, node->figures.length, JSON_ALLOW_NUL, NULL);
		struct node_figures figures;

		node_figures_read(object, &figures);
		node_figures_add(&sum, &figures);
		compare_feed(registry, object);
		buffer_append_string(&members, i == 0 ? "" : ",");
		append_member(&members, node, object, &figures);
		json_decref(object);
	}
	buffer_append_format(out, "\"nodes\":%zu,", beat->node_count);
	node_figures_append_summary(&sum, out);
	buffer_append_byte(out, ',');
	node_figures_append(&sum, out);
	buffer_append(out, SLICE(",\"members\":{"));
	buffer_append(out, buffer_slice(&members));
	buffer_append_byte(out, '}');
	out->failed = out->failed || buffer_failed(&members);
	buffer_finish(&members);
}

static void on_beat(struct mailbox_message *message)
{
	struct registry *registry = CONTAINER_OF(message, struct registry, request.request.message);
	struct buffer cluster = BUFFER_EMPTY;

	registry->outstanding = false;
	if (registry->request.request.result == 0)
		describe(registry, &cluster);
	if (registry->request.request.result == 0 && !buffer_failed(&cluster)) {
		struct buffer before;

		pthread_mutex_lock(&registry->mutex);
		before = registry->cluster;
		registry->cluster = cluster;
		pthread_mutex_unlock(&registry->mutex);
		cluster = before;
	}
	buffer_finish(&cluster);
	store_request_finish(&registry->request.request);
}

static void tell_figures(struct registry *registry, const struct node *node)
{
	struct buffer *out = &registry->figures;
	struct node_sample now;
	struct node_figures figures;

	registry->feed = node->feed->ops->name;
	node_sample_take(node, &now);
	if (registry->before.taken_at == 0)
		registry->before = now;
	node_figures_compare(&registry->before, &now, &figures);
	registry->before = now;
	buffer_clear(out);
	buffer_append(out, SLICE("{\"address\":"));
	json_append_string(out, slice_from_string(node->address));
	buffer_append(out, SLICE(",\"method\":"));
	json_append_string(out, slice_from_string(node->method->name));
	buffer_append(out, SLICE(",\"feed\":"));
	json_append_string(out, slice_from_string(registry->feed));
	buffer_append_byte(out, ',');
	node_figures_append(&figures, out);
	buffer_append_byte(out, ',');
	node_figures_append_latency(&figures, out);
	buffer_append_byte(out, '}');
	if (buffer_failed(out))
		buffer_clear(out);
}

static void prepare(struct worker *worker, int64_t lifetime)
{
	struct registry *registry = &worker->node->registry;

	registry->outstanding = true;
	registry->request = (struct store_beat){
	    .number = worker->node->number,
	    .figures = buffer_slice(&registry->figures),
	    .lifetime = lifetime,
	};
	store_request_init(&registry->request.request, STORE_BEAT, &worker->loop.mailbox, on_beat);
}

void registry_beat(struct worker *worker)
{
	struct registry *registry = &worker->node->registry;

	worker_schedule(worker, WORKER_BEAT, worker->loop.now + BEAT);
	if (registry->outstanding || worker->draining)
		return;
	tell_figures(registry, worker->node);
	prepare(worker, BEAT * LIFETIME_BEATS * INT64_C(1000));
	worker_submit(worker, &registry->request.request);
}

void registry_leave(struct worker *worker)
{
	struct registry *registry = &worker->node->registry;

	if (registry->outstanding)
		return;
	prepare(worker, 0);
	store_submit(worker->node->store, &registry->request.request);
}

void registry_append(struct registry *registry, struct buffer *out)
{
	buffer_append_byte(out, '{');
	pthread_mutex_lock(&registry->mutex);
	buffer_append(out, buffer_slice(&registry->cluster));
	pthread_mutex_unlock(&registry->mutex);
	buffer_append_byte(out, '}');
}
