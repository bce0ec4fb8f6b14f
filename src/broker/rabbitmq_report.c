/* The reasons are sentences of a few kinds, so comparing them tells a change. */
#include "broker/rabbitmq_report.h"

#include "base/log.h"

#include <assert.h>
#include <stdio.h>

void rabbitmq_report_init(struct rabbitmq_report *report, unsigned connections, const char *what,
			  const char *name)
{
	assert(connections <= RABBITMQ_REPORT_CONNECTIONS);
	*report = (struct rabbitmq_report){.what = what, .name = name, .connections = connections};
	pthread_mutex_init(&report->mutex, NULL);
}

void rabbitmq_report_finish(struct rabbitmq_report *report)
{
	pthread_mutex_destroy(&report->mutex);
}

/* Whether the reason was the last thing that was said of any connection. */
static bool is_known(const struct rabbitmq_report *report, const char *reason)
{
	for (unsigned i = 0; i < report->connections; i++) {
		if (strcmp(report->told[i], reason) == 0)
			return true;
	}
	return false;
}

static bool all_work(const struct rabbitmq_report *report)
{
	for (unsigned i = 0; i < report->connections; i++) {
		if (!report->works[i])
			return false;
	}
	return true;
}

void rabbitmq_report_problem(struct rabbitmq_report *report, unsigned connection,
			     const struct server_endpoint *endpoint, const struct error *reason)
{
	char address[SERVER_ENDPOINT_BYTES];
	bool is_new;

	pthread_mutex_lock(&report->mutex);
	is_new = !is_known(report, reason->text);
	snprintf(report->told[connection], sizeof(report->told[connection]), "%s", reason->text);
	report->works[connection] = report->in_use = false;
	pthread_mutex_unlock(&report->mutex);
	if (!is_new)
		return;
	server_endpoint_format(endpoint, address);
	log_warning("RabbitMQ cannot be used", LOG_TEXT("address", address),
		    LOG_TEXT(report->what, report->name), LOG_TEXT("reason", reason->text));
}

void rabbitmq_report_use(struct rabbitmq_report *report, unsigned connection,
			 const struct server_endpoint *endpoint)
{
	char address[SERVER_ENDPOINT_BYTES];
	bool was_in_use;

	pthread_mutex_lock(&report->mutex);
	report->told[connection][0] = '\0';
	report->works[connection] = true;
	was_in_use = report->in_use;
	report->in_use = all_work(report);
	was_in_use = was_in_use || !report->in_use;
	pthread_mutex_unlock(&report->mutex);
	if (was_in_use)
		return;
	server_endpoint_format(endpoint, address);
	log_info("RabbitMQ is in use", LOG_TEXT("address", address),
		 LOG_TEXT(report->what, report->name));
}

bool rabbitmq_report_has_told(struct rabbitmq_report *report, unsigned connection)
{
	bool has_told;

	pthread_mutex_lock(&report->mutex);
	has_told = report->told[connection][0] != '\0';
	pthread_mutex_unlock(&report->mutex);
	return has_told;
}
