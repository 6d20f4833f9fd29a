/* See dates.h. */

#include "dates.h"

static int digits_of(struct span digits) {
  int number = 0;
  for (size_t k = 0; k < digits.length; k++) number = 10 * number + (digits.text[k] - '0');
  return number;
}

static int days_of_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to a day of a year of four digits. */
static int64_t days_since_1970(int year, int month, int day) {
  int before = year - 1, days = day - 1;
  for (int k = 1; k < month; k++) days += days_of_month(year, k);
  return 365LL * before + before / 4 - before / 100 + before / 400 + days - 719162;
}

/* Seconds that a zone such as +02, -05:30 or Z is ahead of UTC. */
static int64_t seconds_ahead(struct span zone) {
  int digits[4] = {0}, count = 0;
  if (!zone.length || (*zone.text != '+' && *zone.text != '-')) return 0;
  for (size_t k = 1; k < zone.length && count < 4; k++)
    if (zone.text[k] != ':') digits[count++] = zone.text[k] - '0';
  int64_t seconds = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60;
  return *zone.text == '-' ? -seconds : seconds;
}

int to_nanoseconds(const struct date_parts *parts, int first_year, int last_year, int64_t *nanoseconds) {
  int year = digits_of(parts->year), month = digits_of(parts->month), day = digits_of(parts->day);
  int hour = digits_of(parts->hour), minute = digits_of(parts->minute), second = digits_of(parts->second);
  if (parts->half.length) {
    if (hour < 1 || hour > 12) return 0;
    hour = hour % 12 + (*parts->half.text == 'P' || *parts->half.text == 'p' ? 12 : 0);
  }
  if (year < first_year || year > last_year || hour > 23 || minute > 59 || second > 59) return 0;
  if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month)) return 0;
  int64_t fraction = digits_of(parts->fraction);
  for (size_t k = parts->fraction.length; k < 9; k++) fraction *= 10;
  int64_t minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute;
  *nanoseconds = (minutes * 60 + second - seconds_ahead(parts->zone)) * 1000000000 + fraction;
  return 1;
}
