#include "bench/target_metrics.h"

#include "bench/call.h"
#include "bench/exposition.h"

#include <errno.h>
#include <math.h>

static const char *const request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

int target_metrics_fetch(const struct target *target, struct buffer *text, struct error *error)
{
	int status = call_fetch(&target->admin, slice_from_string(request), text);

	if (status == 200)
		return 0;
	return error_set(error, status < 0 ? status : -EPROTO,
			 "a node does not tell its metrics: %s",
			 status < 0 ? strerror(-status) : "it refuses");
}

int target_metrics_value(const struct target *target, const char *name, double *ret_value,
			 struct error *error)
{
	struct buffer text = BUFFER_EMPTY;
	int code = target_metrics_fetch(target, &text, error);
	double value = code < 0 ? 0 : exposition_value(buffer_slice(&text), name);

	buffer_finish(&text);
	if (code == 0 && isnan(value))
		code = error_set(error, -EBADMSG, "a node does not tell %s", name);
	if (code == 0)
		*ret_value = value;
	return code;
}
