/* When to look at the store after hints were missed: not all nodes at the same moment. */
#include "feed/reception.h"

#include "base/counter.h"
#include "core/hint_codec.h"

enum { SPREAD = 250 };

static void look_within(struct reception *reception, int64_t now, uint64_t spread)
{
	if (!atomic_exchange(&reception->look_is_due, true))
		reception->look_at = now + (int64_t)random_below(&reception->random, spread + 1);
}

void reception_hear(struct reception *reception, bool is_first, int64_t now)
{
	look_within(reception, now, is_first ? 0 : SPREAD);
}

void reception_miss(struct reception *reception, int64_t now)
{
	look_within(reception, now, SPREAD);
}

/* An empty batch says that its node could not send one. */
static void receive(struct reception *reception, struct hint_batch *batch, bool is_own, int64_t now)
{
	if (is_own && batch->canary == 0)
		return;
	counter_add(&reception->received, !is_own);
	if (batch->count == 0 && batch->canary == 0)
		reception_miss(reception, now);
	else
		reception->on_hints(reception->context, batch);
}

int reception_take(struct reception *reception, struct slice message, int64_t now,
		   uint64_t *ret_node)
{
	struct hint_batch *batch;
	int result = hint_codec_decode(message, ret_node, &batch);

	if (result < 0) {
		counter_add(&reception->failures, 1);
		return result;
	}
	receive(reception, batch, *ret_node == reception->node, now);
	hint_batch_release(batch);
	return 0;
}

int64_t reception_turn(struct reception *reception, int64_t now)
{
	if (!atomic_load(&reception->look_is_due))
		return 0;
	if (now < reception->look_at)
		return reception->look_at;
	counter_add(&reception->looks, 1);
	reception->on_wake(reception->context);
	atomic_store(&reception->look_is_due, false);
	return 0;
}

bool reception_is_behind(const struct reception *reception)
{
	return atomic_load(&reception->look_is_due);
}

void reception_init(struct reception *reception, const struct feed_options *options)
{
	*reception = (struct reception){
	    .node = options->node,
	    .on_hints = options->on_hints,
	    .on_wake = options->on_wake,
	    .context = options->context,
	};
	random_init(&reception->random, random_system_seed());
}
