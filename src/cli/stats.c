/* Asks the admin listener, once or again and again. While watching on a terminal the table is drawn
 * over itself; into a file or a pipe the samples follow one another. */
#include "cli/command.h"

#include "cli/client.h"
#include "cli/output.h"
#include "cli/stats_text.h"

#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1024 * 1024 };

struct options {
	const char *admin;
	bool json;
	int64_t watch;
};

static int show(const struct command *command, const struct options *options, json_t *figures)
{
	struct buffer text = BUFFER_EMPTY;

	if (options->json) {
		output_append_value(&text, figures);
		return command_print(command, &text);
	}
	if (options->watch > 0 && isatty(STDOUT_FILENO) == 1)
		buffer_append_string(&text, "\033[H\033[2J");
	stats_text_append(&text, figures, output_has_colours());
	if (options->watch > 0 && isatty(STDOUT_FILENO) != 1)
		buffer_append_byte(&text, '\n');
	return command_print(command, &text);
}

static int show_answer(const struct command *command, const struct options *options,
		       const struct client_answer *answer)
{
	struct slice body = buffer_slice(&answer->body);
	struct error error;
	json_t *figures;
	int result;

	if (answer->status != 200) {
		client_explain(answer->status, body, answer->retry_after, &error);
		return command_fail(command, COMMAND_REFUSED,
				    "%s; is %s the admin listener of allim?", error.text,
				    options->admin);
	}
	figures = json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL);
	/* Other figures come and go with versions. */
	if (!json_is_string(json_object_get(figures, "version")))
		result = command_fail(command, COMMAND_FAILED,
				      "what the server answered are no figures; is %s the admin "
				      "listener of allim?",
				      options->admin);
	else
		result = show(command, options, figures);
	json_decref(figures);
	return result;
}

static int sample(const struct command *command, const struct options *options,
		  const struct endpoint *endpoint)
{
	const struct client_request request = {.method = "GET", .path = "/stats"};
	struct client_answer answer;
	struct error error;
	int result = client_exchange(endpoint, &request, ANSWER_BYTES, &answer, &error);

	if (result < 0)
		return command_fail(command, (enum command_exit)client_exit_status(result), "%s",
				    error.text);
	result = show_answer(command, options, &answer);
	client_answer_finish(&answer);
	return result;
}

int stats_run(const struct command *command, char **arguments)
{
	struct options options = {.admin = NULL};
	struct endpoint endpoint;
	struct error error;
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (endpoint_choose(options.admin, "ALLIM_ADMIN_URL", ENDPOINT_ADMIN_DEFAULT, &endpoint,
			    &error) < 0)
		return command_misuse(command, "%s", error.text);
	result = sample(command, &options, &endpoint);
	while (result == COMMAND_GOES_ON && options.watch > 0) {
		poll(NULL, 0, (int)options.watch);
		result = sample(command, &options, &endpoint);
	}
	return result == COMMAND_GOES_ON ? COMMAND_DONE : result;
}

const struct cli_flag stats_flags[] = {
    {.name = "admin",
     .value_name = "URL",
     .help = "the admin listener (ALLIM_ADMIN_URL), " ENDPOINT_ADMIN_DEFAULT " by default",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct options, admin)},
    {.name = "json",
     .help = "print the figures as JSON, on one line",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct options, json)},
    {.name = "watch",
     .value_name = "SECONDS",
     .help = "print them again and again, this far apart",
     .kind = FLAGS_DURATION,
     .offset = offsetof(struct options, watch),
     .minimum = 100,
     .maximum = 86400000},
    {.name = NULL},
};
