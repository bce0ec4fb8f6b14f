/* The demo page: three files that are part of the program. */
#include "server/demo_files.h"
#include "server/exchange.h"
#include "server/handlers.h"

static void reply_file(struct exchange *exchange, const char *type, const unsigned char *bytes,
		       size_t length)
{
	exchange_header(exchange, "Content-Security-Policy",
			SLICE("default-src 'none'; script-src 'self'; style-src 'self'; "
			      "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
			      "form-action 'none'; frame-ancestors 'none'"));
	exchange_header(exchange, "Referrer-Policy", SLICE("no-referrer"));
	exchange_reply(exchange, 200, type, slice_from_bytes((const char *)bytes, length));
}

void demo_page(struct exchange *exchange)
{
	reply_file(exchange, "text/html; charset=utf-8", embedded_index_html,
		   embedded_index_html_length);
}

void demo_style(struct exchange *exchange)
{
	reply_file(exchange, "text/css; charset=utf-8", embedded_demo_css,
		   embedded_demo_css_length);
}

void demo_script(struct exchange *exchange)
{
	reply_file(exchange, "text/javascript; charset=utf-8", embedded_demo_js,
		   embedded_demo_js_length);
}
