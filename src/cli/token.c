/* Keys and secrets are 32 random bytes in base64url: 256 bits, and nothing that a header, a shell
 * or YAML would take for something else. Only the hash of a publisher's key is kept anywhere, so
 * the key itself is shown once. */
#include "cli/command.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/identity.h"
#include "cli/output.h"
#include "cli/token_key.h"
#include "config/settings_type.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEFAULT_LIFETIME = 60 * 60 * 1000 };

struct make_options {
	struct identity_options identity;
	const char *user;
	const char *publisher;
	bool secret;
	bool may_publish;
	int64_t expires;
};

struct check_options {
	struct identity_options identity;
	bool json;
};

static int64_t now_seconds(void)
{
	return clock_wall() / 1000000;
}

static int make_user_token(const struct command *command, const struct make_options *options)
{
	struct identity identity;
	struct buffer text = BUFFER_EMPTY;
	struct error error;
	int result = identity_init(&identity, &options->identity, &error);

	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	result =
	    identity_make_token(&identity, slice_from_string(options->user), options->may_publish,
				options->expires, now_seconds(), &text, &error);
	identity_finish(&identity);
	if (result < 0) {
		buffer_finish(&text);
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	}
	buffer_append_byte(&text, '\n');
	return command_print_last(command, &text);
}

static int make_publisher_key(const struct command *command, const char *name)
{
	struct buffer key = BUFFER_EMPTY, lines = BUFFER_EMPTY;
	const char *problem = settings_type_refuse_publisher(slice_from_string(name));

	if (problem != NULL)
		return command_misuse(command, "\"%.80s\" %s", name, problem);
	if (token_key_make(&key) < 0 ||
	    token_key_append_settings(&lines, slice_from_string(name), buffer_slice(&key)) < 0) {
		buffer_finish(&key);
		buffer_finish(&lines);
		return command_fail(command, COMMAND_FAILED, "%s", strerror(ENOMEM));
	}
	fputs("The key is on standard output, this once. Add its hash to the settings:\n", stderr);
	fwrite(lines.data, 1, lines.length, stderr);
	buffer_finish(&lines);
	buffer_append_byte(&key, '\n');
	return command_print_last(command, &key);
}

static int make_secret(const struct command *command)
{
	struct buffer secret = BUFFER_EMPTY;

	if (token_key_make(&secret) < 0)
		return command_fail(command, COMMAND_FAILED, "%s", strerror(ENOMEM));
	buffer_append_byte(&secret, '\n');
	return command_print_last(command, &secret);
}

int token_make_run(const struct command *command, char **arguments)
{
	struct make_options options = {.expires = DEFAULT_LIFETIME};
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if ((options.user != NULL) + (options.publisher != NULL) + options.secret != 1)
		return command_misuse(command,
				      "give one of --user NAME, --publisher NAME and --secret");
	if (options.may_publish && options.user == NULL)
		return command_misuse(command, "--may-publish is for a token: add --user NAME");
	if (options.user != NULL)
		return make_user_token(command, &options);
	if (options.publisher != NULL)
		return make_publisher_key(command, options.publisher);
	return make_secret(command);
}

static void append_time(struct buffer *text, const char *name, int64_t seconds)
{
	if (seconds == 0)
		return;
	buffer_append_format(text, "%-12s", name);
	clock_append_wall(text, seconds * 1000000);
	buffer_append_byte(text, '\n');
}

static void append_name(struct buffer *text, const char *name, struct slice value)
{
	if (value.length == 0)
		return;
	buffer_append_format(text, "%-12s", name);
	output_append_visible(text, value);
	buffer_append_byte(text, '\n');
}

static void append_claims(struct buffer *text, const struct jwt_claims *claims)
{
	append_name(text, "user", claims->subject);
	append_name(text, "issuer", claims->issuer);
	append_name(text, "id", claims->id);
	append_time(text, "issued", claims->issued_at);
	append_time(text, "not before", claims->not_before);
	append_time(text, "expires", claims->expires_at);
	append_name(text, "may publish", claims->may_publish ? SLICE("yes") : SLICE(""));
}

static void append_member(struct buffer *text, const char *name, int64_t value)
{
	if (value == 0)
		return;
	buffer_append_byte(text, ',');
	json_append_name(text, name);
	buffer_append_integer(text, value);
}

/* The names are those of the token (RFC 7519, 4.1). */
static void append_claims_json(struct buffer *text, const struct jwt_claims *claims)
{
	buffer_append_string(text, "{\"sub\":");
	json_append_string(text, claims->subject);
	if (claims->issuer.length > 0) {
		buffer_append_string(text, ",\"iss\":");
		json_append_string(text, claims->issuer);
	}
	if (claims->id.length > 0) {
		buffer_append_string(text, ",\"jti\":");
		json_append_string(text, claims->id);
	}
	append_member(text, "iat", claims->issued_at);
	append_member(text, "nbf", claims->not_before);
	append_member(text, "exp", claims->expires_at);
	if (claims->may_publish)
		buffer_append_string(text, ",\"may_publish\":true");
	buffer_append_string(text, "}\n");
}

