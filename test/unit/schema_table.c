/* SPDX-License-Identifier: MIT */
/* Tables: the schemas they stand for, and what they may not be. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "schema_scene.h"

extern const struct unit_test schema_table_tests[];

static const char *const units[] = { "c", "f", NULL };

#define PLACE(ARG, S)                                                            \
    ARG(S, NUMBER, lat, "Latitude", MCPS_REQUIRED, MCPS_RANGE(-90, 90))          \
    ARG(S, NUMBER, lon, NULL, MCPS_REQUIRED, MCPS_MIN(-180.5), MCPS_MAX(180.25)) \
    ARG(S, STRING, label, "Label", MCPS_OPTIONAL, .default_json = " \"x\\u00e9\" ")
MCPS_ARGS(place, PLACE);

#define ALL_ARGS(ARG, S)                                                                 \
    ARG(S, INT, any, "Any \"int\"", MCPS_OPTIONAL)                                       \
    ARG(S, INT, days, "Days", MCPS_REQUIRED, MCPS_RANGE(1, 14))                          \
    ARG(S, INT, least, NULL, MCPS_OPTIONAL, MCPS_MIN(-3), .default_json = "3")           \
    ARG(S, INT, routed, NULL, MCPS_OPTIONAL, MCPS_MIN(0), .header = "X-Routed")          \
    ARG(S, NUMBER, ratio, NULL, MCPS_OPTIONAL, MCPS_MAX(0.5))                            \
    ARG(S, BOOL, brief, NULL, MCPS_OPTIONAL, .default_json = "true")                     \
    ARG(S, ENUM, unit, "Unit", MCPS_OPTIONAL, .choices = units, .default_json = "\"f\"") \
    ARG(S, STRING, city, "City", MCPS_REQUIRED, .min_length = 1, .max_length = 80,       \
        .header = "City")                                                                \
    ARG(S, STRING, key, NULL, MCPS_OPTIONAL | MCPS_SECRET)
MCPS_ARGS(all_args, ALL_ARGS);

#define NESTED_ARGS(ARG, S)                                                            \
    ARG(S, LIST(STRING), tags, "Tags", MCPS_OPTIONAL, .max_length = 5, .max_items = 8) \
    ARG(S, LIST(INT), counts, NULL, MCPS_REQUIRED, MCPS_RANGE(0, 9), .min_items = 1)   \
    ARG(S, LIST(ENUM), kinds, NULL, MCPS_OPTIONAL, .choices = units)                   \
    ARG(S, OBJECT(place), where, "Where", MCPS_OPTIONAL)                               \
    ARG(S, LIST(OBJECT(place)), stops, NULL, MCPS_OPTIONAL)                            \
    ARG(S, JSON, extra, "Anything", MCPS_OPTIONAL)                                     \
    ARG(S, JSON, strict, "Ours", MCPS_OPTIONAL,                                        \
        .schema_json = "{ \"type\" : \"array\",\n \"items\" : { } }")                  \
    ARG(S, JSON, told, "Ours", MCPS_OPTIONAL,                                          \
        .schema_json = "{\"description\":\"theirs\"}")                                 \
    ARG(S, JSON, named, NULL, MCPS_OPTIONAL, .schema_json = "{\"title\":\"theirs\"}",  \
        .title = "Ours")                                                               \
    ARG(S, LIST(JSON), both, NULL, MCPS_OPTIONAL, .schema_json = "{\"title\":\"x\"}",  \
        .title = "Ours")                                                               \
    ARG(S, LIST(STRING), sites, NULL, MCPS_OPTIONAL, .format = "idn-hostname")         \
    ARG(S, JSON, yes, "Yes", MCPS_OPTIONAL, .schema_json = "true", .title = "Certain") \
    ARG(S, JSON, no, "No", MCPS_OPTIONAL, .schema_json = "false")                      \
    ARG(S, LIST(JSON), many, NULL, MCPS_OPTIONAL, .schema_json = "{\"type\":\"null\"}")
MCPS_ARGS(nested_args, NESTED_ARGS);

static void schemas_of_plain_types(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(scene_schema(&s), 0);
    CHECK_STR(
        s.out.data,
        "{\"type\":\"object\",\"properties\":{"
        "\"any\":{\"type\":\"integer\",\"description\":\"Any \\\"int\\\"\"},"
        "\"days\":{\"type\":\"integer\",\"description\":\"Days\",\"minimum\":1,"
        "\"maximum\":14},"
        "\"least\":{\"type\":\"integer\",\"minimum\":-3,\"default\":3},"
        "\"routed\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9007199254740991,"
        "\"x-mcp-header\":\"X-Routed\"},"
        "\"ratio\":{\"type\":\"number\",\"maximum\":0.5},"
        "\"brief\":{\"type\":\"boolean\",\"default\":true},"
        "\"unit\":{\"type\":\"string\",\"description\":\"Unit\",\"enum\":[\"c\",\"f\"],"
        "\"default\":\"f\"},"
        "\"city\":{\"type\":\"string\",\"description\":\"City\",\"minLength\":1,"
        "\"maxLength\":80,\"x-mcp-header\":\"City\"},"
        "\"key\":{\"type\":\"string\",\"writeOnly\":true}},"
        "\"required\":[\"days\",\"city\"],\"additionalProperties\":false}");
out:
    scene_close(&s);
}

#define PLACE_SCHEMA                                                                        \
    "\"properties\":{"                                                                      \
    "\"lat\":{\"type\":\"number\",\"description\":\"Latitude\",\"minimum\":-90,"            \
    "\"maximum\":90},"                                                                      \
    "\"lon\":{\"type\":\"number\",\"minimum\":-180.5,\"maximum\":180.25},"                  \
    "\"label\":{\"type\":\"string\",\"description\":\"Label\",\"default\":\"x\xc3\xa9\"}}," \
    "\"required\":[\"lat\",\"lon\"],\"additionalProperties\":false}"

static void schemas_of_lists_and_objects(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, nested_args), 0);
    CHECK_INT(scene_schema(&s), 0);
    CHECK_STR(s.out.data,
              "{\"type\":\"object\",\"properties\":{"
              "\"tags\":{\"type\":\"array\",\"description\":\"Tags\",\"items\":{\"type\":"
              "\"string\",\"maxLength\":5},\"maxItems\":8},"
              "\"counts\":{\"type\":\"array\",\"items\":{\"type\":\"integer\","
              "\"minimum\":0,\"maximum\":9},\"minItems\":1},"
              "\"kinds\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":["
              "\"c\",\"f\"]}},"
              "\"where\":{\"type\":\"object\",\"description\":\"Where\"," PLACE_SCHEMA ","
              "\"stops\":{\"type\":\"array\",\"items\":{\"type\":\"object\"," PLACE_SCHEMA
              "},"
              "\"extra\":{\"description\":\"Anything\"},"
              "\"strict\":{\"description\":\"Ours\",\"type\":\"array\",\"items\":{}},"
              "\"told\":{\"description\":\"theirs\"},"
              "\"named\":{\"title\":\"theirs\"},"
              "\"both\":{\"type\":\"array\",\"title\":\"Ours\",\"items\":{\"title\":"
              "\"x\"}},"
              "\"sites\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
              "\"format\":\"idn-hostname\"}},"
              "\"yes\":{\"title\":\"Certain\",\"description\":\"Yes\"},"
              "\"no\":false,"
              "\"many\":{\"type\":\"array\",\"items\":{\"type\":\"null\"}}},"
              "\"required\":[\"counts\"],\"additionalProperties\":false}");
out:
    scene_close(&s);
}

static void schema_without_fields(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, mcps_no_args), 0);
    CHECK_INT(scene_schema(&s), 0);
    CHECK_STR(s.out.data,
              "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}");
out:
    scene_close(&s);
}

/* ---- tables that are refused ---- */

