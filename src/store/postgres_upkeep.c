/* A node that does not get the lease asks again only now and then, so that a cluster's idle load on
 * the database does not grow with its nodes. */
#include "store/postgres_upkeep.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/postgres_batch.h"

enum {
	LEASE = 15000,	/* milliseconds; a third of it passes between two requests */
	WALK_REST = 60, /* rounds between two walks */
	SIZE_INTERVAL = 60000,
	EXPIRED_SLICE = 256,
	PRUNE_SLICE = 512,
	WALK_SLICE = 256, /* inboxes */
	FORGET_SLICE = 2048,
};

void postgres_upkeep_init(struct postgres_upkeep *upkeep, struct postgres_session *session)
{
	*upkeep = (struct postgres_upkeep){
	    .session = session,
	    .number = (int64_t)random_next(&session->random),
	    .walked = -1,
	};
}

int64_t postgres_upkeep_wait(const struct postgres_upkeep *upkeep)
{
	int64_t next = upkeep->next_lease, left;

	if (upkeep->session->postgres->options.read_only)
		return LEASE;
	if (upkeep->is_keeper && (upkeep->more || upkeep->next_round < next))
		next = upkeep->more ? 0 : upkeep->next_round;
	left = next - clock_monotonic();
	return left > 0 ? left : 0;
}

/* One statement in a transaction of its own. Returns the result, or NULL. */
static PGresult *ask(struct postgres_upkeep *upkeep, enum postgres_statement statement,
		     const struct postgres_parameters *parameters)
{
	struct postgres_connection *connection = &upkeep->session->connection;
	PGresult *result;

	postgres_connection_send(connection, statement, parameters);
	postgres_connection_sync(connection);
	result = postgres_connection_receive(connection);
	if (postgres_connection_receive_sync(connection) == 0)
		return result;
	PQclear(result);
	return NULL;
}

/* For so many milliseconds from now; 0 gives it back. */
static void take_lease(struct postgres_upkeep *upkeep, int64_t duration)
{
	struct postgres_parameters parameters = {.count = 0};
	PGresult *result;

	upkeep->next_lease = clock_monotonic() + LEASE / 3;
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, upkeep->number);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, duration * 1000);
	result = ask(upkeep, POSTGRES_KEEP_HOUSE, &parameters);
	upkeep->is_keeper = result != NULL && postgres_result_number(result, 0, 0) != 0;
	PQclear(result);
}

static bool expire(struct postgres_upkeep *upkeep)
{
	struct postgres_batch batch = {.session = upkeep->session};
	struct postgres *postgres = upkeep->session->postgres;
	struct postgres_parameters parameters = {.count = 0};
	int count = 0;
	PGresult *result;

	postgres_parameters_add_number(&parameters, POSTGRES_INTEGER, EXPIRED_SLICE);
	result = ask(upkeep, POSTGRES_EXPIRE, &parameters);
	if (result != NULL && PQntuples(result) > 0) {
		count = PQntuples(result);
		batch.hints = hint_batch_create(postgres->epoch, (size_t)count);
		postgres_batch_tell_all(&batch, result);
		postgres_batch_publish(&batch);
		store_figures_add(&postgres->figures.rows_expired, (uint64_t)count);
	}
	PQclear(result);
	return count == EXPIRED_SLICE;
}

static bool prune(struct postgres_upkeep *upkeep)
{
	struct postgres_batch batch = {.session = upkeep->session};
	struct postgres_parameters parameters = {.count = 0};
	PGresult *result;
	bool more;

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       postgres_batch_oldest_key(&batch));
	postgres_parameters_add_number(&parameters, POSTGRES_INTEGER, PRUNE_SLICE);
	result = ask(upkeep, POSTGRES_PRUNE, &parameters);
	more = result != NULL && postgres_result_number(result, 0, 0) != 0;
	PQclear(result);
	return more;
}

/* Too old ones, and counts them. */
static bool prune_dead_letters(struct postgres_upkeep *upkeep)
{
	struct postgres *postgres = upkeep->session->postgres;
	struct postgres_parameters parameters = {.count = 0};
	int64_t age = atomic_load(&postgres->dead_letter_age), gone = 0;
	PGresult *result;

	if (age <= 0)
		return false;
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, clock_wall() - age);
	postgres_parameters_add_number(&parameters, POSTGRES_INTEGER, PRUNE_SLICE);
	result = ask(upkeep, POSTGRES_PRUNE_DEAD_LETTERS, &parameters);
	if (result != NULL)
		gone = postgres_result_number(result, 0, 0);
	PQclear(result);
	store_figures_add(&postgres->figures.dead_letters_forgotten, (uint64_t)gone);
	return gone == PRUNE_SLICE;
}

