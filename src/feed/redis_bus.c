/* A channel belongs to a server (none, while a cluster's map is not known or has a hole) and is
 * subscribed or not. Whatever happens, the same three steps bring it back: the map says whose it
 * is, the server's connection comes up, the subscription is confirmed. A tick a second repeats what
 * was not answered.
 *
 * In a cluster MOVED, a subscription that the server ends and a lost connection mean that the map
 * may have changed. ASK need not be followed: sharded channels have no state that would migrate. */
#include "feed/redis_bus.h"

#include "feed/redis_problem.h"
#include "feed/redis_slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TICK = 1000,
	STABLE = 5000, /* until a problem counts as solved */
	CHANNEL_NAME_BYTES = 40,
};

struct redis_server {
	struct list link;
	struct redis_bus *bus;
	struct redis_connection subscriber;
	struct redis_connection publisher;
	uint64_t unanswered; /* messages */
	bool has_channels;   /* while the map is read */
	struct redis_report report;
};

struct redis_channel {
	char name[CHANNEL_NAME_BYTES];
	unsigned slot;
	struct redis_server *server; /* NULL: unknown */
	bool subscribed;
	bool was_subscribed;
	int64_t asked; /* when it was last subscribed to */
};

static const struct redis_role subscriber_role, publisher_role;

static int64_t now_of(const struct redis_bus *bus)
{
	return bus->shared.loop->now;
}

static struct slice channel_name(const struct redis_channel *channel)
{
	return slice_from_string(channel->name);
}

static void set_subscribed(struct redis_bus *bus, struct redis_channel *channel, bool subscribed)
{
	if (channel->subscribed == subscribed)
		return;
	channel->subscribed = subscribed;
	if (subscribed)
		atomic_fetch_add(&bus->subscribed, 1);
	else
		atomic_fetch_sub(&bus->subscribed, 1);
}

static void want_map(struct redis_bus *bus)
{
	if (bus->shared.cluster)
		redis_map_want(&bus->map);
}

/* Servers */

static void start_server(struct redis_server *server, struct redis_bus *bus,
			 const struct server_endpoint *endpoint)
{
	*server = (struct redis_server){.bus = bus};
	list_append(&bus->servers, &server->link);
	redis_connection_init(&server->subscriber, &bus->shared, &subscriber_role, endpoint);
	redis_connection_init(&server->publisher, &bus->shared, &publisher_role, endpoint);
	redis_connection_start(&server->subscriber);
	redis_connection_start(&server->publisher);
}

static struct redis_server *create_server(struct redis_bus *bus,
					  const struct server_endpoint *endpoint)
{
	struct redis_server *server = malloc(sizeof(*server));

	if (server != NULL)
		start_server(server, bus, endpoint);
	return server;
}

static struct redis_server *find_server(struct redis_bus *bus,
					const struct server_endpoint *endpoint)
{
	LIST_FOR_EACH(link, &bus->servers) {
		struct redis_server *server = CONTAINER_OF(link, struct redis_server, link);

		if (server_endpoint_equals(&server->subscriber.endpoint, endpoint))
			return server;
	}
	return create_server(bus, endpoint);
}

static void count_unsent(struct redis_server *server)
{
	uint64_t count = server->unanswered;

	server->unanswered = 0;
	if (count > 0)
		server->bus->ops->on_unsent(server->bus->context, count);
}

static void end_server(struct redis_server *server)
{
	redis_connection_finish(&server->subscriber);
	redis_connection_finish(&server->publisher);
	count_unsent(server);
	list_remove(&server->link);
	list_append(&server->bus->gone, &server->link);
}

static void free_gone(struct redis_bus *bus)
{
	LIST_FOR_EACH(link, &bus->gone) {
		list_remove(link);
		free(CONTAINER_OF(link, struct redis_server, link));
	}
}

/* Channels */

static void subscribe(struct redis_bus *bus, struct redis_channel *channel)
{
	const struct slice command[] = {
	    bus->shared.cluster ? SLICE("SSUBSCRIBE") : SLICE("SUBSCRIBE"), channel_name(channel)};

	channel->asked = now_of(bus);
	redis_connection_send(&channel->server->subscriber, command, 2);
}

