/* SPDX-License-Identifier: MIT */
/* Checking a tree by a compiled schema; see mcpserver/schema.h. */
#include "config.h"

#include "mcpserver/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "schema/eval.h"
#include "util/mem.h"
#include "util/random.h"

enum {
    MEMORY_KEPT = 64 << 10, /* bytes of a scratch that stay for the next check */
    COERCE_ROUNDS = 8       /* strings within strings */
};

/* ---- scratch ---- */

int mcps_schema_scratch_new(mcps_schema_scratch **ret)
{
    struct mcps_schema_scratch *scratch = mcps__calloc(1, sizeof *scratch);
    struct mcps__json_limits limits = mcps__json_default_limits;
    int r;

    if (!scratch)
        return -ENOMEM;
    /* What is large is so by the will of whoever has it in memory already. */
    limits.size = UINT32_MAX;
    limits.string = UINT32_MAX;
    limits.values = UINT32_MAX;
    mcps__buf_init(&scratch->memory, SIZE_MAX);
    r = mcps__random_bytes(scratch->seed, sizeof scratch->seed);
    if (r >= 0)
        r = mcps__tree_parser_init(&scratch->parser, &limits);
    if (r < 0)
        mcps_schema_scratch_free(scratch);
    else
        *ret = scratch;
    return r;
}

mcps_schema_scratch *mcps_schema_scratch_free(mcps_schema_scratch *scratch)
{
    if (!scratch)
        return NULL;
    mcps__tree_parser_fini(&scratch->parser);
    mcps__regex_scratch_fini(&scratch->regex);
    mcps__buf_fini(&scratch->memory);
    mcps__arena_fini(&scratch->texts);
    mcps__arena_fini(&scratch->marks);
    mcps__free(scratch);
    return NULL;
}

static void scratch_reset(struct mcps_schema_scratch *scratch)
{
    const struct mcps__arena_mark start = { .block = NULL };

    mcps__arena_release(&scratch->marks, start);
    mcps__arena_release(&scratch->texts, start);
    mcps__buf_shrink(&scratch->memory, MEMORY_KEPT);
    scratch->report = (struct mcps__report){ .n = 0 };
}

size_t mcps_schema_n_errors(const mcps_schema_scratch *scratch)
{
    return scratch->report.n;
}

const struct mcps_schema_error *mcps_schema_error_at(const mcps_schema_scratch *scratch,
                                                     size_t i)
{
    const struct mcps__reported *reported = scratch->report.first;

    for (; reported && i > 0; i--)
        reported = reported->next;
    return reported ? &reported->error : NULL;
}

/* ---- checks ---- */

/* Up to the verdict, or, with `explains`, for the errors. */
static int run(struct mcps__eval *e, const mcps_schema *schema, struct json_object *tree,
               bool explains)
{
    bool fits;

    e->schema = schema;
    e->steps = schema->max_steps;
    e->nesting = schema->max_nesting;
    e->report = explains ? &e->scratch->report : NULL;
    fits = mcps__eval_fits(e, schema->root, tree, NULL, NULL);
    if (e->error < 0)
        return e->error;
    return fits ? 0 : MCPS_EINVALID;
}

/* It does not fit; whether it could be said why or not. */
static int explain_more(struct mcps__eval *e)
{
    if (e->scratch->report.n == 0) {
        e->error = 0;
        mcps__explain_plainly(e,
                              "the value does not fit; to say why takes more steps than "
                              "a check may");
    }
    return e->error == -ENOMEM ? e->error : MCPS_EINVALID;
}

static int check(struct mcps__eval *e, const mcps_schema *schema,
                 struct json_object *tree, unsigned max_errors)
{
    int r;

    scratch_reset(e->scratch);
    r = run(e, schema, tree, false);
    if (max_errors == 0 || (r != MCPS_EINVALID && r != MCPS_ELIMIT))
        return r;
    e->scratch->report.max = max_errors;
    if (r == MCPS_ELIMIT) {
        e->report = &e->scratch->report;
        mcps__explain_end(e);
        return e->error;
    }
    r = run(e, schema, tree, true);
    return r == MCPS_ELIMIT ? explain_more(e) : r;
}

int mcps_schema_check(const mcps_schema *schema, struct json_object *tree,
                      mcps_schema_scratch *scratch, unsigned max_errors)
{
    struct mcps__eval e = { .scratch = scratch };

    return check(&e, schema, tree, max_errors);
}

/* What is wrong with a text, as the one error. */
static int explain_text(struct mcps__eval *e, int error)
{
    char text[256];

    snprintf(text, sizeof text, "%s, at byte %zu", mcps__json_strerror(error),
             e->scratch->parser.scan.pos);
    e->report = &e->scratch->report;
    mcps__explain_plainly(e, text);
    if (e->error < 0)
        return e->error;
    return mcps__json_error_is_limit(error) ? MCPS_ELIMIT : MCPS_EINVALID;
}

int mcps_schema_check_text(const mcps_schema *schema, const char *json, size_t len,
                           mcps_schema_scratch *scratch, unsigned max_errors)
{
    struct mcps__eval e = { .schema = schema, .scratch = scratch };
    struct json_object *tree = NULL;
    int r;

    scratch_reset(scratch);
    r = mcps__tree_parse(&scratch->parser, &tree, json, len);
    if (r < 0 && r != -ENOMEM)
        return max_errors > 0                 ? explain_text(&e, r)
               : mcps__json_error_is_limit(r) ? MCPS_ELIMIT
                                              : MCPS_EINVALID;
    if (r >= 0)
        r = check(&e, schema, tree, max_errors);
    json_object_put(tree);
    return r;
}

/* ---- coercion ---- */

/* One round: what does not fit is replaced, as far as it can be. */
static int coerce_all(struct mcps__eval *e, const mcps_schema *schema,
                      struct json_object **tree, size_t *n)
{
    size_t before = *n;
    int r;

    e->coerces = true;
    e->scratch->report.max = UINT_MAX;
    r = run(e, schema, *tree, true);
    if (r != MCPS_EINVALID)
        return r;
    r = mcps__coerce_apply(e, tree, n);
    return r < 0 ? r : *n > before;
}

int mcps_schema_coerce(const mcps_schema *schema, struct json_object **tree,
                       mcps_schema_scratch *scratch, unsigned max_errors, size_t *ret_n)
{
    int r = 1;

    *ret_n = 0;
    for (int round = 0; round < COERCE_ROUNDS && r > 0; round++) {
        struct mcps__eval e = { .scratch = scratch };

        r = check(&e, schema, *tree, 0);
        if (r == MCPS_EINVALID)
            r = coerce_all(&e, schema, tree, ret_n);
    }
    return r == -ENOMEM ? r : mcps_schema_check(schema, *tree, scratch, max_errors);
}
