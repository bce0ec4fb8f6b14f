/* The one place where an error's text is formatted. What it quotes is cut to a length in bytes, and
 * may lose half a character there. */
#include "base/error.h"

#include "base/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	error->text[slice_drop_malformed(error->text, strlen(error->text))] = '\0';
	return code;
}