/* A table of one field, with room for any. */
struct one {
    _Alignas(16) unsigned char value[48];
    bool has_value;
};

#define BAD(why, ...)                                      \
    {                                                      \
        .wrong = why, .field = {                           \
            .name = "x",                                   \
            .has_offset = offsetof(struct one, has_value), \
            __VA_ARGS__                                    \
        }                                                  \
    }

static const char *const no_choices[] = { NULL };
static const char *const twice[] = { "a", "b", "a", NULL };
static const char *const not_utf8[] = { "\xff", NULL };
static const char *const one_title[] = { "Celsius", NULL };
static const char *const three_titles[] = { "Celsius", "Fahrenheit", "Kelvin", NULL };

#define SECRET_IN(ARG, S) ARG(S, STRING, pin, "", MCPS_OPTIONAL | MCPS_SECRET)
MCPS_ARGS(secret_in, SECRET_IN);
#define JSON_IN(ARG, S) ARG(S, JSON, any, "", MCPS_OPTIONAL)
MCPS_ARGS(json_in, JSON_IN);
#define HEADER_IN(ARG, S) ARG(S, STRING, tag, "", MCPS_OPTIONAL, .header = "Tag")
MCPS_ARGS(header_in, HEADER_IN);
#define HEADER_DEEP(ARG, S) ARG(S, OBJECT(header_in), in, "", MCPS_OPTIONAL)
MCPS_ARGS(header_deep, HEADER_DEEP);
#define DEFAULT_IN(ARG, S) ARG(S, INT, n, "", MCPS_OPTIONAL, .default_json = "1")
MCPS_ARGS(default_in, DEFAULT_IN);

