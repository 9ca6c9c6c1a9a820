/* SPDX-License-Identifier: MIT */
/*
 * The JSON Schema test suite beside the project: every test of both dialects. What is
 * optional passes, too, or is listed here and in doc/schema.md with the reason; a test
 * that is listed and passes is wrong. Skipped where the suite is missing.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/regex.h"
#include "schema_judge.h"
#include "suite_files.h"
#include "suite_json.h"

extern const struct unit_test schema_suite_tests[];

/* A test that comes out otherwise; without a test, a schema that is refused. */
struct exception {
    const char *draft, *file, *group, *test; /* NULL draft: both */
    const char *why;
};

#define NOT_OUR_DIALECT \
    "2019-09 is no dialect of ours, and no schema is taken for another"
#define CONTENT_IS_SAID \
    "contentEncoding and contentMediaType are annotations, as 2020-12 says"
#define LOOKBEHIND "PCRE2 looks back by a length that is known"

static const struct exception exceptions[] = {
    { "draft2020-12", "cross-draft.json",
      "refs to historic drafts are processed as historic drafts", NULL, NOT_OUR_DIALECT },
    { "draft7", "cross-draft.json",
      "refs to future drafts are processed as future drafts", NULL, NOT_OUR_DIALECT },
    { "draft7", "content.json",
      "validation of string-encoded content based on media type",
      "an invalid JSON document", CONTENT_IS_SAID },
    { "draft7", "content.json", "validation of binary string-encoding",
      "an invalid base64 string (% is not a valid character)", CONTENT_IS_SAID },
    { "draft7", "content.json", "validation of binary-encoded media type documents",
      "a validly-encoded invalid JSON document", CONTENT_IS_SAID },
    { "draft7", "content.json", "validation of binary-encoded media type documents",
      "an invalid base64 string that is valid JSON", CONTENT_IS_SAID },
};

enum { N_EXCEPTIONS = sizeof exceptions / sizeof exceptions[0], WRONG_SHOWN = 50 };

struct counts {
    unsigned files, groups, tests;
    unsigned listed;   /* tests and groups that come out as the table says */
    unsigned no_regex; /* groups that need PCRE2, where there is none */
    unsigned wrong;
};

/* What there is to run, so that a run of nothing is seen. */
struct want {
    unsigned files, groups, tests, listed;
};

struct run {
    struct suite_files files;
    struct judge judge;
    struct mcps_schema_options options;
    struct counts counts;
    const char *draft, *file;
    char group[300], test[300];
};

static bool is(const char *want, const char *name)
{
    return !want || strcmp(want, name) == 0;
}

static bool is_listed(const struct run *run, bool compiled)
{
    for (size_t i = 0; i < N_EXCEPTIONS; i++) {
        const struct exception *e = &exceptions[i];

        if (compiled == (e->test != NULL) && is(e->draft, run->draft) &&
            is(e->file, run->file) && is(e->group, run->group) && is(e->test, run->test))
            return true;
    }
    return false;
}

static void wrong(struct run *run, const char *what, const char *said)
{
    if (run->counts.wrong++ < WRONG_SHOWN)
        unit_note("%s/%s: \"%s\": \"%s\": %s: %s", run->draft, run->file, run->group,
                  run->test, what, said);
}

static void count(struct run *run, bool ok, bool listed, const char *what,
                  const char *said)
{
    if (ok && listed)
        wrong(run, "is listed as an exception, but is none", "");
    else if (!ok && !listed)
        wrong(run, what, said);
    run->counts.listed += listed;
}

static void run_test(struct run *run, struct piece test)
{
    struct judge *j = &run->judge;
    struct piece data, valid, description;
    int r, want;

    if (!piece_member(test, "data", &data) || !piece_member(test, "valid", &valid) ||
        !piece_member(test, "description", &description)) {
        wrong(run, "is no test", "");
        return;
    }
    run->counts.tests++;
    piece_string(description, run->test, sizeof run->test);
    want = piece_is_true(valid) ? 0 : MCPS_EINVALID;
    json_object_put(j->tree);
    j->tree = NULL;
    if (judge_parse(j, &j->tree, data.text, data.len) < 0) {
        wrong(run, "the data is no JSON", "");
        return;
    }
    r = judge_thrice(j);
    count(run, r == want, is_listed(run, true),
          want == 0 ? "should fit" : "should not fit",
          r == MCPS_EINVALID || r == 0 ? judge_said(j, r) : "the result is an error");
}

/* Refused because there is nothing to match patterns with, or about what is a pattern? */
static bool lacks_regex(const struct judge *j, struct piece schema)
{
    char format[20] = "";
    struct piece value;

    if (mcps__regex_available())
        return false;
    if (piece_member(schema, "format", &value))
        piece_string(value, format, sizeof format);
    return strcmp(format, "regex") == 0 || strstr(j->why, "PCRE2");
}

