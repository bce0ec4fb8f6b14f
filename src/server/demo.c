/* The demo page: files that are part of the program, so that one binary is all it takes to try it.
 * Nothing is read from the disk, and a name that is not in the table is not there. */
#include "server/demo_files.h"
#include "server/exchange.h"
#include "server/handlers.h"

static void reply_file(struct exchange *exchange, const struct demo_file *file)
{
	exchange_header(exchange, "Content-Security-Policy",
			SLICE("default-src 'none'; script-src 'self'; style-src 'self'; "
			      "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
			      "form-action 'none'; frame-ancestors 'none'"));
	exchange_header(exchange, "Referrer-Policy", SLICE("no-referrer"));
	exchange_reply(exchange, 200, file->content_type,
		       slice_from_bytes((const char *)file->bytes, file->length));
}

static void reply_named(struct exchange *exchange, struct slice name)
{
	for (const struct demo_file *file = demo_files; file->name != NULL; file++) {
		if (slice_equals(slice_from_string(file->name), name)) {
			reply_file(exchange, file);
			return;
		}
	}
	exchange_problem(exchange, PROBLEM_NOT_FOUND, "The demo page has no such file");
}

void demo_page(struct exchange *exchange)
{
	reply_named(exchange, SLICE("index.html"));
}

void demo_file(struct exchange *exchange)
{
	reply_named(exchange, exchange->parameter);
}