static const struct bad {
    const char *wrong;
    struct mcps_field field;
} bad[] = {
    BAD("has a type that there is not", .type = (enum mcps_type)77),
    BAD("has a type that there is not", .type = (enum mcps_type) - 1),
    BAD("is a list of something that lists do not have", .type = MCPS_TYPE_LIST),
    BAD("is a list of something that lists do not have", .type = MCPS_TYPE_LIST,
        .item = MCPS_TYPE_LIST),
    BAD("is an object without a table", .type = MCPS_TYPE_OBJECT),
    BAD("is an object without a table", .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_OBJECT,
        .fields = place_fields),
    BAD("has a table, but is no object", .type = MCPS_TYPE_INT, .fields = place_fields),
    BAD("has flags that there are not", .type = MCPS_TYPE_INT, .flags = 4),
    BAD("has bounds, but is no number", .type = MCPS_TYPE_STRING, MCPS_MIN(0)),
    BAD("has a bound that is not finite", .type = MCPS_TYPE_NUMBER,
        MCPS_MIN((double)INFINITY)),
    BAD("has a bound that is not finite", .type = MCPS_TYPE_NUMBER,
        MCPS_MAX((double)NAN)),
    BAD("has a lower bound above the upper one", .type = MCPS_TYPE_NUMBER,
        MCPS_RANGE(2, 1)),
    BAD("has a bound that is no integer from -2^53 to 2^53", .type = MCPS_TYPE_INT,
        MCPS_MIN(0.5)),
    BAD("has a bound that is no integer from -2^53 to 2^53", .type = MCPS_TYPE_INT,
        MCPS_MAX(1.5)),
    BAD("has a bound that is no integer from -2^53 to 2^53", .type = MCPS_TYPE_INT,
        MCPS_MAX(9007199254740994.0)),
    BAD("has a bound that is no integer from -2^53 to 2^53", .type = MCPS_TYPE_INT,
        MCPS_MIN(-9007199254740994.0)),
    BAD("has a bound that is no integer from -2^53 to 2^53", .type = MCPS_TYPE_INT,
        MCPS_RANGE(-9007199254740994.0, 0)),
    BAD("has a length, but is no string", .type = MCPS_TYPE_INT, .max_length = 1),
    BAD("has a least length above the greatest", .type = MCPS_TYPE_STRING,
        .min_length = 2, .max_length = 1),
    BAD("has a number of items, but is no list", .type = MCPS_TYPE_STRING,
        .min_items = 1),
    BAD("has a least number of items above the greatest", .type = MCPS_TYPE_LIST,
        .item = MCPS_TYPE_INT, .min_items = 2, .max_items = 1),
    BAD("is an enum without choices", .type = MCPS_TYPE_ENUM),
    BAD("is an enum without choices", .type = MCPS_TYPE_ENUM, .choices = no_choices),
    BAD("has one choice twice", .type = MCPS_TYPE_ENUM, .choices = twice),
    BAD("has a choice that is not UTF-8", .type = MCPS_TYPE_ENUM, .choices = not_utf8),
    BAD("has choices, but is no enum", .type = MCPS_TYPE_STRING, .choices = units),
    BAD("has a format, but is no string", .type = MCPS_TYPE_INT, .format = "email"),
    BAD("has titles of choices, but is no enum", .type = MCPS_TYPE_STRING,
        .titles = one_title),
    BAD("has not one title for each choice", .type = MCPS_TYPE_ENUM, .choices = units,
        .titles = one_title),
    BAD("has not one title for each choice", .type = MCPS_TYPE_LIST,
        .item = MCPS_TYPE_ENUM, .choices = units, .titles = three_titles),
    BAD("has legacy titles, but no titles", .type = MCPS_TYPE_ENUM, .choices = units,
        .legacy_titles = true),
    BAD("has legacy titles, which a list cannot have", .type = MCPS_TYPE_LIST,
        .item = MCPS_TYPE_ENUM, .choices = units, .titles = units, .legacy_titles = true),
    BAD("has a header that is no token of HTTP", .type = MCPS_TYPE_INT, .header = ""),
    BAD("has a header that is no token of HTTP", .type = MCPS_TYPE_INT, .header = "a b"),
    BAD("has a header that is no token of HTTP", .type = MCPS_TYPE_INT,
        .header = "a\r\n"),
    BAD("has a header, which only an integer, a bool, a string or an enum can have",
        .type = MCPS_TYPE_NUMBER, .header = "A"),
    BAD("has a header, which only an integer, a bool, a string or an enum can have",
        .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_INT, .header = "A"),
    BAD("is a secret, so it can have no header, which many can read",
        .type = MCPS_TYPE_STRING, .flags = MCPS_SECRET, .header = "A"),
    BAD("has a schema of its own, but is not of type JSON", .type = MCPS_TYPE_INT,
        .schema_json = "{}"),
    BAD("is a secret, which JSON cannot be: its trees cannot be wiped",
        .type = MCPS_TYPE_JSON, .flags = MCPS_SECRET),
    BAD("is JSON, which can have no default", .type = MCPS_TYPE_JSON,
        .default_json = "1"),
    BAD("is required, so that its default is never used", .type = MCPS_TYPE_INT,
        .flags = MCPS_REQUIRED, .default_json = "1"),
    BAD("is a secret, so it can have no default, which the schema would tell",
        .type = MCPS_TYPE_INT, .flags = MCPS_SECRET, .default_json = "1"),
    BAD("has a schema that is no JSON object or boolean", .type = MCPS_TYPE_JSON,
        .schema_json = "{"),
    BAD("has a schema that is no JSON object or boolean", .type = MCPS_TYPE_JSON,
        .schema_json = "null"),
    BAD("has a schema that is no JSON object or boolean", .type = MCPS_TYPE_JSON,
        .schema_json = "[]"),
    BAD("has a default that is not JSON", .type = MCPS_TYPE_INT, .default_json = "x"),
    BAD("has a default that does not fit: argument \"x\": expected an integer of at "
        "least 2, got 1",
        .type = MCPS_TYPE_INT, MCPS_MIN(2), .default_json = "1"),
    BAD("has a default that does not fit: argument \"x[1]\": expected true or false, got "
        "1",
        .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_BOOL, .default_json = "[true, 1]"),
    BAD("lies where its type cannot", .type = MCPS_TYPE_INT, .offset = 4),
    BAD("lies outside of its struct", .type = MCPS_TYPE_INT, .offset = 64),
    BAD("lies outside of its struct", .type = MCPS_TYPE_INT, .offset = SIZE_MAX - 7),
    BAD("has its \"was it sent\" within its value", .type = MCPS_TYPE_INT, .offset = 48),
    BAD("has an option that this library does not know", .type = MCPS_TYPE_INT,
        .reserved = { NULL, "x" }),
    BAD("has a secret in it, which can have no default", .type = MCPS_TYPE_OBJECT,
        .fields = secret_in_fields, .fields_size = sizeof(struct secret_in),
        .default_json = "{}"),
    BAD("has JSON in it, which can have no default", .type = MCPS_TYPE_OBJECT,
        .fields = json_in_fields, .fields_size = sizeof(struct json_in),
        .default_json = "{}"),
};

