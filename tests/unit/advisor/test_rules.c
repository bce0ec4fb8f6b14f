/* Every path of the guide's tree, every limit of its questions, and its scores, by the built-in
 * rules. */
#include "built_in.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static const struct rule *find(const char *name)
{
	for (size_t i = 0; i < rules.rule_count; i++) {
		if (slice_equals(rules.rules[i].name, slice_from_string(name)))
			return &rules.rules[i];
	}
	fail_msg("there is no rule %s", name);
	return NULL;
}

static void name_methods(unsigned methods, char text[static 128])
{
	text[0] = '\0';
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if ((methods & 1U << i) == 0)
			continue;
		if (text[0] != '\0')
			strcat(text, " ");
		strcat(text, advisor_method_name((enum advisor_method)i));
	}
}

static void assert_votes(const char *rule, const char *given, const char *expected)
{
	struct situation situation;
	struct rule_vote vote;
	char text[128];

	built_in_take(&situation, given);
	rule_vote(find(rule), &situation, &vote);
	name_methods(vote.methods, text);
	if (strcmp(text, expected) != 0)
		fail_msg("%s with %s: \"%s\", not \"%s\"", rule, given, text, expected);
	if (vote.methods == 0)
		return;
	for (int i = 0; i < ADVISOR_LANGUAGES; i++)
		assert_true(vote.path[vote.length - 1]->reason.languages[i].length > 0);
}

static void the_tree(void **state)
{
	const char *tree = "decision tree";

	(void)state;
	assert_votes(tree, "users=0", "poll");
	assert_votes(tree, "users=499", "poll");
	assert_votes(tree, "users=500 latency=2000ms redis=yes", "sse-redis");
	assert_votes(tree, "users=500 latency=2000ms redis=no", "sse-db");
	assert_votes(tree, "users=500 latency=2001ms", "sse-db");
	assert_votes(tree, "users=5000 latency=100ms redis=yes", "sse-redis");
	assert_votes(tree, "users=5000 latency=30000ms redis=yes", "sse-db");
	assert_votes(tree, "users=5001 servers=3", "sse-db");
	assert_votes(tree, "users=5001 servers=10", "sse-db");
	assert_votes(tree, "users=5001 servers=11", "sse-redis");
	assert_votes(tree, "users=20000 servers=11", "sse-redis");
}

static void the_questions(void **state)
{
	const char *ways = "question 1: both directions", *fast = "question 2: how fast",
		   *users = "question 3: how many users", *servers = "question 4: how many servers",
		   *redis = "question 5: Redis";

	(void)state;
	assert_votes(ways, "bidirectional=yes", "websocket");
	assert_votes(ways, "bidirectional=no", "sse-db sse-redis");
	assert_votes(fast, "latency=100ms", "sse-redis websocket");
	assert_votes(fast, "latency=101ms", "sse-db");
	assert_votes(fast, "latency=500ms", "sse-db");
	assert_votes(fast, "latency=2000ms", "sse-db");
	assert_votes(fast, "latency=2001ms", "poll");
	assert_votes(fast, "latency=30000ms", "poll");
	assert_votes(users, "users=499", "poll");
	assert_votes(users, "users=500", "sse-db");
	assert_votes(users, "users=10000", "sse-db");
	assert_votes(users, "users=10001", "sse-redis");
	assert_votes(servers, "servers=1", "sse-db");
	assert_votes(servers, "servers=3", "sse-db");
	assert_votes(servers, "servers=4", "sse-db sse-redis");
	assert_votes(servers, "servers=10", "sse-db sse-redis");
	assert_votes(servers, "servers=11", "sse-redis");
	assert_votes(redis, "redis=yes", "sse-redis");
	assert_votes(redis, "redis=no", "sse-db");
}

