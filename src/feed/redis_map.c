/* The map is asked for when anything does not fit, at most every PAUSE, and now and then. Where
 * that does not help for a while, another server is asked, as the one may be cut off from the rest.
 * The URL's servers and those of the last map take turns. */
#include "feed/redis_map.h"

#include "feed/redis_problem.h"

#include <errno.h>

enum { PAUSE = 200, PERIOD = 15000, PATIENCE = 5000 };

static const struct redis_role role;

static int64_t now_of(const struct redis_map *map)
{
	return map->connection.shared->loop->now;
}

static struct redis_map *map_of(struct redis_connection *connection)
{
	return CONTAINER_OF(connection, struct redis_map, connection);
}

static void ask(struct redis_map *map)
{
	const struct slice command[] = {SLICE("CLUSTER"), SLICE("SLOTS")};

	map->asked_at = now_of(map);
	map->asked = redis_connection_send(&map->connection, command, 2) == 0;
}

static void on_retry(struct alarm *timer)
{
	struct redis_map *map = CONTAINER_OF(timer, struct redis_map, retry);

	if (!map->asked)
		ask(map);
}

void redis_map_want(struct redis_map *map)
{
	struct redis_shared *shared = map->connection.shared;
	int64_t when =
	    map->asked_at + PAUSE / 2 + (int64_t)random_below(&shared->random, PAUSE / 2);

	if (!timer_is_set(&map->retry.timer))
		timer_set(&shared->loop->timers, &map->retry.timer,
			  when > now_of(map) ? when : now_of(map));
}

static void on_ready(struct redis_connection *connection)
{
	ask(map_of(connection));
}

static int on_reply(struct redis_connection *connection, const redisReply *reply,
		    struct error *error)
{
	struct redis_map *map = map_of(connection);

	if (reply->type == REDIS_REPLY_ERROR)
		return redis_problem_explain(slice_from_bytes(reply->str, reply->len), error);
	if (reply->type != REDIS_REPLY_ARRAY)
		return 0; /* of a PING */
	map->asked = false;
	map->known = true;
	map->ops->on_map(map->context, reply, &connection->endpoint);
	return 0;
}

static const struct server_endpoint *next_seed(struct redis_map *map)
{
	const struct server_endpoint *known;
	unsigned place = map->seed++;

	if (place < map->url->endpoint_count)
		return &map->url->endpoints[place];
	known = map->ops->known_server(map->context, place - map->url->endpoint_count);
	if (known != NULL)
		return known;
	map->seed = 1;
	return &map->url->endpoints[0];
}

static void on_lost(struct redis_connection *connection, const struct error *reason)
{
	struct redis_map *map = map_of(connection);

	map->asked = false;
	/* Once the servers are known, their own connections show what is wrong. */
	if (!map->known)
		redis_report_problem(&map->report, &connection->endpoint, reason);
	redis_connection_set_endpoint(connection, next_seed(map));
}

static void ask_elsewhere(struct redis_map *map)
{
	struct error error;

	map->well_at = now_of(map);
	error_set(&error, -EAGAIN,
		  "its cluster has channels that cannot be subscribed; see what redis-cli "
		  "--cluster check says");
	redis_report_problem(&map->report, &map->connection.endpoint, &error);
	redis_connection_restart(&map->connection, &error);
}

void redis_map_check(struct redis_map *map, bool is_well)
{
	int64_t now = now_of(map);

	if (is_well) {
		map->well_at = now;
		redis_report_clear(&map->report);
	}
	if (!is_well || now - map->asked_at >= PERIOD)
		redis_map_want(map);
	redis_connection_check(&map->connection);
	if (now - map->well_at >= PATIENCE && redis_connection_is_ready(&map->connection))
		ask_elsewhere(map);
}

void redis_map_flush(struct redis_map *map)
{
	redis_connection_flush(&map->connection);
}

void redis_map_init(struct redis_map *map, struct redis_shared *shared,
		    const struct server_url *url, const struct redis_map_ops *ops, void *context)
{
	*map = (struct redis_map){
	    .ops = ops,
	    .context = context,
	    .url = url,
	    .well_at = shared->loop->now,
	};
	alarm_init(&map->retry, on_retry);
	redis_connection_init(&map->connection, shared, &role, &url->endpoints[0]);
}

/* The first that is asked is any of the URL's. */
void redis_map_start(struct redis_map *map)
{
	map->seed =
	    (unsigned)random_below(&map->connection.shared->random, map->url->endpoint_count);
	redis_connection_set_endpoint(&map->connection, next_seed(map));
	redis_connection_start(&map->connection);
}

void redis_map_finish(struct redis_map *map)
{
	timer_stop(&map->retry.timer);
	redis_connection_finish(&map->connection);
}

static const struct redis_role role = {
    .any_server = true,
    .on_ready = on_ready,
    .on_reply = on_reply,
    .on_lost = on_lost,
};