static void bad_fields_are_named(void)
{
    char want[300];
    struct scene s = { .table = NULL };
    bool open = false;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mcps_field fields[2] = { bad[i].field, { .type = MCPS_TYPE_END } };

        unit_note_on_failure("row %zu", i);
        snprintf(want, sizeof want, "field \"x\" %s", bad[i].wrong);
        open = true;
        CHECK_INT(scene_open(&s, fields, sizeof(struct one)), -EINVAL);
        CHECK_STR(s.error, want);
        CHECK(s.table == NULL);
        scene_close(&s);
        open = false;
    }
out:
    if (open)
        scene_close(&s);
}

static void bad_fields_in_tables_are_named(void)
{
    static const struct {
        const char *wrong;
        struct mcps_field field;
    } rows[] = {
        { "field \"x.any\" is a secret, which JSON cannot be: its trees cannot be wiped",
          { .name = "x",
            .type = MCPS_TYPE_OBJECT,
            .fields = json_in_fields,
            .fields_size = sizeof(struct json_in),
            .has_offset = 48,
            .flags = MCPS_SECRET } },
        { "field \"x[].tag\" has a header, which nothing in a list can have",
          { .name = "x",
            .type = MCPS_TYPE_LIST,
            .item = MCPS_TYPE_OBJECT,
            .fields = header_in_fields,
            .fields_size = sizeof(struct header_in),
            .has_offset = 48 } },
        { "field \"x[].in.tag\" has a header, which nothing in a list can have",
          { .name = "x",
            .type = MCPS_TYPE_LIST,
            .item = MCPS_TYPE_OBJECT,
            .fields = header_deep_fields,
            .fields_size = sizeof(struct header_deep),
            .has_offset = 48 } },
        { "field \"x.tag\" is a secret, so it can have no header, which many can read",
          { .name = "x",
            .type = MCPS_TYPE_OBJECT,
            .fields = header_in_fields,
            .fields_size = sizeof(struct header_in),
            .has_offset = 48,
            .flags = MCPS_SECRET } },
        { "field \"x[].n\" is a secret, so it can have no default, which the schema would "
          "tell",
          { .name = "x",
            .type = MCPS_TYPE_LIST,
            .item = MCPS_TYPE_OBJECT,
            .fields = default_in_fields,
            .fields_size = sizeof(struct default_in),
            .has_offset = 48,
            .flags = MCPS_SECRET } },
        { "field \"x.n\" lies outside of its struct",
          { .name = "x",
            .type = MCPS_TYPE_OBJECT,
            .fields = default_in_fields,
            .fields_size = 4,
            .has_offset = 48 } },
        { "field \"x\" has items whose size does not fit their type",
          { .name = "x",
            .type = MCPS_TYPE_LIST,
            .item = MCPS_TYPE_OBJECT,
            .fields = default_in_fields,
            .fields_size = 17,
            .has_offset = 48 } },
    };
    struct scene s = { .table = NULL };
    bool open = false;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mcps_field fields[2] = { rows[i].field, { .type = MCPS_TYPE_END } };

        unit_note_on_failure("row %zu", i);
        open = true;
        CHECK_INT(scene_open(&s, fields, sizeof(struct one)), -EINVAL);
        CHECK_STR(s.error, rows[i].wrong);
        scene_close(&s);
        open = false;
    }