static bool prune_audit(struct postgres_upkeep *upkeep)
{
	struct postgres_parameters parameters = {.count = 0};
	int64_t age = atomic_load(&upkeep->session->postgres->audit_age), gone = 0;
	PGresult *result;

	if (age <= 0)
		return false;
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, clock_wall() - age);
	postgres_parameters_add_number(&parameters, POSTGRES_INTEGER, PRUNE_SLICE);
	result = ask(upkeep, POSTGRES_PRUNE_AUDIT, &parameters);
	if (result != NULL)
		gone = postgres_result_number(result, 0, 0);
	PQclear(result);
	return gone == PRUNE_SLICE;
}

static void end_walk(struct postgres_upkeep *upkeep)
{
	upkeep->walked = -1;
	upkeep->next_walk =
	    clock_monotonic() +
	    WALK_REST * atomic_load(&upkeep->session->postgres->maintenance_interval);
}

/* What grows too long is trimmed where it is published; the walk is for what grows old, and for new
 * settings, so it need not begin again at once. */
static bool walk(struct postgres_upkeep *upkeep)
{
	struct postgres *postgres = upkeep->session->postgres;
	struct postgres_batch batch = {.session = upkeep->session};
	struct postgres_parameters parameters = {.count = 0};
	int64_t age = atomic_load(&postgres->retention_age), gone = 0;
	PGresult *result;

	if ((age <= 0 && atomic_load(&postgres->retention_count) <= 0) ||
	    clock_monotonic() < upkeep->next_walk)
		return false;
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, upkeep->walked);
	postgres_parameters_add_number(&parameters, POSTGRES_INTEGER, WALK_SLICE);
	postgres_batch_add_keep(&batch, &parameters);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       age > 0 ? clock_wall() - age : 0);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, FORGET_SLICE);
	result = ask(upkeep, POSTGRES_WALK, &parameters);
	if (result == NULL)
		return false;
	gone = postgres_result_number(result, 0, 1);
	store_figures_add(&postgres->figures.rows_forgotten, (uint64_t)gone);
	if (PQgetisnull(result, 0, 0))
		end_walk(upkeep);
	else
		upkeep->walked = postgres_result_number(result, 0, 0);
	PQclear(result);
	return gone >= FORGET_SLICE;
}

static void measure(struct postgres_upkeep *upkeep)
{
	PGresult *result;

	if (clock_monotonic() < upkeep->next_size)
		return;
	upkeep->next_size = clock_monotonic() + SIZE_INTERVAL;
	result = ask(upkeep, POSTGRES_SIZE, NULL);
	if (result != NULL)
		atomic_store(&upkeep->session->postgres->bytes,
			     (uint64_t)postgres_result_number(result, 0, 0));
	PQclear(result);
}

/* Whichever node buried or took them out. */
static void count_dead_letters(struct postgres_upkeep *upkeep)
{
	PGresult *result = ask(upkeep, POSTGRES_COUNT_DEAD_LETTERS, NULL);

	if (result != NULL)
		atomic_store(&upkeep->session->postgres->figures.dead_letters,
			     (uint64_t)postgres_result_number(result, 0, 0));
	PQclear(result);
}

static void watch_horizon(struct postgres_upkeep *upkeep)
{
	PGresult *result = ask(upkeep, POSTGRES_HORIZON, NULL);
	int64_t age;

	if (result == NULL)
		return;
	age = postgres_horizon_observe(&upkeep->horizon, postgres_result_number(result, 0, 0),
				       postgres_result_number(result, 0, 1), clock_monotonic());
	PQclear(result);
	atomic_store(&upkeep->session->postgres->horizon, age);
	if (postgres_horizon_worsened(&upkeep->horizon, age))
		log_warning("a transaction in PostgreSQL has been open for long and keeps old rows "
			    "from being removed",
			    LOG_NUMBER("seconds", age / 1000));
}

void postgres_upkeep_run(struct postgres_upkeep *upkeep)
{
	int64_t now = clock_monotonic();

	if (upkeep->session->postgres->options.read_only)
		return;
	if (now >= upkeep->next_lease) {
		take_lease(upkeep, LEASE);
		measure(upkeep);
		count_dead_letters(upkeep);
		watch_horizon(upkeep);
	}
	if (!upkeep->is_keeper || (now < upkeep->next_round && !upkeep->more))
		return;
	upkeep->next_round = now + atomic_load(&upkeep->session->postgres->maintenance_interval);
	upkeep->more = expire(upkeep);
	upkeep->more = prune(upkeep) || upkeep->more;
	upkeep->more = prune_dead_letters(upkeep) || upkeep->more;
	upkeep->more = prune_audit(upkeep) || upkeep->more;
	upkeep->more = walk(upkeep) || upkeep->more;
}

void postgres_upkeep_finish(struct postgres_upkeep *upkeep)
{
	if (upkeep->is_keeper && postgres_connection_is_open(&upkeep->session->connection))
		take_lease(upkeep, 0);
}
