/* The audit log: appended once, in order, found again, and forgotten for its age alone. */
#include "conformance/store/conformance.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NODE = 7, MANY = STORE_AUDIT_SCAN + 5 };

static struct store_audit_record record_of(const char *event, const char *user, const char *line)
{
	return (struct store_audit_record){
	    .time = clock_wall(),
	    .event = slice_from_string(event),
	    .user = slice_from_string(user),
	    .line = slice_from_string(line),
	};
}

static int append(struct conformance *c, uint64_t node, int64_t batch,
		  const struct store_audit_record *records, size_t count)
{
	int result;

	CONFORMANCE_REQUEST(store_audit, request, STORE_AUDIT);
	request.node = node;
	request.batch = batch;
	request.records = records;
	request.record_count = count;
	result = conformance_call(c, &request.request);
	store_request_finish(&request.request);
	return result;
}

static void append_one(struct conformance *c, int64_t batch, const char *event, const char *user,
		       const char *line)
{
	struct store_audit_record record = record_of(event, user, line);

	assert_int_equal(append(c, NODE, batch, &record, 1), 0);
}

/* What is asked for; the rest is any. */
struct question {
	const char *user;
	const char *event;
	int64_t since;
	int64_t after;
	size_t limit;
	size_t limit_bytes;
};

/* To be finished by the caller. */
static struct store_audit_read ask(struct conformance *c, const struct question *question)
{
	CONFORMANCE_REQUEST(store_audit_read, page, STORE_AUDIT_READ);
	page.user = slice_from_string(question->user);
	page.event = slice_from_string(question->event);
	page.since = question->since;
	page.after = question->after;
	page.limit = question->limit == 0 ? 1000 : question->limit;
	page.limit_bytes = question->limit_bytes;
	assert_int_equal(conformance_call(c, &page.request), 0);
	return page;
}

/* Whether the lines of the answer, joined, are these. */
static void assert_lines(struct conformance *c, const struct question *question,
			 const char *expected)
{
	struct store_audit_read page = ask(c, question);
	char found[256] = "";

	for (size_t i = 0; i < page.record_count; i++)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%.*s ",
			 (int)page.records[i].line.length, page.records[i].line.data);
	assert_string_equal(found, expected);
	assert_false(page.more);
	store_request_finish(&page.request);
}

static void test_records_are_found_by_what_they_are_about(void **state)
{
	struct conformance *c = *state;

	assert_lines(c, &(struct question){.limit = 0}, "");
	append_one(c, 1, "publish", "anna", "a");
	append_one(c, 2, "read", "anna", "b");
	append_one(c, 3, "publish", "", "c");
	append_one(c, 4, "publish", "minjun", "d");
	assert_lines(c, &(struct question){.limit = 0}, "a b c d ");
	assert_lines(c, &(struct question){.user = "anna"}, "a b ");
	assert_lines(c, &(struct question){.event = "publish"}, "a c d ");
	assert_lines(c, &(struct question){.user = "anna", .event = "read"}, "b ");
	assert_lines(c, &(struct question){.user = "nobody"}, "");
	assert_lines(c, &(struct question){.since = clock_wall() + 3600000000}, "");
	assert_lines(c, &(struct question){.since = clock_wall() - 3600000000}, "a b c d ");
	conformance_reopen(c);
	assert_lines(c, &(struct question){.user = "minjun"}, "d ");
	conformance_check(c);
}

/* Ids rise over all nodes; a record's own time does not matter to their order. */
static void test_old_records_that_come_late_are_found_by_their_own_time(void **state)
{
	struct conformance *c = *state;
	struct store_audit_record late = record_of("publish", "anna", "late");
	int64_t now = clock_wall();

	append_one(c, 1, "publish", "anna", "now");
	late.time = now - 7200000000;
	assert_int_equal(append(c, NODE, 2, &late, 1), 0);
	assert_lines(c, &(struct question){.since = now - 3600000000}, "now ");
	assert_lines(c, &(struct question){.since = now - 2 * 7200000000}, "now late ");
}

static void test_a_batch_is_appended_once(void **state)
{
	struct conformance *c = *state;
	struct store_audit_record records[] = {record_of("publish", "anna", "a"),
					       record_of("publish", "anna", "b")};

	assert_int_equal(append(c, NODE, 1, records, 2), 0);
	assert_int_equal(append(c, NODE, 1, records, 2), 0);
	assert_lines(c, &(struct question){.limit = 0}, "a b ");
	assert_int_equal(append(c, NODE + 1, 1, records, 2), 0);
	assert_lines(c, &(struct question){.limit = 0}, "a b a b ");
	conformance_reopen(c);
	assert_int_equal(append(c, NODE, 1, records, 2), 0);
	assert_int_equal(append(c, NODE, 2, records, 1), 0);
	assert_lines(c, &(struct question){.limit = 0}, "a b a b a ");
}

