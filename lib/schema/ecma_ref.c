/* SPDX-License-Identifier: MIT */
/*
 * Backreferences of regular expressions; see ecma_parser.h.
 *
 * With each turn of a repetition ECMA-262 forgets what the groups in it had captured, and it
 * takes no turn in which nothing is consumed. PCRE2 does otherwise in both. That is only seen
 * by a backreference to such a group that does not come behind it in the same turn, with
 * nothing between the two by which the group may be left out: those are refused.
 */
#include "config.h"

#include "schema/ecma_parser.h"

#include <string.h>

/* ---- groups that capture ---- */

static bool is_name(unsigned char c, bool first)
{
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '$' || (!first && c >= '0' && c <= '9');
}

bool mcps__ecma_name(struct mcps__ecma_parser *p, const char **ret, size_t *ret_len)
{
    const char *first = p->at;

    while (p->at < p->end && is_name((unsigned char)*p->at, p->at == first))
        p->at++;
    *ret = first;
    *ret_len = (size_t)(p->at - first);
    if (p->at == first || p->at == p->end || *p->at != '>') {
        mcps__ecma_fail(p, p->term, "what stands there is no name of a group");
        return false;
    }
    p->at++;
    return true;
}

/* The number of the group of that name, or 0. */
static size_t find_name(const struct mcps__ecma_parser *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->n_names; i++) {
        const struct mcps__ecma_capture *capture = &p->caught[i];

        if (capture->name && capture->name_len == len &&
            memcmp(capture->name, name, len) == 0)
            return i + 1;
    }
    return 0;
}

void mcps__ecma_add_capture(struct mcps__ecma_parser *p, const char *name, size_t len)
{
    size_t number = name ? find_name(p, name, len) : 0;

    if (number > 0 && number <= p->n_caught)
        mcps__ecma_fail(p, p->term, "there are two groups of that name");
    p->caught[p->n_caught++] = (struct mcps__ecma_capture){
        .group = p->current,
        .name = name,
        .name_len = len,
    };
    if (p->n_names < p->n_caught)
        p->n_names = p->n_caught;
}

/* ---- references ---- */

static void read_number(struct mcps__ecma_parser *p, struct mcps__ecma_ref *ref)
{
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
        if (ref->number < MCPS__ECMA_MAX)
            ref->number = ref->number * 10 + (size_t)(*p->at - '0');
        p->at++;
    }
}

static bool read_name(struct mcps__ecma_parser *p, struct mcps__ecma_ref *ref)
{
    p->at++;
    if (p->at == p->end || *p->at != '<') {
        mcps__ecma_fail(p, p->term, "\\k wants the name of a group, as in \\k<name>");
        return false;
    }
    p->at++;
    return mcps__ecma_name(p, &ref->name, &ref->name_len);
}

void mcps__ecma_backreference(struct mcps__ecma_parser *p)
{
    struct mcps__ecma_ref *ref = &p->refs[p->n_refs];

    *ref = (struct mcps__ecma_ref){
        .place = p->term,
        .in = p->current,
        .branch = p->groups[p->current].bars,
    };
    if (*p->at != 'k')
        read_number(p, ref);
    else if (!read_name(p, ref))
        return;
    if (ref->name) /* later ones are known in the second pass */
        ref->number = find_name(p, ref->name, ref->name_len);
    if (p->in_behind > 0)
        mcps__ecma_refuse(p, p->term, "a lookbehind cannot have a backreference in it");
    ref->behind = ref->number > 0 && ref->number <= p->n_caught &&
                  p->groups[p->caught[ref->number - 1].group].closed;
    p->n_refs++;
    /* In a group, for PCRE2's JIT does not repeat one that stands for nothing. */
    mcps__ecma_put_format(p, "(?:\\g{%zu})", ref->number);
}

/* ---- what PCRE2 would do otherwise ---- */

static bool is_repeated(const struct mcps__ecma_parser *p, size_t group)
{
    for (; group != 0; group = p->groups[group].up) {
        if (p->groups[group].resets)
            return true;
    }
    return false;
}

/* Is it certain, where the reference stands, that the group has matched in this turn? */
static bool is_fresh(const struct mcps__ecma_parser *p, const struct mcps__ecma_ref *ref,
                     size_t group)
{
    const struct mcps__ecma_group *g = &p->groups[group];
    size_t in = ref->in;
    unsigned branch = ref->branch;

    if (!ref->behind)
        return false;
    while (p->groups[in].depth >= g->depth) {
        branch = p->groups[in].branch;
        in = p->groups[in].up;
    }
    while (g->up != in) {
        const struct mcps__ecma_group *up = &p->groups[g->up];

        if (g->may_miss || up->bars > 0)
            return false;
        if (up->depth == p->groups[in].depth) {
            branch = p->groups[in].branch;
            in = p->groups[in].up;
        }
        g = up;
    }
    return !g->may_miss && g->branch == branch;
}

void mcps__ecma_check_refs(struct mcps__ecma_parser *p)
{
    for (size_t i = 0; i < p->n_refs; i++) {
        const struct mcps__ecma_ref *ref = &p->refs[i];
        size_t number = ref->name ? find_name(p, ref->name, ref->name_len) : ref->number;
        size_t group;

        if (number == 0 || number > p->n_caught) {
            mcps__ecma_fail(p, ref->place, "there is no such group to refer to");
            return;
        }
        group = p->caught[number - 1].group;
        if (is_repeated(p, group) && !is_fresh(p, ref, group))
            mcps__ecma_refuse(p, ref->place,
                              "the group may be left out or repeated apart from what "
                              "refers to it");
    }
}
