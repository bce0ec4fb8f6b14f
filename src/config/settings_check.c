/* Rules between settings. The blame goes to the one that was given by the strongest source, since
 * the other may be a default that the user has never seen. */
#include "config/settings_check.h"

#include <errno.h>

static const struct settings_origin *stronger(const struct settings_loader *loader, size_t a,
					      size_t b)
{
	const struct settings_origin *origins = loader->origins;

	return origins[a].source >= origins[b].source ? &origins[a] : &origins[b];
}

/* Tokens and keys would cross the network for everybody to read. */
static int check_plain_text(const struct settings_loader *loader, size_t row,
			    const struct settings_address *address, bool allowed)
{
	const struct setting *setting = &settings_table[row];

	if (allowed || settings_address_is_loopback(address))
		return 0;
	return settings_problem(
	    loader->error, &loader->origins[row], -EINVAL,
	    "%s: %s is beyond loopback and would be plain text; listen on "
	    "127.0.0.1, or set %.*s.insecure_plain_text where TLS ends before it",
	    setting->name, address->text, (int)strcspn(setting->name, "."), setting->name);
}

static int check_http_plain_text(const struct settings_loader *loader)
{
	return check_plain_text(loader, SETTINGS_ROW_http_listen, &loader->settings.http_listen,
				loader->settings.http_insecure_plain_text);
}

static int check_admin_plain_text(const struct settings_loader *loader)
{
	return check_plain_text(loader, SETTINGS_ROW_admin_listen, &loader->settings.admin_listen,
				loader->settings.admin_insecure_plain_text);
}

static int check_listeners(const struct settings_loader *loader)
{
	const struct settings_address *http = &loader->settings.http_listen;
	const struct settings_address *admin = &loader->settings.admin_listen;

	if (http->port == 0 || http->port != admin->port || strcmp(http->host, admin->host) != 0)
		return 0;
	return settings_problem(
	    loader->error, stronger(loader, SETTINGS_ROW_admin_listen, SETTINGS_ROW_http_listen),
	    -EINVAL, "http.listen and admin.listen are both %s; give each its own", http->text);
}

static int check_retry(const struct settings_loader *loader)
{
	if (loader->settings.stream_retry_minimum <= loader->settings.stream_retry_maximum)
		return 0;
	return settings_problem(
	    loader->error,
	    stronger(loader, SETTINGS_ROW_stream_retry_minimum, SETTINGS_ROW_stream_retry_maximum),
	    -EINVAL,
	    "stream.retry_minimum is longer than stream.retry_maximum; "
	    "accepted is a minimum up to the maximum");
}

static int (*const checks[])(const struct settings_loader *loader) = {
    check_http_plain_text,
    check_admin_plain_text,
    check_listeners,
    check_retry,
};

int settings_check(const struct settings_loader *loader)
{
	int result = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && result == 0; i++)
		result = checks[i](loader);
	return result;
}
