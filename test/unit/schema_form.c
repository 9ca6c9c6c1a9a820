/* SPDX-License-Identifier: MIT */
/*
 * Tables as forms: their schemas in each revision, what no form can have, and answers. Each
 * schema is held against the revision's own where that is beside the project.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "schema/form.h"
#include "schema_judge.h"
#include "schema_scene.h"
#include "util/mem.h"

extern const struct unit_test schema_form_tests[];

static const char *const statuses[] = { "active", "inactive", "pending", NULL };
static const char *const options[] = { "option1", "option2", "option3", NULL };
static const char *const values[] = { "value1", "value2", "value3", NULL };
static const char *const opts[] = { "opt1", "opt2", "opt3", NULL };
static const char *const nth_options[] = { "First Option", "Second Option",
                                           "Third Option", NULL };
static const char *const nth_choices[] = { "First Choice", "Second Choice",
                                           "Third Choice", NULL };
static const char *const old_names[] = { "Option One", "Option Two", "Option Three",
                                         NULL };

#define DEFAULTS(ARG, S)                                                      \
    ARG(S, STRING, name, NULL, MCPS_OPTIONAL, .default_json = "\"John Doe\"") \
    ARG(S, INT, age, NULL, MCPS_OPTIONAL, .default_json = "30")               \
    ARG(S, NUMBER, score, NULL, MCPS_OPTIONAL, .default_json = "95.5")        \
    ARG(S, ENUM, status, NULL, MCPS_OPTIONAL, .choices = statuses,            \
        .default_json = "\"active\"")                                         \
    ARG(S, BOOL, verified, NULL, MCPS_OPTIONAL, .default_json = "true")
MCPS_ARGS(defaults, DEFAULTS);

#define ENUMS(ARG, S)                                                                   \
    ARG(S, ENUM, untitledSingle, NULL, MCPS_OPTIONAL, .choices = options)               \
    ARG(S, ENUM, titledSingle, NULL, MCPS_OPTIONAL, .choices = values,                  \
        .titles = nth_options)                                                          \
    ARG(S, ENUM, legacyEnum, NULL, MCPS_OPTIONAL, .choices = opts, .titles = old_names, \
        .legacy_titles = true)                                                          \
    ARG(S, LIST(ENUM), untitledMulti, NULL, MCPS_OPTIONAL, .choices = options)          \
    ARG(S, LIST(ENUM), titledMulti, NULL, MCPS_OPTIONAL, .choices = values,             \
        .titles = nth_choices)
MCPS_ARGS(enums, ENUMS);

#define SINGLES(ARG, S)                                                                \
    ARG(S, ENUM, plain, NULL, MCPS_OPTIONAL, .choices = options)                       \
    ARG(S, ENUM, titled, "Which", MCPS_OPTIONAL, .choices = values, .title = "Choice", \
        .titles = nth_options, .default_json = "\"value2\"")
MCPS_ARGS(singles, SINGLES);

#define CONTACT(ARG, S)                                                                  \
    ARG(S, STRING, name, "As on the card", MCPS_REQUIRED, .min_length = 2,               \
        .max_length = 9, .header = "Name", .title = "Full name")                         \
    ARG(S, STRING, email, NULL, MCPS_REQUIRED, .format = "email")                        \
    ARG(S, STRING, site, NULL, MCPS_OPTIONAL, .default_json = "\"https://example.org\"", \
        .format = "uri")                                                                 \
    ARG(S, STRING, born, NULL, MCPS_OPTIONAL, .format = "date")                          \
    ARG(S, STRING, at, NULL, MCPS_OPTIONAL, .json_name = "when", .title = "When",        \
        .format = "date-time")                                                           \
    ARG(S, INT, age, NULL, MCPS_OPTIONAL, MCPS_MIN(18), .title = "Age")                  \
    ARG(S, NUMBER, share, NULL, MCPS_OPTIONAL, MCPS_RANGE(0, 99.5), .title = "%")        \
    ARG(S, BOOL, news, NULL, MCPS_OPTIONAL, .default_json = "false", .title = "News")
MCPS_ARGS(contact, CONTACT);

#define PICKS(ARG, S)                                                                   \
    ARG(S, LIST(ENUM), few, "Up to two", MCPS_REQUIRED, .min_items = 1, .max_items = 2, \
        .choices = options, .title = "A few")                                           \
    ARG(S, LIST(ENUM), any, NULL, MCPS_OPTIONAL, .choices = values,                     \
        .default_json = "[\"value1\", \"value3\"]", .titles = nth_choices)
MCPS_ARGS(picks, PICKS);

#define TAGS(ARG, S) ARG(S, LIST(STRING), tags, NULL, MCPS_OPTIONAL)
MCPS_ARGS(tags, TAGS);

/* ---- schemas ---- */