static void the_quick_guide(void **state)
{
	const char *users = "quick guide by users", *budget = "quick guide by budget",
		   *days = "quick guide by time";

	(void)state;
	assert_votes(users, "users=499", "poll");
	assert_votes(users, "users=500", "sse-db");
	assert_votes(users, "users=5000", "sse-db");
	assert_votes(users, "users=5001", "sse-redis");
	assert_votes(users, "users=20000", "sse-redis");
	assert_votes(users, "users=20001", "sse-redis websocket kafka rabbitmq");
	assert_votes(budget, "budget=100", "poll");
	assert_votes(budget, "budget=101", "sse-db");
	assert_votes(budget, "budget=299", "sse-db");
	assert_votes(budget, "budget=300", "sse-redis websocket");
	assert_votes(days, "days=2", "poll");
	assert_votes(days, "days=3", "sse-db");
	assert_votes(days, "days=5", "sse-db");
	assert_votes(days, "days=6", "sse-redis");
	assert_votes(days, "days=14", "sse-redis");
	assert_votes(days, "days=15", "kafka rabbitmq");
}

/* 7,000 users on 5 servers: the tree and the quick guide disagree. */
static void rules_contradict_each_other(void **state)
{
	(void)state;
	assert_votes("decision tree", "users=7000 servers=5", "sse-db");
	assert_votes("quick guide by users", "users=7000 servers=5", "sse-redis");
}

static void who_is_not_told_does_not_vote(void **state)
{
	struct situation situation;
	struct rule_vote vote;

	(void)state;
	assert_votes("decision tree", "", "");
	assert_votes("decision tree", "users=600 latency=1000ms", "");
	built_in_take(&situation, "users=600 latency=1000ms");
	rule_vote(find("decision tree"), &situation, &vote);
	assert_int_equal(vote.open, FIGURE_REDIS);
	assert_int_equal(vote.length, 2);
}

#define BEGINNING                                                                 \
	"version: 1\nfits: {}\nmisfits: {}\nsignals: {}\nscenarios: {}\n"         \
	"criteria:\n  c: {title: {en: c, ko: c}, weight: 1, scores: {poll: 1}}\n" \
	"rules:\n"
#define RULE(text) BEGINNING "  r: {section: s, " text "}"
#define REASON	   "reason: {en: x, ko: y}"

static void assert_refused(const char *text, const char *sentence)
{
	struct rules read;
	struct error error = {""};

	assert_int_equal(rules_read(&read, "r.yaml", slice_from_string(text), &error), -EINVAL);
	assert_string_equal(error.text, sentence);
}

static void assert_title(const char *text, const char *expected)
{
	struct rules read;
	struct error error = {""};

	assert_int_equal(rules_read(&read, "r.yaml", slice_from_string(text), &error), 0);
	assert_true(slice_equals(read.rules[0].title.languages[ADVISOR_KOREAN],
				 slice_from_string(expected)));
	rules_finish(&read);
}

static void a_rule_has_a_title_or_its_name(void **state)
{
	const char *votes = "asks: users, branches: [{votes: [poll], " REASON "}]";
	char with[512], without[512];

	(void)state;
	snprintf(without, sizeof(without), BEGINNING "  r: {section: s, %s}", votes);
	snprintf(with, sizeof(with), BEGINNING "  r: {title: {en: a, ko: b}, section: s, %s}",
		 votes);
	assert_title(without, "r");
	assert_title(with, "b");
	assert_refused(RULE("title: r"),
		       "r.yaml:9:19: rule r: a text is written as NAME: VALUE pairs");
}

static void mistakes_in_rules_are_refused(void **state)
{
	(void)state;
	assert_refused("rules: {}", "r.yaml:1:1: version is missing here");
	assert_refused("version: 2\nrules: {}",
		       "r.yaml:1:1: a file of rules of version 2; this allim reads version 1");
	assert_refused(BEGINNING "  r: {}", "r.yaml:9:3: rule r: section is missing here");
	assert_refused(RULE("asks: users"), "r.yaml:9:3: rule r: branches is missing here");
	assert_refused(RULE("asks: moon, branches: [{votes: [poll], " REASON "}]"),
		       "r.yaml:9:19: rule r: \"moon\" is no figure");
	assert_refused(RULE("asks: users, branches: [{votes: [pol], " REASON "}]"),
		       "r.yaml:9:52: rule r: \"pol\" is no method; accepted are poll, sse-db, "
		       "sse-redis, websocket, kafka and rabbitmq");
	assert_refused(RULE("asks: users, branches: [{below: 5, votes: [poll], " REASON "}]"),
		       "r.yaml:9:32: rule r: the last branch has a condition; leave it out, so "
		       "that every value of users is answered");
	assert_refused(RULE("asks: users, branches: [{is: yes, votes: [poll], " REASON "}]"),
		       "r.yaml:9:44: rule r: users is a number; ask with from, above, up-to or "
		       "below");
	assert_refused(RULE("asks: redis, branches: [{below: 1, votes: [poll], " REASON "}]"),
		       "r.yaml:9:44: rule r: redis is yes or no; ask with is: yes");
	assert_refused(RULE("asks: users, branches: [{votes: [poll], reason: {en: x}}]"),
		       "r.yaml:9:59: rule r: ko is missing here");
	assert_refused(RULE("asks: users, branches: [{votes: [poll], " REASON "}]") "\n  r: {}",
		       "r.yaml:10:3: r is given twice; the first one is on line 9");
}

