#include "lib/assertions.h"
#include "running.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/allim-route-XXXXXX";

static const char rules[] = "routing:\n"
			    "  rules:\n"
			    "    - {name: no-debug, when: {type: debug}, drop: true}\n"
			    "    - name: big\n"
			    "      when: {type: 'order.*', data.amount: '>= 1000'}\n"
			    "      unless: {user.plan: [free, trial]}\n"
			    "      to: {user: '${data.owner}'}\n"
			    "      priority: urgent\n"
			    "      expires_in: 36500d\n";

#define MESSAGE(members_) "{\"title\":\"x\"," members_ "}"

static void a_message_is_explained(void **state)
{
	const struct running *running =
	    RUN_WITH(MESSAGE("\"type\":\"order.new\",\"data\":{\"amount\":900},\"user\":{\"plan\":"
			     "\"trial\"},\"to\":{\"user\":\"anna\"}"),
		     "route", "--explain", "-", "--config", path);

	(void)state;
	assert_string_equal(running->errors, "");
	assert_string_equal(running->output,
			    "message 1\n"
			    "  no-debug does not hold:\n"
			    "    type must be debug; it is \"order.new\"\n"
			    "  big does not hold:\n"
			    "    data.amount must be \">= 1000\"; it is 900\n"
			    "    user.plan must not be [free, trial]; it is \"trial\"\n"
			    "  no rule decides\n"
			    "  to: {\"user\":\"anna\"}\n"
			    "  priority: normal\n"
			    "  expires: never\n");
	assert_int_equal(running->status, COMMAND_DONE);
}

static void what_a_rule_gives_is_shown(void **state)
{
	static const char input[] = "[" MESSAGE(
	    "\"type\":\"order.new\","
	    "\"data\":{\"amount\":1000,\"owner\":\"bo\"}") "," MESSAGE("\"type\":\"debug\"") "]";
	const struct running *running =
	    RUN_WITH(input, "route", "--explain", "-", "--config", path);

	(void)state;
	assert_string_equal(running->errors, "");
	running_assert_contains(running->output, "message 1\n"
						 "  no-debug does not hold:\n"
						 "    type must be debug; it is \"order.new\"\n"
						 "  big decides\n"
						 "  to: {\"user\":\"bo\"}\n"
						 "  priority: urgent\n"
						 "  expires: 21");
	running_assert_contains(running->output, "message 2\n  no-debug decides\n  dropped\n");
	assert_int_equal(running->status, COMMAND_DONE);
}

static void an_invalid_message_is_refused_as_a_node_would(void **state)
{
	const struct running *running =
	    RUN_WITH("{\"type\":\"debug\"}" MESSAGE("\"type\":\"u\"") MESSAGE("\"type\":\"debug\""),
		     "route", "--explain", "-", "--config", path);

	(void)state;
	assert_string_equal(
	    running->errors,
	    "allim route: message 1: \"title\" is missing; it is required\n"
	    "allim route: message 2: \"to\" is missing; say whom it is for, or let a rule of "
	    "routing.rules do so\n");
	running_assert_contains(running->output,
				"message 1\n  no-debug decides\n  refused: \"title\"");
	running_assert_contains(running->output, "  no rule decides\n  refused: \"to\" is missing");
	running_assert_contains(running->output, "message 3\n  no-debug decides\n  dropped\n");
	assert_int_equal(running->status, COMMAND_FAILED);
}

static void that_there_are_no_rules_is_said(void **state)
{
	const struct running *running = RUN_WITH(
	    MESSAGE("\"type\":\"a\",\"to\":{\"user\":\"anna\"}"), "route", "--explain", "-");

	(void)state;
	assert_string_equal(running->output,
			    "message 1\n"
			    "  there are no rules; --config names the file with them\n"
			    "  to: {\"user\":\"anna\"}\n"
			    "  priority: normal\n"
			    "  expires: never\n");
	assert_int_equal(running->status, COMMAND_DONE);
}