static void run_group(struct run *run, struct piece group)
{
    struct piece schema, tests, description, *items;
    size_t n = 0;
    int r;

    run->test[0] = '\0';
    if (!piece_member(group, "schema", &schema) ||
        !piece_member(group, "tests", &tests) ||
        !piece_member(group, "description", &description)) {
        wrong(run, "is no group", "");
        return;
    }
    run->counts.groups++;
    piece_string(description, run->group, sizeof run->group);
    r = judge_compile_bytes(&run->judge, schema.text, schema.len, &run->options);
    if (lacks_regex(&run->judge, schema)) {
        run->counts.no_regex++;
        return;
    }
    count(run, r == 0, is_listed(run, false), "does not compile", run->judge.why);
    if (r < 0)
        return;
    items = piece_items(tests, &n);
    for (size_t i = 0; i < n; i++)
        run_test(run, items[i]);
    free(items);
}

static void run_file(void *arg, const char *path, const char *name)
{
    struct run *run = arg;
    size_t len = 0, n = 0;
    char *text = unit_read_file(path, &len);
    struct piece *groups = NULL;

    run->file = name;
    run->group[0] = '\0';
    run->counts.files++;
    if (text)
        groups = piece_items((struct piece){ text, len }, &n);
    if (n == 0)
        wrong(run, "has no groups", "");
    for (size_t i = 0; i < n; i++)
        run_group(run, groups[i]);
    free(groups);
    free(text);
}

/* False when the suite is not there. */
static bool open_run(struct run *run, const char *draft, bool assert_formats)
{
    *run = (struct run){ .draft = draft };
    if (!suite_open(&run->files))
        return false;
    if (judge_open(&run->judge) < 0)
        abort();
    run->options =
        (struct mcps_schema_options)MCPS_SCHEMA_OPTIONS(.documents = run->files.documents,
                                                        .n_documents =
                                                            run->files.n_documents,
                                                        .assert_formats = assert_formats);
    if (strcmp(draft, "draft7") == 0)
        run->options.dialect = MCPS_SCHEMA_DRAFT_07;
    return true;
}

static void close_run(struct run *run)
{
    judge_close(&run->judge);
    suite_close(&run->files);
}

static void print_counts(const struct run *run)
{
    const struct counts *c = &run->counts;

    printf("(%s: %u files, %u groups, %u tests", run->draft, c->files, c->groups,
           c->tests);
    if (c->listed > 0)
        printf(", %u listed", c->listed);
    if (c->no_regex > 0)
        printf(", %u groups SKIPPED: there is no PCRE2", c->no_regex);
    printf(") ");
}

static void run_folder(const char *draft, const char *below, bool assert_formats,
                       struct want want)
{
    char folder[100];
    struct run run;

    if (!open_run(&run, draft, assert_formats))
        return;
    snprintf(folder, sizeof folder, "%s%s", draft, below);
    CHECK(suite_walk(&run.files, folder, run_file, &run));
    print_counts(&run);
    CHECK_INT(run.counts.wrong, 0);
    CHECK_INT(run.counts.files, want.files);
    CHECK_INT(run.counts.groups, want.groups);
    CHECK_INT(run.files.n_documents, 79);
    if (run.counts.no_regex == 0) {
        CHECK_INT(run.counts.tests, want.tests);
        CHECK_INT(run.counts.listed, want.listed);
    }
out:
    close_run(&run);
}

static void all_of_2020_12_passes(void)
{
    run_folder("draft2020-12", "", false, (struct want){ 46, 383, 1299, 0 });
}

static void all_of_draft_07_passes(void)
{
    run_folder("draft7", "", false, (struct want){ 37, 257, 927, 0 });
}

static void the_optional_of_2020_12_passes(void)
{
    run_folder("draft2020-12", "/optional", false, (struct want){ 13, 50, 161, 1 });
}

static void the_optional_of_draft_07_passes(void)
{
    run_folder("draft7", "/optional", false, (struct want){ 8, 38, 116, 5 });
}

static void the_formats_of_2020_12_pass(void)
{
    run_folder("draft2020-12", "/optional/format", true, (struct want){ 21, 28, 764, 0 });
}

static void the_formats_of_draft_07_pass(void)
{
    run_folder("draft7", "/optional/format", true, (struct want){ 19, 26, 676, 0 });
}

#define DATA_DRIVEN "the tests of the checker's parts do that with less"

const struct unit_test schema_suite_tests[] = {
    UNIT_TEST_ONCE(all_of_2020_12_passes, DATA_DRIVEN),
    UNIT_TEST_ONCE(all_of_draft_07_passes, DATA_DRIVEN),
    UNIT_TEST_ONCE(the_optional_of_2020_12_passes, DATA_DRIVEN),
    UNIT_TEST_ONCE(the_optional_of_draft_07_passes, DATA_DRIVEN),
    UNIT_TEST_ONCE(the_formats_of_2020_12_pass, DATA_DRIVEN),
    UNIT_TEST_ONCE(the_formats_of_draft_07_pass, DATA_DRIVEN),
    UNIT_END,
};
