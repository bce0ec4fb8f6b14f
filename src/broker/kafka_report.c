/* The reasons are sentences of a few kinds, so comparing them tells a change. */
#include "broker/kafka_report.h"

#include "base/log.h"

static bool was_told(const struct kafka_report *report, const struct error *reason)
{
	for (unsigned i = 0; i < KAFKA_REPORT_REASONS && i < report->count; i++) {
		if (strcmp(report->told[i].text, reason->text) == 0)
			return true;
	}
	return false;
}

void kafka_report_problem(struct kafka_report *report, const struct error *reason)
{
	report->in_use = false;
	if (was_told(report, reason))
		return;
	report->told[report->count++ % KAFKA_REPORT_REASONS] = *reason;
	log_warning("Kafka cannot be used", LOG_TEXT("brokers", report->brokers),
		    LOG_TEXT("topic", report->topic), LOG_TEXT("reason", reason->text));
}

void kafka_report_use(struct kafka_report *report)
{
	report->count = 0;
	if (report->in_use)
		return;
	report->in_use = true;
	log_info("Kafka is in use", LOG_TEXT("brokers", report->brokers),
		 LOG_TEXT("topic", report->topic));
}
