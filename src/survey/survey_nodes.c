#include "survey/survey_nodes.h"

#include "base/wording.h"

#include <errno.h>
#include <math.h>

void survey_nodes_init(struct survey_nodes *nodes)
{
	*nodes =
	    (struct survey_nodes){.users = NAN, .servers = NAN, .deliveries = NAN, .tabs = NAN};
}

static double most(double so_far, const json_t *cluster, const char *name)
{
	const json_t *value = json_object_get(cluster, name);

	/* fmax() takes the other one of a NAN. */
	return json_is_number(value) && json_number_value(value) >= 0
		   ? fmax(so_far, json_number_value(value))
		   : so_far;
}

int survey_nodes_take(struct survey_nodes *nodes, const json_t *stats)
{
	const json_t *cluster = json_object_get(stats, "cluster");

	if (!json_is_object(cluster))
		return -EINVAL;
	nodes->samples++;
	nodes->users = most(nodes->users, cluster, "users");
	nodes->servers = most(nodes->servers, cluster, "nodes");
	nodes->deliveries = most(nodes->deliveries, cluster, "deliveries_per_second");
	nodes->tabs = most(nodes->tabs, cluster, "tabs_per_user");
	return 0;
}

static void note(const struct survey_nodes *nodes, double seconds,
		 struct observations *observations, enum observation observation, double value,
		 enum observation_state state)
{
	observations_note(observations, observation, value, state,
			  _("the most of %u samples of running nodes in %.1f s; who is on two "
			    "workers counts twice"),
			  nodes->samples, seconds);
}

void survey_nodes_observe(const struct survey_nodes *nodes, double seconds,
			  struct observations *observations)
{
	if (nodes->samples == 0)
		return;
	if (nodes->servers >= 1)
		observations_note(observations, OBSERVATION_SERVERS, nodes->servers,
				  OBSERVATION_MEASURED, "%s", _("nodes that share the store"));
	if (!isnan(nodes->deliveries))
		note(nodes, seconds, observations, OBSERVATION_TRAFFIC, nodes->deliveries,
		     OBSERVATION_SAMPLED);
	if (nodes->tabs >= 1)
		note(nodes, seconds, observations, OBSERVATION_TABS, nodes->tabs,
		     OBSERVATION_SAMPLED);
	else
		observations_leave(observations, OBSERVATION_TABS, "%s", _("nobody is connected"));
	if (observations->items[OBSERVATION_PEAK_USERS].state == OBSERVATION_OPEN &&
	    nodes->users > 0)
		note(nodes, seconds, observations, OBSERVATION_PEAK_USERS, nodes->users,
		     OBSERVATION_SAMPLED);
}