static int check(const struct command *command, const struct check_options *options,
		 struct slice token)
{
	struct arena arena = ARENA_EMPTY;
	struct buffer text = BUFFER_EMPTY;
	struct identity identity;
	struct jwt_claims claims;
	struct error error;
	int result = identity_init(&identity, &options->identity, &error);

	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	result = identity_check_token(&identity, token, now_seconds(), &arena, &claims, &error);
	if (result == 0 && options->json)
		append_claims_json(&text, &claims);
	else if (result == 0)
		append_claims(&text, &claims);
	arena_finish(&arena);
	identity_finish(&identity);
	if (result < 0)
		return command_fail(command, COMMAND_FAILED, "%s", error.text);
	return command_print_last(command, &text);
}

/* A token longer than any that is valid is cut, and then is not valid either. */
static size_t read_standard_input(char token[static JWT_TOKEN_BYTES + 2])
{
	size_t length = 0;
	ssize_t count;

	do {
		count = read(STDIN_FILENO, token + length, JWT_TOKEN_BYTES + 2 - length);
		length += count > 0 ? (size_t)count : 0;
	} while (count > 0 || (count < 0 && errno == EINTR));
	while (length > 0 && strchr("\r\n \t", token[length - 1]) != NULL)
		length--;
	return length;
}

int token_check_run(const struct command *command, char **arguments)
{
	struct check_options options = {.json = false};
	char token[JWT_TOKEN_BYTES + 2];
	int result = command_read_flags(command, arguments, &options, NULL);

	if (result != COMMAND_GOES_ON)
		return result;
	if (arguments[0] == NULL)
		return command_misuse(command, "give the token, or - to read it from standard "
					       "input");
	if (strcmp(arguments[0], "-") != 0)
		return check(command, &options, slice_from_string(arguments[0]));
	return check(command, &options, slice_from_bytes(token, read_standard_input(token)));
}

#define IDENTITY_FLAGS(options_)                                                      \
	{.name = "config",                                                            \
	 .value_name = "FILE",                                                        \
	 .help = "the node's settings file (ALLIM_CONFIG)",                           \
	 .kind = FLAGS_TEXT,                                                          \
	 .offset = offsetof(options_, identity.config)},                              \
	    {.name = "secret-file",                                                   \
	     .value_name = "FILE",                                                    \
	     .help = "the file of mode 0600 with the key (ALLIM_JWT_SECRET, "         \
		     "auth.jwt.secret_file)",                                         \
	     .kind = FLAGS_TEXT,                                                      \
	     .offset = offsetof(options_, identity.secret_file)},                     \
	    {.name = "issuer",                                                        \
	     .value_name = "TEXT",                                                    \
	     .help = "the iss of the token (auth.jwt.issuer)",                        \
	     .kind = FLAGS_TEXT,                                                      \
	     .offset = offsetof(options_, identity.issuer)},                          \
	    {.name = "audience",                                                      \
	     .value_name = "TEXT",                                                    \
	     .help = "the aud of the token (auth.jwt.audience)",                      \
	     .kind = FLAGS_TEXT,                                                      \
	     .offset = offsetof(options_, identity.audience)},                        \
	{                                                                             \
		.name = "key-id", .value_name = "TEXT",                               \
		.help = "the kid of the token (auth.jwt.key_id)", .kind = FLAGS_TEXT, \
		.offset = offsetof(options_, identity.key_id)                         \
	}

const struct cli_flag token_make_flags[] = {
    {.name = "user",
     .value_name = "NAME",
     .help = "a token for this user",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct make_options, user)},
    {.name = "expires",
     .value_name = "TIME",
     .help = "how long the token is valid, 1h by default",
     .kind = FLAGS_DURATION,
     .offset = offsetof(struct make_options, expires),
     .minimum = 1000,
     .maximum = 3650LL * 86400000},
    {.name = "may-publish",
     .help = "the token's user may publish to other users",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct make_options, may_publish)},
    IDENTITY_FLAGS(struct make_options),
    {.name = "publisher",
     .value_name = "NAME",
     .help = "a new API key; the lines for the settings are on standard error",
     .kind = FLAGS_TEXT,
     .offset = offsetof(struct make_options, publisher)},
    {.name = "secret",
     .help = "a new secret for ALLIM_JWT_SECRET or auth.jwt.secret_file",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct make_options, secret)},
    {.name = NULL},
};

const struct cli_flag token_check_flags[] = {
    IDENTITY_FLAGS(struct check_options),
    {.name = "json",
     .help = "print the claims as JSON",
     .kind = FLAGS_SWITCH,
     .offset = offsetof(struct check_options, json)},
    {.name = NULL},
};