static void assign(struct redis_bus *bus, struct redis_channel *channel,
		   struct redis_server *server)
{
	if (channel->server == server)
		return;
	set_subscribed(bus, channel, false);
	channel->server = server;
	if (server != NULL && redis_connection_is_ready(&server->subscriber))
		subscribe(bus, channel);
}

static struct redis_channel *find_channel(struct redis_bus *bus, const struct redis_server *server,
					  const redisReply *name)
{
	if (name->type != REDIS_REPLY_STRING)
		return NULL;
	for (size_t i = 0; i < bus->channel_count; i++) {
		struct redis_channel *channel = &bus->channels[i];

		if (channel->server == server &&
		    slice_equals(channel_name(channel), slice_from_bytes(name->str, name->len)))
			return channel;
	}
	return NULL;
}

static struct redis_server *master_of(struct redis_bus *bus, const redisReply *slots,
				      const struct server_endpoint *asked, unsigned slot)
{
	struct server_endpoint endpoint;

	if (!redis_slots_find(slots, slot, asked, &endpoint))
		return NULL;
	return find_server(bus, &endpoint);
}

static void end_unused_servers(struct redis_bus *bus)
{
	LIST_FOR_EACH(link, &bus->servers) {
		struct redis_server *server = CONTAINER_OF(link, struct redis_server, link);

		server->has_channels = false;
	}
	for (size_t i = 0; i < bus->channel_count; i++) {
		if (bus->channels[i].server != NULL)
			bus->channels[i].server->has_channels = true;
	}
	LIST_FOR_EACH(link, &bus->servers) {
		struct redis_server *server = CONTAINER_OF(link, struct redis_server, link);

		if (!server->has_channels)
			end_server(server);
	}
}

static void on_map(void *context, const redisReply *slots, const struct server_endpoint *asked)
{
	struct redis_bus *bus = context;

	for (size_t i = 0; i < bus->channel_count; i++) {
		struct redis_channel *channel = &bus->channels[i];

		assign(bus, channel, master_of(bus, slots, asked, channel->slot));
	}
	end_unused_servers(bus);
}

static const struct server_endpoint *known_server(void *context, unsigned place)
{
	struct redis_bus *bus = context;

	LIST_FOR_EACH(link, &bus->servers) {
		struct redis_server *server = CONTAINER_OF(link, struct redis_server, link);

		if (place-- == 0)
			return &server->subscriber.endpoint;
	}
	return NULL;
}

static const struct redis_map_ops map_ops = {.on_map = on_map, .known_server = known_server};

/* Subscribing */

static struct redis_server *server_of_subscriber(struct redis_connection *connection)
{
	return CONTAINER_OF(connection, struct redis_server, subscriber);
}

static void on_subscriber_ready(struct redis_connection *connection)
{
	struct redis_server *server = server_of_subscriber(connection);
	struct redis_bus *bus = server->bus;

	for (size_t i = 0; i < bus->channel_count; i++) {
		if (bus->channels[i].server == server)
			subscribe(bus, &bus->channels[i]);
	}
}

static void on_confirmed(struct redis_bus *bus, struct redis_channel *channel)
{
	bool is_first = !channel->was_subscribed;

	if (channel->subscribed)
		return;
	channel->was_subscribed = true;
	bus->ops->on_subscribed(bus->context, is_first);
	set_subscribed(bus, channel, true);
}

static void on_unsubscribed(struct redis_bus *bus, struct redis_channel *channel)
{
	set_subscribed(bus, channel, false);
	want_map(bus);
}

static void take_push(struct redis_server *server, const redisReply *push)
{
	struct redis_bus *bus = server->bus;
	const redisReply *kind = push->element[0], *what = push->element[2];
	struct slice name =
	    kind->type == REDIS_REPLY_STRING ? slice_from_bytes(kind->str, kind->len) : SLICE("");
	struct redis_channel *channel;

	if (slice_equals(name, SLICE("message")) || slice_equals(name, SLICE("smessage"))) {
		if (what->type == REDIS_REPLY_STRING)
			bus->ops->on_message(bus->context, slice_from_bytes(what->str, what->len));
		return;
	}
	channel = find_channel(bus, server, push->element[1]);
	if (channel == NULL)
		return;
	if (slice_equals(name, SLICE("subscribe")) || slice_equals(name, SLICE("ssubscribe")))
		on_confirmed(bus, channel);
	else if (slice_equals(name, SLICE("unsubscribe")) ||
		 slice_equals(name, SLICE("sunsubscribe")))
		on_unsubscribed(bus, channel);
}