static void test_pages_follow_one_another(void **state)
{
	struct conformance *c = *state;
	struct store_audit_read page;
	int64_t last;

	append_one(c, 1, "publish", "anna", "first");
	append_one(c, 2, "publish", "anna", "second");
	page = ask(c, &(struct question){.limit = 1});
	assert_int_equal(page.record_count, 1);
	assert_true(page.more);
	assert_int_equal(page.last, page.records[0].id);
	last = page.last;
	store_request_finish(&page.request);
	assert_lines(c, &(struct question){.after = last}, "second ");
	page = ask(c, &(struct question){.limit_bytes = 3});
	assert_int_equal(page.record_count, 1); /* the first always fits */
	assert_true(page.more);
	store_request_finish(&page.request);
	page = ask(c, &(struct question){.after = last});
	last = page.last;
	store_request_finish(&page.request);
	assert_lines(c, &(struct question){.after = last}, "");
	append_one(c, 3, "publish", "anna", "third");
	assert_lines(c, &(struct question){.after = last}, "third ");
}

/* What is looked for may stand far away: then the answer says how far the store looked. */
static void test_a_long_log_is_looked_at_piece_by_piece(void **state)
{
	struct conformance *c = *state;
	struct store_audit_record *records = calloc(MANY, sizeof(*records));
	struct store_audit_read page;
	int64_t last;

	assert_non_null(records);
	for (size_t i = 0; i < MANY; i++)
		records[i] = record_of("deliver", i % 2 == 0 ? "anna" : "minjun", "x");
	assert_int_equal(append(c, NODE, 1, records, MANY), 0);
	free(records);
	append_one(c, 2, "read", "anna", "far");
	page = ask(c, &(struct question){.event = "read"});
	assert_int_equal(page.record_count, 0);
	assert_true(page.more);
	assert_true(page.last > 0);
	last = page.last;
	store_request_finish(&page.request);
	assert_lines(c, &(struct question){.event = "read", .after = last}, "far ");
	/* By name it is found at once. */
	assert_lines(c, &(struct question){.event = "read", .user = "anna"}, "far ");
}

static void test_age_alone_takes_records_away(void **state)
{
	struct conformance *c = *state;

	append_one(c, 1, "publish", "anna", "kept");
	c->options.audit_age = 3600000000;
	conformance_reopen(c);
	conformance_settle(c);
	assert_lines(c, &(struct question){.limit = 0}, "kept ");
	c->options.audit_age = 1;
	c->options.maintenance_interval = 10;
	conformance_reopen(c);
	for (;;) {
		struct store_audit_read page = ask(c, &(struct question){.limit = 0});
		size_t left = page.record_count;

		store_request_finish(&page.request);
		if (left == 0)
			break;
		conformance_pause();
	}
	conformance_check(c);
}

static void test_what_is_read_only_is_not_appended_to(void **state)
{
	struct conformance *c = *state;
	struct store_audit_record record = record_of("publish", "anna", "no");

	append_one(c, 1, "publish", "anna", "a");
	c->options.read_only = true;
	conformance_reopen(c);
	assert_int_equal(append(c, NODE, 2, &record, 1), -EROFS);
	assert_lines(c, &(struct question){.limit = 0}, "a ");
	c->options.read_only = false;
	conformance_reopen(c);
}

static void test_records_survive_a_crash(void **state)
{
	struct conformance *c = *state;

	append_one(c, 1, "publish", "anna", "before");
	conformance_crash(c);
	assert_lines(c, &(struct question){.limit = 0}, "before ");
	append_one(c, 2, "publish", "anna", "after");
	assert_lines(c, &(struct question){.limit = 0}, "before after ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CONFORMANCE_TEST(test_records_are_found_by_what_they_are_about),
	    CONFORMANCE_TEST(test_old_records_that_come_late_are_found_by_their_own_time),
	    CONFORMANCE_TEST(test_a_batch_is_appended_once),
	    CONFORMANCE_TEST(test_pages_follow_one_another),
	    CONFORMANCE_TEST(test_a_long_log_is_looked_at_piece_by_piece),
	    CONFORMANCE_TEST(test_age_alone_takes_records_away),
	    CONFORMANCE_TEST(test_what_is_read_only_is_not_appended_to),
	    CONFORMANCE_TEST(test_records_survive_a_crash),
	};

	return conformance_run("audit", tests, sizeof(tests) / sizeof(tests[0]));
}
