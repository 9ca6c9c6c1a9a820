/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the checking of values: the first byte chooses a schema, one of a few that are
 * rich or one by chance, and whether the rest is the text of a value or what a value is
 * made from. The verdict must be the same however it is asked for, few steps may only end
 * in a limit, errors must be whole, and what was coerced fits as coercing said.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "../fixtures/schema_errors.h"
#include "../fixtures/schema_dice.h"
#include "json/tree.h"
#include "mcpserver/schema.h"

static const char *const rich[] = {
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":1},\"b\":"
    "{\"enum\":[\"a\",\"ab\",3]},\"c\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
    "\"maxLength\":2},\"uniqueItems\":true}},\"required\":[\"a\"],\"additionalProperties\":"
    "false}",
    "{\"$dynamicAnchor\":\"node\",\"type\":[\"object\",\"array\",\"integer\"],\"items\":"
    "{\"$dynamicRef\":\"#node\"},\"properties\":{\"a\":{\"$ref\":\"#\"}},"
    "\"unevaluatedProperties\":false}",
    "{\"oneOf\":[{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]},{\"properties\":"
    "{\"a\":{\"const\":\"a\"},\"b\":{\"type\":\"number\"}},\"required\":[\"a\",\"b\"]}],"
    "\"unevaluatedProperties\":{\"type\":\"null\"}}",
    "{\"prefixItems\":[{\"type\":\"integer\"},true],\"contains\":{\"type\":\"string\"},"
    "\"minContains\":0,\"maxContains\":2,\"unevaluatedItems\":{\"type\":\"boolean\"}}",
    "{\"if\":{\"required\":[\"a\"]},\"then\":{\"minProperties\":2},\"else\":{\"propertyNames\":"
    "{\"maxLength\":1}},\"dependentSchemas\":{\"b\":{\"properties\":{\"b\":{\"multipleOf\":"
    "0.5}}}},\"dependentRequired\":{\"c\":[\"a\"]}}",
    "{\"anyOf\":[{\"type\":\"integer\",\"maximum\":9007199254740992},{\"type\":\"string\","
    "\"format\":\"date\"},{\"const\":{\"a\":[1,2.50]}},{\"type\":\"array\",\"minItems\":1,"
    "\"items\":{\"$ref\":\"#\"}}]}",
    "{\"uniqueItems\":true,\"items\":{\"not\":{\"type\":\"null\"}}}",
};

enum { N_RICH = sizeof rich / sizeof rich[0], ERRORS = 8, FEW_STEPS = 40 };

struct subject {
    mcps_schema *schema, *hasty; /* the same with few steps */
    struct json_object *tree;    /* of the schema's text */
};

static struct mcps__tree_parser parser;
static mcps_schema_scratch *scratch;
static struct subject fixed[N_RICH];

/* False when it is none: circles may be refused. */
static bool open_subject(struct subject *s, const char *text)
{
    const struct mcps_schema_options many = MCPS_SCHEMA_OPTIONS(.max_steps = 10000);
    const struct mcps_schema_options few = MCPS_SCHEMA_OPTIONS(.max_steps = FEW_STEPS);
    char why[MCPS_SCHEMA_WHY_SIZE];
    size_t len = strlen(text);
    int r;

    *s = (struct subject){ .schema = NULL };
    r = mcps_schema_compile(&s->schema, text, len, &many, why, sizeof why);
    if (r == MCPS_EINVALID || r == MCPS_ELIMIT) {
        /* What is made by chance has nothing else in it that could be refused. */
        if (!strstr(why, "ref") && !strstr(why, "Ref") && !strstr(why, "PCRE2")) {
            fprintf(stderr, "%s\n%s\n", text, why);
            abort();
        }
        return false;
    }
    FUZZ_CHECK(r == 0);
    FUZZ_CHECK(mcps_schema_compile(&s->hasty, text, len, &few, why, sizeof why) == 0);
    FUZZ_CHECK(mcps__tree_parse(&parser, &s->tree, text, len) == 0);
    return true;
}

static void close_subject(struct subject *s)
{
    mcps_schema_unref(s->schema);
    mcps_schema_unref(s->hasty);
    json_object_put(s->tree);
}

static void stop(void)
{
    for (size_t i = 0; i < N_RICH; i++)
        close_subject(&fixed[i]);
    mcps_schema_scratch_free(scratch);
    mcps__tree_parser_fini(&parser);
}

static void start(void)
{
    FUZZ_CHECK(mcps__tree_parser_init(&parser, &mcps__json_default_limits) == 0);
    FUZZ_CHECK(mcps_schema_scratch_new(&scratch) == 0);
    for (size_t i = 0; i < N_RICH; i++)
        FUZZ_CHECK(open_subject(&fixed[i], rich[i]));
    atexit(stop);
}