/* In s->out.data. */
static int write_form(struct scene *s, enum mcps__form_dialect dialect)
{
    struct mcps__writer w;
    int r;

    mcps__buf_clear(&s->out);
    mcps__write_init(&w, &s->out);
    mcps__form_write(s->table, dialect, &w);
    r = mcps__write_end(&w);
    return r < 0 ? r : mcps__buf_append_byte(&s->out, '\0');
}

#define FORM(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define TITLED(a, b, c, what)                                                        \
    "[{\"const\":\"" a "\",\"title\":\"First " what "\"},{\"const\":\"" b            \
    "\",\"title\":\"Second " what "\"},{\"const\":\"" c "\",\"title\":\"Third " what \
    "\"}]"

#define PLAIN "\"enum\":[\"option1\",\"option2\",\"option3\"]"
#define LEGACY_ENUM                                                              \
    "\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\",\"opt2\",\"opt3\"]," \
    "\"enumNames\":[\"Option One\",\"Option Two\",\"Option Three\"]}"

#define DEFAULTS_FORM                                                                     \
    FORM(                                                                                 \
        "\"name\":{\"type\":\"string\",\"default\":\"John Doe\"},"                        \
        "\"age\":{\"type\":\"integer\",\"default\":30},"                                  \
        "\"score\":{\"type\":\"number\",\"default\":95.5},"                               \
        "\"status\":{\"type\":\"string\",\"enum\":[\"active\",\"inactive\",\"pending\"]," \
        "\"default\":\"active\"},"                                                        \
        "\"verified\":{\"type\":\"boolean\",\"default\":true}")

#define ENUMS_FORM                                                                                  \
    FORM(                                                                                           \
        "\"untitledSingle\":{\"type\":\"string\"," PLAIN "},"                                       \
        "\"titledSingle\":{\"type\":\"string\",\"oneOf\":" TITLED(                                  \
            "value1", "value2", "value3",                                                           \
            "Option") "}," LEGACY_ENUM ","                                                          \
                      "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\"," PLAIN \
                      "}},"                                                                         \
                      "\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":" TITLED(           \
                          "value1", "value2", "value3", "Choice") "}}")

#define CONTACT_FORM(site_default)                                                       \
    "{\"type\":\"object\",\"properties\":{"                                              \
    "\"name\":{\"type\":\"string\",\"title\":\"Full name\",\"description\":\"As on the " \
    "card\",\"minLength\":2,\"maxLength\":9},"                                           \
    "\"email\":{\"type\":\"string\",\"format\":\"email\"},"                              \
    "\"site\":{\"type\":\"string\",\"format\":\"uri\"" site_default "},"                 \
    "\"born\":{\"type\":\"string\",\"format\":\"date\"},"                                \
    "\"when\":{\"type\":\"string\",\"title\":\"When\",\"format\":\"date-time\"},"        \
    "\"age\":{\"type\":\"integer\",\"title\":\"Age\",\"minimum\":18},"                   \
    "\"share\":{\"type\":\"number\",\"title\":\"%\",\"minimum\":0,\"maximum\":99.5},"    \
    "\"news\":{\"type\":\"boolean\",\"title\":\"News\",\"default\":false}},"             \
    "\"required\":[\"name\",\"email\"]}"