static void json_is_a_line_for_each_message(void **state)
{
	const struct running *running =
	    RUN_WITH(MESSAGE("\"type\":\"order.new\",\"to\":{\"everyone\":true},\"expires_at\":"
			     "\"2130-01-01T00:00:00Z\"")
			 MESSAGE("\"type\":\"debug\"") "{\"type\":\"debug\"}",
		     "route", "--explain", "-", "--config", path, "--json");

	(void)state;
	assert_string_equal(
	    running->output,
	    "{\"message\":1,\"rule\":null,\"passed_over\":[{\"rule\":\"no-debug\",\"because\":[{"
	    "\"path\":\"type\",\"must_be\":\"debug\",\"is\":\"order.new\"}]},{\"rule\":\"big\","
	    "\"because\":[{\"path\":\"data.amount\""
	    ",\"must_be\":\"\\\">= 1000\\\"\"}]}],\"dropped\":"
	    "false,\"to\":{\"everyone\":true},\"priority\":\"normal\",\"expires_at\":"
	    "\"2130-01-01T00:00:00.000Z\"}\n"
	    "{\"message\":2,\"rule\":\"no-debug\",\"passed_over\":[],\"dropped\":true}\n"
	    "{\"message\":3,\"rule\":\"no-debug\",\"passed_over\":[],\"refused\":\"\\\"title\\\" "
	    "is missing; it is required\"}\n");
	assert_int_equal(running->status, COMMAND_FAILED);
}

static void nothing_of_a_message_reaches_a_terminal_raw(void **state)
{
	const struct running *running =
	    RUN_WITH(MESSAGE("\"type\":\"order.\\u009b\",\"data\":{\"amount\":\"\\u001b[2J\"},"
			     "\"to\":{\"user\":\"a\\u001b\"}"),
		     "route", "--explain", "-", "--config", path);

	(void)state;
	assert_null(strchr(running->output, '\x1b'));
	assert_null(strstr(running->output, "\xc2\x9b"));
	assert_null(strchr(running->errors, '\x1b'));
	assert_int_equal(running->status, COMMAND_FAILED);
}

static void mistakes_are_one_line(void **state)
{
	const struct running *running = RUN("route");

	(void)state;
	assert_int_equal(running->status, COMMAND_MISUSED);
	running_assert_contains(running->errors, "--explain FILE");
	running = RUN("route", "--explain", "/nowhere.json", "--config", path);
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "allim route: cannot read /nowhere.json: ");
	running = RUN_WITH("[1]", "route", "--explain", "-", "--config", path);
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "only objects can be published");
	running = RUN_WITH("{}", "route", "--explain", "-", "--config", "/nowhere.yaml");
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "/nowhere.yaml");
	setenv("ALLIM_ROUTING_RULES", "[{name: a, drop: maybe}]", 1);
	running = RUN_WITH("{}", "route", "--explain", "-");
	unsetenv("ALLIM_ROUTING_RULES");
	assert_int_equal(running->status, COMMAND_FAILED);
	assert_string_equal(running->errors,
			    "allim route: routing.rules:1:12: rule a: drop \"maybe\" "
			    "must be true or false\n");
	assert_string_equal(running->output, "");
}

static int set_up(void **state)
{
	int descriptor = mkstemp(path);

	(void)state;
	unsetenv("ALLIM_CONFIG");
	if (descriptor < 0 || write(descriptor, rules, sizeof(rules) - 1) != sizeof(rules) - 1)
		return -1;
	return close(descriptor);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_is_explained),
	    cmocka_unit_test(what_a_rule_gives_is_shown),
	    cmocka_unit_test(an_invalid_message_is_refused_as_a_node_would),
	    cmocka_unit_test(that_there_are_no_rules_is_said),
	    cmocka_unit_test(json_is_a_line_for_each_message),
	    cmocka_unit_test(nothing_of_a_message_reaches_a_terminal_raw),
	    cmocka_unit_test(mistakes_are_one_line),
	};

	return cmocka_run_group_tests_name("route", tests, set_up, tear_down);
}
