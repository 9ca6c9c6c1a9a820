/* SPDX-License-Identifier: MIT */
/*
 * Errors, in words: which value, what was expected, what came, and which keyword says so. All
 * of it lies in the scratch until that is used again. See eval.h.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json/write.h"
#include "schema/eval.h"
#include "schema/place.h"
#include "util/utf8.h"

enum {
    QUOTED_MAX = 60,    /* bytes of a value, or of a name, that came */
    EXPECTED_MAX = 400, /* of what was expected */
    NAMES_MAX = 240,    /* of the names that there are */
    POINTER_MAX = 1024, /* of a pointer in the value, and of a name in it */
    SHOWN_MAX = 120     /* of a pointer in a sentence */
};

/* Keeps a text until the scratch is used again; NULL ends the check. */
static const char *keep(struct mcps__eval *e, const struct mcps__buf *buf, int r)
{
    const char *text = NULL;

    if (r >= 0)
        text =
            mcps__arena_text(&e->scratch->texts, buf->len > 0 ? buf->data : "", buf->len);
    if (!text)
        e->error = -ENOMEM;
    return text;
}

/* ---- what came ---- */

static const char *kind_of(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null: return "null";
    case json_type_boolean: return "a boolean";
    case json_type_int:
    case json_type_double: return "a number";
    case json_type_string: return "a string";
    case json_type_array: return "an array";
    case json_type_object: return "an object";
    }
    return "";
}

/* So much of a text that is not shown as a whole, up to a character. */
static size_t cut(const char *text, size_t len)
{
    return len > QUOTED_MAX ? mcps__utf8_valid_prefix(text, QUOTED_MAX) : len;
}

/* The text as JSON has it, in quotes; cut if it is long. */
static int quote(struct mcps__buf *out, const char *text, size_t len)
{
    size_t shown = cut(text, len);
    struct mcps__writer w;

    mcps__write_init(&w, out);
    mcps__write_text(&w, text, shown);
    if (mcps__write_end(&w) < 0)
        return mcps__write_end(&w);
    if (shown == len)
        return 0;
    out->len--; /* the quote */
    return mcps__buf_append_str(out, "...\"");
}

/* Numbers and words. */
static int put_scalar(struct mcps__buf *out, struct json_object *value)
{
    size_t before = out->len;
    struct mcps__writer w;

    mcps__write_init(&w, out);
    mcps__write_tree(&w, value);
    if (mcps__write_end(&w) == -ENOMEM)
        return -ENOMEM;
    if (mcps__write_end(&w) < 0) /* JSON does not have it */
        return mcps__buf_append_str(out, "a number that is none");
    if (out->len - before > QUOTED_MAX)
        out->len = before + QUOTED_MAX;
    return 0;
}

static int put_value(const struct mcps__eval *e, struct mcps__buf *out,
                     struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        if (e->schema->hide_values)
            break;
        return quote(out, json_object_get_string(value),
                     (size_t)json_object_get_string_len(value));
    case json_type_int:
    case json_type_double:
    case json_type_boolean:
        if (e->schema->hide_values)
            break;
        return put_scalar(out, value);
    default: break;
    }
    return mcps__buf_append_str(out, kind_of(value));
}

static const char *got_text(struct mcps__eval *e, const struct mcps__here *here,
                            const char *got)
{
    struct mcps__buf buf;
    const char *text;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    r = got ? mcps__buf_append_str(&buf, got) : put_value(e, &buf, here->value);
    text = keep(e, &buf, r);
    mcps__buf_fini(&buf);
    return text;
}

/* ---- where ---- */

/* The chain is from the innermost outwards, and as long as the check may nest. Names may be
 * as long as a whole message. */
static int put_spot(struct mcps__buf *out, const struct mcps__spot *at)
{
    int r = at && at->up ? put_spot(out, at->up) : 0;

    if (r < 0 || !at || out->len > POINTER_MAX)
        return r;
    if (at->name && strlen(at->name) > POINTER_MAX)
        return mcps__place_name(out, at->name,
                                mcps__utf8_valid_prefix(at->name, POINTER_MAX));
    return at->name ? mcps__place_name(out, at->name, strlen(at->name))
                    : mcps__place_index(out, at->index);
}

