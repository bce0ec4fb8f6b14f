/* Status lines are complete in the table, so that the usual ones cost one copy. */
#include "protocol/http_response.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

struct status_line {
	int status;
	const char *reason;
	struct slice line;
};

enum { STATUS_LINES = 41 };

static const struct status_line status_lines[STATUS_LINES];

static const struct status_line *find_status(int status)
{
	const struct status_line *row = status_lines;

	while (row->status != 0 && row->status != status)
		row++;
	return row;
}

const char *http_response_reason(int status)
{
	return find_status(status)->reason;
}

void http_response_begin(struct buffer *buffer, int status)
{
	const struct status_line *row = find_status(status);

	if (row->status != 0)
		buffer_append(buffer, row->line);
	else
		buffer_append_format(buffer, "HTTP/1.1 %03d Unknown\r\n", status);
}

/* RFC 9110, 5.5: what would end the field, or hide in it. */
static bool is_safe(struct slice value)
{
	for (size_t i = 0; i < value.length; i++) {
		unsigned char byte = (unsigned char)value.data[i];

		if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
			return false;
	}
	return true;
}

int http_response_header(struct buffer *buffer, const char *name, struct slice value)
{
	if (!is_safe(value))
		return -EINVAL;
	buffer_append_string(buffer, name);
	buffer_append(buffer, SLICE(": "));
	buffer_append(buffer, value);
	buffer_append(buffer, SLICE("\r\n"));
	return 0;
}

void http_response_header_integer(struct buffer *buffer, const char *name, int64_t value)
{
	buffer_append_string(buffer, name);
	buffer_append(buffer, SLICE(": "));
	buffer_append_integer(buffer, value);
	buffer_append(buffer, SLICE("\r\n"));
}

/* Not strftime(), whose names depend on the locale. */
void http_response_format_date(int64_t microseconds, char text[static HTTP_RESPONSE_DATE_BYTES])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(microseconds / 1000000);
	struct tm date;

	gmtime_r(&seconds, &date);
	snprintf(text, HTTP_RESPONSE_DATE_BYTES, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
		 days + 3 * date.tm_wday, (unsigned)date.tm_mday % 100, months + 3 * date.tm_mon,
		 (unsigned)(date.tm_year + 1900) % 10000, (unsigned)date.tm_hour % 100,
		 (unsigned)date.tm_min % 100, (unsigned)date.tm_sec % 100);
}

void http_response_end(struct buffer *buffer)
{
	buffer_append(buffer, SLICE("\r\n"));
}

void http_response_body(struct buffer *buffer, struct slice body)
{
	http_response_body_omitted(buffer, body.length);
	buffer_append(buffer, body);
}

void http_response_body_omitted(struct buffer *buffer, size_t length)
{
	http_response_header_integer(buffer, "Content-Length", (int64_t)length);
	http_response_end(buffer);
}

/* RFC 9112, 7.1. */
#define STATUS(status, reason)                                                \
	{                                                                     \
		status, reason,                                               \
		{                                                             \
			"HTTP/1.1 " #status " " reason "\r\n",                \
			    sizeof("HTTP/1.1 " #status " " reason "\r\n") - 1 \
		}                                                             \
	}

/* The usual ones first; 0 ends the list. */
static const struct status_line status_lines[STATUS_LINES] = {
    STATUS(200, "OK"),
    STATUS(304, "Not Modified"),
    STATUS(201, "Created"),
    STATUS(204, "No Content"),
    STATUS(100, "Continue"),
    STATUS(101, "Switching Protocols"),
    STATUS(202, "Accepted"),
    STATUS(301, "Moved Permanently"),
    STATUS(302, "Found"),
    STATUS(303, "See Other"),
    STATUS(307, "Temporary Redirect"),
    STATUS(308, "Permanent Redirect"),
    STATUS(400, "Bad Request"),
    STATUS(401, "Unauthorized"),
    STATUS(403, "Forbidden"),
    STATUS(404, "Not Found"),
    STATUS(405, "Method Not Allowed"),
    STATUS(406, "Not Acceptable"),
    STATUS(408, "Request Timeout"),
    STATUS(409, "Conflict"),
    STATUS(410, "Gone"),
    STATUS(411, "Length Required"),
    STATUS(412, "Precondition Failed"),
    STATUS(413, "Content Too Large"),
    STATUS(414, "URI Too Long"),
    STATUS(415, "Unsupported Media Type"),
    STATUS(417, "Expectation Failed"),
    STATUS(421, "Misdirected Request"),
    STATUS(422, "Unprocessable Content"),
    STATUS(426, "Upgrade Required"),
    STATUS(428, "Precondition Required"),
    STATUS(429, "Too Many Requests"),
    STATUS(431, "Request Header Fields Too Large"),
    STATUS(500, "Internal Server Error"),
    STATUS(501, "Not Implemented"),
    STATUS(502, "Bad Gateway"),
    STATUS(503, "Service Unavailable"),
    STATUS(504, "Gateway Timeout"),
    STATUS(505, "HTTP Version Not Supported"),
    STATUS(507, "Insufficient Storage"),
    {0, "Unknown", {"", 0}},
};
