/* Logging in, for the demo: users whose passwords are their names. Hashing a password (argon2id) is
 * slow by nature, so it has a thread of its own. */
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include "base/clock.h"
#include "base/json.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOKEN_LIFETIME = 24 * 3600, LOGINS_WAITING = 1000, PASSWORD_BYTES = 128 };

static const char *const demo_users[] = {"test", "anna", "minjun", "sofia"};

struct login {
	struct blocking_job job;
	struct exchange *exchange;
	char user[PASSWORD_BYTES];
	char password[PASSWORD_BYTES];
	bool accepted;
	bool failed; /* for want of memory it could not be told */
};

static void free_login(struct login *login)
{
	sodium_memzero(login->password, sizeof(login->password));
	free(login);
}

/* On the blocking thread. An unknown user costs the same time as a wrong password. */
static void check_password(struct blocking_job *job)
{
	struct login *login = (struct login *)job;
	char hash[crypto_pwhash_STRBYTES];
	const char *expected = "nobody";
	bool known = false;

	for (size_t i = 0; i < sizeof(demo_users) / sizeof(demo_users[0]); i++) {
		if (strcmp(demo_users[i], login->user) == 0) {
			expected = demo_users[i];
			known = true;
		}
	}
	login->failed =
	    crypto_pwhash_str(hash, expected, strlen(expected), crypto_pwhash_OPSLIMIT_MIN,
			      crypto_pwhash_MEMLIMIT_MIN) != 0;
	if (login->failed)
		return;
	login->accepted =
	    crypto_pwhash_str_verify(hash, login->password, strlen(login->password)) == 0 && known;
}

static void reply_token(struct exchange *exchange, const char *user)
{
	struct authenticator *authenticator = &exchange->worker->authenticator;
	struct buffer token = BUFFER_EMPTY, body = BUFFER_EMPTY, cookie = BUFFER_EMPTY;

	if (authentication_make_token(authenticator, slice_from_string(user),
				      clock_wall() / 1000000, TOKEN_LIFETIME, &token) < 0) {
		buffer_finish(&token);
		exchange_out_of_memory(exchange);
		return;
	}
	buffer_append(&body, SLICE("{\"access_token\":\""));
	buffer_append(&body, buffer_slice(&token));
	buffer_append_format(&body, "\",\"token_type\":\"bearer\",\"expires_in\":%d}",
			     TOKEN_LIFETIME);
	buffer_append_format(&cookie, "%s=", authenticator->settings->auth_cookie);
	buffer_append(&cookie, buffer_slice(&token));
	buffer_append_format(&cookie, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d",
			     TOKEN_LIFETIME);
	exchange_header(exchange, "Set-Cookie", buffer_slice(&cookie));
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&token);
	buffer_finish(&body);
	buffer_finish(&cookie);
}

static void on_checked(struct mailbox_message *message)
{
	struct login *login = (struct login *)message;
	struct exchange *exchange = login->exchange;

	if (exchange_resume(exchange)) {
		if (login->accepted)
			reply_token(exchange, login->user);
		else if (login->failed)
			exchange_out_of_memory(exchange);
		else
			exchange_problem(exchange, PROBLEM_UNAUTHENTICATED,
					 "Log in as a demo user, test for one, whose password is "
					 "the name");
	}
	free_login(login);
}

static bool copy_text(const json_t *json, char text[static PASSWORD_BYTES])
{
	if (!json_is_string(json) || json_string_length(json) >= PASSWORD_BYTES ||
	    strlen(json_string_value(json)) != json_string_length(json))
		return false;
	snprintf(text, PASSWORD_BYTES, "%s", json_string_value(json));
	return true;
}

void login_post(struct exchange *exchange)
{
	struct worker *worker = exchange->worker;
	json_t *body = exchange_body_json(exchange);
	struct login *login;

	if (body == NULL)
		return;
	login = calloc(1, sizeof(*login));
	if (login == NULL) {
		json_decref(body);
		exchange_out_of_memory(exchange);
		return;
	}
	if (!copy_text(json_object_get(body, "username"), login->user) ||
	    !copy_text(json_object_get(body, "password"), login->password)) {
		free_login(login);
		json_decref(body);
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "Send {\"username\": \"test\", \"password\": \"test\"}");
		return;
	}
	json_decref(body);
	login->exchange = exchange;
	login->job = (struct blocking_job){.message.on_receive = on_checked,
					   .reply = &worker->loop.mailbox,
					   .run = check_password};
	exchange->pending++;
	if (blocking_submit(worker->node->blocking, &login->job, LOGINS_WAITING) < 0) {
		exchange->pending--;
		free_login(login);
		exchange_problem(exchange, PROBLEM_TOO_MANY_REQUESTS,
				 "Too many logins wait; try again later");
	}
}
