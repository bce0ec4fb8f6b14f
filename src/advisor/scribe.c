/* Numbers are written alike in both languages; what differs is how units follow them. */
#include "advisor/scribe.h"

#include "advisor/forecast.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LITTLE 1e-4

enum { NUMBER_BYTES = 48, MONTHS_A_YEAR = 12 };

const char *scribe_say(const struct scribe *scribe, const char *text)
{
	return scribe->report->audience->translate(text);
}

/* Names have hyphens, which look like signs of subtraction, and formulas stars. */
static const char *write_out(const struct scribe *scribe, const char *name)
{
	const char *times = "×";
	char *text = document_allocate(scribe->document, strlen(name) + 1, strlen(times));
	size_t length = 0;

	for (; text != NULL && *name != '\0'; name++) {
		if (*name == '*') {
			memcpy(text + length, times, strlen(times));
			length += strlen(times);
		} else {
			text[length++] = *name == '-' ? ' ' : *name;
		}
	}
	return text == NULL ? "" : text;
}

/* As a catalogue has it: with a context before it, and an EOT between them. */
const char *scribe_name(const struct scribe *scribe, const char *name)
{
	const char *key = document_format(scribe->document, "name\004%s", name);
	const char *found = scribe->report->audience->translate(key);

	return write_out(scribe, found == key ? name : found);
}

const char *scribe_sentence(const struct scribe *scribe, const struct advisor_text *text)
{
	return document_copy(scribe->document, text->languages[scribe->report->audience->language]);
}

/* Names of programs and columns are written as they are. */
static bool begins_with_name(const char *text)
{
	return memchr(text, '_', strcspn(text, " ")) != NULL;
}

const char *scribe_capital(const struct scribe *scribe, const char *text)
{
	if (text[0] < 'a' || text[0] > 'z' || begins_with_name(text))
		return text;
	return document_format(scribe->document, "%c%s", text[0] - 'a' + 'A', text + 1);
}

const char *scribe_line(const struct scribe *scribe, const struct advisor_text *text)
{
	return scribe_capital(scribe, scribe_sentence(scribe, text));
}

const char *scribe_method(const struct scribe *scribe, enum advisor_method method)
{
	if (method == ADVISOR_METHODS)
		return scribe_say(scribe, "no method");
	return scribe->report->audience->translate(advisor_method_title(method));
}

const char *scribe_methods(const struct scribe *scribe, unsigned methods)
{
	const char *text = "";

	for (int i = 0; i < ADVISOR_METHODS; i++) {
		if ((methods & 1U << i) != 0)
			text = scribe_join(scribe, text, ", ",
					   scribe_method(scribe, (enum advisor_method)i));
	}
	return text;
}

const char *scribe_book(const struct scribe *scribe)
{
	const char *slash = strrchr(scribe->report->prices, '/');

	return slash == NULL ? scribe->report->prices : slash + 1;
}

const char *scribe_join(const struct scribe *scribe, const char *first, const char *between,
			const char *second)
{
	if (first[0] == '\0' || second[0] == '\0')
		return first[0] == '\0' ? second : first;
	return document_format(scribe->document, "%s%s%s", first, between, second);
}

const char *scribe_or_dash(const char *text)
{
	return text == NULL ? "–" : text;
}

/* Numbers */

/* Sets a comma before each third digit of the whole part from its end. */
static const char *group(const struct scribe *scribe, const char *digits)
{
	size_t whole = strcspn(digits, "."), sign = digits[0] == '-';
	char text[2 * NUMBER_BYTES];
	size_t length = 0;

	for (size_t i = 0; digits[i] != '\0'; i++) {
		if (i > sign && i < whole && (whole - i) % 3 == 0)
			text[length++] = ',';
		text[length++] = digits[i];
	}
	text[length] = '\0';
	return document_format(scribe->document, "%s", text);
}

/* %g would write an exponent. What is less than the last of these digits is 0. */
static void write_little(double number, char ret_digits[static NUMBER_BYTES])
{
	int decimals = 3 - (int)fmax(floor(log10(fabs(number))), -9);
	int length = snprintf(ret_digits, NUMBER_BYTES, "%.*f", decimals, number);

	while (length > 1 && strchr("0.", ret_digits[length - 1]) != NULL)
		ret_digits[--length] = '\0';
}

