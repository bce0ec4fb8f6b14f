/* Pub/Sub does not know databases: the /0 that many URLs end in means nothing. */
#include "feed/redis_url.h"

#include <errno.h>

int redis_url_parse(struct slice text, struct server_url *ret_url, struct error *error)
{
	static const struct server_url_form form = {
	    .section = "redis",
	    .variable = "ALLIM_REDIS_PASSWORD",
	    .scheme = "redis",
	    .port = REDIS_PORT,
	    .tls_port = REDIS_PORT,
	};
	struct server_url url;
	struct slice database;
	uint64_t number;
	int result = server_url_parse(&form, text, &url, &database, error);

	if (result < 0)
		return result;
	if (database.length > 0 && slice_to_unsigned(database, &number) < 0)
		return error_set(
		    error, -EINVAL,
		    "redis.url must end behind its hosts and ports; settings of redis. "
		    "say the rest");
	*ret_url = url;
	return 0;
}
