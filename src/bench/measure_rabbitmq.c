#include "bench/measures.h"
#include "bench/queue.h"

int measure_rabbitmq(struct bench *bench, struct error *error)
{
	return queue_measure(bench, "rabbitmq", &queue_rabbitmq, error);
}
