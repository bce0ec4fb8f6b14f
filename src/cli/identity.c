/* The flags are handed on as flags of the settings, so that everything that is checked about a
 * secret is checked for them too.
 *
 * jwt_verify() says no and never why. Who has the key may know: the check is repeated with one rule
 * left out after another, and the one without which it passes is the reason. */
#include "cli/identity.h"

#include "cli/sources.h"

#include <errno.h>

enum { LONG_AGO = 1000000000 }; /* seconds: a leeway that any time is within */

struct relaxation {
	bool without_times;
	bool without_issuer;
	bool without_audience;
	const char *reason;
};

static const struct relaxation relaxations[6];

static size_t collect_flags(const struct identity_options *options, struct settings_flag *flags)
{
	const struct settings_flag all[] = {
	    {SLICE("auth-jwt-secret-file"), options->secret_file},
	    {SLICE("auth-jwt-issuer"), options->issuer},
	    {SLICE("auth-jwt-audience"), options->audience},
	    {SLICE("auth-jwt-key-id"), options->key_id},
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].value != NULL)
			flags[count++] = all[i];
	}
	return count;
}

/* The settings call their flags by longer names than the command's. */
static void use_own_names(struct error *error)
{
	static const char start[] = "--auth-jwt-";
	const size_t length = sizeof(start) - 1;

	if (strncmp(error->text, start, length) == 0)
		memmove(error->text + 2, error->text + length, strlen(error->text + length) + 1);
}

static int load(struct settings *ret_settings, const struct identity_options *options,
		struct error *error)
{
	struct settings_flag flags[4];
	struct settings_sources sources;
	int result = sources_init(&sources, options->config);

	if (result < 0)
		return error_set(error, result, "out of memory");
	sources.flags = flags;
	sources.flag_count = collect_flags(options, flags);
	result = settings_load(ret_settings, &sources, error);
	if (result < 0)
		use_own_names(error);
	sources_finish(&sources);
	return result;
}

static int create_key(struct identity *identity, struct error *error)
{
	const struct settings *settings = &identity->settings;

	if (settings->auth_jwt_secret.length == 0)
		return error_set(error, -EINVAL,
				 "there is no key for users' tokens; set ALLIM_JWT_SECRET, or "
				 "auth.jwt.secret_file in the settings file");
	return jwt_key_create(SLICE("HS256"), slice_from_string(settings->auth_jwt_key_id),
			      settings->auth_jwt_secret, &identity->key, error);
}

int identity_init(struct identity *identity, const struct identity_options *options,
		  struct error *error)
{
	int result;

	identity->key = NULL;
	result = load(&identity->settings, options, error);
	if (result < 0)
		return result;
	result = create_key(identity, error);
	if (result < 0)
		settings_finish(&identity->settings);
	return result;
}

void identity_finish(struct identity *identity)
{
	jwt_key_destroy(identity->key);
	settings_finish(&identity->settings);
}

int identity_make_token(const struct identity *identity, struct slice user, bool may_publish,
			int64_t lifetime, int64_t now, struct buffer *buffer, struct error *error)
{
	const struct jwt_claims claims = {
	    .may_publish = may_publish,
	    .subject = user,
	    .issuer = slice_from_string(identity->settings.auth_jwt_issuer),
	    .audience = slice_from_string(identity->settings.auth_jwt_audience),
	    .expires_at = now + lifetime / 1000,
	    .issued_at = now,
	};
	int result = jwt_make(identity->key, &claims, buffer);

	if (result == -EINVAL)
		return error_set(error, result,
				 "a user's name has 1 to %d bytes of UTF-8 and no control "
				 "characters",
				 JWT_SUBJECT_BYTES);
	return result < 0 ? error_set(error, result, "out of memory") : 0;
}

static int check_relaxed(const struct identity *identity, struct slice token, int64_t now,
			 const struct relaxation *relaxation, struct arena *arena,
			 struct jwt_claims *ret_claims)
{
	const struct settings *settings = &identity->settings;
	const struct jwt_rules rules = {
	    .issuer =
		slice_from_string(relaxation->without_issuer ? "" : settings->auth_jwt_issuer),
	    .audience =
		slice_from_string(relaxation->without_audience ? "" : settings->auth_jwt_audience),
	    .leeway = relaxation->without_times ? LONG_AGO : settings->auth_jwt_leeway / 1000,
	};

	return jwt_verify(token, &identity->key, 1, &rules, now, arena, ret_claims);
}

int identity_check_token(const struct identity *identity, struct slice token, int64_t now,
			 struct arena *arena, struct jwt_claims *ret_claims, struct error *error)
{
	const struct relaxation *relaxation = relaxations;
	struct jwt_claims claims;
	int result = check_relaxed(identity, token, now, relaxation, arena, ret_claims);

	while (result == -EACCES && (++relaxation)->reason != NULL)
		result = check_relaxed(identity, token, now, relaxation, arena, &claims);
	if (result == -ENOMEM)
		return error_set(error, result, "out of memory");
	if (result == 0 && relaxation == relaxations)
		return 0;
	return error_set(error, -EACCES, "the token is not valid: %s",
			 result == 0 ? relaxation->reason
				     : "it is no token that was signed with this key");
}

/* The first is the check itself. */
static const struct relaxation relaxations[6] = {
    {.reason = ""},
    {.without_times = true, .reason = "it has expired, or is not valid yet"},
    {.without_issuer = true, .reason = "it is of another issuer"},
    {.without_audience = true, .reason = "it is for another audience"},
    {true, true, true, "it is of another time, issuer or audience"},
    {.reason = NULL},
};
