/* Numbers only: what they mean stands in store.h. */
#include "store/store_figures.h"

void store_figures_submit(struct store_figures *figures)
{
	store_figures_add(&figures->queue, 1);
}

void store_figures_finish(struct store_figures *figures, const struct store_request *request)
{
	atomic_fetch_sub_explicit(&figures->queue, 1, memory_order_relaxed);
	if (store_request_failed(request))
		store_figures_add(&figures->failures, 1);
	else if (request->result == 0)
		store_figures_add(store_operation_is_write(request->operation) ? &figures->writes
									       : &figures->reads,
				  1);
}

void store_figures_read(struct store_figures *figures, struct store_statistics *ret_statistics)
{
	ret_statistics->commits = atomic_load(&figures->commits);
	ret_statistics->writes = atomic_load(&figures->writes);
	ret_statistics->reads = atomic_load(&figures->reads);
	ret_statistics->failures = atomic_load(&figures->failures);
	ret_statistics->rows_expired = atomic_load(&figures->rows_expired);
	ret_statistics->rows_forgotten = atomic_load(&figures->rows_forgotten);
	ret_statistics->dead_letters = atomic_load(&figures->dead_letters);
	ret_statistics->dead_letters_forgotten = atomic_load(&figures->dead_letters_forgotten);
	ret_statistics->queue = atomic_load(&figures->queue);
	ret_statistics->commit_microseconds = atomic_load(&figures->commit_microseconds);
}
