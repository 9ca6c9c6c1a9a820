/* SPDX-License-Identifier: MIT */
/*
 * The grammar of regular expressions: alternatives, groups and quantifiers; see ecma.h.
 *
 * Groups become such as do not capture, unless there are backreferences: then a second pass
 * writes it all anew, and knows the names that are only given further on.
 */
#include "config.h"

#include "schema/ecma.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/ecma_parser.h"
#include "util/mem.h"
#include "util/utf8.h"

/* What PCRE2's JIT counts as a step, and that is all it does: a second alternative begins with
 * it, for the JIT does not count which of them it takes. */
#define COUNTED "(?:(?!))??"
/* Stands between a repeated piece and a character behind it, for the JIT would look for that
 * character without counting. */
#define APART "(?:)"

enum {
    TIMES_MAX = 65535, /* as PCRE2 has it */
    SCANS_MAX = 255,   /* so many turns of a repetition are no long scan */
    WEIGHT_MAX = 1 << 20,
    ERROR_SIZE = 160,
    PUT_SIZE = 100
};

struct times {
    uint32_t min, max; /* UINT32_MAX: no end */
};

/* ---- errors, and what is written ---- */

static size_t characters(const char *text, const char *end)
{
    size_t n = 0;

    for (; text < end; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

MCPS_PRINTF(3, 0)
static void fail(struct mcps__ecma_parser *p, const char *place, const char *format,
                 va_list args)
{
    char why[ERROR_SIZE];

    if (p->r < 0)
        return;
    p->r = MCPS_EINVALID;
    vsnprintf(why, sizeof why, format, args);
    why[mcps__utf8_valid_prefix(why, strlen(why))] = '\0';
    snprintf(p->error, p->error_size, "%s, at character %zu of the regular expression",
             why, characters(p->start, place) + 1);
}

void mcps__ecma_fail(struct mcps__ecma_parser *p, const char *place, const char *format,
                     ...)
{
    va_list args;

    va_start(args, format);
    fail(p, place, format, args);
    va_end(args);
}

void mcps__ecma_refuse(struct mcps__ecma_parser *p, const char *place, const char *format,
                       ...)
{
    va_list args;

    if (p->only_checks)
        return;
    va_start(args, format);
    fail(p, place, format, args);
    va_end(args);
}

static void put(struct mcps__ecma_parser *p, const char *text, size_t len)
{
    if (p->r < 0)
        return;
    p->r = mcps__buf_append(p->out, text, len);
    if (p->r == MCPS_ELIMIT)
        snprintf(p->error, p->error_size, "the regular expression is too large");
}

void mcps__ecma_put(struct mcps__ecma_parser *p, const char *text)
{
    put(p, text, strlen(text));
}

void mcps__ecma_put_format(struct mcps__ecma_parser *p, const char *format, ...)
{
    char text[PUT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mcps__ecma_put(p, text);
}

/* ---- what a match costs ---- */

static uint32_t weight_times(uint32_t weight, uint32_t times)
{
    uint64_t product = (uint64_t)weight * (times > 0 ? times : 1);

    return product < WEIGHT_MAX ? (uint32_t)product : WEIGHT_MAX;
}

static void add_weight(struct mcps__ecma_parser *p, uint32_t weight)
{
    uint32_t *sum = &p->groups[p->current].weight;

    *sum = *sum + weight < WEIGHT_MAX ? *sum + weight : WEIGHT_MAX;
}

/* A lookahead that has matched is left at once: what was scanned for it is never gone back
 * over, step by step. Everywhere else it is, or the match is done. */
static void add_weight_times(struct mcps__ecma_parser *p, uint32_t weight,
                             const struct times *times)
{
    uint32_t n = times->min;

    if (p->in_ahead > 0) {
        n = times->max < SCANS_MAX ? times->max : SCANS_MAX;
        p->cost->hides |= times->max > SCANS_MAX;
    }
    add_weight(p, weight_times(weight, n));
}

/* ---- quantifiers ---- */

static uint32_t read_decimal(struct mcps__ecma_parser *p)
{
    uint32_t value = 0;

    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
        value = value > TIMES_MAX ? value : value * 10 + (uint32_t)(*p->at - '0');
    return value;
}

static bool is_digit(const struct mcps__ecma_parser *p)
{
    return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static bool take(struct mcps__ecma_parser *p, char c)
{
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

/* "{2}", "{2,}", "{2,3}". False, with nothing read, for a brace that stands for itself. */
static bool read_braces(struct mcps__ecma_parser *p, struct times *ret)
{
    const char *brace = p->at;

    if (take(p, '{') && is_digit(p)) {
        ret->min = ret->max = read_decimal(p);
        if (take(p, ','))
            ret->max = is_digit(p) ? read_decimal(p) : UINT32_MAX;
        if (take(p, '}'))
            return true;
    }
    p->at = brace;
    return false;
}

static bool read_times(struct mcps__ecma_parser *p, struct times *ret)
{
    const char *place = p->at;

    *ret = (struct times){ 1, 1 };
    if (take(p, '*'))
        *ret = (struct times){ 0, UINT32_MAX };
    else if (take(p, '+'))
        *ret = (struct times){ 1, UINT32_MAX };
    else if (take(p, '?'))
        *ret = (struct times){ 0, 1 };
    else if (!read_braces(p, ret))
        return false;
    if (ret->min > ret->max)
        mcps__ecma_fail(p, place, "the least of the quantifier is more than its most");
    if (ret->min > TIMES_MAX || (ret->max > TIMES_MAX && ret->max != UINT32_MAX)) {
        mcps__ecma_refuse(p, place, "nothing can be repeated more than %d times",
                          TIMES_MAX);
        *ret = (struct times){ 1, 1 };
    }
    return true;
}

static void put_times(struct mcps__ecma_parser *p, const struct times *times)
{
    if (times->max == UINT32_MAX)
        mcps__ecma_put_format(p, "{%u,}", (unsigned)times->min);
    else
        mcps__ecma_put_format(p, "{%u,%u}", (unsigned)times->min, (unsigned)times->max);
    if (take(p, '?'))
        mcps__ecma_put(p, "?");
}

/* Behind anything but a group. */
static void quantify_piece(struct mcps__ecma_parser *p, uint32_t weight)
{
    struct times times;

    if (read_times(p, &times)) {
        put_times(p, &times);
        if (times.min < times.max && times.max > 1)
            mcps__ecma_put(p, APART);
    }
    add_weight_times(p, weight, &times);
}

static void quantify_group(struct mcps__ecma_parser *p, struct mcps__ecma_group *g)
{
    struct times times;

    if (g->kind == MCPS__ECMA_PLAIN) {
        if (read_times(p, &times))
            put_times(p, &times);
    } else if (g->kind == MCPS__ECMA_AHEAD && read_times(p, &times)) {
        /* A turn that consumes nothing counts only if it has to be taken. */
        take(p, '?');
        if (times.min == 0)
            mcps__ecma_put(p, "{0}");
        times.max = times.min = times.min > 0;
    } else {
        times = (struct times){ 1, 1 };
    }
    g->may_miss = times.min != 1 || times.max != 1;
    g->resets = times.max > 1 || (times.min == 0 && g->looks);
    add_weight(p, weight_times(g->weight, times.min));
}

/* ---- groups ---- */

/* Behind "(": what kind of group it is, and what PCRE2 wants to see for that. NULL for what
 * is none of ECMA-262. */
static const char *read_kind(struct mcps__ecma_parser *p, enum mcps__ecma_kind *ret,
                             bool *ret_captures)
{
    static const struct {
        const char *text;
        enum mcps__ecma_kind kind;
    } kinds[] = {
        { "(?:", MCPS__ECMA_PLAIN },   { "(?=", MCPS__ECMA_AHEAD },
        { "(?!", MCPS__ECMA_AHEAD },   { "(?<=", MCPS__ECMA_BEHIND },
        { "(?<!", MCPS__ECMA_BEHIND },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i].text);

        if ((size_t)(p->end - p->at) >= len && memcmp(p->at, kinds[i].text, len) == 0) {
            p->at += len;
            *ret = kinds[i].kind;
            *ret_captures = false;
            return kinds[i].text;
        }
    }
    p->at++;
    *ret = MCPS__ECMA_PLAIN;
    *ret_captures = true;
    if (!take(p, '?') || take(p, '<'))
        return p->captures ? "(" : "(?:";
    return NULL;
}

static void open_group(struct mcps__ecma_parser *p)
{
    const struct mcps__ecma_group *up = &p->groups[p->current];
    struct mcps__ecma_group g = {
        .up = p->current,
        .depth = up->depth + 1,
        .branch = up->bars,
    };
    const char *text, *name = NULL;
    bool captures;
    size_t name_len = 0;

    text = read_kind(p, &g.kind, &captures);
    if (!text) {
        mcps__ecma_fail(p, p->term, "there are no groups that begin so");
        return;
    }
    if (g.depth > MCPS__ECMA_NEST_MAX) {
        mcps__ecma_fail(p, p->term, "groups are nested deeper than %d",
                        MCPS__ECMA_NEST_MAX);
        p->r = MCPS_ELIMIT;
        return;
    }
    if (p->at[-1] == '<' && !mcps__ecma_name(p, &name, &name_len))
        return;
    mcps__ecma_put(p, text);
    p->in_ahead += g.kind == MCPS__ECMA_AHEAD;
    p->in_behind += g.kind == MCPS__ECMA_BEHIND;
    p->current = p->n_groups++;
    p->groups[p->current] = g;
    if (captures)
        mcps__ecma_add_capture(p, name, name_len);
}

static void close_group(struct mcps__ecma_parser *p)
{
    struct mcps__ecma_group *g = &p->groups[p->current];

    if (p->current == 0) {
        mcps__ecma_fail(p, p->term, "there is no group to be closed");
        return;
    }
    p->at++;
    mcps__ecma_put(p, ")");
    g->closed = true;
    g->looks |= g->kind != MCPS__ECMA_PLAIN;
    p->in_ahead -= g->kind == MCPS__ECMA_AHEAD;
    p->in_behind -= g->kind == MCPS__ECMA_BEHIND;
    p->groups[g->up].looks |= g->looks;
    p->current = g->up;
    quantify_group(p, g);
}

static void next_alternative(struct mcps__ecma_parser *p)
{
    struct mcps__ecma_group *g = &p->groups[p->current];

    p->at++;
    mcps__ecma_put(p, "|");
    /* PCRE2 would not see any more that a lookbehind has one length. */
    if (p->in_behind > 0)
        p->cost->uncounted = true;
    else if (p->current != 0 && g->bars == 0)
        mcps__ecma_put(p, COUNTED);
    g->bars++;
}

/* ---- pieces ---- */

static void backslash(struct mcps__ecma_parser *p)
{
    p->at++;
    if (p->at == p->end) {
        mcps__ecma_fail(p, p->term, "there is nothing behind the backslash");
    } else if (*p->at == 'b' || *p->at == 'B') {
        mcps__ecma_put_format(p, "\\%c", *p->at++);
    } else if (*p->at == 'k' || (*p->at >= '1' && *p->at <= '9')) {
        mcps__ecma_backreference(p);
        quantify_piece(p, 1);
    } else if (mcps__ecma_escape(p)) {
        quantify_piece(p, 1);
    } else {
        mcps__ecma_fail(p, p->term, "there is no escape \\%c", *p->at);
    }
}

static void literal(struct mcps__ecma_parser *p)
{
    struct times times;

    if (memchr("*+?", *p->at, 3) || (*p->at == '{' && read_braces(p, &times))) {
        mcps__ecma_fail(p, p->term, "there is nothing to repeat");
        return;
    }
    mcps__ecma_put_char(p, mcps__ecma_next(p));
    quantify_piece(p, 1);
}

static void piece(struct mcps__ecma_parser *p)
{
    p->term = p->at;
    switch (*p->at) {
    case '(': open_group(p); break;
    case ')': close_group(p); break;
    case '|': next_alternative(p); break;
    case '^':
    case '$': mcps__ecma_put_format(p, "%c", *p->at++); break;
    case '[': quantify_piece(p, mcps__ecma_brackets(p)); break;
    case '\\': backslash(p); break;
    case '.':
        p->at++;
        mcps__ecma_put(p, "[^\\n\\r\\x{2028}\\x{2029}]");
        quantify_piece(p, 1);
        break;
    default: literal(p); break;
    }
}

static void pass(struct mcps__ecma_parser *p)
{
    *p->cost = (struct mcps__ecma_cost){ .weight = 0 };
    p->at = p->term = p->start;
    p->n_groups = 1;
    p->groups[0] = (struct mcps__ecma_group){ .up = 0 };
    p->n_caught = p->n_refs = p->current = 0;
    while (p->r >= 0 && p->at < p->end)
        piece(p);
    if (p->current != 0)
        mcps__ecma_fail(p, p->end, "a group is not closed");
    p->cost->weight = p->groups[0].weight;
    p->cost->hides |= p->n_refs > 0;
}

/* ---- the whole ---- */

static size_t count(const char *text, size_t len, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += text[i] == c;
    return n;
}

/* Room for as many groups and backreferences as there can be. */
static int parser_init(struct mcps__ecma_parser *p, struct mcps__buf *out,
                       struct mcps__ecma_cost *cost, const char *pattern, size_t len)
{
    size_t groups = 1 + count(pattern, len, '('), refs = count(pattern, len, '\\');

    *p = (struct mcps__ecma_parser){
        .start = pattern,
        .end = pattern + len,
        .out = out,
        .cost = cost,
        .groups = mcps__malloc(groups * sizeof *p->groups),
        .caught = mcps__malloc(groups * sizeof *p->caught),
        .refs = mcps__malloc(refs * sizeof *p->refs),
    };
    return p->groups && p->caught && p->refs ? 0 : -ENOMEM;
}

static void parser_fini(struct mcps__ecma_parser *p)
{
    mcps__free(p->groups);
    mcps__free(p->caught);
    mcps__free(p->refs);
}

static int parse(struct mcps__ecma_parser *p)
{
    size_t begin = p->out->len;

    pass(p);
    if (p->r >= 0)
        mcps__ecma_check_refs(p);
    if (p->r >= 0 && p->n_refs > 0) {
        p->out->len = begin;
        p->captures = true;
        pass(p);
    }
    return p->r;
}

static int check_bytes(const char *pattern, size_t len, char *reterr, size_t reterr_size)
{
    size_t valid;

    if (len > MCPS__ECMA_MAX) {
        snprintf(reterr, reterr_size, "the regular expression is longer than %d bytes",
                 MCPS__ECMA_MAX);
        return MCPS_ELIMIT;
    }
    valid = mcps__utf8_valid_prefix(pattern, len);
    if (valid == len)
        return 0;
    snprintf(reterr, reterr_size,
             "what is at character %zu of the regular expression is not UTF-8",
             characters(pattern, pattern + valid) + 1);
    return MCPS_EINVALID;
}

static int run(struct mcps__buf *out, struct mcps__ecma_cost *cost, const char *pattern,
               size_t len, bool only_checks, char *reterr, size_t reterr_size)
{
    struct mcps__ecma_parser p;
    int r = check_bytes(pattern, len, reterr, reterr_size);

    if (r < 0)
        return r;
    r = parser_init(&p, out, cost, pattern, len);
    if (r >= 0) {
        p.error = reterr;
        p.error_size = reterr_size;
        p.only_checks = only_checks;
        r = parse(&p);
    }
    parser_fini(&p);
    return r;
}

int mcps__ecma_translate(struct mcps__buf *out, struct mcps__ecma_cost *ret,
                         const char *pattern, size_t len, char *reterr,
                         size_t reterr_size)
{
    return run(out, ret, pattern, len, false, reterr, reterr_size);
}

int mcps__ecma_check(const char *pattern, size_t len, char *reterr, size_t reterr_size)
{
    struct mcps__ecma_cost cost;
    struct mcps__buf out;
    int r;

    mcps__buf_init(&out, SIZE_MAX);
    r = run(&out, &cost, pattern, len, true, reterr, reterr_size);
    mcps__buf_fini(&out);
    return r;
}

int mcps__ecma_find(struct mcps__ecma_piece *ret, const char *pattern, size_t len,
                    size_t offset)
{
    struct mcps__ecma_parser p;
    struct mcps__ecma_cost cost;
    struct mcps__buf out;
    char error[ERROR_SIZE];
    int r;

    mcps__buf_init(&out, SIZE_MAX);
    r = parser_init(&p, &out, &cost, pattern, len);
    if (r >= 0) {
        p.error = error;
        p.error_size = sizeof error;
        r = parse(&p);
    }
    if (r >= 0) {
        /* Once more: it ends where there is no more room for what it writes. */
        mcps__buf_fini(&out);
        out.max = offset;
        pass(&p);
        r = p.r == MCPS_ELIMIT ? 0 : p.r;
        ret->text = p.term;
        ret->len = (size_t)(p.at - p.term);
        ret->place = characters(pattern, p.term) + 1;
    }
    parser_fini(&p);
    mcps__buf_fini(&out);
    return r;
}