static int on_subscriber_reply(struct redis_connection *connection, const redisReply *reply,
			       struct error *error)
{
	struct redis_server *server = server_of_subscriber(connection);
	struct slice text;

	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3)
		take_push(server, reply);
	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	text = slice_from_bytes(reply->str, reply->len);
	if (!server->bus->shared.cluster || !redis_problem_is_moved(text))
		return redis_problem_explain(text, error);
	want_map(server->bus);
	return 0;
}

static void on_subscriber_lost(struct redis_connection *connection, const struct error *reason)
{
	struct redis_server *server = server_of_subscriber(connection);
	struct redis_bus *bus = server->bus;

	for (size_t i = 0; i < bus->channel_count; i++) {
		if (bus->channels[i].server == server)
			set_subscribed(bus, &bus->channels[i], false);
	}
	redis_report_problem(&server->report, &connection->endpoint, reason);
	want_map(bus);
}

/* Publishing */

static struct redis_server *server_of_publisher(struct redis_connection *connection)
{
	return CONTAINER_OF(connection, struct redis_server, publisher);
}

static bool takes_messages(const struct redis_channel *channel)
{
	return channel->server != NULL && redis_connection_is_ready(&channel->server->publisher) &&
	       !redis_connection_is_full(&channel->server->publisher);
}

struct redis_channel *redis_bus_choose(struct redis_bus *bus, uint64_t hash)
{
	size_t first = (size_t)(hash % bus->channel_count);

	for (size_t i = 0; i < bus->channel_count; i++) {
		struct redis_channel *channel = &bus->channels[(first + i) % bus->channel_count];

		if (takes_messages(channel))
			return channel;
	}
	return NULL;
}

int redis_bus_publish(struct redis_bus *bus, struct redis_channel *channel, struct slice message)
{
	const struct slice command[] = {bus->shared.cluster ? SLICE("SPUBLISH") : SLICE("PUBLISH"),
					channel_name(channel), message};
	int result = redis_connection_send(&channel->server->publisher, command, 3);

	channel->server->unanswered += result == 0;
	return result;
}

static void on_publisher_ready(struct redis_connection *connection)
{
	(void)connection;
}

static int on_publisher_reply(struct redis_connection *connection, const redisReply *reply,
			      struct error *error)
{
	struct redis_server *server = server_of_publisher(connection);
	struct slice text;

	if (reply->type == REDIS_REPLY_INTEGER && server->unanswered > 0)
		server->unanswered--;
	if (reply->type != REDIS_REPLY_ERROR)
		return 0;
	text = slice_from_bytes(reply->str, reply->len);
	if (!server->bus->shared.cluster || !redis_problem_is_moved(text))
		return redis_problem_explain(text, error);
	server->unanswered -= server->unanswered > 0;
	server->bus->ops->on_unsent(server->bus->context, 1);
	want_map(server->bus);
	return 0;
}

static void on_publisher_lost(struct redis_connection *connection, const struct error *reason)
{
	struct redis_server *server = server_of_publisher(connection);

	count_unsent(server);
	redis_report_problem(&server->report, &connection->endpoint, reason);
	want_map(server->bus);
}

/* The tick */

static bool has_all_subscribed(const struct redis_server *server)
{
	for (size_t i = 0; i < server->bus->channel_count; i++) {
		const struct redis_channel *channel = &server->bus->channels[i];

		if (channel->server == server && !channel->subscribed)
			return false;
	}
	return true;
}

static bool is_stable(const struct redis_connection *connection, bool at_once)
{
	return redis_connection_is_ready(connection) &&
	       (at_once || connection->shared->loop->now - connection->since >= STABLE);
}

/* A server that was in trouble is in use when it has been well for a while: one that takes a
 * connection and refuses its first command would else be in use every moment. */
static void announce(struct redis_server *server)
{
	bool at_once = server->report.told[0] == '\0';

	if (is_stable(&server->subscriber, at_once) && is_stable(&server->publisher, at_once) &&
	    has_all_subscribed(server))
		redis_report_use(&server->report, &server->subscriber.endpoint);
}

