/* SPDX-License-Identifier: MIT */
/*
 * How fast values are checked by a compiled JSON Schema, as trees and from their text,
 * beside ajv's compiled validators of the same schemas on the same values. Arguments are
 * the command that measures those: it gets a file with a line of JSON for each schema,
 * and prints lines "NAME NS NS". Without arguments ours stands alone.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "json/tree.h"
#include "mcpserver/schema.h"

#define TEXT  "{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}"
#define COUNT "{\"type\":\"integer\",\"minimum\":0,\"maximum\":100000}"
#define FLAG  "{\"type\":\"boolean\"}"
#define PLACE                                                                            \
    "{\"type\":\"object\",\"properties\":{\"lat\":{\"type\":\"number\",\"minimum\":-90," \
    "\"maximum\":90},\"lon\":{\"type\":\"number\",\"minimum\":-180,\"maximum\":180},"    \
    "\"label\":" TEXT "},\"required\":[\"lat\",\"lon\"],\"additionalProperties\":false}"

static const char call_schema[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"properties\":{\"query\":" TEXT ",\"limit\":" COUNT ",\"offset\":" COUNT
    ",\"exact\":" FLAG ",\"language\":{\"type\":\"string\",\"pattern\":"
    "\"^[a-z]{2}(-[A-Z]{2})?$\"},\"unit\":{\"enum\":[\"metric\",\"imperial\",\"nautical\"]},"
    "\"from\":" PLACE ",\"to\":" PLACE ",\"since\":{\"type\":\"integer\",\"minimum\":0},"
    "\"until\":{\"type\":[\"integer\",\"null\"]},\"tags\":{\"type\":\"array\",\"items\":" TEXT
    ",\"maxItems\":16},\"note\":" TEXT
    ",\"ratio\":{\"type\":\"number\",\"exclusiveMinimum\":"
    "0,\"maximum\":1},\"step\":{\"type\":\"number\",\"multipleOf\":0.25},\"owner\":{\"type\":"
    "\"object\",\"properties\":{\"name\":" TEXT ",\"id\":" COUNT ",\"admin\":" FLAG
    "},\"required\":[\"name\"]},\"dry_run\":" FLAG ",\"verbose\":" FLAG ",\"path\":" TEXT
    ",\"retries\":" COUNT ",\"format\":{\"enum\":[\"json\",\"csv\",\"text\"]}},"
    "\"required\":[\"query\",\"from\",\"to\",\"unit\"],\"additionalProperties\":false}";
static const char call_value[] =
    "{\"query\":\"which of the rivers of Europe are longer than 1000 km\",\"limit\":25,"
    "\"offset\":0,\"exact\":true,\"language\":\"en-GB\",\"unit\":\"nautical\",\"from\":{"
    "\"lat\":52.520008,\"lon\":13.404954,\"label\":\"Berlin\"},\"to\":{\"lat\":48.2082,"
    "\"lon\":16.3738},\"since\":1795270000,\"until\":null,\"tags\":[\"rivers\",\"europe\","
    "\"length\"],\"note\":\"some words more,\\nas models like to write them\",\"ratio\":0.75,"
    "\"step\":1.5,\"owner\":{\"name\":\"ada\",\"id\":7,\"admin\":false},\"dry_run\":false,"
    "\"verbose\":true,\"path\":\"/var/lib/atlas/rivers.db\",\"retries\":3,\"format\":"
    "\"json\"}";

static const char small_schema[] =
    "{\"type\":\"object\",\"properties\":{\"city\":" TEXT
    ",\"days\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":14},\"brief\":" FLAG
    "},\"required\":[\"city\"],\"additionalProperties\":false}";
static const char small_value[] = "{\"city\":\"Berlin\",\"days\":3,\"brief\":true}";

static const char list_schema[] =
    "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":"
    "\"integer\"},\"name\":{\"type\":\"string\"},\"price\":{\"type\":\"number\",\"minimum\":0}"
    "},\"required\":[\"id\",\"name\"],\"additionalProperties\":false}}";

#define KIND(kind, name, schema)                                                   \
    "{\"properties\":{\"kind\":{\"const\":\"" kind "\"},\"" name "\":" schema "}," \
    "\"required\":[\"kind\"],\"additionalProperties\":false}"
#define NUMBERS "{\"type\":\"array\",\"items\":{\"type\":\"number\"}}"
static const char choice_schema[] =
    "{\"type\":\"object\",\"oneOf\":[" KIND("circle", "radius", "{\"type\":\"number\"}") "," KIND(
        "square", "side",
        "{\"type\":\"number\"}") "," KIND("text", "text",
                                          "{\"type\":\"string\"}") "," KIND("path",
                                                                            "points",
                                                                            NUMBERS) "]}";
static const char choice_value[] = "{\"kind\":\"path\",\"points\":[1,2.5,3,4.5]}";

static char list_value[64u << 10];

struct shape {
    const char *name, *title, *schema, *value;
    mcps_schema *compiled;
    struct json_object *tree;
    double check, parsed, ajv_check, ajv_parsed; /* ns; 0: not known */
};