out:
    if (open)
        scene_close(&s);
}

#define TWO_HEADERS(ARG, S)                               \
    ARG(S, STRING, a, "", MCPS_OPTIONAL, .header = "tAG") \
    ARG(S, OBJECT(header_in), b, "", MCPS_OPTIONAL)
MCPS_ARGS(two_headers, TWO_HEADERS);
#define ONE_TABLE_TWICE(ARG, S)                     \
    ARG(S, OBJECT(header_in), a, "", MCPS_OPTIONAL) \
    ARG(S, OBJECT(header_in), b, "", MCPS_OPTIONAL)
MCPS_ARGS(one_table_twice, ONE_TABLE_TWICE);
#define WITH_HEADERS(ARG, S)                                            \
    ARG(S, ENUM, a, "", MCPS_OPTIONAL, .choices = units, .header = "a") \
    ARG(S, BOOL, b, "", MCPS_OPTIONAL, .header = "B!#$%&'*+-.^_`|~9")
MCPS_ARGS(with_headers, WITH_HEADERS);

static void headers_are_unique(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, two_headers), -EINVAL);
    CHECK_STR(s.error, "field \"b.tag\" has the header of another field");
    scene_close(&s);
    CHECK_INT(SCENE_OPEN(&s, one_table_twice), -EINVAL);
    CHECK_STR(s.error, "field \"b.tag\" has the header of another field");
    scene_close(&s);
    CHECK_INT(SCENE_OPEN(&s, with_headers), 0);
