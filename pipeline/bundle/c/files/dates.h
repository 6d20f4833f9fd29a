/* Dates of the calendar to nanoseconds since 1970 in UTC. */

#ifndef DATES_H
#define DATES_H

#include <stdint.h>

#include "pattern.h"

/* Digits of each part; a part that is not there has no text. */
struct date_parts {
  struct span year, month, day, hour, minute, second, fraction, half, zone;
};

/* 1 and the nanoseconds; 0, and they stay, where that is no day or time, or beyond the years. */
int to_nanoseconds(const struct date_parts *parts, int first_year, int last_year, int64_t *nanoseconds);

#endif