#define PICKS_FORM                                                                   \
    "{\"type\":\"object\",\"properties\":{"                                          \
    "\"few\":{\"type\":\"array\",\"title\":\"A few\",\"description\":\"Up to two\"," \
    "\"items\":{\"type\":\"string\"," PLAIN "},\"minItems\":1,\"maxItems\":2},"      \
    "\"any\":{\"type\":\"array\",\"items\":{\"anyOf\":" TITLED(                      \
        "value1", "value2", "value3",                                                \
        "Choice") "},\"default\":[\"value1\",\"value3\"]}},\"required\":[\"few\"]}"

#define ROW(S, dialect, text)                       \
    {                                               \
        S##_fields, sizeof(struct S), dialect, text \
    }

static const struct form_row {
    const struct mcps_field *fields;
    size_t struct_size;
    enum mcps__form_dialect dialect;
    const char *schema;
} rows[] = {
    ROW(defaults, MCPS__FORM_2025_06,
        FORM("\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"},"
             "\"score\":{\"type\":\"number\"},\"status\":{\"type\":\"string\",\"enum\":["
             "\"active\",\"inactive\",\"pending\"]},"
             "\"verified\":{\"type\":\"boolean\",\"default\":true}")),
    ROW(defaults, MCPS__FORM_2025_11, DEFAULTS_FORM),
    ROW(defaults, MCPS__FORM_2026, DEFAULTS_FORM),
    ROW(enums, MCPS__FORM_2025_11, ENUMS_FORM),
    ROW(enums, MCPS__FORM_2026, ENUMS_FORM),
    ROW(singles, MCPS__FORM_2025_06,
        FORM("\"plain\":{\"type\":\"string\"," PLAIN "},"
             "\"titled\":{\"type\":\"string\",\"title\":\"Choice\",\"description\":"
             "\"Which\",\"enum\":[\"value1\",\"value2\",\"value3\"],\"enumNames\":["
             "\"First Option\",\"Second Option\",\"Third Option\"]}")),
    ROW(singles, MCPS__FORM_2025_11,
        FORM("\"plain\":{\"type\":\"string\"," PLAIN "},"
             "\"titled\":{\"type\":\"string\",\"title\":\"Choice\",\"description\":"
             "\"Which\",\"oneOf\":" TITLED("value1", "value2", "value3",
                                           "Option") ",\"default\":\"value2\"}")),
    ROW(contact, MCPS__FORM_2025_06, CONTACT_FORM("")),
    ROW(contact, MCPS__FORM_2025_11,
        CONTACT_FORM(",\"default\":\"https://example.org\"")),
    ROW(contact, MCPS__FORM_2026, CONTACT_FORM(",\"default\":\"https://example.org\"")),
    ROW(picks, MCPS__FORM_2025_11, PICKS_FORM),
    ROW(picks, MCPS__FORM_2026, PICKS_FORM),
    ROW(mcps_no_args, MCPS__FORM_2025_06, FORM("")),
    ROW(mcps_no_args, MCPS__FORM_2026, FORM("")),
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void forms_say_what_their_revision_has(void)
{
    struct scene s;
    bool open = false;

    for (size_t i = 0; i < N_ROWS; i++) {
        unit_note_on_failure("row %zu", i);
        open = true;
        CHECK_INT(scene_open(&s, rows[i].fields, rows[i].struct_size), 0);
        CHECK_INT(mcps__form_check(s.table, rows[i].dialect, s.error, sizeof s.error), 0);
        CHECK_STR(s.error, "");
        CHECK_INT(write_form(&s, rows[i].dialect), 0);
        CHECK_STR(s.out.data, rows[i].schema);
        scene_close(&s);
        open = false;
    }
out:
    if (open)
        scene_close(&s);
}