out:
    scene_close(&s);
}

static void names_are_checked(void)
{
    char longest[130];
    const struct {
        const char *name, *wrong;
    } rows[] = {
        { NULL, "field \"\" has no name" },
        { "", "field \"\" has no name" },
        { "a b", "field \"a b\" has a name with a character that names do not have" },
        { "a\"", "field \"a\"\" has a name with a character that names do not have" },
        { "\xc3", "field \"\" has a name that is not UTF-8" },
        { longest, NULL },
    };
    struct scene s = { .table = NULL };
    bool open = false;

    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mcps_field fields[2] = {
            { .name = rows[i].name, .type = MCPS_TYPE_INT, .has_offset = 8 },
            { .type = MCPS_TYPE_END }
        };

        open = true;
        CHECK_INT(scene_open(&s, fields, 16), -EINVAL);
        if (rows[i].wrong)
            CHECK_STR(s.error, rows[i].wrong);
        scene_close(&s);
        open = false;
    }
    longest[128] = '\0';
    open = true;
    CHECK_INT(scene_open(&s,
                         (const struct mcps_field[]){
                             { .name = longest, .type = MCPS_TYPE_INT, .has_offset = 8 },
                             { .type = MCPS_TYPE_END } },
                         16),
              0);
out:
    if (open)
        scene_close(&s);
}

#define INNER(ARG, S) ARG(S, INT, n, "", MCPS_REQUIRED)
MCPS_ARGS(inner, INNER);
#define OUTER(ARG, S)                           \
    ARG(S, OBJECT(inner), o, "", MCPS_REQUIRED) \
    ARG(S, BOOL, b, "", MCPS_OPTIONAL)
MCPS_ARGS(outer, OUTER);

/* Each file that includes a header has tables of its own, of the same struct. */
static void tables_are_told_by_their_structs(void)
{
    struct mcps_field nested[2], same[3];
    struct scene s;

    memcpy(nested, inner_fields, sizeof nested);
    memcpy(same, outer_fields, sizeof same);
    same[0].fields = nested;
    CHECK_INT(SCENE_OPEN(&s, outer), 0);
    CHECK(mcps__table_is_of(s.table, outer_fields));
    CHECK(mcps__table_is_of(s.table, same));
    CHECK(!mcps__table_is_of(s.table, inner_fields));
    CHECK(!mcps__table_is_of(s.table, same + 1));
    nested[0].offset += 8;
    CHECK(!mcps__table_is_of(s.table, same));
    nested[0].offset -= 8;
    same[1].type = MCPS_TYPE_END;
    CHECK(!mcps__table_is_of(s.table, same));
    same[1].type = MCPS_TYPE_BOOL;
    same[1].name = "c";
    CHECK(!mcps__table_is_of(s.table, same));
out:
    scene_close(&s);
}

/* Only by hand: the macros cannot make one. */
static void fields_do_not_overlap(void)
{
    struct mcps_field fields[] = {
        { .name = "a", .type = MCPS_TYPE_INT, .offset = 0, .has_offset = 16 },
        { .name = "b", .type = MCPS_TYPE_INT, .offset = 8, .has_offset = 17 },
        { .name = NULL, .type = MCPS_TYPE_END },
    };
    struct scene s;

    CHECK_INT(scene_open(&s, fields, 24), 0);
    scene_close(&s);
    fields[1].has_offset = 16;
    CHECK_INT(scene_open(&s, fields, 24), -EINVAL);
    CHECK_STR(s.error, "field \"b\" lies where another field does");
    scene_close(&s);
    fields[1].has_offset = 3;
    CHECK_INT(scene_open(&s, fields, 24), -EINVAL);
out:
    scene_close(&s);
}

static void names_are_unique(void)
{
    static const struct mcps_field fields[] = {
        { .name = "b", .type = MCPS_TYPE_INT, .has_offset = 8 },
        { .name = "aa", .type = MCPS_TYPE_INT, .offset = 16, .has_offset = 24 },
        { .name = "a", .type = MCPS_TYPE_INT, .offset = 32, .has_offset = 40 },
        { .name = "b", .type = MCPS_TYPE_INT, .offset = 48, .has_offset = 56 },
        { .type = MCPS_TYPE_END },
    };
    struct scene s;

    CHECK_INT(scene_open(&s, fields, 64), -EINVAL);
    CHECK_STR(s.error, "field \"b\" is declared twice");
out:
    scene_close(&s);
}