/* The result of one check, of which everything has to be well-formed. */
static int check(const mcps_schema *schema, struct json_object *of_schema,
                 struct json_object *value, unsigned max)
{
    int r = mcps_schema_check(schema, value, scratch, max);
    const char *wrong = schema_errors_wrong(scratch, r, max, of_schema, value);

    if (wrong) {
        fprintf(stderr, "%s: result %d, at most %u errors\n", wrong, r, max);
        abort();
    }
    return r;
}

/* A limit is reached earlier or later, but it is no other verdict. */
static bool agree(int a, int b)
{
    return a == b || a == MCPS_ELIMIT || b == MCPS_ELIMIT;
}

static void check_value(const struct subject *s, struct json_object *value)
{
    int verdict = check(s->schema, s->tree, value, 0);
    int first = check(s->schema, s->tree, value, 1);
    int all = check(s->schema, s->tree, value, ERRORS);

    FUZZ_CHECK(agree(verdict, first) && agree(first, all) && agree(verdict, all));
    FUZZ_CHECK(agree(check(s->hasty, s->tree, value, 0), verdict));
    FUZZ_CHECK(agree(check(s->hasty, s->tree, value, ERRORS), verdict));
    FUZZ_CHECK(check(s->schema, s->tree, value, ERRORS) == all);
    FUZZ_CHECK(check(s->schema, s->tree, value, 0) == verdict);
}

static void coerce_value(const struct subject *s, struct json_object *value)
{
    int before = check(s->schema, s->tree, value, 0), r;
    struct json_object *copy = NULL;
    size_t n = SIZE_MAX;
    const char *wrong;

    FUZZ_CHECK(!value || json_object_deep_copy(value, &copy, NULL) == 0);
    r = mcps_schema_coerce(s->schema, &copy, scratch, ERRORS, &n);
    wrong = schema_errors_wrong(scratch, r, ERRORS, s->tree, copy);
    if (wrong)
        fprintf(stderr, "%s: result %d\n", wrong, r);
    FUZZ_CHECK(!wrong && n != SIZE_MAX);
    FUZZ_CHECK((n == 0) == (json_object_equal(value, copy) == 1));
    if (n == 0)
        FUZZ_CHECK(agree(before, r));
    FUZZ_CHECK(agree(check(s->schema, s->tree, copy, 0), r));
    json_object_put(copy);
}

/* Checking changes nothing of the value, and nothing of the schema. */
static void check_twice(const struct subject *s, struct json_object *value)
{
    char *text = strdup(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));

    FUZZ_CHECK(text);
    check_value(s, value);
    FUZZ_CHECK(
        strcmp(text, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)) == 0);
    free(text);
    coerce_value(s, value);
    check_value(s, value);
}

/* A text that is no value, and one that only a few programs read alike, is none. */
static bool read_value(struct json_object **ret, const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    int r;

    FUZZ_CHECK(text);
    if (size > 0)
        memcpy(text, data, size);
    r = mcps__tree_parse(&parser, ret, text, size);
    free(text);
    return r == 0;
}

static void seed(struct die *die, const uint8_t *data, size_t size)
{
    *die = (struct die){ .data = data, .end = data + size };
    for (size_t i = 0; i < size; i++)
        die->state = die->state * 31 + data[i] + 1;
}

enum { BY_CHANCE = 0x80, VALUE_BY_CHANCE = 0x40, SCHEMA_BYTES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text text;
    struct json_object *value = NULL;
    struct subject by_chance;
    const struct subject *s;
    uint8_t choice;
    struct die die;

    if (!scratch)
        start();
    if (size == 0)
        return 0;
    choice = *data++;
    size--;
    s = &fixed[choice % N_RICH];
    if (choice & BY_CHANCE) {
        size_t n = size < 2 * SCHEMA_BYTES ? size / 2 : SCHEMA_BYTES;

        seed(&die, data, n);
        schema_dice_roll(&text, &die);
        if (!open_subject(&by_chance, text.data))
            return 0;
        s = &by_chance;
        data += n;
        size -= n;
    }
    seed(&die, data, size);
    for (int i = 0; choice & VALUE_BY_CHANCE && i < 4; i++) {
        schema_dice_roll_value(&text, &die);
        FUZZ_CHECK(read_value(&value, (const uint8_t *)text.data, text.len));
        check_twice(s, value);
        json_object_put(value);
        value = NULL;
    }
    if (!(choice & VALUE_BY_CHANCE) && read_value(&value, data, size))
        check_twice(s, value);
    json_object_put(value);
    if (choice & BY_CHANCE)
        close_subject(&by_chance);
    return 0;
}