/* The same options in the schema of a tool. */
static void tools_have_titles_and_formats(void)
{
    struct scene s;
    struct judge j;
    int opened = judge_open(&j);

    CHECK_INT(SCENE_OPEN(&s, enums), 0);
    CHECK_INT(opened, 0);
    CHECK_INT(scene_schema(&s), 0);
    CHECK_STR(
        s.out.data,
        "{\"type\":\"object\",\"properties\":{"
        "\"untitledSingle\":{\"type\":\"string\"," PLAIN "},"
        "\"titledSingle\":{\"type\":\"string\",\"oneOf\":" TITLED(
            "value1", "value2", "value3",
            "Option") "}," LEGACY_ENUM ","
                      "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\"," PLAIN
                      "}},"
                      "\"titledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                      "\"oneOf\":" TITLED("value1", "value2", "value3",
                                          "Choice") "}}},"
                                                    "\"additionalProperties\":false}");
    CHECK_INT(judge_both(&j, s.out.data,
                         "{\"titledSingle\":\"value3\",\"titledMulti\":[\"value1\"]}",
                         NULL),
              0);
    CHECK_INT(judge_check(&j, "{\"titledSingle\":\"Third Option\"}", 1), MCPS_EINVALID);
    CHECK_INT(judge_check(&j, "{\"titledMulti\":[\"First Choice\"]}", 1), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"titledSingle\":\"value3\"}"), 0);
    CHECK_INT(SCENE_ARGS(&s, enums)->titledSingle, 2);
out:
    scene_close(&s);
    judge_close(&j);
}

/* ---- what no form can have ---- */

struct one {
    _Alignas(16) unsigned char value[48];
    bool has_value;
};

#define BAD(in, why, ...)                                  \
    {                                                      \
        .dialect = (in), .wrong = why, .field = {          \
            .name = "x",                                   \
            .has_offset = offsetof(struct one, has_value), \
            __VA_ARGS__                                    \
        }                                                  \
    }

static const struct {
    enum mcps__form_dialect dialect;
    const char *wrong; /* NULL: nothing */
    struct mcps_field field;
} singly[] = {
    BAD(MCPS__FORM_2026, "is of a type that forms do not have", .type = MCPS_TYPE_JSON),
    BAD(MCPS__FORM_2026, "is of a type that forms do not have", .type = MCPS_TYPE_OBJECT,
        .fields = tags_fields, .fields_size = sizeof(struct tags)),
    BAD(MCPS__FORM_2025_11, "is of a type that forms do not have", .type = MCPS_TYPE_LIST,
        .item = MCPS_TYPE_JSON),
    BAD(MCPS__FORM_2025_11, "is a list, which forms only have of enums",
        .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_STRING),
    BAD(MCPS__FORM_2025_06, "is a list, which forms only have of enums",
        .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_BOOL),
    BAD(MCPS__FORM_2025_06, "is a list, which forms of revision 2025-06-18 do not have",
        .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_ENUM, .choices = options),
    BAD(MCPS__FORM_2026, "is a secret, which forms must not ask for",
        .type = MCPS_TYPE_STRING, .flags = MCPS_SECRET),
    BAD(MCPS__FORM_2026, "has a format that forms do not have", .type = MCPS_TYPE_STRING,
        .format = "ipv4"),
    BAD(MCPS__FORM_2025_06, "has a format that forms do not have",
        .type = MCPS_TYPE_STRING, .format = "Email"),
    BAD(MCPS__FORM_2025_06, "has a default that is not of its format",
        .type = MCPS_TYPE_STRING, .default_json = "\"nobody\"", .format = "email"),
    BAD(MCPS__FORM_2025_06, NULL, .type = MCPS_TYPE_STRING,
        .default_json = "\"a@example.org\"", .format = "email"),
    BAD(MCPS__FORM_2025_11, NULL, .type = MCPS_TYPE_LIST, .item = MCPS_TYPE_ENUM,
        .choices = options),
};