static void endless_tables_end(void)
{
    static struct mcps_field loop[2] = { { .name = "x" } };
    static struct mcps_field many[MCPS__TABLE_FIELDS_MAX + 1];
    struct scene s;

    loop[0] = (struct mcps_field){ .name = "x",
                                   .type = MCPS_TYPE_LIST,
                                   .item = MCPS_TYPE_OBJECT,
                                   .fields = loop,
                                   .fields_size = 32,
                                   .has_offset = 16 };
    CHECK_INT(scene_open(&s, loop, 32), -EINVAL);
    CHECK(strstr(s.error, "is nested too deep") != NULL);
    scene_close(&s);
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = (struct mcps_field){ .name = "x", .type = MCPS_TYPE_INT };
    CHECK_INT(scene_open(&s, many, 16), -EINVAL);
    CHECK_STR(s.error, "field \"x\" is one too many, or the table has no end");
out:
    scene_close(&s);
}

static void short_buffers_get_the_beginning(void)
{
    static const struct mcps_field fields[] = {
        { .name = "\xc3\xa9\xc3\xa9", .type = MCPS_TYPE_LIST }, { .type = MCPS_TYPE_END }
    };
    struct mcps__table *table = NULL;
    char text[11];

    for (size_t size = 0; size <= sizeof text; size++) {
        int r;

        memset(text, '#', sizeof text);
        r = mcps__table_new(&table, fields, 16, text, size);
        CHECK_INT(r, -EINVAL);
        if (size > 0)
            CHECK(strlen(text) < size);
        for (size_t i = size; i < sizeof text; i++)
            CHECK_INT(text[i], '#');
    }
    CHECK_STR(text, "field \"\xc3\xa9");
out:
    mcps__table_free(table);
}

static void a_struct_may_be_as_large_as_its_fields(void)
{
    struct scene s;

    CHECK_INT(scene_open(&s, place_fields, 0), 0);
    CHECK(s.table->struct_size <= sizeof(struct place));
    CHECK(s.table->struct_size > offsetof(struct place, label));
out:
    scene_close(&s);
}

/* Every name is found at every hint, and others are not. */
static void names_are_found(void)
{
    static const char *const others[] = { "", "an", "anyy", "Days", "cit", "keyy", "z" };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    for (size_t hint = 0; hint <= s.table->n_fields; hint++) {
        for (size_t i = 0; i < s.table->n_fields; i++) {
            const char *name = all_args_fields[i].name;

            CHECK_INT(mcps__table_find(s.table, name, strlen(name), hint), i);
        }
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            CHECK_INT(mcps__table_find(s.table, others[i], strlen(others[i]), hint), -1);
    }
out:
    scene_close(&s);
}

/* ---- schemas of trees ---- */

#define DEEP(ARG, S)                                                            \
    ARG(S, JSON, plain, "", MCPS_OPTIONAL)                                      \
    ARG(S, JSON, tree, "", MCPS_OPTIONAL, .schema_json = "{\"type\":\"null\"}", \
        .json_name = "a/b~c%7e")
MCPS_ARGS(deep, DEEP);

#define COMPILED(ARG, S)                                                                 \
    ARG(S, INT, i, "", MCPS_OPTIONAL)                                                    \
    ARG(S, JSON, any, "", MCPS_OPTIONAL)                                                 \
    ARG(S, JSON, never, "", MCPS_OPTIONAL, .schema_json = "false")                       \
    ARG(S, LIST(JSON), never_ones, "", MCPS_OPTIONAL, .schema_json = "false")            \
    ARG(S, JSON, ref, "", MCPS_OPTIONAL, .schema_json = "{\"$ref\":\"#/properties/i\"}") \
    ARG(S, LIST(JSON), list, "", MCPS_OPTIONAL, .schema_json = "{\"type\":\"boolean\"}") \
    ARG(S, OBJECT(deep), o, "", MCPS_OPTIONAL)                                           \
    ARG(S, LIST(OBJECT(deep)), oo, "", MCPS_OPTIONAL)
MCPS_ARGS(compiled, COMPILED);

/* One that is there. */
static const struct mcps__table_field *field_of(const struct mcps__table *table,
                                                const char *name)
{
    return &table->fields[mcps__table_find(table, name, strlen(name), 0)];
}

