/* SPDX-License-Identifier: MIT */
/*
 * Dates, times and durations; see fits.h. They are those of RFC 3339, a small part of what
 * ISO 8601 has. T and Z may be in lower case, as the RFC says; the letters of a duration,
 * which it has from ISO 8601, may not.
 */
#include "config.h"

#include "schema/fits.h"

#include "schema/chars.h"

enum { MINUTES_OF_DAY = 24 * 60 };

/* Takes exactly `n` digits, of a number from `min` to `max`. */
static bool take_number(struct mcps__chars *rest, unsigned n, int min, int max, int *ret)
{
    int value = 0;

    if (mcps__chars_left(rest) < n)
        return false;
    for (; n > 0; n--, rest->at++) {
        if (!mcps__ascii_is_digit(*rest->at))
            return false;
        value = value * 10 + (*rest->at - '0');
    }
    *ret = value;
    return value >= min && value <= max;
}

static int days_of(int year, int month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    switch (month) {
    case 2: return leap ? 29 : 28;
    case 4:
    case 6:
    case 9:
    case 11: return 30;
    default: return 31;
    }
}

static bool take_date(struct mcps__chars *rest)
{
    int year, month, day;

    return take_number(rest, 4, 0, 9999, &year) && mcps__chars_take(rest, "-") &&
           take_number(rest, 2, 1, 12, &month) && mcps__chars_take(rest, "-") &&
           take_number(rest, 2, 1, days_of(year, month), &day);
}

/* Z, or how many minutes the time is ahead of UTC. */
static bool take_offset(struct mcps__chars *rest, int *ret_minutes)
{
    bool behind = mcps__chars_is_next(rest, "-");
    int hours, minutes;

    *ret_minutes = 0;
    if (mcps__chars_take(rest, "Zz"))
        return true;
    if (!mcps__chars_take(rest, "+-") || !take_number(rest, 2, 0, 23, &hours) ||
        !mcps__chars_take(rest, ":") || !take_number(rest, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = (hours * 60 + minutes) * (behind ? -1 : 1);
    return true;
}

/* A second 60 is a leap second: there may be one in the last minute of a day, at UTC. */
static bool take_time(struct mcps__chars *rest)
{
    int hours, minutes, seconds, offset, utc;

    if (!take_number(rest, 2, 0, 23, &hours) || !mcps__chars_take(rest, ":") ||
        !take_number(rest, 2, 0, 59, &minutes) || !mcps__chars_take(rest, ":") ||
        !take_number(rest, 2, 0, 60, &seconds))
        return false;
    if (mcps__chars_take(rest, ".") && mcps__chars_take_digits(rest) == 0)
        return false;
    if (!take_offset(rest, &offset))
        return false;
    utc = (hours * 60 + minutes - offset + MINUTES_OF_DAY) % MINUTES_OF_DAY;
    return seconds < 60 || utc == MINUTES_OF_DAY - 1;
}

bool mcps__fits_date(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);

    return take_date(&rest) && mcps__chars_left(&rest) == 0;
}

bool mcps__fits_time(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);

    return take_time(&rest) && mcps__chars_left(&rest) == 0;
}

bool mcps__fits_date_time(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);

    return take_date(&rest) && mcps__chars_take(&rest, "Tt") && take_time(&rest) &&
           mcps__chars_left(&rest) == 0;
}

/* Takes numbers with their units: of those, in that order, none left out in between. Returns
 * how many, or -1. */
static int take_units(struct mcps__chars *rest, const char *units)
{
    const char *next = NULL;
    int n = 0;

    while (mcps__chars_take_digits(rest) > 0) {
        if (!mcps__chars_is_next(rest, units) || (next && *rest->at != *next))
            return -1;
        next = strchr(units, *rest->at) + 1;
        rest->at++;
        n++;
    }
    return n;
}

bool mcps__fits_duration(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len), weeks;
    int n;

    if (!mcps__chars_take(&rest, "P"))
        return false;
    weeks = rest;
    if (take_units(&weeks, "W") == 1)
        return mcps__chars_left(&weeks) == 0;
    n = take_units(&rest, "YMD");
    if (n < 0)
        return false;
    if (mcps__chars_take(&rest, "T"))
        n = take_units(&rest, "HMS");
    return n > 0 && mcps__chars_left(&rest) == 0;
}
