/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions by PCRE2; see regex.h.
 *
 * How much a match may take. PCRE2 counts steps and ends a match at a limit, but it counts
 * anew from each place where a match may begin, so that a search is bounded by nothing.
 * Therefore the search is a part of the expression, and everything is matched at the
 * beginning of the text alone. What lies between two counted steps is bounded by the
 * expression, or by the text (see ecma.h): a limit is charged by so much more.
 *
 * A match begins with a small limit, for which it is charged little, and while that does not
 * suffice is repeated with one that is eight times as large. So it is charged for no more
 * than about eight times the steps that it has taken.
 */
#include "config.h"

#include "schema/regex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "schema/ecma.h"
#include "schema/on_valgrind.h"
#include "util/mem.h"

/* Finds the first place where the expression matches. */
#define SEARCH     ".*?(?:"
#define SEARCH_END ")"

enum {
    TRANSLATION_MAX = 1 << 20, /* bytes */
    JIT_CODE_MAX = 16384,      /* bytes of an expression for which machine code is made */
    JIT_STACK_FIRST = 32 << 10,
    JIT_STACK_MAX = 512 << 10,
    HEAP_MAX_KIB = 4096 /* without the JIT; about as much as its stack is good for */
};

/* PCRE2's steps. */
enum {
    LIMIT_FIRST = 256,
    LIMIT_FACTOR = 8,
    LIMIT_LAST = 1 << 21,
    LIMITS_PER_STEP = 256, /* of these for one of the steps that are charged */
    SEARCH_STEPS = 2,      /* at each place of the text, at least */
    LAST_PER_BYTE = 8,
    BYTES_PER_STEP = 1024, /* of a text that is gone over once */
    WEIGHT_PER_STEP = 8,   /* looked at within one step, before it costs as two */
    HIDDEN_BYTES_PER_STEP = 256,
    JIT_GAIN = 4 /* a long match is at least so much faster with the JIT */
};

struct mcps__regex {
    pcre2_code *code;
    uint64_t weight; /* what a step of PCRE2 costs, at least 1 */
    bool searches;   /* it may begin to match anywhere */
    bool hides;      /* as in struct mcps__ecma_cost */
    bool has_jit;
};

bool mcps__regex_available(void)
{
    return true;
}

/* ---- PCRE2's memory is ours ---- */

static void *take_memory(size_t size, void *unused)
{
    (void)unused;
    return mcps__malloc(size);
}

static void free_memory(void *memory, void *unused)
{
    (void)unused;
    mcps__free(memory);
}

static pcre2_general_context *new_general_context(void)
{
    return pcre2_general_context_create(take_memory, free_memory, NULL);
}

/* ---- making one ---- */

/* Says what PCRE2 has against an expression. */
static int explain(int number, const char *pattern, size_t len, size_t offset,
                   char *reterr, size_t reterr_size)
{
    struct mcps__ecma_piece piece;
    PCRE2_UCHAR why[160];
    int r;

    pcre2_get_error_message(number, why, sizeof why);
    switch (number) {
    case PCRE2_ERROR_HEAP_FAILED: return -ENOMEM;
    case PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP:
    case PCRE2_ERROR_PATTERN_TOO_LARGE:
    case PCRE2_ERROR_PATTERN_TOO_COMPLICATED:
        snprintf(reterr, reterr_size, "%s", (const char *)why);
        return MCPS_ELIMIT;
    case PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY: offset--; break; /* it lies before that */
    default: break;
    }
    r = mcps__ecma_find(&piece, pattern, len, offset);
    if (r < 0)
        return r;
    snprintf(
        reterr, reterr_size, "%s: \"%.*s\", at character %zu of the regular expression",
        (const char *)why, piece.len < 60 ? (int)piece.len : 60, piece.text, piece.place);
    return MCPS_EINVALID;
}

static pcre2_code *compile(const char *text, size_t len, uint32_t options,
                           int *ret_number, size_t *ret_offset)
{
    pcre2_general_context *general = new_general_context();
    pcre2_compile_context *context = NULL;
    pcre2_code *code = NULL;

    *ret_number = PCRE2_ERROR_HEAP_FAILED;
    if (general)
        context = pcre2_compile_context_create(general);
    if (context)
        code = pcre2_compile((PCRE2_SPTR)text, len,
                             options | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOTALL |
                                 PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                                 PCRE2_NO_AUTO_POSSESS,
                             ret_number, ret_offset, context);
    pcre2_compile_context_free(context);
    pcre2_general_context_free(general);
    return code;
}

static bool is_anchored(const pcre2_code *code)
{
    uint32_t options = 0;

    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    return (options & PCRE2_ANCHORED) != 0;
}

/* Compiles a translation, to be matched where a text begins. It is taken alone first, for
 * that tells where it may match, and where its errors are. */
static int compile_search(struct mcps__regex *regex, const struct mcps__buf *search,
                          const char *pattern, size_t len, char *reterr,
                          size_t reterr_size)
{
    size_t before = strlen(SEARCH), offset = 0;
    int number;

    regex->code = compile(search->data + before,
                          search->len - before - strlen(SEARCH_END), 0, &number, &offset);
    if (!regex->code)
        return explain(number, pattern, len, offset, reterr, reterr_size);
    if (is_anchored(regex->code))
        return 0;
    pcre2_code_free(regex->code);
    regex->searches = true;
    regex->code = compile(search->data, search->len, PCRE2_ANCHORED, &number, &offset);
    if (!regex->code)
        return explain(number, pattern, len, offset > before ? offset - before : 0,
                       reterr, reterr_size);
    return 0;
}