static void what_forms_do_not_have_is_named(void)
{
    char want[300], small[20];
    struct scene s;
    bool open = false;

    for (size_t i = 0; i < sizeof singly / sizeof singly[0]; i++) {
        struct mcps_field fields[2] = { singly[i].field, { .type = MCPS_TYPE_END } };

        unit_note_on_failure("row %zu", i);
        snprintf(want, sizeof want, "field \"x\" %s",
                 singly[i].wrong ? singly[i].wrong : "");
        open = true;
        CHECK_INT(scene_open(&s, fields, sizeof(struct one)), 0);
        CHECK_INT(mcps__form_check(s.table, singly[i].dialect, s.error, sizeof s.error),
                  singly[i].wrong ? -EINVAL : 0);
        CHECK_STR(s.error, singly[i].wrong ? want : "");
        CHECK_INT(mcps__form_check(s.table, singly[i].dialect, NULL, 0),
                  singly[i].wrong ? -EINVAL : 0);
        CHECK_INT(mcps__form_check(s.table, singly[i].dialect, small, sizeof small),
                  singly[i].wrong ? -EINVAL : 0);
        CHECK(strncmp(small, want, strlen(small)) == 0);
        scene_close(&s);
        open = false;
    }
out:
    if (open)
        scene_close(&s);
}

/* ---- answers ---- */

static int decode_form(struct scene *s, const char *text)
{
    size_t len = strlen(text);

    mcps__args_fini(&s->args);
    mcps__free(s->text);
    s->text = mcps__memdup(text, len);
    if (!s->text)
        return -ENOMEM;
    mcps__scan_reset(&s->reader.parser.scan);
    if (len > 0 && mcps__scan_feed(&s->reader.parser.scan, s->text, len, true) != 1)
        return -1;
    return mcps__form_decode(&s->args, s->table, s->text, len, &s->reader, s->error,
                             sizeof s->error);
}

static void answers_become_structs(void)
{
    const struct contact *c;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, contact), 0);
    CHECK_INT(decode_form(&s, "{\"extra\":{\"a\":[null]},\"name\":\"Ann\",\"email\":"
                              "\"ann\\u0040example.org\",\"extra\":1,\"share\":95.5,"
                              "\"when\":\"2026-07-28T09:30:00Z\",\"news\":true}"),
              0);
    CHECK_STR(s.error, "");
    c = SCENE_ARGS(&s, contact);
    CHECK_STR(c->name, "Ann");
    CHECK_STR(c->email, "ann@example.org");
    CHECK_STR(c->at, "2026-07-28T09:30:00Z");
    CHECK(c->has_share && c->share > 95.4 && c->share < 95.6);
    CHECK(c->has_news && c->news);
    CHECK(!c->has_site);
    CHECK_STR(c->site, "https://example.org");
    CHECK(!c->has_born && c->born == NULL);
    CHECK(!c->has_age && c->age == 0);
out:
    scene_close(&s);
}

static void choices_become_indexes(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, picks), 0);
    CHECK_INT(decode_form(&s, "{\"few\":[\"option3\",\"option1\"]}"), 0);
    CHECK_INT(SCENE_ARGS(&s, picks)->few.n, 2);
    CHECK_INT(SCENE_ARGS(&s, picks)->few.items[0], 2);
    CHECK_INT(SCENE_ARGS(&s, picks)->few.items[1], 0);
    CHECK(!SCENE_ARGS(&s, picks)->has_any);
    CHECK_INT(SCENE_ARGS(&s, picks)->any.n, 2);
    CHECK_INT(SCENE_ARGS(&s, picks)->any.items[1], 2);
    CHECK_INT(decode_form(&s, "{\"few\":[\"option3\",\"value1\"]}"), MCPS_EINVALID);
    CHECK_STR(s.error, "field \"few[1]\": expected one of \"option1\", \"option2\", "
                       "\"option3\", got \"value1\"");
    CHECK_INT(decode_form(&s, "{\"few\":[]}"), MCPS_EINVALID);
    CHECK_STR(s.error, "field \"few\": expected an array of 1 to 2 items, got 0 items");
out:
    scene_close(&s);
}

#define WHO   "\"name\":\"Ann\",\"email\":\"a@b.org\""
#define EMAIL "an email address (name@example.org)"