static const mcps_schema *schema_of(const struct mcps__table *table, const char *name)
{
    return field_of(table, name)->schema;
}

static void trees_get_their_schemas(void)
{
    static const char *const with[] = { "never", "never_ones", "ref", "list" };
    struct json_object *one = NULL, *truth = NULL;
    mcps_schema_scratch *scratch;
    const mcps_schema *deep;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, compiled), 0);
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        CHECK(!schema_of(s.table, with[i]));
    CHECK_INT(scene_compile(&s), 0);
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        CHECK(schema_of(s.table, with[i]) != NULL);
    CHECK(!schema_of(s.table, "i") && !schema_of(s.table, "any"));
    CHECK(!schema_of(s.table, "o"));
    scratch = s.reader.scratch;
    one = json_object_new_int(1);
    truth = json_object_new_boolean(true);
    CHECK(one && truth);
    CHECK_INT(mcps_schema_check(schema_of(s.table, "never"), one, scratch, 0),
              MCPS_EINVALID);
    CHECK_INT(mcps_schema_check(schema_of(s.table, "never_ones"), one, scratch, 0),
              MCPS_EINVALID);
    CHECK_INT(mcps_schema_check(schema_of(s.table, "ref"), one, scratch, 0), 0);
    CHECK_INT(mcps_schema_check(schema_of(s.table, "ref"), truth, scratch, 0),
              MCPS_EINVALID);
    CHECK_INT(mcps_schema_check(schema_of(s.table, "list"), truth, scratch, 0), 0);
    for (int i = 0; i < 2; i++) {
        const struct mcps__table *inner = field_of(s.table, i == 0 ? "o" : "oo")->table;

        CHECK(!schema_of(inner, "plain"));
        deep = schema_of(inner, "a/b~c%7e");
        CHECK(deep != NULL);
        CHECK_INT(mcps_schema_check(deep, NULL, scratch, 0), 0);
        CHECK_INT(mcps_schema_check(deep, one, scratch, 0), MCPS_EINVALID);
    }
out:
    json_object_put(one);
    json_object_put(truth);
    scene_close(&s);
}

static void schemas_of_trees_that_are_none(void)
{
    static const struct {
        const char *schema, *why;
    } rows[] = {
        { "{\"type\":\"strin\"}", "at \"/properties/x/type\": \"strin\" is no type" },
        { "{\"$ref\":\"#/properties/y\"}",
          "at \"/properties/x/$ref\": there is nothing at \"/properties/y\"" },
        { "{\"$ref\":\"#/properties/x\"}",
          "at \"/properties/x\": it is, or leads to, a circle of subschemas that refer to "
          "each other for the same value" },
    };
    struct scene s = { .table = NULL };
    bool open = false;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mcps_field fields[] = { { .name = "x",
                                               .type = MCPS_TYPE_JSON,
                                               .has_offset = 8,
                                               .schema_json = rows[i].schema },
                                             { .type = MCPS_TYPE_END } };

        open = true;
        CHECK_INT(scene_open(&s, fields, 16), 0);
        CHECK_INT(scene_compile(&s), MCPS_EINVALID);
        CHECK_STR(s.error, rows[i].why);
        CHECK(!s.table->fields[0].schema);
        scene_close(&s);
        open = false;
    }
out:
    if (open)
        scene_close(&s);
}

const struct unit_test schema_table_tests[] = {
    UNIT_TEST(schemas_of_plain_types),
    UNIT_TEST(schemas_of_lists_and_objects),
    UNIT_TEST(schema_without_fields),
    UNIT_TEST(bad_fields_are_named),
    UNIT_TEST(bad_fields_in_tables_are_named),
    UNIT_TEST(headers_are_unique),
    UNIT_TEST(names_are_checked),
    UNIT_TEST(tables_are_told_by_their_structs),
    UNIT_TEST(fields_do_not_overlap),
    UNIT_TEST(names_are_unique),
    UNIT_TEST(endless_tables_end),
    UNIT_TEST(short_buffers_get_the_beginning),
    UNIT_TEST(a_struct_may_be_as_large_as_its_fields),
    UNIT_TEST(names_are_found),
    UNIT_TEST(trees_get_their_schemas),
    UNIT_TEST(schemas_of_trees_that_are_none),
    UNIT_END,
};
