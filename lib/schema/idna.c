/* SPDX-License-Identifier: MIT */
/*
 * Names of hosts; see idna.h. A label that is not ASCII, as it is or in Punycode, has to keep
 * the rules of RFC 5891 and 5892, and if any is written from right to left, all of them that
 * of RFC 5893. What of Unicode is not known here: see idna_chars.c.
 */
#include "config.h"

#include "schema/idna.h"

#include "schema/chars.h"
#include "schema/idna_chars.h"
#include "schema/punycode.h"

enum { HOST_MAX = 253, LABEL_MAX = 63, PREFIX_LEN = 4 };

struct label {
    uint32_t points[LABEL_MAX]; /* a label has no more of them than bytes as ASCII */
    size_t n;
    size_t ascii_len; /* of its form in ASCII */
    bool is_ascii;
};

/* ---- rules on neighbours (RFC 5892, appendix A) ---- */

static bool has_japanese(const struct label *label)
{
    for (size_t i = 0; i < label->n; i++) {
        if (mcps__idna_is_japanese(label->points[i]))
            return true;
    }
    return false;
}

/* Does a zero width non-joiner part two letters that would be joined? */
static bool parts_letters(const struct label *label, size_t at)
{
    enum mcps__idna_joining before = MCPS__IDNA_JOINS_THROUGH, after = before;

    for (size_t i = at; i > 0 && before == MCPS__IDNA_JOINS_THROUGH; i--)
        before = mcps__idna_joining(label->points[i - 1]);
    for (size_t i = at + 1; i < label->n && after == MCPS__IDNA_JOINS_THROUGH; i++)
        after = mcps__idna_joining(label->points[i]);
    return before == MCPS__IDNA_JOINS_BOTH &&
           (after == MCPS__IDNA_JOINS_BOTH || after == MCPS__IDNA_JOINS_PRECEDING);
}

static bool neighbours_fit(const struct label *label, size_t at)
{
    uint32_t c = label->points[at];
    uint32_t before = at > 0 ? label->points[at - 1] : 0;
    uint32_t after = at + 1 < label->n ? label->points[at + 1] : 0;

    switch (c) {
    case 0x00b7: return before == 'l' && after == 'l';
    case 0x0375: return mcps__idna_is_greek(after);
    case 0x05f3:
    case 0x05f4: return mcps__idna_is_hebrew(before);
    case 0x200c: return mcps__idna_is_virama(before) || parts_letters(label, at);
    case 0x200d: return mcps__idna_is_virama(before);
    case 0x30fb: return has_japanese(label);
    default: return true;
    }
}

/* ---- directions (RFC 5893, section 2) ---- */

/* That Arabic-Indic digits do not mix with the extended ones (RFC 5892) follows from this:
 * those are Arabic numbers, these European ones. */

/* What there is to know of all labels, before the rule is known to hold or not to matter. */
struct directions {
    bool any_right_to_left, all_fit;
};

static void add_directions(struct directions *d, const struct label *label)
{
    const unsigned rtl = MCPS__IDNA_RIGHT_TO_LEFT, ltr = MCPS__IDNA_LEFT_TO_RIGHT;
    const unsigned arabic = MCPS__IDNA_ARABIC_NUMBER;
    const unsigned european = MCPS__IDNA_EUROPEAN_NUMBER;
    unsigned first = mcps__idna_direction(label->points[0]), all = 0, last = 0;
    bool fit;

    for (size_t i = 0; i < label->n; i++) {
        unsigned direction = mcps__idna_direction(label->points[i]);

        all |= direction;
        last = direction == MCPS__IDNA_MARK ? last : direction;
    }
    if (first == rtl)
        fit = !(all & ltr) && (last & (rtl | arabic | european)) &&
              (all & (arabic | european)) != (arabic | european);
    else
        fit = first == ltr && !(all & (rtl | arabic)) && (last & (ltr | european));
    d->any_right_to_left |= (all & (rtl | arabic)) != 0;
    d->all_fit &= fit;
}

/* ---- labels ---- */

