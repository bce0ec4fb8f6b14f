/* Every source ends here, so that a value is read, checked and complained about in one way. Values
 * that a later source overrules are checked all the same. */
#include "config/settings_loader.h"

#include <errno.h>

void settings_loader_init(struct settings_loader *loader, struct error *error)
{
	*loader = (struct settings_loader){.error = error};
	settings_init_defaults(&loader->settings);
}

static int explain(struct settings_loader *loader, const struct setting *setting,
		   const struct settings_origin *origin, int result, const struct error *what)
{
	if (result == -ENOMEM)
		return settings_problem_memory(loader->error);
	return settings_problem_value(loader->error, origin, setting, what->text);
}

int settings_loader_set(struct settings_loader *loader, const struct setting *setting,
			const struct settings_origin *origin, struct slice text)
{
	struct arena *arena = &loader->settings.arena;
	struct error what;
	struct slice copy;
	int result = arena_copy(arena, text, &copy);

	if (result == 0)
		result = setting->type->read(
		    setting, copy, arena, settings_table_member(setting, &loader->settings), &what);
	if (result < 0)
		return explain(loader, setting, origin, result, &what);
	loader->origins[settings_table_row(setting)] = *origin;
	return 0;
}

int settings_loader_clear(struct settings_loader *loader, const struct setting *setting,
			  const struct settings_origin *origin)
{
	return settings_loader_set(loader, setting, origin, SLICE(""));
}

int settings_loader_add(struct settings_loader *loader, const struct setting *setting,
			const struct settings_origin *origin, struct slice text)
{
	struct arena *arena = &loader->settings.arena;
	struct error what;
	int result = setting->type->add(setting, text, arena,
					settings_table_member(setting, &loader->settings), &what);

	return result < 0 ? explain(loader, setting, origin, result, &what) : 0;
}

int settings_loader_take(struct settings_loader *loader, const struct setting *setting,
			 const struct settings_origin *origin, const struct yaml_node *tree)
{
	struct error what;
	int result = setting->type->take(setting, tree, origin->name, &loader->settings.arena,
					 settings_table_member(setting, &loader->settings), &what);

	if (result < 0)
		return explain(loader, setting, origin, result, &what);
	loader->origins[settings_table_row(setting)] = *origin;
	return 0;
}

static bool contains(struct slice text, struct slice part)
{
	return text.length > 0 && memmem(text.data, text.length, part.data, part.length) != NULL;
}

static bool ends_with(struct slice text, struct slice end)
{
	return text.length >= end.length &&
	       memcmp(text.data + text.length - end.length, end.data, end.length) == 0;
}

/* Kubernetes sets such variables for every service of the namespace, and one named allim would
 * otherwise keep the node from starting: ALLIM_SERVICE_HOST, ALLIM_PORT=tcp://10.0.0.1:8080 and
 * ALLIM_PORT_8080_TCP_ADDR. */
static bool is_service_link(struct slice name, struct slice value)
{
	return ends_with(name, SLICE("_SERVICE_HOST")) || contains(name, SLICE("_SERVICE_PORT")) ||
	       contains(name, SLICE("_TCP_")) || contains(name, SLICE("_UDP_")) ||
	       slice_starts_with(value, SLICE("tcp://")) ||
	       slice_starts_with(value, SLICE("udp://"));
}

static int refuse_variable(struct settings_loader *loader, const struct settings_origin *origin)
{
	char nearest[SETTINGS_NAME_BYTES] = "";

	settings_table_nearest_variable(origin->name, nearest);
	return settings_problem(loader->error, origin, -EINVAL,
				"unknown variable; did you mean %s?", nearest);
}

/* ALLIM_CONFIG names the settings file and is the command's. */
static int read_variable(struct settings_loader *loader, struct slice variable)
{
	struct slice value = variable;
	struct settings_origin origin = {SETTINGS_FROM_VARIABLE, slice_split(&value, '='), 0, 0};
	const struct setting *setting;

	if (!slice_starts_with(origin.name, SLICE("ALLIM_")) ||
	    slice_equals(origin.name, SLICE("ALLIM_CONFIG")))
		return 0;
	setting = settings_table_find_variable(origin.name);
	if (setting != NULL)
		return settings_loader_set(loader, setting, &origin, value);
	return is_service_link(origin.name, value) ? 0 : refuse_variable(loader, &origin);
}

int settings_loader_read_environment(struct settings_loader *loader, char *const *environment)
{
	int result = 0;

	for (; environment != NULL && *environment != NULL && result == 0; environment++)
		result = read_variable(loader, slice_from_string(*environment));
	return result;
}

static int refuse_flag(struct settings_loader *loader, const struct settings_origin *origin)
{
	char nearest[SETTINGS_NAME_BYTES] = "";

	settings_table_nearest_flag(origin->name, NULL, nearest);
	return settings_problem(loader->error, origin, -EINVAL, "unknown flag; did you mean --%s?",
				nearest);
}

/* A command line is seen by everybody on the machine (ps), so that a secret must not stand there.
 */
static int read_flag(struct settings_loader *loader, const struct settings_flag *flag)
{
	struct settings_origin origin = {SETTINGS_FROM_FLAG, flag->name, 0, 0};
	const struct setting *setting = settings_table_find_flag(flag->name);
	char variable[SETTINGS_NAME_BYTES];

	if (setting == NULL)
		return refuse_flag(loader, &origin);
	if (setting->type->secret) {
		settings_table_variable(setting, variable);
		return settings_problem(loader->error, &origin, -EINVAL,
					"secrets are not accepted as flags; set %s", variable);
	}
	if (flag->value == NULL && !setting->type->optional_value)
		return settings_problem_value(loader->error, &origin, setting,
					      "no value was given");
	return settings_loader_set(loader, setting, &origin,
				   slice_from_string(flag->value == NULL ? "true" : flag->value));
}

int settings_loader_read_flags(struct settings_loader *loader, const struct settings_flag *flags,
			       size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = read_flag(loader, &flags[i]);
	return result;
}