static void assert_criterion_refused(const char *criterion, const char *sentence)
{
	char text[512];

	snprintf(text, sizeof(text), "version: 1\nrules: {}\ncriteria: {c: {%s}}\nscenarios: {}",
		 criterion);
	assert_refused(text, sentence);
}

#define TITLE "title: {en: c, ko: c}, "

static void mistakes_in_criteria_are_refused(void **state)
{
	(void)state;
	assert_criterion_refused("", "r.yaml:3:12: criterion c: title is missing here");
	assert_criterion_refused(TITLE "weight: -1, scores: {}",
				 "r.yaml:3:39: criterion c: a weight is 0 to 1000000");
	assert_criterion_refused(TITLE "weight: 1e9, scores: {}",
				 "r.yaml:3:39: criterion c: a weight is 0 to 1000000");
	assert_criterion_refused(TITLE "weight: 1, scores: {poll: 11}",
				 "r.yaml:3:59: criterion c: a score is 0 to 10");
	assert_criterion_refused(TITLE "weight: 1, scores: {pol: 1}",
				 "r.yaml:3:59: criterion c: pol is no method");
	assert_criterion_refused(TITLE "weight: 0, scores: {}",
				 "r.yaml:3:1: no criterion has a weight");
}

static void assert_score(const double *weights, enum advisor_method method, double expected)
{
	double score = criterion_score(rules.criteria, weights, rules.criterion_count, method);

	if (!(fabs(score - expected) < 1e-9))
		fail_msg("%s: %.10g, not %g", advisor_method_name(method), score, expected);
}

/* Two are the guide's example (9.2), and two follow from it. */
static void scores_by_weight(void **state)
{
	const double latency_alone[] = {0, 0, 5, 0, 0};

	(void)state;
	assert_int_equal(rules.criterion_count, 5);
	assert_score(NULL, ADVISOR_POLL, 7.4);
	assert_score(NULL, ADVISOR_SSE_DB, 7.7);
	assert_score(NULL, ADVISOR_SSE_REDIS, 7.3);
	assert_score(NULL, ADVISOR_WEBSOCKET, 6.1);
	assert_score(latency_alone, ADVISOR_POLL, 3);
	assert_true(isnan(criterion_score(rules.criteria, NULL, 5, ADVISOR_KAFKA)));
}

static void a_shortage_of_memory_is_survived(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct rules read;
		struct error error;
		int result;
		bool failed;

		failing_allocator_fail_at(n);
		result = rules_read(&read, "rules.yaml", slice_from_string(rules_text), &error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (failed)
			continue;
		rules_finish(&read);
		break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tree),
	    cmocka_unit_test(the_questions),
	    cmocka_unit_test(the_quick_guide),
	    cmocka_unit_test(rules_contradict_each_other),
	    cmocka_unit_test(who_is_not_told_does_not_vote),
	    cmocka_unit_test(scores_by_weight),
	    cmocka_unit_test(a_rule_has_a_title_or_its_name),
	    cmocka_unit_test(mistakes_in_rules_are_refused),
	    cmocka_unit_test(mistakes_in_criteria_are_refused),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	return cmocka_run_group_tests_name("rules", tests, built_in_setup, built_in_teardown);
}
