/* What a store counts while it runs: any of its threads adds, any thread reads. */
#ifndef ALLIM_STORE_STORE_FIGURES_H
#define ALLIM_STORE_STORE_FIGURES_H

#include "store/store.h"

#include <stdatomic.h>

struct store_figures {
	_Atomic uint64_t commits;
	_Atomic uint64_t writes;
	_Atomic uint64_t reads;
	_Atomic uint64_t failures;
	_Atomic uint64_t rows_expired;
	_Atomic uint64_t rows_forgotten;
	_Atomic uint64_t dead_letters;
	_Atomic uint64_t dead_letters_forgotten;
	_Atomic uint64_t queue;
	_Atomic uint64_t commit_microseconds;
};

/* One more request waits. */
void store_figures_submit(struct store_figures *figures);

/* A request is about to go back: it waits no more, and was a write, a read, a failure, or, refused
 * for its own matter, none of them. */
void store_figures_finish(struct store_figures *figures, const struct store_request *request);

static inline void store_figures_add(_Atomic uint64_t *figure, uint64_t amount)
{
	atomic_fetch_add_explicit(figure, amount, memory_order_relaxed);
}

/* Fills in the members that are counted here. */
void store_figures_read(struct store_figures *figures, struct store_statistics *ret_statistics);

#endif
