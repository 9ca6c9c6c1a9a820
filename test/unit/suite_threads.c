/* SPDX-License-Identifier: MIT */
/*
 * Threads that share compiled schemas: groups of the JSON Schema test suite beside the
 * project, each thread with a scratch and trees of its own. Skipped where it is missing.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema_judge.h"
#include "suite_files.h"
#include "suite_json.h"

extern const struct unit_test suite_threads_tests[];

enum { THREADS = 4, SHARED_MAX = 200, TEXTS_MAX = 16, ROUNDS = 3 };

/* Immutable while the threads run: schemas, and the tests of each. */
struct shared {
    mcps_schema *schemas[SHARED_MAX];
    struct piece *tests[SHARED_MAX];
    size_t n_tests[SHARED_MAX], n;
    char *texts[TEXTS_MAX];
    size_t n_texts;
    pthread_barrier_t barrier;
};

struct checker {
    pthread_t thread;
    struct shared *shared;
    unsigned checked, wrong;
};

static void check_one(struct checker *c, struct judge *j, size_t i, struct piece test)
{
    struct piece data, valid;
    struct json_object *tree = NULL;

    c->wrong++;
    if (!piece_member(test, "data", &data) || !piece_member(test, "valid", &valid) ||
        judge_parse(j, &tree, data.text, data.len) < 0)
        return;
    c->checked++;
    if (mcps_schema_check(c->shared->schemas[i], tree, j->scratch, c->checked % 3) ==
        (piece_is_true(valid) ? 0 : MCPS_EINVALID))
        c->wrong--;
    json_object_put(tree);
}

static void *check_all(void *arg)
{
    struct checker *c = arg;
    struct shared *shared = c->shared;
    struct judge j;

    if (judge_open(&j) < 0)
        abort();
    pthread_barrier_wait(&shared->barrier);
    for (size_t i = 0; i < ROUNDS * shared->n; i++) {
        size_t group = i % shared->n;

        for (size_t k = 0; k < shared->n_tests[group]; k++)
            check_one(c, &j, group, shared->tests[group][k]);
    }
    judge_close(&j);
    return NULL;
}

static void share_group(struct shared *shared, struct judge *j, struct piece group,
                        const struct mcps_schema_options *options)
{
    struct piece schema, tests;

    if (shared->n == SHARED_MAX || !piece_member(group, "schema", &schema) ||
        !piece_member(group, "tests", &tests) ||
        judge_compile_bytes(j, schema.text, schema.len, options) < 0)
        return;
    shared->schemas[shared->n] = mcps_schema_ref(j->schema);
    shared->tests[shared->n] = piece_items(tests, &shared->n_tests[shared->n]);
    shared->n++;
}

static void share_file(struct shared *shared, const struct suite_files *files,
                       const char *name)
{
    const struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.documents = files->documents,
                            .n_documents = files->n_documents);
    char path[SUITE_PATH_MAX];
    struct piece *groups;
    size_t len = 0, n = 0;
    struct judge j;
    char *text;

    snprintf(path, sizeof path, "%s/tests/draft2020-12/%s", files->dir, name);
    text = unit_read_file(path, &len);
    if (!text || judge_open(&j) < 0)
        abort();
    shared->texts[shared->n_texts++] = text;
    groups = piece_items((struct piece){ text, len }, &n);
    for (size_t i = 0; i < n; i++)
        share_group(shared, &j, groups[i], &options);
    free(groups);
    judge_close(&j);
}

static void free_shared(struct shared *shared)
{
    for (size_t i = 0; i < shared->n; i++) {
        mcps_schema_unref(shared->schemas[i]);
        free(shared->tests[i]);
    }
    for (size_t i = 0; i < shared->n_texts; i++)
        free(shared->texts[i]);
}

static void threads_share_schemas(void)
{
    static const char *const names[] = {
        "anyOf.json",       "dynamicRef.json",       "enum.json",
        "multipleOf.json",  "pattern.json",          "properties.json",
        "uniqueItems.json", "unevaluatedItems.json", "unevaluatedProperties.json"
    };
    struct checker checkers[THREADS] = { { .shared = NULL } };
    struct shared shared = { .n = 0 };
    struct suite_files files;
    size_t made = 0;

    if (!suite_open(&files))
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        share_file(&shared, &files, names[i]);
    if (pthread_barrier_init(&shared.barrier, NULL, THREADS) != 0)
        abort();
    for (; made < THREADS; made++) {
        checkers[made].shared = &shared;
        if (pthread_create(&checkers[made].thread, NULL, check_all, &checkers[made]) != 0)
            abort();
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(checkers[i].thread, NULL);
    pthread_barrier_destroy(&shared.barrier);
    printf("(%zu schemas, %u checks a thread) ", shared.n, checkers[0].checked);
    CHECK(shared.n > 100 && checkers[0].checked > 1000);
    for (size_t i = 0; i < THREADS; i++) {
        CHECK_INT(checkers[i].wrong, 0);
        CHECK_INT(checkers[i].checked, checkers[0].checked);
    }
out:
    free_shared(&shared);
    suite_close(&files);
}

const struct unit_test suite_threads_tests[] = {
    UNIT_TEST_ONCE(threads_share_schemas, "allocations of four threads fail at random"),
    UNIT_END,
};
