/* A partition that was taken away may be given back while its old lane is still closing; then there
 * are two, and the store keeps what both publish apart by their messages' positions. */
#include "source/kafka_partitions.h"

#include <stdlib.h>

struct partition {
	struct lane lane;
	struct list link;
	struct kafka_partitions *partitions;
	int32_t number;
};

static struct partition *partition_of(struct list *link)
{
	return CONTAINER_OF(link, struct partition, link);
}

/* Where the partition is no longer this member's, the offset is refused, and that is right. */
static void store_offset(const struct partition *partition, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, partition->partitions->topic, partition->number)
	    ->offset = offset;
	(void)rd_kafka_offsets_store(partition->partitions->kafka, list);
	rd_kafka_topic_partition_list_destroy(list);
}

static void free_messages(struct list *messages)
{
	LIST_FOR_EACH(link, messages) {
		list_remove(link);
		kafka_message_destroy(kafka_message_of(link));
	}
}

static void on_handled(struct lane *lane, struct list *messages)
{
	const struct partition *partition = CONTAINER_OF(lane, struct partition, lane);

	store_offset(partition, kafka_message_of(messages->previous)->offset + 1);
	free_messages(messages);
}

static void on_dropped(struct lane *lane, struct list *messages)
{
	(void)lane;
	free_messages(messages);
}

static void on_closed(struct lane *lane)
{
	struct partition *partition = CONTAINER_OF(lane, struct partition, lane);

	list_remove(&partition->link);
	free(partition);
}

static const struct lane_ops lane_ops = {
    .on_handled = on_handled,
    .on_dropped = on_dropped,
    .on_closed = on_closed,
};

static struct partition *find(const struct kafka_partitions *partitions, int32_t number)
{
	LIST_FOR_EACH(link, &partitions->list) {
		struct partition *partition = partition_of(link);

		if (partition->number == number && !partition->lane.is_closed)
			return partition;
	}
	return NULL;
}

void kafka_partitions_init(struct kafka_partitions *partitions, struct source_thread *thread,
			   const char *topic)
{
	*partitions = (struct kafka_partitions){.thread = thread, .topic = topic};
	list_init(&partitions->list);
}

struct lane *kafka_partitions_lane(struct kafka_partitions *partitions, int32_t number)
{
	struct partition *partition = find(partitions, number);

	if (partition != NULL)
		return &partition->lane;
	partition = malloc(sizeof(*partition));
	if (partition == NULL)
		return NULL;
	*partition = (struct partition){.partitions = partitions, .number = number};
	lane_init(&partition->lane, partitions->thread, &lane_ops);
	list_append(&partitions->list, &partition->link);
	return &partition->lane;
}

void kafka_partitions_close(struct kafka_partitions *partitions, int32_t number)
{
	struct partition *partition = find(partitions, number);

	if (partition != NULL)
		lane_close(&partition->lane);
}

void kafka_partitions_close_all(struct kafka_partitions *partitions)
{
	LIST_FOR_EACH(link, &partitions->list) {
		if (!partition_of(link)->lane.is_closed)
			lane_close(&partition_of(link)->lane);
	}
}