unsigned mcps__spot_depth(const struct mcps__spot *at)
{
    unsigned depth = 0;

    for (; at; at = at->up)
        depth++;
    return depth;
}

static const char *value_place(struct mcps__eval *e, const struct mcps__here *here)
{
    struct mcps__buf buf;
    const char *text;

    mcps__buf_init(&buf, SIZE_MAX);
    text = keep(e, &buf, put_spot(&buf, here->at));
    mcps__buf_fini(&buf);
    return text;
}

static const char *keyword_place(struct mcps__eval *e, const struct mcps__here *here,
                                 const char *keyword)
{
    struct mcps__buf buf;
    const char *text;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    r = mcps__place_sub(&buf, here->sub);
    if (r >= 0 && *keyword)
        r = mcps__place_name(&buf, keyword, strlen(keyword));
    text = keep(e, &buf, r);
    mcps__buf_fini(&buf);
    return text;
}

/* ---- sentences ---- */

/* A part of a sentence: a pointer may hold any characters, which JSON escapes. */
static int put_quoted(struct mcps__buf *out, const char *text)
{
    struct mcps__writer w;

    mcps__write_init(&w, out);
    mcps__write_string(&w, text);
    return mcps__write_end(&w);
}

/* The end of a pointer that is too long to be read says the most. */
static int put_place(struct mcps__buf *out, const char *pointer)
{
    size_t len = strlen(pointer);
    struct mcps__writer w;

    if (len <= SHOWN_MAX)
        return put_quoted(out, pointer);
    pointer += len - SHOWN_MAX;
    while (((unsigned char)*pointer & 0xc0) == 0x80)
        pointer++;
    mcps__write_init(&w, out);
    mcps__write_string(&w, pointer);
    if (mcps__write_end(&w) < 0)
        return mcps__write_end(&w);
    return mcps__buf_append_str(out, " (its end)");
}

/* at "/a: " or, of the whole, nothing of the kind. */
static int put_at(struct mcps__buf *out, const char *pointer)
{
    int r = mcps__buf_append_str(out, *pointer ? "at " : "the value");

    if (r >= 0 && *pointer)
        r = put_place(out, pointer);
    return r < 0 ? r : mcps__buf_append_str(out, ": ");
}

static const char *sentence(struct mcps__eval *e, const struct mcps__reported *reported)
{
    struct mcps__buf buf;
    const char *text;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    r = put_at(&buf, reported->error.value_at);
    if (r >= 0)
        r = mcps__buf_append_str(&buf, reported->detail);
    if (r >= 0)
        r = mcps__buf_append_str(&buf, " (schema: ");
    if (r >= 0)
        r = put_place(&buf, reported->error.keyword_at);
    if (r >= 0)
        r = mcps__buf_append_byte(&buf, ')');
    text = keep(e, &buf, r);
    mcps__buf_fini(&buf);
    return text;
}

/* What was expected, and what came; of a member's name, that it is about that. */
static const char *plain_detail(struct mcps__eval *e, const struct mcps__here *here,
                                const struct mcps_schema_error *error)
{
    bool of_name = here->value && here->value == e->scratch->name;
    struct mcps__buf buf;
    const char *text;
    int r = 0;

    mcps__buf_init(&buf, SIZE_MAX);
    if (of_name)
        r = mcps__buf_append_str(&buf, "the name ");
    if (r >= 0 && of_name)
        r = e->schema->hide_values ? mcps__buf_append_str(&buf, "of a member")
                                   : put_value(e, &buf, here->value);
    if (r >= 0)
        r = mcps__buf_append_str(&buf, of_name ? ": expected " : "expected ");
    if (r >= 0)
        r = mcps__buf_append_str(&buf, error->expected);
    if (r >= 0)
        r = mcps__buf_append_str(&buf, ", got ");
    if (r >= 0)
        r = mcps__buf_append_str(&buf, error->got);
    text = keep(e, &buf, r);
    mcps__buf_fini(&buf);
    return text;
}

