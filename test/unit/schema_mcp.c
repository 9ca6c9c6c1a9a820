/* SPDX-License-Identifier: MIT */
/*
 * The protocol's own schemas beside the project: all compile, every example fits its
 * definition, and does not when a member is missing or of another type. Skipped where the
 * schemas are missing.
 */
#include "config.h"

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "schema_judge.h"

extern const struct unit_test schema_mcp_tests[];

enum { PATH_MAX_ = 4500 };

#define DOCUMENT_URI "https://example.com/mcp/schema.json"

struct walk {
    struct judge judge;
    char dir[PATH_MAX_ - 300];
    char *text;                    /* of the revision's schema */
    struct json_object *protocol;  /* its tree */
    struct json_object *described; /* the definition that the examples are of */
    unsigned schemas, definitions, examples, missing, retyped;
    bool failed;
};

static bool find_schemas(struct walk *w)
{
    const char *shared = unit_shared_dir();
    DIR *dir = NULL;

    if (shared) {
        snprintf(w->dir, sizeof w->dir, "%.*s/data/mcp-schema", 4000, shared);
        dir = opendir(w->dir);
    }
    if (!dir) {
        unit_skip("the protocol's schemas are not here");
        return false;
    }
    closedir(dir);
    return true;
}

/* False when the schemas are not there. */
static bool open_walk(struct walk *w)
{
    *w = (struct walk){ .schemas = 0 };
    if (!find_schemas(w))
        return false;
    if (judge_open(&w->judge) < 0)
        abort();
    return true;
}

static void close_walk(struct walk *w)
{
    json_object_put(w->protocol);
    free(w->text);
    judge_close(&w->judge);
}

/* Calls fn for each entry of a folder that is not hidden. */
static bool for_each(struct walk *w, const char *path,
                     bool (*fn)(struct walk *w, const char *path, const char *name))
{
    char below[PATH_MAX_];
    struct dirent *entry;
    bool ok = true;
    DIR *dir = opendir(path);

    if (!dir)
        return true; /* a file */
    for (entry = readdir(dir); ok && entry; entry = readdir(dir)) {
        snprintf(below, sizeof below, "%.4000s/%.250s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            ok = fn(w, below, entry->d_name);
    }
    closedir(dir);
    return ok;
}

/* ---- the schemas ---- */

static bool compile_revision(struct walk *w, const char *path, const char *name)
{
    char file[PATH_MAX_ + 20];
    size_t len = 0;
    char *text;

    unit_note_on_failure("%s", name);
    snprintf(file, sizeof file, "%s/schema.json", path);
    text = unit_read_file(file, &len);
    if (!text) /* the licence */
        return true;
    w->schemas++;
    CHECK_INT(judge_compile_bytes(&w->judge, text, len, NULL), 0);
    CHECK_STR(w->judge.why, "");
    free(text);
    return true;
out:
    unit_note("%s", w->judge.why);
    free(text);
    return false;
}

static void all_schemas_compile(void)
{
    struct walk w;

    if (!open_walk(&w))
        return;
    CHECK(for_each(&w, w.dir, compile_revision));
    CHECK_INT(w.schemas, 6);
out:
    close_walk(&w);
}

/* ---- the examples ---- */

/* The examples of a folder are of the definition that it is named after. */
static bool compile_definition(struct walk *w, const char *name)
{
    struct mcps_schema_document document = { DOCUMENT_URI, w->text };
    struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.documents = &document, .n_documents = 1);
    struct json_object *all = NULL;
    char wrapper[400];

    unit_note_on_failure("%s", name);
    snprintf(wrapper, sizeof wrapper, "{\"$ref\":\"" DOCUMENT_URI "#/$defs/%s\"}", name);
    CHECK_INT(judge_compile(&w->judge, wrapper, &options), 0);
    CHECK(json_object_object_get_ex(w->protocol, "$defs", &all));
    CHECK(json_object_object_get_ex(all, name, &w->described));
    w->definitions++;
    return true;
out:
    unit_note("%s", w->judge.why);
    return false;
}

/* One of the definition's own members; what it refers to is not looked into. */
static struct json_object *type_of(const struct walk *w, const char *member)
{
    struct json_object *properties = NULL, *property = NULL, *type = NULL;

    if (json_object_object_get_ex(w->described, "properties", &properties) &&
        json_object_object_get_ex(properties, member, &property))
        json_object_object_get_ex(property, "type", &type);
    return type;
}

static bool is_required(const struct walk *w, const char *member)
{
    struct json_object *required = NULL;
    size_t n;

    json_object_object_get_ex(w->described, "required", &required);
    n = required ? json_object_array_length(required) : 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(required, i)),
                   member) == 0)
            return true;
    }
    return false;
}

