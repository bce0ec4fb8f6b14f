/* How fast a store takes notifications, and what each costs it.
 *
 * A fixed number of requests is always under way; each publishes to random users. The processor
 * time is that of the store's own threads: the publisher's thread is taken off.
 *
 * usage: store-bench LOCATION [SECONDS [USERS [CONNECTIONS]]] */
#include "base/clock.h"
#include "base/random.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { CONCURRENT = 64, NAME_BYTES = 16, ITEMS = 1000 };

struct bench {
	struct store *store;
	struct mailbox mailbox;
	struct random random;
	int users;
	size_t items; /* of one request */
	int64_t stop_at;
	uint64_t published;
	uint64_t failed;
	int under_way;
	int64_t longest; /* microseconds from submitting to the answer */
};

struct publication {
	struct store_publish publish;
	struct bench *bench;
	int64_t submitted_at;
	struct store_item items[ITEMS];
	struct slice users[ITEMS];
	char names[ITEMS][NAME_BYTES];
};

static const char body[] = "Anna commented on your design: the new layout looks much better than "
			   "the one before, but the bell is still hard to see on a small screen.";

static void on_done(struct mailbox_message *message);

static void submit(struct publication *publication)
{
	struct bench *bench = publication->bench;
	struct store_publish *publish = &publication->publish;

	*publish = (struct store_publish){.items = publication->items, .item_count = bench->items};
	store_request_init(&publish->request, STORE_PUBLISH, &bench->mailbox, on_done);
	for (size_t i = 0; i < bench->items; i++) {
		int length = snprintf(publication->names[i], NAME_BYTES, "user-%d",
				      (int)random_below(&bench->random, (uint64_t)bench->users));

		publication->users[i] = slice_from_bytes(publication->names[i], (size_t)length);
		publication->items[i] = (struct store_item){
		    .users = &publication->users[i],
		    .user_count = 1,
		    .content = {.type = SLICE("comment"),
				.title = SLICE("A new comment"),
				.body = slice_from_bytes(body, sizeof(body) - 1),
				.link = SLICE("/designs/42#comment-7"),
				.data = SLICE("{\"design\":42,\"comment\":7}"),
				.priority = NOTIFICATION_NORMAL},
		};
	}
	bench->under_way++;
	publication->submitted_at = clock_wall();
	store_submit(bench->store, &publish->request);
}

static void on_done(struct mailbox_message *message)
{
	struct publication *publication = (struct publication *)store_request_of(message);
	struct bench *bench = publication->bench;
	int64_t took = clock_wall() - publication->submitted_at;

	bench->under_way--;
	if (publication->publish.request.result < 0)
		bench->failed++;
	else
		bench->published += bench->items;
	if (took > bench->longest)
		bench->longest = took;
	store_request_finish(&publication->publish.request);
	if (clock_monotonic() < bench->stop_at)
		submit(publication);
}

static double seconds_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double store_seconds(void)
{
	return seconds_of(RUSAGE_SELF) - seconds_of(RUSAGE_THREAD);
}

static void run(struct bench *bench, struct publication *publications, const char *name,
		size_t items, int seconds)
{
	double processor = store_seconds();
	int64_t started = clock_wall();
	struct store_statistics before, after;
	double took;

	bench->items = items;
	bench->published = 0;
	bench->failed = 0;
	bench->longest = 0;
	bench->stop_at = clock_monotonic() + seconds * 1000;
	store_statistics(bench->store, &before);
	for (int i = 0; i < CONCURRENT; i++)
		submit(&publications[i]);
	while (bench->under_way > 0) {
		mailbox_wait(&bench->mailbox, -1);
		mailbox_receive(&bench->mailbox);
	}
	took = (double)(clock_wall() - started) / 1e6;
	processor = store_seconds() - processor;
	store_statistics(bench->store, &after);
	printf("%-14s %9.0f notifications/s %7.2f us CPU each, %5.0f commits/s, longest %.1f ms, "
	       "%.0f%% of a core, %llu failed\n",
	       name, (double)bench->published / took, processor * 1e6 / (double)bench->published,
	       (double)(after.commits - before.commits) / took, (double)bench->longest / 1e3,
	       processor / took * 100, (unsigned long long)bench->failed);
}

int main(int argc, char **argv)
{
	struct bench bench = {.users = argc > 3 ? atoi(argv[3]) : 10000};
	struct publication *publications = calloc(CONCURRENT, sizeof(*publications));
	int seconds = argc > 2 ? atoi(argv[2]) : 3;
	struct error error;
	struct store_options options = {.location = argc > 1 ? argv[1] : NULL,
					.password = SLICE(""),
					.connections = argc > 4 ? atoi(argv[4]) : 4,
					.timeout = 30000,
					.maintenance_interval = 1000};

	if (argc < 2 || publications == NULL || mailbox_init(&bench.mailbox) < 0) {
		fprintf(stderr, "usage: store-bench LOCATION [SECONDS [USERS [CONNECTIONS]]]\n");
		return 2;
	}
	if (store_open(&options, &bench.store, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	random_init(&bench.random, 1);
	for (int i = 0; i < CONCURRENT; i++)
		publications[i].bench = &bench;
	run(&bench, publications, "warming up", 100, 1);
	run(&bench, publications, "1 x 64", 1, seconds);
	run(&bench, publications, "arrays of 100", 100, seconds);
	store_close(bench.store);
	mailbox_finish(&bench.mailbox);
	free(publications);
	return 0;
}