static void check_servers(struct redis_bus *bus)
{
	LIST_FOR_EACH(link, &bus->servers) {
		struct redis_server *server = CONTAINER_OF(link, struct redis_server, link);

		redis_connection_check(&server->subscriber);
		redis_connection_check(&server->publisher);
		announce(server);
	}
}

static void check_channels(struct redis_bus *bus)
{
	for (size_t i = 0; i < bus->channel_count; i++) {
		struct redis_channel *channel = &bus->channels[i];

		if (channel->subscribed || channel->server == NULL ||
		    !redis_connection_is_ready(&channel->server->subscriber) ||
		    now_of(bus) - channel->asked < TICK)
			continue;
		subscribe(bus, channel);
	}
}

static void on_tick(struct alarm *timer)
{
	struct redis_bus *bus = CONTAINER_OF(timer, struct redis_bus, tick);

	timer_set(&bus->shared.loop->timers, &bus->tick.timer, now_of(bus) + TICK);
	check_servers(bus);
	check_channels(bus);
	if (bus->shared.cluster)
		redis_map_check(&bus->map, redis_bus_is_subscribed(bus));
}

void redis_bus_flush(struct redis_bus *bus)
{
	LIST_FOR_EACH(link, &bus->servers) {
		struct redis_server *server = CONTAINER_OF(link, struct redis_server, link);

		redis_connection_flush(&server->subscriber);
		redis_connection_flush(&server->publisher);
	}
	redis_map_flush(&bus->map);
	free_gone(bus);
}

bool redis_bus_is_subscribed(struct redis_bus *bus)
{
	return atomic_load(&bus->subscribed) == bus->channel_count;
}

static void name_channels(struct redis_bus *bus)
{
	for (size_t i = 0; i < bus->channel_count; i++) {
		struct redis_channel *channel = &bus->channels[i];

		if (bus->shared.cluster)
			snprintf(channel->name, sizeof(channel->name), "allim:hints:{%zu}", i);
		else
			snprintf(channel->name, sizeof(channel->name), "allim:hints");
		channel->slot = redis_slot_of(channel_name(channel));
	}
}

static int start(struct redis_bus *bus)
{
	if (bus->shared.cluster) {
		redis_map_start(&bus->map);
		return 0;
	}
	bus->channels[0].server = create_server(bus, &bus->url->endpoints[0]);
	return bus->channels[0].server == NULL ? -ENOMEM : 0;
}

int redis_bus_init(struct redis_bus *bus, const struct redis_bus_options *options)
{
	*bus = (struct redis_bus){
	    .shared = {.loop = options->loop,
		       .lookups = options->lookups,
		       .tls = options->tls,
		       .user = options->url->user,
		       .password = options->password,
		       .cluster = options->cluster},
	    .ops = options->ops,
	    .context = options->context,
	    .url = options->url,
	    .channel_count = options->cluster ? options->channels : 1,
	};
	random_init(&bus->shared.random, random_system_seed());
	list_init(&bus->servers);
	list_init(&bus->gone);
	alarm_init(&bus->tick, on_tick);
	redis_map_init(&bus->map, &bus->shared, bus->url, &map_ops, bus);
	bus->channels = calloc(bus->channel_count, sizeof(*bus->channels));
	if (bus->channels == NULL)
		return -ENOMEM;
	name_channels(bus);
	timer_set(&options->loop->timers, &bus->tick.timer, options->loop->now + TICK);
	if (start(bus) == 0)
		return 0;
	redis_bus_finish(bus);
	return -ENOMEM;
}

void redis_bus_finish(struct redis_bus *bus)
{
	LIST_FOR_EACH(link, &bus->servers)
		end_server(CONTAINER_OF(link, struct redis_server, link));
	redis_map_finish(&bus->map);
	free_gone(bus);
	free(bus->channels);
	bus->channels = NULL;
}

static const struct redis_role subscriber_role = {
    .on_ready = on_subscriber_ready,
    .on_reply = on_subscriber_reply,
    .on_lost = on_subscriber_lost,
};

static const struct redis_role publisher_role = {
    .on_ready = on_publisher_ready,
    .on_reply = on_publisher_reply,
    .on_lost = on_publisher_lost,
};