/* No schema of the protocol takes a list of an empty list for one of its members. */
static bool refuses_without(struct walk *w, struct json_object *value, const char *name)
{
    struct json_object *member = json_object_object_get(value, name);
    const struct mcps_schema_error *e;

    json_object_get(member);
    json_object_object_del(value, name);
    if (is_required(w, name)) {
        w->missing++;
        unit_note_on_failure("without %s", name);
        CHECK_INT(judge_thrice(&w->judge), MCPS_EINVALID);
        e = mcps_schema_error_at(w->judge.scratch, 0);
        CHECK_STR(e->keyword, "required");
        CHECK(strstr(e->text, name) != NULL);
    } else {
        CHECK_INT(judge_thrice(&w->judge), 0);
    }
    json_object_object_add(value, name, member);
    return true;
out:
    json_object_put(member);
    return false;
}

static bool refuses_other_type(struct walk *w, struct json_object *value,
                               const char *name)
{
    struct json_object *member = json_object_object_get(value, name), *other, *list;

    if (!type_of(w, name))
        return true;
    json_object_get(member);
    other = json_object_new_array();
    list = json_object_new_array();
    json_object_array_add(other, list);
    json_object_object_add(value, name, other);
    w->retyped++;
    unit_note_on_failure("%s of another type", name);
    CHECK_INT(judge_thrice(&w->judge), MCPS_EINVALID);
    json_object_object_add(value, name, member);
    return true;
out:
    json_object_put(member);
    return false;
}

/* The names of an object's members, for it changes while they are gone through. */
static size_t names_of(struct json_object *value, char names[][64], size_t max)
{
    struct json_object_iterator it = json_object_iter_begin(value);
    struct json_object_iterator end = json_object_iter_end(value);
    size_t n = 0;

    for (; n < max && !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
        snprintf(names[n++], 64, "%s", json_object_iter_peek_name(&it));
    return n;
}

static bool check_example(struct walk *w, const char *path, const char *name)
{
    char names[32][64];
    size_t len = 0, n = 0;
    char *text = unit_read_file(path, &len);
    struct json_object **tree = &w->judge.tree;

    json_object_put(*tree);
    *tree = NULL;
    w->examples++;
    unit_note_on_failure("%s", name);
    CHECK(text != NULL);
    CHECK_INT(judge_parse(&w->judge, tree, text, len), 0);
    CHECK_INT(judge_thrice(&w->judge), 0);
    if (json_object_is_type(*tree, json_type_object))
        n = names_of(*tree, names, 32);
    for (size_t i = 0; i < n; i++) {
        CHECK(refuses_without(w, *tree, names[i]));
        CHECK(refuses_other_type(w, *tree, names[i]));
    }
    free(text);
    return true;
out:
    unit_note("%s: %s", path, judge_said(&w->judge, MCPS_EINVALID));
    free(text);
    return false;
}

static bool check_folder(struct walk *w, const char *path, const char *name)
{
    return compile_definition(w, name) && for_each(w, path, check_example);
}

static bool check_revision(struct walk *w, const char *path, const char *name)
{
    char file[PATH_MAX_ + 20];
    size_t len = 0;
    bool ok = true;

    (void)name;
    snprintf(file, sizeof file, "%s/schema.json", path);
    w->text = unit_read_file(file, &len);
    if (!w->text)
        return true;
    if (judge_parse(&w->judge, &w->protocol, w->text, len) < 0)
        ok = false;
    snprintf(file, sizeof file, "%s/examples", path);
    ok = ok && for_each(w, file, check_folder);
    json_object_put(w->protocol);
    w->protocol = NULL;
    free(w->text);
    w->text = NULL;
    return ok;
}

static void examples_fit_their_definitions(void)
{
    struct walk w;

    if (!open_walk(&w))
        return;
    CHECK(for_each(&w, w.dir, check_revision));
    printf("(%u examples of %u definitions, %u without a member, %u of another type) ",
           w.examples, w.definitions, w.missing, w.retyped);
    CHECK_INT(w.definitions, 88);
    CHECK_INT(w.examples, 129);
    CHECK(w.missing > 200);
    CHECK(w.retyped > 200);
out:
    close_walk(&w);
}

const struct unit_test schema_mcp_tests[] = {
    UNIT_TEST_ONCE(all_schemas_compile, "they are large"),
    UNIT_TEST_ONCE(examples_fit_their_definitions, "the schemas are large"),
    UNIT_END,
};
