/* SPDX-License-Identifier: MIT */
/* Characters, escapes and brackets of regular expressions; see ecma_parser.h. */
#include "config.h"

#include "schema/ecma_parser.h"

#include <string.h>

#include "schema/property.h"
#include "util/utf8.h"

/* WhiteSpace and LineTerminator of ECMA-262, and the rest. */
#define SPACES                                                                  \
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}" \
    "\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NO_SPACES                                                                    \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"   \
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
enum { SPACES_ITEMS = 11 };

enum {
    BACKSPACE = 0x8,
    SURROGATE_MIN = 0xd800,
    LOW_MIN = 0xdc00,
    SURROGATE_MAX = 0xdfff
};

/* One item of brackets, or one escape. */
struct item {
    bool is_set;
    char set; /* d D s S w W p P */
    char property[MCPS__PROPERTY_SIZE];
    uint32_t c; /* unless it is a set */
};

static bool is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_surrogate(uint32_t c)
{
    return c >= SURROGATE_MIN && c <= SURROGATE_MAX;
}

static bool has(const struct mcps__ecma_parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

uint32_t mcps__ecma_next(struct mcps__ecma_parser *p)
{
    const unsigned char *s = (const unsigned char *)p->at;
    int n = mcps__utf8_sequence(s, (size_t)(p->end - p->at));
    uint32_t c = n == 1   ? s[0]
                 : n == 2 ? s[0] & 0x1fu
                 : n == 3 ? s[0] & 0x0fu
                          : s[0] & 0x07u;

    for (int i = 1; i < n; i++)
        c = c << 6 | (s[i] & 0x3fu);
    p->at += n;
    return c;
}

void mcps__ecma_put_char(struct mcps__ecma_parser *p, uint32_t c)
{
    char bytes[5] = "";

    if (c >= 0x80 || is_alnum(c)) {
        mcps__utf8_encode(bytes, c);
        mcps__ecma_put(p, bytes);
    } else {
        mcps__ecma_put_format(p, "\\x{%x}", (unsigned)c);
    }
}

/* ---- escapes ---- */

/* Exactly n digits; false when they are not there. */
static bool read_hex(struct mcps__ecma_parser *p, int n, uint32_t *ret)
{
    uint32_t value = 0;

    if (p->end - p->at < n)
        return false;
    for (int i = 0; i < n; i++) {
        uint32_t c = (unsigned char)p->at[i], lower = c | 0x20;

        if (c >= '0' && c <= '9')
            value = value << 4 | (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value << 4 | (lower - 'a' + 10);
        else
            return false;
    }
    p->at += n;
    *ret = value;
    return true;
}

/* Behind "\u{", up to and with the brace. */
static bool read_braced(struct mcps__ecma_parser *p, uint32_t *ret)
{
    uint32_t value = 0, digit;
    const char *first = p->at;

    while (value <= 0x10ffff && read_hex(p, 1, &digit))
        value = value << 4 | digit;
    if (value > 0x10ffff || p->at == first || !has(p, '}'))
        return false;
    p->at++;
    *ret = value;
    return true;
}

/* Behind "\u". Two escapes of surrogates are one character. */
static bool read_unicode(struct mcps__ecma_parser *p, uint32_t *ret)
{
    const char *behind;
    uint32_t low;

    if (has(p, '{')) {
        p->at++;
        return read_braced(p, ret);
    }
    if (!read_hex(p, 4, ret))
        return false;
    behind = p->at;
    if (*ret < SURROGATE_MIN || *ret >= LOW_MIN || p->end - p->at < 6 ||
        memcmp(p->at, "\\u", 2) != 0)
        return true;
    p->at += 2;
    if (read_hex(p, 4, &low) && low >= LOW_MIN && low <= SURROGATE_MAX)
        *ret = 0x10000 + ((*ret - SURROGATE_MIN) << 10) + (low - LOW_MIN);
    else
        p->at = behind;
    return true;
}

/* Behind "\x", "\c" and so on: false when what follows does not fit. */
static bool read_numbered(struct mcps__ecma_parser *p, char kind, uint32_t *ret)
{
    uint32_t letter;

    switch (kind) {
    case 'x': return read_hex(p, 2, ret);
    case 'u': return read_unicode(p, ret);
    case '0': *ret = 0; return p->at == p->end || *p->at < '0' || *p->at > '9';
    default: /* c */
        letter = p->at < p->end ? (unsigned char)*p->at | 0x20u : 0;
        if (letter < 'a' || letter > 'z')
            return false;
        p->at++;
        *ret = letter & 0x1f;
        return true;
    }
}

static void read_property(struct mcps__ecma_parser *p, struct item *item)
{
    const char *open = p->at, *close;

    close = has(p, '{') ? memchr(p->at, '}', (size_t)(p->end - p->at)) : NULL;
    if (!close) {
        mcps__ecma_fail(p, p->term, "\\%c wants the name of a property in braces",
                        item->set);
        return;
    }
    p->at = close + 1;
    if (!mcps__property_translate(item->property, open + 1, (size_t)(close - open - 1)))
        mcps__ecma_fail(p, p->term, "there is no property \"%.*s\"",
                        close - open > 60 ? 60 : (int)(close - open - 1), open + 1);
}

/* Behind a backslash. False, with nothing read, for what is no character nor a set. */
static bool read_escape(struct mcps__ecma_parser *p, struct item *item)
{
    static const char letters[] = "tnvfr", values[] = "\t\n\v\f\r";
    const char *first = p->at, *letter;
    uint32_t c = mcps__ecma_next(p);

    *item = (struct item){ .c = c };
    if (!is_alnum(c))
        return true;
    letter = strchr(letters, (int)c);
    if (letter) {
        item->c = (unsigned char)values[letter - letters];
    } else if (strchr("xuc0", (int)c)) {
        if (!read_numbered(p, (char)c, &item->c))
            mcps__ecma_fail(p, p->term, "what is behind \\%c does not belong there",
                            (char)c);
    } else if (strchr("dDsSwWpP", (int)c)) {
        item->is_set = true;
        item->set = (char)c;
        if (c == 'p' || c == 'P')
            read_property(p, item);
    } else {
        p->at = first;
        return false;
    }
    return true;
}

/* ---- brackets, and what can stand in them ---- */

/* Returns how many items it became. */
static uint32_t put_set(struct mcps__ecma_parser *p, const struct item *item)
{
    switch (item->set) {
    case 's': mcps__ecma_put(p, SPACES); return SPACES_ITEMS;
    case 'S': mcps__ecma_put(p, NO_SPACES); return SPACES_ITEMS;
    case 'p':
    case 'P': mcps__ecma_put_format(p, "\\%c{%s}", item->set, item->property); return 1;
    default: mcps__ecma_put_format(p, "\\%c", item->set); return 1;
    }
}

bool mcps__ecma_escape(struct mcps__ecma_parser *p)
{
    struct item item;

    if (!read_escape(p, &item))
        return false;
    if (item.is_set && item.set == 's')
        mcps__ecma_put(p, "[" SPACES "]");
    else if (item.is_set && item.set == 'S')
        mcps__ecma_put(p, "[^" SPACES "]");
    else if (item.is_set)
        put_set(p, &item);
    else if (is_surrogate(item.c)) /* no text has one alone */
        mcps__ecma_put(p, MCPS__ECMA_NOTHING);
    else
        mcps__ecma_put_char(p, item.c);
    return true;
}

static void read_item(struct mcps__ecma_parser *p, struct item *item)
{
    p->term = p->at;
    *item = (struct item){ .c = mcps__ecma_next(p) };
    if (item->c != '\\')
        return;
    if (p->at == p->end) {
        mcps__ecma_fail(p, p->term, "there is nothing behind the backslash");
    } else if (*p->at == 'b') {
        p->at++;
        item->c = BACKSPACE;
    } else if (!read_escape(p, item)) {
        mcps__ecma_fail(p, p->term, "there is no escape \\%c in brackets", *p->at);
    }
}

/* What of a range is no surrogate: those are in no text. Returns how many items it became. */
static uint32_t put_range(struct mcps__ecma_parser *p, uint32_t first, uint32_t last)
{
    if (is_surrogate(first))
        first = SURROGATE_MAX + 1;
    if (is_surrogate(last))
        last = SURROGATE_MIN - 1;
    if (first > last)
        return 0;
    mcps__ecma_put_char(p, first);
    if (first < last) {
        mcps__ecma_put(p, "-");
        mcps__ecma_put_char(p, last);
    }
    return 1;
}

static uint32_t put_item(struct mcps__ecma_parser *p, const struct item *item)
{
    return item->is_set ? put_set(p, item) : put_range(p, item->c, item->c);
}

static bool is_property(const struct item *item)
{
    return item->set == 'p' || item->set == 'P';
}

/* An item, or two with a hyphen between them: a range unless one is a set. */
static uint32_t items(struct mcps__ecma_parser *p)
{
    struct item first, last;
    const char *hyphen, *place = p->at;
    uint32_t n;

    read_item(p, &first);
    hyphen = p->at;
    if (p->r < 0 || p->end - p->at < 2 || *hyphen != '-' || hyphen[1] == ']')
        return p->r < 0 ? 0 : put_item(p, &first);
    p->at++;
    read_item(p, &last);
    if (p->r < 0)
        return 0;
    if (!first.is_set && !last.is_set) {
        if (first.c > last.c)
            mcps__ecma_fail(p, place, "the ends of the range are in the wrong order");
        return put_range(p, first.c, last.c);
    }
    if (is_property(&first) || is_property(&last)) /* they are none without the flag u */
        mcps__ecma_fail(p, place, "there is no range with the characters of a property");
    n = put_item(p, &first) + 1;
    mcps__ecma_put_char(p, '-');
    return n + put_item(p, &last);
}

uint32_t mcps__ecma_brackets(struct mcps__ecma_parser *p)
{
    const char *open = p->at++;
    size_t begin = p->out->len;
    bool negated = has(p, '^');
    uint32_t n = 0;

    p->at += negated;
    mcps__ecma_put(p, negated ? "[^" : "[");
    while (p->r >= 0 && p->at < p->end && *p->at != ']')
        n += items(p);
    if (p->r < 0)
        return 1;
    p->term = open;
    if (p->at == p->end) {
        mcps__ecma_fail(p, open, "the bracket is not closed");
        return 1;
    }
    p->at++;
    if (n > 0) {
        mcps__ecma_put(p, "]");
        return n;
    }
    /* PCRE2 would take the bracket that closes nothing as the first item. */
    p->out->len = begin;
    mcps__ecma_put(p, negated ? "." : MCPS__ECMA_NOTHING);
    return 1;
}