/* The nearest of several, in place of saying only that none fits. */
static const char *nearest_detail(struct mcps__eval *e, const struct mcps__here *here,
                                  const struct mcps__joint *joint,
                                  const struct mcps__reported *nearest)
{
    char start[96];
    struct mcps__buf buf;
    const char *text;
    int r;

    snprintf(start, sizeof start,
             "fits none of the %zu schemas of \"%s\"; nearest: ", joint->n_subs,
             joint->keyword);
    mcps__buf_init(&buf, SIZE_MAX);
    r = mcps__buf_append_str(&buf, start);
    if (r >= 0 && nearest->depth > mcps__spot_depth(here->at))
        r = put_at(&buf, nearest->error.value_at);
    if (r >= 0)
        r = mcps__buf_append_str(&buf, nearest->detail);
    text = keep(e, &buf, r);
    mcps__buf_fini(&buf);
    return text;
}

static void add(struct mcps__eval *e, struct mcps__reported *reported)
{
    struct mcps__report *report = e->report;

    if (report->last)
        report->last->next = reported;
    else
        report->first = reported;
    report->last = reported;
    report->n++;
}

/* The members of an error but for its text. */
static void describe(struct mcps__eval *e, const struct mcps__here *here,
                     const char *keyword, const char *got, const char *expected,
                     struct mcps_schema_error *error)
{
    error->value_at = value_place(e, here);
    error->keyword_at = keyword_place(e, here, keyword);
    error->keyword = keyword;
    error->expected = mcps__arena_text(&e->scratch->texts, expected, strlen(expected));
    error->got = got_text(e, here, got);
    if (!error->value_at || !error->keyword_at || !error->expected || !error->got)
        e->error = -ENOMEM;
}

/* `tried` is NULL unless it is about several subschemas, the nearest of which it names. */
static void explain(struct mcps__eval *e, const struct mcps__here *here,
                    const char *keyword, const char *got, const char *expected,
                    const struct mcps__tried *tried)
{
    struct mcps__reported *reported;

    if (e->coerces)
        return; /* what is of interest was noted */
    reported = mcps__arena_get(&e->scratch->texts, sizeof *reported);
    if (!reported)
        e->error = -ENOMEM;
    else
        describe(e, here, keyword, got, expected, &reported->error);
    if (e->error < 0)
        return;
    reported->depth = mcps__spot_depth(here->at);
    reported->detail = tried
                           ? nearest_detail(e, here, tried->joint, tried->trials->nearest)
                           : plain_detail(e, here, &reported->error);
    if (reported->detail)
        reported->error.text = sentence(e, reported);
    if (reported->error.text)
        add(e, reported);
}

/* A pattern may have any characters in it; and a text may have been cut within one. */
static void one_line(char *text)
{
    text[mcps__utf8_valid_prefix(text, strlen(text))] = '\0';
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

/* ---- for everybody ---- */

bool mcps__explain(struct mcps__eval *e, const struct mcps__here *here,
                   const char *keyword, const char *got, const char *expected, ...)
{
    char text[EXPECTED_MAX];
    va_list args;

    if (mcps__eval_done(e))
        return false;
    va_start(args, expected);
    vsnprintf(text, sizeof text, expected, args);
    va_end(args);
    one_line(text);
    explain(e, here, keyword, got, text, NULL);
    return false;
}

bool mcps__explain_count(struct mcps__eval *e, const struct mcps__here *here,
                         const char *keyword, uint64_t got, uint64_t limit, bool least,
                         const char *what)
{
    /* The plural is of the first word: "items that fit". */
    int noun = (int)strcspn(what, " ");
    char came[96];

    if (mcps__eval_done(e))
        return false;
    snprintf(came, sizeof came, "%llu %.*s%s", (unsigned long long)got, noun, what,
             got == 1 ? "" : "s");
    return mcps__explain(
        e, here, keyword, e->schema->hide_values ? "another number" : came,
        "%s %llu %.*s%s%s", least ? "at least" : "at most", (unsigned long long)limit,
        noun, what, limit == 1 ? "" : "s", what + noun);
}

static int put_types(struct mcps__buf *out, unsigned types)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        { MCPS__T_NUMBER, "a number" },  { MCPS__T_INTEGER, "an integer" },
        { MCPS__T_STRING, "a string" },  { MCPS__T_BOOLEAN, "true or false" },
        { MCPS__T_OBJECT, "an object" }, { MCPS__T_ARRAY, "an array" },
        { MCPS__T_NULL, "null" },
    };
    bool more = false;
    int r = 0;

    if (types & MCPS__T_NUMBER)
        types &= ~(unsigned)MCPS__T_INTEGER;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && r >= 0; i++) {
        if (!(types & names[i].bit))
            continue;
        if (more)
            r = mcps__buf_append_str(out, " or ");
        if (r >= 0)
            r = mcps__buf_append_str(out, names[i].name);
        more = true;
    }
    return r;
}