static void answers_that_do_not_fit(void)
{
    static const struct {
        const char *text, *wrong;
    } answers[] = {
        { "", "field \"name\" is missing: expected a string of 2 to 9 characters (As on "
              "the card)\nfield \"email\" is missing: expected a string" },
        { "[]", "the fields: expected an object, got an array" },
        { "{\"name\":\"Ann\",\"email\":\"not an email\"}",
          "field \"email\": expected " EMAIL ", got \"not an email\"" },
        { "{\"name\":\"Ann\",\"email\":\"\"}",
          "field \"email\": expected " EMAIL ", got \"\"" },
        { "{\"name\":\"Ann\",\"email\":\"\\\"\\u00e9\\n\"}",
          "field \"email\": expected " EMAIL ", got \"\\\"\xc3\xa9\\u000a\"" },
        { "{\"name\":\"Ann\",\"email\":\"a@b.org\\u0000\"}",
          "field \"email\": expected a string, got one with a NUL character in it" },
        { "{\"name\":\"A\",\"email\":5}",
          "field \"name\": expected a string of 2 to 9 characters, got 1 character\n"
          "field \"email\": expected a string, got 5" },
        { "{" WHO ",\"site\":\"example\"}",
          "field \"site\": expected a URI with its scheme (https://example.org/a), got "
          "\"example\"" },
        { "{" WHO ",\"born\":\"2026-02-30\"}",
          "field \"born\": expected a date as in RFC 3339 (2026-07-28), got "
          "\"2026-02-30\"" },
        { "{" WHO ",\"when\":\"2026-02-03\"}",
          "field \"when\": expected a date and time as in RFC 3339 "
          "(2026-07-28T09:30:00Z), got \"2026-02-03\"" },
        { "{" WHO ",\"age\":17}",
          "field \"age\": expected an integer of at least 18, got 17" },
        { "{" WHO ",\"age\":\"18\"}",
          "field \"age\": expected an integer of at least 18, got \"18\"" },
        { "{" WHO ",\"news\":null}",
          "field \"news\": expected true or false, got null (leave it out instead)" },
        { "{" WHO ",\"news\":true,\"news\":true}", "field \"news\" is there twice" },
    };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, contact), 0);
    s.reader.coerces = true; /* as servers may do with arguments */
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        unit_note_on_failure("%s", answers[i].text);
        CHECK_INT(decode_form(&s, answers[i].text), MCPS_EINVALID);
        CHECK_STR(s.error, answers[i].wrong);
    }
    CHECK(s.reader.coerces);
out:
    scene_close(&s);
}

/* What comes after the answer of a form is read as arguments again. */
static void arguments_are_not_read_like_answers(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, contact), 0);
    CHECK_INT(decode_form(&s, "{" WHO ",\"else\":1}"), 0);
    CHECK_INT(scene_decode(&s, "{\"name\":\"Ann\",\"email\":\"nobody\"}"), 0);
    CHECK_STR(SCENE_ARGS(&s, contact)->email, "nobody");
    CHECK_INT(scene_decode(&s, "{" WHO ",\"born\":1,\"else\":1}"), MCPS_EINVALID);
    CHECK(strstr(s.error, "argument \"born\": expected a string, got 1\n") == s.error);
    CHECK(strstr(s.error, "unknown argument \"else\"") != NULL);
out:
    scene_close(&s);
}

/* ---- the protocol's own schemas ---- */

#define DOCUMENT_URI "https://example.com/mcp/schema.json"

static const struct {
    const char *revision, *form;
} revisions[] = {
    [MCPS__FORM_2025_06] = { "2025-06-18",
                             "definitions/ElicitRequest/properties/params" },
    [MCPS__FORM_2025_11] = { "2025-11-25", "$defs/ElicitRequestFormParams" },
    [MCPS__FORM_2026] = { "2026-07-28", "$defs/ElicitRequestFormParams" },
};

/* Calls fn for each member of an object. */
static void for_each(struct json_object *object,
                     void (*fn)(const char *name, struct json_object *value))
{
    struct json_object_iterator it = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);

    for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
        fn(json_object_iter_peek_name(&it), json_object_iter_peek_value(&it));
}

/* Forbids members that a schema does not name, in all that is below: so what only another
 * revision has does not pass for something else. */
