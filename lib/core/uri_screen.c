/* SPDX-License-Identifier: MIT */
/*
 * The path screen: what the value of a variable may not be if it is to become part of a path;
 * see uri_template.h. It judges the decoded value, for that is what a handler gets, and beside
 * it whether a slash was hidden in an escape. Slashes as they are only come in the values of
 * {+x} and {#x}, which may have them.
 */
#include "config.h"

#include "core/uri_template.h"

#include <string.h>

static bool is_dots(const char *segment, size_t len)
{
    return (len == 1 && segment[0] == '.') || (len == 2 && memcmp(segment, "..", 2) == 0);
}

static bool has_dot_segment(const char *value, size_t len)
{
    size_t begin = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && value[i] != '/')
            continue;
        if (is_dots(value + begin, i - begin))
            return true;
        begin = i + 1;
    }
    return false;
}

/* Those of C0 and C1, the latter in UTF-8, and DEL. */
static bool is_control(const char *at, size_t left)
{
    unsigned char c = (unsigned char)at[0];

    return c < 0x20 || c == 0x7f ||
           (c == 0xc2 && left > 1 && (unsigned char)at[1] < 0xa0);
}

/* Does an escape begin here that stands for a dot, a slash, a backslash or a NUL once it is
 * decoded again, however often? */
static bool is_hidden_again(const char *at, size_t left)
{
    static const char *const codes[] = { "2e", "2f", "5c", "00" };

    if (at[0] != '%')
        return false;
    at++;
    left--;
    for (; left >= 2 && at[0] == '2' && at[1] == '5'; left -= 2)
        at += 2;
    if (left < 2)
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (at[0] == codes[i][0] && mcps__ascii_lower(at[1]) == codes[i][1])
            return true;
    }
    return false;
}

bool mcps__uri_value_is_safe(const char *value, const uint16_t *units, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_control(value + i, len - i) || value[i] == '\\' ||
            is_hidden_again(value + i, len - i) || units[i] == ('/' | MCPS__UNIT_ESCAPED))
            return false;
    }
    return !(len > 0 && value[0] == '/') && !has_dot_segment(value, len);
}