/* Without it, matches are slower, and that is all. */
static void make_jit(struct mcps__regex *regex)
{
    size_t size = 0;

    pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &size);
    regex->has_jit = size <= JIT_CODE_MAX && !mcps__on_valgrind() &&
                     pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
}

static int make(struct mcps__regex *regex, const char *pattern, size_t len, char *reterr,
                size_t reterr_size)
{
    struct mcps__ecma_cost cost;
    struct mcps__buf search;
    int r;

    mcps__buf_init(&search, TRANSLATION_MAX);
    r = mcps__buf_append_str(&search, SEARCH);
    if (r >= 0)
        r = mcps__ecma_translate(&search, &cost, pattern, len, reterr, reterr_size);
    if (r >= 0)
        r = mcps__buf_append_str(&search, SEARCH_END);
    if (r >= 0)
        r = compile_search(regex, &search, pattern, len, reterr, reterr_size);
    mcps__buf_fini(&search);
    if (r < 0)
        return r;
    regex->weight = 1 + cost.weight / WEIGHT_PER_STEP;
    regex->hides = cost.hides;
    if (!cost.uncounted)
        make_jit(regex);
    return 0;
}

int mcps__regex_new(struct mcps__regex **ret, const char *pattern, size_t len,
                    char *reterr, size_t reterr_size)
{
    struct mcps__regex *regex = mcps__calloc(1, sizeof *regex);
    int r;

    if (!regex)
        return -ENOMEM;
    r = make(regex, pattern, len, reterr, reterr_size);
    if (r < 0) {
        mcps__regex_free(regex);
        return r;
    }
    *ret = regex;
    return 0;
}

struct mcps__regex *mcps__regex_free(struct mcps__regex *regex)
{
    if (!regex)
        return NULL;
    pcre2_code_free(regex->code);
    mcps__free(regex);
    return NULL;
}

/* ---- what matching needs ---- */

static int prepare(struct mcps__regex_scratch *scratch)
{
    pcre2_general_context *general = new_general_context();

    if (!general)
        return -ENOMEM;
    if (!scratch->match_data)
        scratch->match_data = pcre2_match_data_create(1, general);
    if (!scratch->context)
        scratch->context = pcre2_match_context_create(general);
    if (!scratch->stack)
        scratch->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, general);
    pcre2_general_context_free(general);
    if (!scratch->match_data || !scratch->context || !scratch->stack)
        return -ENOMEM;
    pcre2_set_heap_limit(scratch->context, HEAP_MAX_KIB);
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    scratch->ready = true;
    return 0;
}

void mcps__regex_scratch_fini(struct mcps__regex_scratch *scratch)
{
    pcre2_match_data_free(scratch->match_data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    *scratch = (struct mcps__regex_scratch){ .match_data = NULL };
}

/* ---- matching ---- */

static bool uses_jit(const struct mcps__regex *regex,
                     const struct mcps__regex_scratch *scratch)
{
    return regex->has_jit && !scratch->no_jit;
}

/* Returns what PCRE2 does. */
static int match(const struct mcps__regex *regex, struct mcps__regex_scratch *scratch,
                 const char *text, size_t len, uint64_t limit)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)text;

    pcre2_set_match_limit(scratch->context,
                          limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX);
    if (uses_jit(regex, scratch))
        return pcre2_jit_match(regex->code, subject, len, 0, 0, scratch->match_data,
                               scratch->context);
    return pcre2_match(regex->code, subject, len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                       scratch->match_data, scratch->context);
}

static int result_of(int r)
{
    if (r >= 0)
        return 1;
    switch (r) {
    case PCRE2_ERROR_NOMATCH: return 0;
    case PCRE2_ERROR_NOMEMORY: return -ENOMEM;
    default: return MCPS_ELIMIT; /* of steps or of memory; there are no other errors */
    }
}

static uint64_t price(const struct mcps__regex *regex, size_t len, uint64_t limit)
{
    uint64_t hidden = regex->hides ? len / HIDDEN_BYTES_PER_STEP : 0;

    return (limit / LIMITS_PER_STEP * (1 + hidden) + len / BYTES_PER_STEP) *
           regex->weight;
}

int mcps__regex_search(const struct mcps__regex *regex,
                       struct mcps__regex_scratch *scratch, const char *text, size_t len,
                       uint64_t *steps)
{
    uint64_t limit = LIMIT_FIRST + (regex->searches ? SEARCH_STEPS * (uint64_t)len : 0);
    uint64_t last = LIMIT_LAST + LAST_PER_BYTE * (uint64_t)len;
    uint64_t factor = 1;
    int r = scratch->ready ? 0 : prepare(scratch);

    if (r < 0)
        return r;
    for (;;) {
        uint64_t charged = price(regex, len, limit) * factor;

        if (charged > *steps)
            return MCPS_ELIMIT;
        *steps -= charged;
        r = match(regex, scratch, len > 0 ? text : "", len, limit);
        if (r != PCRE2_ERROR_MATCHLIMIT || limit == last)
            return result_of(r);
        limit = limit < last / LIMIT_FACTOR ? limit * LIMIT_FACTOR : last;
        factor = uses_jit(regex, scratch) ? 1 : JIT_GAIN;
    }
}
