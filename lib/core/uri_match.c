/* SPDX-License-Identifier: MIT */
/*
 * URIs matched by templates; see uri_template.h. Nothing is tried and taken back:
 *
 * 1. The literal that a template begins with is compared, which ends most matches before
 *    anything is allocated. What follows it is read into units.
 * 2. From the last atom to the first, a row of bits is filled for each: bit i says whether what
 *    begins at unit i can be matched by this atom and those behind it. A row takes one walk
 *    over the units, from the row behind it.
 * 3. From the first atom to the last, each variable takes as much as leaves something that
 *    the next row says can be matched.
 *
 * A group has two more rows: "values", where something is matched that begins within a value of
 * one of its parameters, and "others", where one begins with a separator and a parameter. That
 * each parameter comes at most once is seen in the third step.
 */
#include "config.h"

#include "core/uri_template.h"

#include <errno.h>
#include <string.h>

#include "json/write.h"
#include "util/mem.h"

struct span {
    bool there;
    size_t from, len;
};

struct match {
    const mcps_uri_template *t;
    uint16_t *units;
    char *bytes; /* the same as decoded bytes */
    size_t n;    /* of both */
    uint64_t *rows;
    size_t row_words;
    struct span spans[MCPS_URI_VARIABLES_MAX]; /* of the mentions */
    uint64_t *steps;
};

/* ---- reading ---- */

static uint16_t fold(uint16_t unit)
{
    return unit < MCPS__UNIT_ESCAPED ? (unsigned char)mcps__ascii_lower((char)unit)
                                     : unit;
}

/* Takes the literal in front of all variables, if there is one. */
static bool take_prefix(struct match *m, struct mcps__chars *rest)
{
    const struct mcps__uri_atom *first = &m->t->atoms[0];
    uint16_t unit;

    if (m->t->n_atoms == 0 || first->kind != MCPS__URI_LITERAL)
        return true;
    for (size_t i = 0; i < first->n_units; i++) {
        ++*m->steps;
        if (!mcps__uri_take_unit(rest, &unit))
            return false;
        if (unit != first->units[i] &&
            (i >= m->t->n_folded || fold(unit) != fold(first->units[i])))
            return false;
    }
    return true;
}

/* Reads all that is left: 1, or 0 for what is no URI, or -ENOMEM. */
static int read_units(struct match *m, struct mcps__chars *rest)
{
    size_t max = mcps__chars_left(rest);

    m->units = mcps__calloc(max + 1, sizeof *m->units);
    m->bytes = mcps__malloc(max + 1);
    if (!m->units || !m->bytes)
        return -ENOMEM;
    while (mcps__uri_take_unit(rest, &m->units[m->n])) {
        ++*m->steps;
        m->bytes[m->n] = (char)(m->units[m->n] & 0xff);
        m->n++;
    }
    return mcps__chars_left(rest) == 0;
}

static bool is_at(const struct match *m, size_t i, char c)
{
    return i < m->n && m->units[i] == (unsigned char)c;
}

/* How many units the character at i has, or 0 if it is none that a value may have. */
static size_t char_at(struct match *m, size_t i, bool reserved)
{
    int n;

    ++*m->steps;
    if (i >= m->n)
        return 0;
    if (m->units[i] < MCPS__UNIT_ESCAPED)
        return reserved || mcps__uri_is_unreserved(m->bytes[i]);
    /* Bytes beyond ASCII are escapes all of them, and so are those that continue this one. */
    n = mcps__utf8_sequence((const unsigned char *)m->bytes + i, m->n - i);
    return n > 0 ? (size_t)n : 0;
}

/* ---- rows, from the last to the first ---- */

enum { ROW_BITS = 64 };
/* Of a group, behind its first. */
enum { VALUES = 1, OTHERS = 2 };

static bool get(const struct match *m, size_t row, size_t i)
{
    return m->rows[row * m->row_words + i / ROW_BITS] >> (i % ROW_BITS) & 1;
}

static void set(struct match *m, size_t row, size_t i)
{
    m->rows[row * m->row_words + i / ROW_BITS] |= UINT64_C(1) << (i % ROW_BITS);
}

/* The row behind an atom. */
static size_t row_behind(const struct match *m, size_t atom)
{
    return atom + 1 < m->t->n_atoms ? m->t->atoms[atom + 1].row : m->t->n_rows;
}

static void fill_literal(struct match *m, const struct mcps__uri_atom *atom, size_t next)
{
    const uint16_t *borders = m->t->borders + (atom->units - m->t->units);
    size_t fits = 0;

    for (size_t i = 0; i < m->n; i++) {
        ++*m->steps;
        for (; fits > 0 && atom->units[fits] != m->units[i]; fits = borders[fits - 1])
            ++*m->steps;
        fits += atom->units[fits] == m->units[i];
        if (fits < atom->n_units)
            continue;
        if (get(m, next, i + 1))
            set(m, atom->row, i + 1 - fits);
        fits = borders[fits - 1];
    }
}

