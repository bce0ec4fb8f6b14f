/* libpq reads the address (PostgreSQL, 34.1.1.2: connection URIs); here it is only looked at. */
#include "store/postgres_url.h"

#include "base/slice.h"

#include <errno.h>
#include <libpq-fe.h>

bool postgres_url_is_one(const char *location)
{
	struct slice text = slice_from_string(location);

	return slice_starts_with(text, SLICE("postgresql://")) ||
	       slice_starts_with(text, SLICE("postgres://"));
}

static bool is_given(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++) {
		if (strcmp(options->keyword, keyword) == 0)
			return options->val != NULL && options->val[0] != '\0';
	}
	return false;
}

int postgres_url_check(const char *url, struct error *error)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message);
	int result = 0;

	if (options == NULL)
		result = error_set(error, -EINVAL,
				   "the store's location is no address of a PostgreSQL database; "
				   "write it as postgresql://USER@HOST/DATABASE");
	else if (is_given(options, "password"))
		result = error_set(error, -EINVAL,
				   "the store's location holds a password; put it into "
				   "store.password_file or ALLIM_STORE_PASSWORD");
	PQconninfoFree(options);
	PQfreemem(message);
	return result;
}

/* Notices are for people who type statements; libpq would write them to standard error. */
static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

PGconn *postgres_url_connect(const char *url, const char *password)
{
	/* An empty value is one that was not given. What the URL says goes before what stands above
	 * it. */
	const char *const names[] = {"application_name",
				     "client_encoding",
				     "keepalives_idle",
				     "keepalives_interval",
				     "keepalives_count",
				     "tcp_user_timeout",
				     "password",
				     "dbname",
				     NULL};
	const char *const values[] = {"allim", "UTF8",	 "30", "10", "3",
				      "60000", password, url,  NULL};
	PGconn *handle = PQconnectStartParams(names, values, 1);

	if (handle != NULL)
		PQsetNoticeProcessor(handle, ignore_notice, NULL);
	return handle;
}
