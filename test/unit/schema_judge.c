/* SPDX-License-Identifier: MIT */
/* What the tests of the schema checker share; see schema_judge.h. */
#include "config.h"

#include "unit.h"

#include "schema_judge.h"

#include <stdio.h>
#include <string.h>

#include "../fixtures/schema_errors.h"

int judge_open(struct judge *j)
{
    static const struct mcps__json_limits limits = { .size = 64u << 20,
                                                     .depth = MCPS__JSON_DEPTH_MAX,
                                                     .string = 16u << 20,
                                                     .number = 4096,
                                                     .values = 16u << 20,
                                                     .name = MCPS__JSON_NAME_MAX,
                                                     .members = 16u << 20 };
    int r;

    *j = (struct judge){ .schema = NULL };
    r = mcps__tree_parser_init(&j->parser, &limits);
    return r < 0 ? r : mcps_schema_scratch_new(&j->scratch);
}

void judge_close(struct judge *j)
{
    json_object_put(j->tree);
    json_object_put(j->schema_tree);
    mcps_schema_unref(j->schema);
    mcps_schema_scratch_free(j->scratch);
    mcps__tree_parser_fini(&j->parser);
    *j = (struct judge){ .schema = NULL };
}

int judge_parse(struct judge *j, struct json_object **ret, const char *text, size_t len)
{
    return mcps__tree_parse(&j->parser, ret, text, len);
}

int judge_compile_bytes(struct judge *j, const char *schema, size_t len,
                        const struct mcps_schema_options *options)
{
    mcps_schema *made = NULL;
    int r;

    j->schema = mcps_schema_unref(j->schema);
    json_object_put(j->schema_tree);
    j->schema_tree = NULL;
    memset(j->why, '#', sizeof j->why);
    r = mcps_schema_compile(&made, schema, len, options, j->why, sizeof j->why);
    if (!memchr(j->why, '\0', sizeof j->why)) {
        mcps_schema_unref(made);
        j->why[0] = '\0';
        return r == 0 || r == MCPS_EINVALID || r == MCPS_ELIMIT ? -1 : r;
    }
    if ((r == MCPS_EINVALID || r == MCPS_ELIMIT) && !schema_errors_is_line(j->why))
        return -1;
    if (r < 0)
        return r;
    j->schema = made;
    return judge_parse(j, &j->schema_tree, schema, len);
}

int judge_compile(struct judge *j, const char *schema,
                  const struct mcps_schema_options *options)
{
    return judge_compile_bytes(j, schema, strlen(schema), options);
}

/* The result, or -2. */
static int with_whole_errors(struct judge *j, int r, unsigned max)
{
    const char *wrong;

    if (r != 0 && r != MCPS_EINVALID && r != MCPS_ELIMIT)
        return r;
    wrong = schema_errors_wrong(j->scratch, r, max, j->schema_tree, j->tree);
    if (!wrong)
        return r;
    unit_note("%s (result %d, at most %u errors)", wrong, r, max);
    for (size_t i = 0; i < mcps_schema_n_errors(j->scratch); i++) {
        const struct mcps_schema_error *e = mcps_schema_error_at(j->scratch, i);

        unit_note("value %s keyword %s (%s): %s", e->value_at, e->keyword_at, e->keyword,
                  e->text);
    }
    return -2;
}

static int set_tree(struct judge *j, const char *value)
{
    json_object_put(j->tree);
    j->tree = NULL;
    return judge_parse(j, &j->tree, value, strlen(value)) < 0 ? -1 : 0;
}

int judge_tree(struct judge *j, unsigned max)
{
    return with_whole_errors(j, mcps_schema_check(j->schema, j->tree, j->scratch, max),
                             max);
}

int judge_thrice(struct judge *j)
{
    int none = judge_tree(j, 0), one = judge_tree(j, 1), many = judge_tree(j, 20);

    return none == one && one == many ? many : -3;
}

int judge_check(struct judge *j, const char *value, unsigned max)
{
    return set_tree(j, value) < 0 ? -1 : judge_tree(j, max);
}

int judge_coerce(struct judge *j, const char *value, unsigned max)
{
    int r;

    if (set_tree(j, value) < 0)
        return -1;
    j->n_coerced = SIZE_MAX;
    r = mcps_schema_coerce(j->schema, &j->tree, j->scratch, max, &j->n_coerced);
    return with_whole_errors(j, r, max);
}

int judge_both(struct judge *j, const char *schema, const char *value,
               const struct mcps_schema_options *options)
{
    int r = judge_compile(j, schema, options);

    if (r < 0)
        return r;
    return set_tree(j, value) < 0 ? -1 : judge_thrice(j);
}

const char *judge_said(struct judge *j, int r)
{
    static char said[8192];
    size_t len = 0, n = mcps_schema_n_errors(j->scratch);

    if (!j->schema)
        return j->why;
    said[0] = '\0';
    for (size_t i = 0; r < 0 && i < n && len < sizeof said; i++)
        len += (size_t)snprintf(said + len, sizeof said - len, "%s%s", i > 0 ? "\n" : "",
                                mcps_schema_error_at(j->scratch, i)->text);
    return said;
}