/* A string in the place of something else may be what a language model meant by it. */
static void add_coercion(struct mcps__eval *e, const struct mcps__here *here)
{
    struct mcps__coercion *coercion;

    if (!e->coerces || !json_object_is_type(here->value, json_type_string))
        return;
    coercion = mcps__arena_get(&e->scratch->texts, sizeof *coercion);
    if (!coercion) {
        e->error = -ENOMEM;
        return;
    }
    coercion->in = here->at ? here->at->in : NULL;
    coercion->name = here->at ? here->at->name : NULL;
    coercion->index = here->at ? here->at->index : 0;
    coercion->types = here->sub->types;
    coercion->next = e->coercions;
    e->coercions = coercion;
}

/* NULL: the schema says nothing of it. */
static const struct mcps__sub *sub_of_member(const struct mcps__object_rules *o,
                                             const char *name)
{
    int32_t place = mcps__names_find(&o->names, name, strlen(name));

    return place >= 0 ? o->members[place].sub : NULL;
}

bool mcps__explain_missing(struct mcps__eval *e, const struct mcps__here *here,
                           const char *keyword, const char *name, const char *beside)
{
    const struct mcps__sub *sub = sub_of_member(here->sub->object, name);
    struct mcps__buf expected;
    int r;

    if (mcps__eval_done(e))
        return false;
    mcps__buf_init(&expected, SIZE_MAX);
    r = mcps__buf_append_str(&expected, "a member ");
    if (r >= 0)
        r = quote(&expected, name, strlen(name));
    if (r >= 0 && sub && sub->types != MCPS__T_ANY) {
        r = mcps__buf_append_str(&expected, ", ");
        if (r >= 0)
            r = put_types(&expected, sub->types);
    }
    if (r >= 0 && beside)
        r = mcps__buf_append_str(&expected, " beside ");
    if (r >= 0 && beside)
        r = quote(&expected, beside, strlen(beside));
    if (r >= 0)
        r = mcps__buf_append_byte(&expected, '\0');
    if (r < 0)
        e->error = r;
    else
        mcps__explain(e, here, keyword, "an object without it", "%s", expected.data);
    mcps__buf_fini(&expected);
    return false;
}

/* "a", "b" */
static int put_names(struct mcps__buf *out, const struct mcps__object_rules *o)
{
    int r = 0;

    for (uint32_t i = 0; o && i < o->n_named && r >= 0; i++) {
        if (i > 0)
            r = mcps__buf_append_str(out, ", ");
        if (r >= 0 && out->len + o->names.names[i].len > NAMES_MAX)
            return mcps__buf_append_str(out, "...");
        if (r >= 0)
            r = quote(out, o->names.names[i].text, o->names.names[i].len);
    }
    return r;
}

/* Does the subschema name all members that there may be? */
static bool has_all_names(const struct mcps__sub *sub, const char *keyword)
{
    return sub->object && sub->object->n_patterns == 0 &&
           strcmp(keyword, "additionalProperties") == 0;
}

bool mcps__explain_unknown(struct mcps__eval *e, const struct mcps__here *here,
                           const char *keyword, const char *name)
{
    struct mcps__buf got, names;
    int r;

    if (mcps__eval_done(e))
        return false;
    mcps__buf_init(&got, SIZE_MAX);
    mcps__buf_init(&names, SIZE_MAX);
    r = e->schema->hide_values ? mcps__buf_append_str(&got, "another one")
                               : quote(&got, name, strlen(name));
    if (r >= 0)
        r = mcps__buf_append_byte(&got, '\0');
    if (r >= 0 && has_all_names(here->sub, keyword))
        r = put_names(&names, here->sub->object);
    if (r >= 0)
        r = mcps__buf_append_byte(&names, '\0');
    if (r < 0)
        e->error = r;
    else
        mcps__explain(e, here, keyword, got.data,
                      names.len > 1 ? "no members but %s" : "no member of that name%s",
                      names.data);
    mcps__buf_fini(&names);
    mcps__buf_fini(&got);
    return false;
}