static struct shape shapes[] = {
    { .name = "call",
      .title = "call, 20 properties",
      .schema = call_schema,
      .value = call_value },
    { .name = "small",
      .title = "call, 3 properties",
      .schema = small_schema,
      .value = small_value },
    { .name = "list",
      .title = "list of 1000 objects",
      .schema = list_schema,
      .value = list_value },
    { .name = "choice",
      .title = "one of four by a const",
      .schema = choice_schema,
      .value = choice_value },
};

enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

static struct mcps__tree_parser parser;
static mcps_schema_scratch *scratch;

static void make_list(void)
{
    size_t len = 0;

    for (unsigned i = 0; i < 1000; i++)
        len += (size_t)snprintf(list_value + len, sizeof list_value - len,
                                "%s{\"id\":%u,\"name\":\"thing %u\",\"price\":%u.5}",
                                i == 0 ? "[" : ",", i, i, i % 97);
    snprintf(list_value + len, sizeof list_value - len, "]");
}

static void run_check(void *arg)
{
    const struct shape *s = arg;

    if (mcps_schema_check(s->compiled, s->tree, scratch, 0) != 0)
        abort();
}

static void run_parsed(void *arg)
{
    const struct shape *s = arg;
    struct json_object *tree;

    if (mcps__tree_parse(&parser, &tree, s->value, strlen(s->value)) < 0 ||
        mcps_schema_check(s->compiled, tree, scratch, 0) != 0)
        abort();
    json_object_put(tree);
}

/* False when the schema cannot be compiled: then it is said why. */
static bool measure(struct shape *s)
{
    char why[MCPS_SCHEMA_WHY_SIZE];

    if (mcps_schema_compile(&s->compiled, s->schema, strlen(s->schema), NULL, why,
                            sizeof why) < 0) {
        printf("  %-24s SKIPPED: %s\n", s->title, why);
        return false;
    }
    if (mcps__tree_parse(&parser, &s->tree, s->value, strlen(s->value)) < 0)
        abort();
    s->check = bench_best(run_check, s) * 1e9;
    s->parsed = bench_best(run_parsed, s) * 1e9;
    json_object_put(s->tree);
    mcps_schema_unref(s->compiled);
    return true;
}

/* ---- the other side ---- */

static bool write_documents(const char *path)
{
    FILE *f = fopen(path, "w");

    if (!f)
        return false;
    for (size_t i = 0; i < N_SHAPES; i++)
        fprintf(f, "{\"name\":\"%s\",\"schema\":%s,\"value\":%s}\n", shapes[i].name,
                shapes[i].schema, shapes[i].value);
    return fclose(f) == 0;
}

static void read_figures(FILE *f)
{
    double check, parsed;
    char line[200], name[20];

    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%19s %lf %lf", name, &check, &parsed) != 3)
            continue;
        for (size_t i = 0; i < N_SHAPES; i++) {
            if (strcmp(shapes[i].name, name) != 0)
                continue;
            shapes[i].ajv_check = check;
            shapes[i].ajv_parsed = parsed;
        }
    }
}

static void measure_ajv(int argc, char **argv)
{
    char path[] = "bench_schema.XXXXXX", command[4096];
    int fd = mkstemp(path);
    size_t len = 0;
    FILE *f = NULL;

    if (fd < 0)
        return;
    close(fd);
    for (int i = 1; i < argc && len < sizeof command; i++)
        len += (size_t)snprintf(command + len, sizeof command - len, "'%s' ", argv[i]);
    if (len < sizeof command)
        snprintf(command + len, sizeof command - len, "%s", path);
    if (write_documents(path))
        f = popen(command, "r");
    if (f)
        read_figures(f);
    if (!f || pclose(f) != 0)
        printf("  ajv was not measured\n");
    unlink(path);
}

static void print_pair(double ours, double ajv)
{
    printf(" %9.0f", ours);
    if (ajv > 0)
        printf(" %9.0f %6.2f", ajv, ajv / ours);
    else
        printf(" %9s %6s", "-", "-");
}

int main(int argc, char **argv)
{
    make_list();
    if (mcps__tree_parser_init(&parser, &mcps__json_default_limits) < 0 ||
        mcps_schema_scratch_new(&scratch) < 0)
        abort();
    printf("checking by JSON Schemas, in ns, and how many times as long ajv takes\n");
    for (size_t i = 0; i < N_SHAPES; i++)
        measure(&shapes[i]);
    if (argc > 1)
        measure_ajv(argc, argv);
    printf("  %-24s %9s %9s %6s %9s %9s %6s\n", "", "tree", "ajv", "times", "text", "ajv",
           "times");
    for (size_t i = 0; i < N_SHAPES; i++) {
        if (shapes[i].check == 0)
            continue;
        printf("  %-24s", shapes[i].title);
        print_pair(shapes[i].check, shapes[i].ajv_check);
        print_pair(shapes[i].parsed, shapes[i].ajv_parsed);
        printf("\n");
    }
    mcps_schema_scratch_free(scratch);
    mcps__tree_parser_fini(&parser);
    return 0;
}
