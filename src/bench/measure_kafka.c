#include "bench/measures.h"
#include "bench/queue.h"

int measure_kafka(struct bench *bench, struct error *error)
{
	return queue_measure(bench, "kafka", &queue_kafka, error);
}