static void fill_value(struct match *m, const struct mcps__uri_atom *atom, size_t next)
{
    for (size_t i = m->n; i-- > 0;) {
        size_t n = char_at(m, i, atom->expression.op->reserved);

        if (n > 0 && (get(m, next, i + n) || get(m, atom->row, i + n)))
            set(m, atom->row, i);
    }
}

/* Is something matched that begins at i, where a parameter of the group is complete? */
static bool can_end(const struct match *m, const struct mcps__uri_atom *group,
                    size_t next, size_t i)
{
    return get(m, next, i) || get(m, group->row + OTHERS, i);
}

/* Where the value begins of a parameter that stands at i, or 0 if none of that name does, or
 * none that lets the rest be matched. */
static size_t value_of_parameter(struct match *m, const struct mcps__uri_atom *group,
                                 const struct mcps__uri_mention *mention, size_t next,
                                 size_t i)
{
    for (size_t k = 0; k < mention->n_units; k++, i++) {
        ++*m->steps;
        if (i >= m->n || m->units[i] != mention->units[k])
            return 0;
    }
    ++*m->steps;
    if (is_at(m, i, '=') && get(m, group->row + VALUES, i + 1))
        return i + 1;
    return can_end(m, group, next, i) ? i : 0;
}

static bool has_parameter_at(struct match *m, const struct mcps__uri_atom *group,
                             size_t next, size_t i)
{
    const struct mcps__uri_mention *mentions = &m->t->mentions[group->expression.mention];

    for (size_t k = 0; k < group->expression.n_mentions; k++) {
        if (value_of_parameter(m, group, &mentions[k], next, i) > 0)
            return true;
    }
    return false;
}

static void fill_group(struct match *m, const struct mcps__uri_atom *group, size_t next)
{
    const struct mcps__uri_operator *op = group->expression.op;

    for (size_t i = m->n + 1; i-- > 0;) {
        bool separates = is_at(m, i, op->separator), begins = is_at(m, i, op->first);
        size_t n = char_at(m, i, false);
        bool leads = (separates || begins) && has_parameter_at(m, group, next, i + 1);

        if (separates && leads)
            set(m, group->row + OTHERS, i);
        if (can_end(m, group, next, i) || (n > 0 && get(m, group->row + VALUES, i + n)))
            set(m, group->row + VALUES, i);
        if (get(m, next, i) || (begins && leads))
            set(m, group->row, i);
    }
}

static void fill_rows(struct match *m, size_t first_atom)
{
    set(m, m->t->n_rows, m->n);
    for (size_t k = m->t->n_atoms; k-- > first_atom;) {
        const struct mcps__uri_atom *atom = &m->t->atoms[k];

        switch (atom->kind) {
        case MCPS__URI_LITERAL: fill_literal(m, atom, row_behind(m, k)); break;
        case MCPS__URI_VALUE: fill_value(m, atom, row_behind(m, k)); break;
        case MCPS__URI_GROUP: fill_group(m, atom, row_behind(m, k)); break;
        }
    }
}

/* ---- spans, from the first to the last ---- */

/* A value takes as much as it can; there is a way on behind it, for the rows say so. */
static size_t walk_value(struct match *m, const struct mcps__uri_atom *atom, size_t next,
                         size_t at)
{
    bool reserved = atom->expression.op->reserved;
    size_t end = at, to = at, n;

    for (n = char_at(m, to, reserved); n > 0; n = char_at(m, to, reserved)) {
        to += n;
        if (get(m, next, to))
            end = to;
    }
    m->spans[atom->expression.mention] =
        (struct span){ .there = true, .from = at, .len = end - at };
    return end;
}

/* The same for the value of a parameter, which may be empty, and lacks its "=" then, maybe. */
static size_t walk_parameter(struct match *m, const struct mcps__uri_atom *group,
                             struct span *span, size_t next, size_t at)
{
    size_t end = at, to = at, n;

    if (is_at(m, at - 1, '=')) {
        for (n = char_at(m, to, false); n > 0; n = char_at(m, to, false)) {
            to += n;
            if (can_end(m, group, next, to))
                end = to;
        }
    }
    *span = (struct span){ .there = true, .from = at, .len = end - at };
    return end;
}

/* Takes a parameter at `*at` that was not there before, and goes behind it. */
static bool take_parameter(struct match *m, const struct mcps__uri_atom *group,
                           size_t next, size_t *at)
{
    for (size_t k = 0; k < group->expression.n_mentions; k++) {
        size_t mention = group->expression.mention + k, value;

        if (m->spans[mention].there)
            continue;
        value = value_of_parameter(m, group, &m->t->mentions[mention], next, *at);
        if (value == 0)
            continue;
        *at = walk_parameter(m, group, &m->spans[mention], next, value);
        return true;
    }
    return false;
}