static bool has_dash_at_end(const struct label *label)
{
    return label->points[0] == '-' || label->points[label->n - 1] == '-';
}

/* Such labels are kept for encodings, of which "xn--" is the only one. */
static bool has_dashes_inside(const struct label *label)
{
    return label->n >= 4 && label->points[2] == '-' && label->points[3] == '-';
}

static bool is_unicode_label(const struct label *label)
{
    if (label->n == 0 || has_dash_at_end(label) || has_dashes_inside(label) ||
        mcps__idna_is_mark(label->points[0]))
        return false;
    for (size_t i = 0; i < label->n; i++) {
        if (!mcps__idna_is_allowed(label->points[i]) || !neighbours_fit(label, i))
            return false;
    }
    return true;
}

static bool is_encoded(const struct label *label)
{
    return has_dashes_inside(label) && (label->points[0] | 0x20) == 'x' &&
           (label->points[1] | 0x20) == 'n';
}

/* Decodes what stands behind "xn--". There is one text for each label, so that it need not be
 * encoded again, and one that is ASCII would end with a dash. */
static bool decode_label(struct label *label)
{
    char text[LABEL_MAX];
    size_t len = label->n - PREFIX_LEN;

    for (size_t i = 0; i < len; i++)
        text[i] = (char)label->points[i + PREFIX_LEN];
    return mcps__punycode_decode(label->points, LABEL_MAX, &label->n, text, len) &&
           is_unicode_label(label);
}

static bool is_ascii_label(const struct label *label)
{
    for (size_t i = 0; i < label->n; i++) {
        char c = (char)label->points[i];

        if (!mcps__ascii_is_letter(c) && !mcps__ascii_is_digit(c) && c != '-')
            return false;
    }
    return !has_dash_at_end(label);
}

/* May decode the label. */
static bool label_fits(struct label *label, enum mcps__idna kind)
{
    char text[LABEL_MAX - PREFIX_LEN];
    size_t len;

    label->ascii_len = label->n;
    if (label->is_ascii) {
        if (!is_ascii_label(label))
            return false;
        if (is_encoded(label))
            return decode_label(label);
        return kind == MCPS__IDNA_ASCII || !has_dashes_inside(label);
    }
    if (kind == MCPS__IDNA_ASCII || !is_unicode_label(label) ||
        !mcps__punycode_encode(text, sizeof text, &len, label->points, label->n))
        return false;
    label->ascii_len = len + PREFIX_LEN;
    return true;
}

static bool is_dot(uint32_t c, enum mcps__idna kind)
{
    return c == '.' ||
           (kind == MCPS__IDNA_ANY_DOT && (c == 0x3002 || c == 0xff0e || c == 0xff61));
}

/* Reads up to a dot, which it goes behind, or to the end. False when it is too long. */
static bool take_label(struct mcps__chars *rest, enum mcps__idna kind, struct label *ret,
                       bool *ret_dot)
{
    uint32_t c;

    ret->n = 0;
    ret->is_ascii = true;
    *ret_dot = false;
    while (mcps__chars_left(rest) > 0) {
        size_t len = mcps__char_decode(rest->at, mcps__chars_left(rest), &c);

        if (len == 0)
            return false;
        rest->at += len;
        *ret_dot = is_dot(c, kind);
        if (*ret_dot)
            return true;
        if (ret->n == LABEL_MAX)
            return false;
        ret->points[ret->n++] = c;
        ret->is_ascii &= c < 0x80;
    }
    return true;
}

bool mcps__idna_is_host(const char *text, size_t len, enum mcps__idna kind)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    struct directions directions = { .all_fit = true };
    size_t total = 0;
    struct label label;
    bool dot;

    do {
        if (!take_label(&rest, kind, &label, &dot) || label.n == 0 ||
            !label_fits(&label, kind))
            return false;
        add_directions(&directions, &label);
        total += label.ascii_len + dot;
        if (total > HOST_MAX)
            return false;
    } while (dot);
    return directions.all_fit || !directions.any_right_to_left;
}
