/* A minute begins with each line, and ends in silence where nothing came in it. */
#include "source/burial_report.h"

#include "base/log.h"

enum { QUIET = 60000 /* milliseconds */ };

static void be_quiet(struct burial_report *report)
{
	report->is_quiet = true;
	timer_set(&report->loop->timers, &report->alarm.timer, report->loop->now + QUIET);
}

static void tell_untold(struct burial_report *report)
{
	log_warning("more messages became dead letters", LOG_TEXT("source", report->source),
		    LOG_NUMBER("count", report->untold));
	report->untold = 0;
}

static void on_alarm(struct alarm *alarm)
{
	struct burial_report *report = CONTAINER_OF(alarm, struct burial_report, alarm);

	report->is_quiet = false;
	if (report->untold == 0)
		return;
	tell_untold(report);
	be_quiet(report);
}

void burial_report_init(struct burial_report *report, struct loop *loop, const char *source)
{
	*report = (struct burial_report){.loop = loop, .source = source};
	alarm_init(&report->alarm, on_alarm);
}

void burial_report_finish(struct burial_report *report)
{
	timer_stop(&report->alarm.timer);
	if (report->untold > 0)
		tell_untold(report);
}

void burial_report_tell(struct burial_report *report, const struct store_dead_letter *letter)
{
	if (report->is_quiet) {
		report->untold++;
		return;
	}
	log_warning("a message becomes a dead letter", LOG_TEXT("source", report->source),
		    LOG_SLICE("position", letter->position), LOG_SLICE("reason", letter->reason));
	be_quiet(report);
}