static void close_objects(const char *name, struct json_object *tree)
{
    struct json_object *properties = NULL, *type = NULL;

    (void)name;
    if (!json_object_is_type(tree, json_type_object))
        return;
    for_each(tree, close_objects);
    if (json_object_object_get_ex(tree, "properties", &properties) &&
        json_object_object_get_ex(tree, "type", &type) &&
        json_object_is_type(type, json_type_string) &&
        !json_object_object_get_ex(tree, "additionalProperties", NULL))
        json_object_object_add(tree, "additionalProperties",
                               json_object_new_boolean(false));
}

/* Only what stands in a form, for other definitions extend each other. */
static void close_definition(const char *name, struct json_object *definition)
{
    static const char *const kept[] = { "StringSchema", "NumberSchema", "BooleanSchema" };
    bool wanted = strstr(name, "EnumSchema") || strstr(name, "ElicitRequest");

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        wanted = wanted || strcmp(name, kept[i]) == 0;
    if (wanted)
        close_objects(name, definition);
}

static void close_definitions(struct json_object *protocol)
{
    struct json_object *all = NULL;

    if (json_object_object_get_ex(protocol, "$defs", &all) ||
        json_object_object_get_ex(protocol, "definitions", &all))
        for_each(all, close_definition);
}

/* Compiles what the revision says of forms. False without its schema. */
static bool compile_protocol(struct judge *j, size_t i)
{
    const char *shared = unit_shared_dir();
    struct mcps_schema_document document = { DOCUMENT_URI, NULL };
    struct mcps_schema_options with =
        MCPS_SCHEMA_OPTIONS(.documents = &document, .n_documents = 1);
    char path[4500], wrapper[400];
    struct json_object *protocol = NULL;
    char *text = NULL;
    size_t len = 0;
    int r = -1;

    if (shared) {
        snprintf(path, sizeof path, "%.4000s/data/mcp-schema/%s/schema.json", shared,
                 revisions[i].revision);
        text = unit_read_file(path, &len);
    }
    if (!text || judge_parse(j, &protocol, text, len) < 0)
        goto out;
    close_definitions(protocol);
    document.json = json_object_to_json_string_ext(protocol, JSON_C_TO_STRING_PLAIN);
    snprintf(wrapper, sizeof wrapper,
             "{\"$ref\":\"" DOCUMENT_URI "#/%s/properties/requestedSchema\"}",
             revisions[i].form);
    r = judge_compile(j, wrapper, &with);
    if (r < 0)
        unit_note("%s", j->why);
out:
    json_object_put(protocol);
    free(text);
    return r == 0;
}

static void forms_fit_the_protocol(void)
{
    const char *const others = FORM("\"x\":{\"type\":\"array\",\"items\":{\"type\":"
                                    "\"string\"}}");
    struct judge j;

    if (judge_open(&j) < 0)
        abort();
    for (size_t d = 0; d < sizeof revisions / sizeof revisions[0]; d++) {
        unit_note_on_failure("%s", revisions[d].revision);
        if (!compile_protocol(&j, d)) {
            unit_skip("the protocol's schemas are not here");
            break;
        }
        CHECK_INT(judge_check(&j, others, 1), MCPS_EINVALID);
        CHECK_INT(judge_check(&j, DEFAULTS_FORM, 1),
                  d == MCPS__FORM_2025_06 ? MCPS_EINVALID : 0);
        for (size_t i = 0; i < N_ROWS; i++) {
            unit_note_on_failure("%s, row %zu", revisions[d].revision, i);
            if (rows[i].dialect == d)
                CHECK_INT(judge_check(&j, rows[i].schema, 1), 0);
        }
    }
out:
    judge_close(&j);
}

const struct unit_test schema_form_tests[] = {
    UNIT_TEST(forms_say_what_their_revision_has),
    UNIT_TEST(tools_have_titles_and_formats),
    UNIT_TEST(what_forms_do_not_have_is_named),
    UNIT_TEST(answers_become_structs),
    UNIT_TEST(choices_become_indexes),
    UNIT_TEST(answers_that_do_not_fit),
    UNIT_TEST(arguments_are_not_read_like_answers),
    UNIT_TEST_ONCE(forms_fit_the_protocol, "the schemas are large"),
    UNIT_END,
};
