/* The demo page: three files that are part of the program. */
#include "server/exchange.h"
#include "server/handlers.h"

/* The assembler puts a file between two symbols, with a terminator behind it. */
#define EMBED(name, path)                                                          \
	__asm__(".section .rodata\n" #name "_start:\n.incbin \"" path "\"\n" #name \
		"_end:\n.byte 0\n.previous\n");                                    \
	extern const char name##_start[], name##_end[]

EMBED(demo_html, ALLIM_WEB "/demo/index.html");
EMBED(demo_css, ALLIM_WEB "/demo/demo.css");
EMBED(demo_js, ALLIM_WEB "/demo/demo.js");

static void reply_file(struct exchange *exchange, const char *type, const char *start,
		       const char *end)
{
	exchange_header(exchange, "Content-Security-Policy",
			SLICE("default-src 'none'; script-src 'self'; style-src 'self'; "
			      "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
			      "form-action 'none'; frame-ancestors 'none'"));
	exchange_header(exchange, "Referrer-Policy", SLICE("no-referrer"));
	exchange_reply(exchange, 200, type, slice_from_bytes(start, (size_t)(end - start)));
}

void demo_page(struct exchange *exchange)
{
	reply_file(exchange, "text/html; charset=utf-8", demo_html_start, demo_html_end);
}

void demo_style(struct exchange *exchange)
{
	reply_file(exchange, "text/css; charset=utf-8", demo_css_start, demo_css_end);
}

void demo_script(struct exchange *exchange)
{
	reply_file(exchange, "text/javascript; charset=utf-8", demo_js_start, demo_js_end);
}