/* False when a parameter would have to be there twice. */
static bool walk_group(struct match *m, const struct mcps__uri_atom *group, size_t next,
                       size_t *at)
{
    char before = group->expression.op->first;

    while (is_at(m, *at, before)) {
        size_t behind = *at + 1;

        if (!take_parameter(m, group, next, &behind))
            break;
        *at = behind;
        before = group->expression.op->separator;
    }
    return get(m, next, *at);
}

static bool walk(struct match *m, size_t first_atom)
{
    size_t at = 0;

    for (size_t k = first_atom; k < m->t->n_atoms; k++) {
        const struct mcps__uri_atom *atom = &m->t->atoms[k];

        switch (atom->kind) {
        case MCPS__URI_LITERAL: at += atom->n_units; break;
        case MCPS__URI_VALUE: at = walk_value(m, atom, row_behind(m, k), at); break;
        case MCPS__URI_GROUP:
            if (!walk_group(m, atom, row_behind(m, k), &at))
                return false;
            break;
        }
    }
    return true;
}

/* 1, with the spans, or 0 or -ENOMEM. */
static int find_spans(struct match *m, const char *uri, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(uri, len);
    size_t first_atom =
        m->t->n_atoms > 0 && m->t->atoms[0].kind == MCPS__URI_LITERAL ? 1 : 0;
    size_t first_row;
    int r;

    if (len > MCPS__URI_MATCH_MAX || !take_prefix(m, &rest))
        return 0;
    r = read_units(m, &rest);
    if (r != 1)
        return r;
    m->row_words = m->n / ROW_BITS + 1;
    m->rows = mcps__calloc((m->t->n_rows + 1) * m->row_words, sizeof *m->rows);
    if (!m->rows)
        return -ENOMEM;
    fill_rows(m, first_atom);
    first_row = first_atom < m->t->n_atoms ? m->t->atoms[first_atom].row : m->t->n_rows;
    return get(m, first_row, 0) && walk(m, first_atom);
}

/* ---- values ---- */

/* The first mention of a variable that is there, or NULL. */
static const struct span *find_variable(const struct match *m, size_t variable)
{
    for (size_t i = 0; i < m->t->n_mentions; i++) {
        if (m->t->mentions[i].variable == variable && m->spans[i].there)
            return &m->spans[i];
    }
    return NULL;
}

static bool has_one_value_each(const struct match *m)
{
    for (size_t i = 0; i < m->t->n_mentions; i++) {
        const struct span *span = &m->spans[i];
        const struct span *first = find_variable(m, m->t->mentions[i].variable);

        if (span->there &&
            (span->len != first->len ||
             memcmp(m->bytes + span->from, m->bytes + first->from, span->len) != 0))
            return false;
    }
    return true;
}

static bool is_safe(const struct match *m)
{
    for (size_t i = 0; i < m->t->n_mentions; i++) {
        const struct span *span = &m->spans[i];

        if (span->there && !mcps__uri_value_is_safe(m->bytes + span->from,
                                                    m->units + span->from, span->len))
            return false;
    }
    return true;
}

static int write_values(const struct match *m, struct mcps__buf *values)
{
    size_t before = values->len;
    struct mcps__writer w;
    int r;

    mcps__write_init(&w, values);
    mcps__write_object(&w);
    for (size_t i = 0; i < m->t->n_variables; i++) {
        const struct span *span = find_variable(m, i);

        if (!span)
            continue;
        mcps__write_key(&w, m->t->variables[i]);
        mcps__write_text(&w, m->bytes + span->from, span->len);
    }
    mcps__write_object_end(&w);
    r = mcps__write_end(&w);
    if (r < 0) {
        values->len = before;
        return r;
    }
    return 1;
}

int mcps__uri_template_match_counted(const mcps_uri_template *t, const char *uri,
                                     size_t len, bool screen, struct mcps__buf *values,
                                     uint64_t *steps)
{
    struct match m = { .t = t, .steps = steps };
    int r = find_spans(&m, uri, len);

    if (r == 1 && !has_one_value_each(&m))
        r = 0;
    if (r == 1 && screen && !is_safe(&m))
        r = MCPS_EINVALID;
    if (r == 1)
        r = write_values(&m, values);
    mcps__free(m.rows);
    mcps__free(m.bytes);
    mcps__free(m.units);
    return r;
}

int mcps__uri_template_match(const mcps_uri_template *t, const char *uri, size_t len,
                             bool screen, struct mcps__buf *values)
{
    uint64_t steps = 0;

    return mcps__uri_template_match_counted(t, uri, len, screen, values, &steps);
}
