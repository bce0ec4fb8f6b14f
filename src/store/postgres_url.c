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
