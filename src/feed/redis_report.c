/* The reasons are sentences of a few kinds, so comparing them tells a change. */
#include "feed/redis_report.h"

#include "base/log.h"

#include <stdio.h>

void redis_report_problem(struct redis_report *report, const struct server_endpoint *endpoint,
			  const struct error *reason)
{
	char address[SERVER_ENDPOINT_BYTES];

	report->in_use = false;
	if (strcmp(report->told, reason->text) == 0)
		return;
	snprintf(report->told, sizeof(report->told), "%s", reason->text);
	server_endpoint_format(endpoint, address);
	log_warning("Redis cannot be used", LOG_TEXT("address", address),
		    LOG_TEXT("reason", reason->text));
}

void redis_report_use(struct redis_report *report, const struct server_endpoint *endpoint)
{
	char address[SERVER_ENDPOINT_BYTES];

	redis_report_clear(report);
	if (report->in_use)
		return;
	report->in_use = true;
	server_endpoint_format(endpoint, address);
	log_info("Redis is in use", LOG_TEXT("address", address));
}
