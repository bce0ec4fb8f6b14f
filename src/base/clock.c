/* Dates are computed from day numbers of the proleptic Gregorian calendar, with years that begin in
 * March, so that the leap day is the last day of a year and needs no special case. */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

enum { SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

static const int64_t year_10000 = 253402300800; /* in seconds since 1970 */

int64_t clock_monotonic(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t clock_monotonic_fine(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t days_from_date(int64_t year, int month, int day)
{
	int64_t shifted = month <= 2 ? year - 1 : year;
	int64_t era = shifted / 400;
	int64_t year_of_era = shifted - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - DAYS_TO_1970;
}

static char *put_digits(char *end, int count, int64_t number)
{
	for (int i = count - 1; i >= 0; i--) {
		end[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return end + count;
}

/* The inverse of days_from_date(), for days since 1970. */
static char *put_date(char *end, int64_t days)
{
	int64_t shifted = days + DAYS_TO_1970;
	int64_t era = shifted / DAYS_PER_ERA;
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			       day_of_era / (DAYS_PER_ERA - 1)) /
			      365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	int64_t year = era * 400 + year_of_era + (month >= 10);

	end = put_digits(end, 4, year);
	*end++ = '-';
	end = put_digits(end, 2, month < 10 ? month + 3 : month - 9);
	*end++ = '-';
	return put_digits(end, 2, day_of_year - (153 * month + 2) / 5 + 1);
}

/* By hand, because it runs several times for every notification that is sent. */
void clock_append_wall(struct buffer *buffer, int64_t microseconds)
{
	int64_t milliseconds = microseconds / 1000;
	int64_t seconds = milliseconds / 1000;
	int64_t of_day = seconds % SECONDS_PER_DAY;
	char *start = buffer_reserve(buffer, sizeof("2026-05-01T09:30:00.250Z") - 1);
	char *end = start;

	if (start == NULL)
		return;
	end = put_date(end, seconds / SECONDS_PER_DAY);
	*end++ = 'T';
	end = put_digits(end, 2, of_day / 3600);
	*end++ = ':';
	end = put_digits(end, 2, of_day / 60 % 60);
	*end++ = ':';
	end = put_digits(end, 2, of_day % 60);
	*end++ = '.';
	end = put_digits(end, 3, milliseconds % 1000);
	*end++ = 'Z';
	buffer->length += (size_t)(end - start);
}

/* Takes exactly `count` digits off the front. */
static int take_digits(struct slice *text, size_t count, int *ret_number)
{
	uint64_t number;

	if (text->length < count ||
	    slice_to_unsigned(slice_from_bytes(text->data, count), &number) < 0)
		return -EINVAL;
	*ret_number = (int)number;
	*text = slice_from_bytes(text->data + count, text->length - count);
	return 0;
}

static int take_byte(struct slice *text, const char *accepted)
{
	if (text->length == 0 || text->data[0] == '\0' || strchr(accepted, text->data[0]) == NULL)
		return -EINVAL;
	*text = slice_from_bytes(text->data + 1, text->length - 1);
	return 0;
}

/* Digits behind the first six are dropped. */
static int take_fraction(struct slice *text, int64_t *ret_microseconds)
{
	int64_t unit = 100000;
	int digit;

	*ret_microseconds = 0;
	if (take_byte(text, ".") < 0)
		return 0;
	if (take_digits(text, 1, &digit) < 0)
		return -EINVAL;
	do {
		*ret_microseconds += digit * unit;
		unit /= 10;
	} while (take_digits(text, 1, &digit) == 0);
	return 0;
}

static int take_offset(struct slice *text, int *ret_minutes)
{
	int hours, minutes, sign;

	if (take_byte(text, "Zz") == 0) {
		*ret_minutes = 0;
		return 0;
	}
	sign = text->length > 0 && text->data[0] == '-' ? -1 : 1;
	if (take_byte(text, "+-") < 0 || take_digits(text, 2, &hours) < 0 ||
	    take_byte(text, ":") < 0 || take_digits(text, 2, &minutes) < 0 || hours > 23 ||
	    minutes > 59)
		return -EINVAL;
	*ret_minutes = sign * (hours * 60 + minutes);
	return 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

int clock_parse_wall(struct slice text, int64_t *ret_microseconds)
{
	int year, month, day, hour, minute, second, offset;
	int64_t fraction, seconds;

	if (take_digits(&text, 4, &year) < 0 || take_byte(&text, "-") < 0 ||
	    take_digits(&text, 2, &month) < 0 || take_byte(&text, "-") < 0 ||
	    take_digits(&text, 2, &day) < 0 || take_byte(&text, "Tt ") < 0 ||
	    take_digits(&text, 2, &hour) < 0 || take_byte(&text, ":") < 0 ||
	    take_digits(&text, 2, &minute) < 0 || take_byte(&text, ":") < 0 ||
	    take_digits(&text, 2, &second) < 0 || take_fraction(&text, &fraction) < 0 ||
	    take_offset(&text, &offset) < 0 || text.length > 0)
		return -EINVAL;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
	    minute > 59 || second > 60)
		return -EINVAL;
	seconds = days_from_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 +
		  (minute - offset) * 60 + second;
	if (seconds < 0 || seconds >= year_10000)
		return -EINVAL;
	*ret_microseconds = seconds * 1000000 + fraction;
	return 0;
}