/* Four digits are enough, but for those before the point. */
const char *scribe_number(const struct scribe *scribe, double number)
{
	char digits[NUMBER_BYTES];

	if (isnan(number))
		return NULL;
	if (number == floor(number) || fabs(number) >= 1000)
		snprintf(digits, sizeof(digits), "%.0f", fmin(number, 1e15));
	else if (fabs(number) < LITTLE)
		write_little(number, digits);
	else
		snprintf(digits, sizeof(digits), "%.4g", number);
	return group(scribe, digits);
}

/* Units are written in the plural; English has another form for one. */
static const char *unit_of(const struct scribe *scribe, double number, const char *unit)
{
	static const char *const forms[][2] = {
	    {"users", "user"}, {"servers", "server"},	      {"people", "person"},
	    {"days", "day"},   {"connections", "connection"}, {"cores", "core"},
	    {"weeks", "week"}, {"months", "month"},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (number == 1 && scribe->report->audience->language == ADVISOR_ENGLISH &&
		    strcmp(unit, forms[i][0]) == 0)
			return forms[i][1];
	}
	return scribe->report->audience->translate(unit);
}

/* Korean sets no blank before its own units. */
static bool is_apart(const struct scribe *scribe, const char *unit)
{
	return scribe->report->audience->language != ADVISOR_KOREAN ||
	       (unit[0] != '%' && (unsigned char)unit[0] < 0x80);
}

const char *scribe_amount(const struct scribe *scribe, double number, const char *unit)
{
	const char *text = scribe_number(scribe, number);

	if (text == NULL)
		return NULL;
	unit = unit_of(scribe, number, unit);
	return scribe_join(scribe, text, is_apart(scribe, unit) ? " " : "", unit);
}

static const char *sign_of(struct slice currency)
{
	static const struct {
		const char *currency;
		const char *sign;
	} signs[] = {{"USD", "$"}, {"KRW", "₩"}, {"EUR", "€"}, {"GBP", "£"}, {"JPY", "¥"}};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (slice_equals(currency, slice_from_string(signs[i].currency)))
			return signs[i].sign;
	}
	return NULL;
}

/* Cents only where there is little of it. */
const char *scribe_money(const struct scribe *scribe, double amount)
{
	struct slice currency = scribe->report->book->currency;
	const char *sign = sign_of(currency), *number;
	char digits[NUMBER_BYTES];

	if (isnan(amount))
		return NULL;
	snprintf(digits, sizeof(digits), amount == floor(amount) || amount >= 100 ? "%.0f" : "%.2f",
		 fmin(amount, 1e15));
	number = group(scribe, digits);
	return sign == NULL
		   ? scribe_join(scribe, number, " ", document_copy(scribe->document, currency))
		   : document_format(scribe->document, "%s%s", sign, number);
}

const char *scribe_figure(const struct scribe *scribe, enum figure figure, double value)
{
	const struct figure_row *row = &figure_rows[figure];

	if (isnan(value))
		return NULL;
	if (row->kind == FIGURE_SWITCH)
		return value != 0 ? scribe_say(scribe, "yes") : scribe_say(scribe, "no");
	if (strcmp(row->unit, "ms") == 0 && value >= 1000)
		return scribe_amount(scribe, value / 1000, "s");
	return scribe_amount(scribe, value, row->unit);
}

/* Times */

const char *scribe_day(const struct scribe *scribe)
{
	const struct report_date *date = &scribe->report->date;

	return document_format(scribe->document, scribe_say(scribe, "%d-%02d-%02d"), date->year,
			       date->month, date->day);
}

const char *scribe_month(const struct scribe *scribe, unsigned months)
{
	const struct report_date *date = &scribe->report->date;
	int month = date->month - 1 + (int)months;

	return document_format(scribe->document, scribe_say(scribe, "%d-%02d"),
			       date->year + month / MONTHS_A_YEAR, month % MONTHS_A_YEAR + 1);
}

const char *scribe_when(const struct scribe *scribe, unsigned month)
{
	if (month == 0)
		return scribe_say(scribe, "now");
	if (month == FORECAST_NEVER)
		return scribe_or_dash(NULL);
	return document_format(scribe->document, scribe_say(scribe, "month %u (%s)"), month,
			       scribe_month(scribe, month));
}