static bool explain_types(struct mcps__eval *e, const struct mcps__here *here,
                          const char *keyword, unsigned wanted)
{
    struct mcps__buf types;

    mcps__buf_init(&types, SIZE_MAX);
    if (put_types(&types, wanted) < 0 || mcps__buf_append_byte(&types, '\0') < 0)
        e->error = -ENOMEM;
    else
        mcps__explain(e, here, keyword, NULL, "%s", types.data);
    mcps__buf_fini(&types);
    return false;
}

bool mcps__explain_type(struct mcps__eval *e, const struct mcps__here *here)
{
    struct mcps__reported *before;

    if (mcps__eval_done(e))
        return false;
    add_coercion(e, here);
    before = e->report->last;
    explain_types(e, here, "type", here->sub->types);
    if (e->report->last != before)
        e->report->last->types = here->sub->types;
    return false;
}

/* One of all that would do, where each subschema wants a certain value. */
static bool explain_constants(struct mcps__eval *e, const struct mcps__here *here,
                              const char *keyword, const struct mcps__reported *constants)
{
    static const char one_of[] = "one of ";
    struct mcps__buf all;
    int r;

    mcps__buf_init(&all, SIZE_MAX);
    r = mcps__buf_append_str(&all, one_of);
    for (const struct mcps__reported *c = constants; c && r >= 0; c = c->next) {
        const char *text = c->error.expected;

        if (strncmp(text, one_of, sizeof one_of - 1) == 0)
            text += sizeof one_of - 1;
        if (c != constants)
            r = mcps__buf_append_str(&all, ", ");
        if (r >= 0)
            r = mcps__buf_append_str(&all, text);
    }
    if (r >= 0)
        r = mcps__buf_append_byte(&all, '\0');
    if (r < 0)
        e->error = r;
    else
        mcps__explain(e, here, keyword, NULL, "%s", all.data);
    mcps__buf_fini(&all);
    return false;
}

bool mcps__explain_none(struct mcps__eval *e, const struct mcps__here *here,
                        const struct mcps__tried *tried)
{
    const struct mcps__trials *trials = tried->trials;
    const struct mcps__joint *joint = tried->joint;
    char expected[64];

    if (mcps__eval_done(e))
        return false;
    if (trials->n_typed == joint->n_subs)
        return explain_types(e, here, joint->keyword, trials->types);
    if (trials->n_constants == joint->n_subs)
        return explain_constants(e, here, joint->keyword, trials->constants);
    snprintf(expected, sizeof expected, "a value that fits one of %zu schemas",
             joint->n_subs);
    explain(e, here, joint->keyword, NULL, expected, trials->nearest ? tried : NULL);
    return false;
}

void mcps__explain_plainly(struct mcps__eval *e, const char *text)
{
    struct mcps__reported *reported =
        mcps__arena_get(&e->scratch->texts, sizeof *reported);

    if (reported)
        reported->error = (struct mcps_schema_error){
            .value_at = "",
            .keyword_at = "",
            .keyword = "",
            .expected = "",
            .got = "",
            .text = mcps__arena_text(&e->scratch->texts, text, strlen(text)),
        };
    if (!reported || !reported->error.text)
        e->error = -ENOMEM;
    else
        add(e, reported);
}

void mcps__explain_end(struct mcps__eval *e)
{
    char text[160];

    if (e->too_deep)
        snprintf(text, sizeof text,
                 "the value cannot be checked: subschemas nest deeper than %u",
                 e->schema->max_nesting);
    else
        snprintf(text, sizeof text,
                 "the value cannot be checked: that takes more than %llu steps",
                 (unsigned long long)e->schema->max_steps);
    mcps__explain_plainly(e, text);
}
