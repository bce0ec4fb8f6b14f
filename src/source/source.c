/* The list of sources, and calls passed on. */
#include "source/source.h"

const struct source_ops *const source_table[] = {&kafka_source_ops, &rabbitmq_source_ops, NULL};

void source_reconfigure(struct source *source, struct configuration *configuration)
{
	source->ops->reconfigure(source, configuration);
}

void source_statistics(struct source *source, struct source_statistics *ret_statistics)
{
	source->ops->statistics(source, ret_statistics);
}

void source_close(struct source *source)
{
	if (source != NULL)
		source->ops->close(source);
}
