/* SPDX-License-Identifier: MIT */
/* Addresses: of hosts by numbers, and of mail; see fits.h. Names of hosts are idna.c's. */
#include "config.h"

#include "schema/fits.h"

#include "schema/chars.h"
#include "schema/idna.h"

enum {
    LOCAL_MAX = 64, /* bytes; RFC 5321, 4.5.3.1 */
    EMAIL_MAX = 254 /* bytes of a path there, without the angle brackets */
};

/* ---- IP ---- */

/* 0 to 255, without leading zeros. */
static bool take_octet(struct mcps__chars *rest)
{
    const char *text = rest->at;
    size_t digits = mcps__chars_take_digits(rest);

    if (digits == 0 || digits > 3 || (digits > 1 && text[0] == '0'))
        return false;
    return digits < 3 ||
           (text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0' < 256;
}

bool mcps__fits_ipv4(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);

    for (int i = 0; i < 4; i++) {
        if ((i > 0 && !mcps__chars_take(&rest, ".")) || !take_octet(&rest))
            return false;
    }
    return mcps__chars_left(&rest) == 0;
}

/* Takes up to 4 hexadecimal digits, and returns how many. */
static size_t take_group(struct mcps__chars *rest)
{
    size_t n = 0;

    for (; n < 4 && rest->at < rest->end && mcps__ascii_hex(*rest->at) >= 0; n++)
        rest->at++;
    return n;
}

/* Takes "::". */
static bool take_gap(struct mcps__chars *rest)
{
    if (mcps__chars_left(rest) < 2 || memcmp(rest->at, "::", 2) != 0)
        return false;
    rest->at += 2;
    return true;
}

/* Groups of 16 bits, 8 of them but for one gap; the last two may be an IPv4 address. */
bool mcps__fits_ipv6(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    bool gap = take_gap(&rest), after_gap = gap;
    unsigned groups = 0;

    while (mcps__chars_left(&rest) > 0 && groups < 8) {
        struct mcps__chars group = rest;

        if (groups > 0 && !after_gap && !mcps__chars_take(&group, ":"))
            return false;
        rest = group;
        if (take_group(&rest) == 0)
            return false;
        if (mcps__chars_is_next(&rest, ".")) {
            groups += 2;
            if (!mcps__fits_ipv4(group.at, mcps__chars_left(&group)))
                return false;
            rest.at = rest.end;
            break;
        }
        groups++;
        after_gap = take_gap(&rest);
        if (after_gap && gap)
            return false;
        gap |= after_gap;
    }
    return mcps__chars_left(&rest) == 0 && (gap ? groups <= 7 : groups == 8);
}

bool mcps__fits_hostname(const char *text, size_t len)
{
    return mcps__idna_is_host(text, len, MCPS__IDNA_ASCII);
}

bool mcps__fits_idn_hostname(const char *text, size_t len)
{
    return mcps__idna_is_host(text, len, MCPS__IDNA_ANY_DOT);
}

/* ---- mail ---- */

/* May it stand in a local part without quotes? */
static bool is_atom_char(char c, bool international)
{
    return mcps__ascii_is_letter(c) || mcps__ascii_is_digit(c) ||
           mcps__ascii_is_one_of(c, "!#$%&'*+-/=?^_`{|}~") ||
           (international && (unsigned char)c >= 0x80);
}

/* "a.b": each dot between two others. */
static bool take_dotted(struct mcps__chars *rest, bool international)
{
    const char *begin;

    do {
        begin = rest->at;
        while (rest->at < rest->end && is_atom_char(*rest->at, international))
            rest->at++;
        if (rest->at == begin)
            return false;
    } while (mcps__chars_take(rest, "."));
    return true;
}

/* What follows a quote, up to the other one. */
static bool take_quoted(struct mcps__chars *rest, bool international)
{
    while (mcps__chars_left(rest) > 0) {
        bool escaped;
        char c;

        if (mcps__chars_take(rest, "\""))
            return true;
        escaped = mcps__chars_take(rest, "\\");
        if (mcps__chars_left(rest) == 0)
            return false;
        c = *rest->at++;
        if ((c < 0x20 || c > 0x7e) &&
            !(international && !escaped && (unsigned char)c >= 0x80))
            return false;
    }
    return false;
}

/* What stands between brackets behind the @. */
static bool is_address_literal(const char *text, size_t len)
{
    static const char tag[] = "ipv6:";
    size_t tag_len = sizeof tag - 1;

    if (mcps__fits_ipv4(text, len))
        return true;
    if (len < tag_len)
        return false;
    for (size_t i = 0; i < tag_len; i++) {
        if (mcps__ascii_lower(text[i]) != tag[i])
            return false;
    }
    return mcps__fits_ipv6(text + tag_len, len - tag_len);
}

static bool is_email(const char *text, size_t len, bool international)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    bool local_fits = mcps__chars_take(&rest, "\"") ? take_quoted(&rest, international)
                                                    : take_dotted(&rest, international);
    size_t domain_len;

    if (!local_fits || rest.at - text > LOCAL_MAX || len > EMAIL_MAX ||
        !mcps__chars_take(&rest, "@"))
        return false;
    domain_len = mcps__chars_left(&rest);
    if (domain_len > 1 && rest.at[0] == '[' && rest.end[-1] == ']')
        return is_address_literal(rest.at + 1, domain_len - 2);
    return mcps__idna_is_host(rest.at, domain_len,
                              international ? MCPS__IDNA_PLAIN_DOT : MCPS__IDNA_ASCII);
}

bool mcps__fits_email(const char *text, size_t len)
{
    return is_email(text, len, false);
}

bool mcps__fits_idn_email(const char *text, size_t len)
{
    return is_email(text, len, true);
}
