/* What an INSERT into an application's own table costs once `allim adopt` follows that table,
 * beside the same INSERT into the same table before. pgbench inserts on both sides: one row in a
 * transaction, and a hundred rows in one statement. Every turn has a database of its own, with the
 * same users. */
#include "bench/cluster.h"
#include "bench/database.h"
#include "bench/measures.h"
#include "bench/pgbench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATEMENT_BYTES = 2048, ROWS = 100 };

struct adopt {
	struct bench *bench;
	unsigned round;
};

static const char *const table = "CREATE TABLE public.notification (\n"
				 "	id bigserial PRIMARY KEY,\n"
				 "	user_id integer NOT NULL,\n"
				 "	type text,\n"
				 "	title text,\n"
				 "	message text,\n"
				 "	data jsonb,\n"
				 "	read_at timestamptz,\n"
				 "	created_at timestamptz DEFAULT now()\n"
				 ")";

static const char *const one_row =
    "\\set user random(1, :users)\n"
    "INSERT INTO public.notification (user_id, type, title, message, data)\n"
    "VALUES (:user, 'comment', 'n0000000000', 'Minjun answered your comment.',\n"
    "	'{\"article\":1234,\"comment\":56789}');\n";

static const char *const hundred_rows =
    "INSERT INTO public.notification (user_id, type, title, message, data)\n"
    "SELECT 1 + floor(random() * :users)::integer, 'comment', 'n0000000000',\n"
    "	'Minjun answered your comment.', '{\"article\":1234,\"comment\":56789}'\n"
    "FROM generate_series(1, 100);\n";

static int adopt_table(struct bench *bench, struct error *error)
{
	char location[TARGET_PATH_BYTES];
	const char *arguments[] = {bench->options.allim,
				   "adopt",
				   "--store",
				   location,
				   "--table",
				   "public.notification",
				   "--user-column",
				   "user_id",
				   "--body-column",
				   "message",
				   "--type-column",
				   "type",
				   "--data-column",
				   "data",
				   "--created-column",
				   "created_at",
				   "--read-column",
				   "read_at",
				   "--yes",
				   NULL};
	struct buffer output = BUFFER_EMPTY;
	int code;

	database_location(bench, location, sizeof(location));
	code = database_command(arguments, &output, error);
	buffer_finish(&output);
	return code;
}

/* A node makes its tables and ends. Users have inboxes on both sides, so that none has to be made
 * while something is measured. */
static int start(struct bench *bench, bool is_adopted, struct error *error)
{
	const struct cluster_plan plan = {.nodes = 1, .threads = 1, .method = "sse"};
	char users[STATEMENT_BYTES];
	struct cluster cluster;
	int code = cluster_start(&cluster, bench, &plan, error);

	cluster_stop(&cluster);
	snprintf(users, sizeof(users),
		 "INSERT INTO allim.inbox (name) SELECT i::text FROM generate_series(1, %u) AS i",
		 bench->options.database_users);
	if (code == 0)
		code = database_run(bench, table, error);
	if (code == 0)
		code = database_run(bench, users, error);
	if (code == 0 && is_adopted)
		code = adopt_table(bench, error);
	if (code == 0)
		code = database_run(bench, "VACUUM (ANALYZE) allim.inbox", error);
	if (code == 0)
		code = database_run(bench, "CHECKPOINT", error);
	return code;
}

/* Where the table is adopted, a notification was made of every row, or the figure is of something
 * else. */
static int check(struct bench *bench, bool is_adopted, struct error *error)
{
	static const char *const question =
	    "DO $$ BEGIN IF (SELECT count(*) FROM allim.notification) <> "
	    "(SELECT count(*) FROM public.notification) THEN "
	    "RAISE 'rows have become no notifications'; END IF; END $$";

	return is_adopted ? database_run(bench, question, error) : 0;
}

static int insert(struct adopt *adopt, bool is_adopted, const char *script, unsigned rows,
		  const char *quantity, struct error *error)
{
	struct bench *bench = adopt->bench;
	const struct pgbench_plan plan = {
	    .script = script,
	    .users = bench->options.database_users,
	    .clients = bench->options.adopt_clients,
	    .seconds = bench->options.adopt_seconds,
	};
	struct pgbench_figures figures;
	int code = start(bench, is_adopted, error);

	if (code == 0)
		code = pgbench_run(bench, &plan, &figures, error);
	if (code == 0)
		code = check(bench, is_adopted, error);
	if (code == 0)
		report_sample(&bench->report, "adopt", is_adopted ? "adopted" : "plain",
			      adopt->round, quantity, rows * figures.rate);
	return code;
}

static int take_round(struct adopt *adopt, struct error *error)
{
	int code = 0;

	for (int is_adopted = 0; is_adopted <= 1 && code == 0; is_adopted++) {
		code = insert(adopt, is_adopted != 0, one_row, 1, "single", error);
		if (code == 0)
			code = insert(adopt, is_adopted != 0, hundred_rows, ROWS, "hundred", error);
	}
	return code;
}

int measure_adopt(struct bench *bench, struct error *error)
{
	struct adopt adopt = {.bench = bench};
	struct error ignored;
	int code = 0;

	for (adopt.round = 1; adopt.round <= bench->options.rounds && code == 0; adopt.round++)
		code = take_round(&adopt, error);
	(void)database_drop(bench, &ignored);
	return code;
}
