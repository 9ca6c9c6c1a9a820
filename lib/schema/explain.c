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

/* As it was written, as far as that is known. */
static int put_number(struct mcps__buf *out, struct json_object *value)
{
    struct mcps__num num;
    int r = mcps__num_init(&num, value);

    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return mcps__buf_append_str(out, "a number that cannot be told");
    r = mcps__buf_append(out, num.text, cut(num.text, strlen(num.text)));
    mcps__num_fini(&num);
    return r;
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
        if (e->schema->hide_values)
            break;
        return put_number(out, value);
    case json_type_boolean:
        if (e->schema->hide_values)
            break;
        return mcps__buf_append_str(out,
                                    json_object_get_boolean(value) ? "true" : "false");
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

int mcps__explain_at(struct mcps__buf *out, const char *pointer)
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
    r = mcps__explain_at(&buf, reported->error.value_at);
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
    bool of_name = here->value && here->value == e->name;
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

/* Errors take their time, too. */
enum { EXPLAIN_STEPS = 8 };

/* `detail` is NULL, and made, unless the sentence is another one. */
static void explain(struct mcps__eval *e, const struct mcps__here *here,
                    const char *keyword, const char *got, const char *expected,
                    const char *detail)
{
    struct mcps__reported *reported =
        mcps__arena_get(&e->scratch->texts, sizeof *reported);

    if (!reported)
        e->error = -ENOMEM;
    else if (mcps__eval_spend(e, EXPLAIN_STEPS * MCPS__STEP_SIZE))
        describe(e, here, keyword, got, expected, &reported->error);
    if (e->error < 0)
        return;
    reported->depth = mcps__spot_depth(here->at);
    reported->detail = detail
                           ? mcps__arena_text(&e->scratch->texts, detail, strlen(detail))
                           : plain_detail(e, here, &reported->error);
    if (reported->detail)
        reported->error.text = sentence(e, reported);
    if (reported->error.text)
        add(e, reported);
    else
        e->error = -ENOMEM;
}

void mcps__explain_as(struct mcps__eval *e, const struct mcps__here *here,
                      const char *keyword, const char *expected, const char *detail)
{
    explain(e, here, keyword, NULL, expected, detail);
}

/* ---- for everybody ---- */

bool mcps__explain(struct mcps__eval *e, const struct mcps__here *here,
                   const char *keyword, const char *got, const char *expected, ...)
{
    char text[EXPECTED_MAX];
    va_list args;

    if (mcps__eval_done(e))
        return false;
    if (e->coerces) {
        e->misfits++;
        return false;
    }
    va_start(args, expected);
    vsnprintf(text, sizeof text, expected, args);
    va_end(args);
    mcps__place_one_line(text);
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

bool mcps__explain_types(struct mcps__eval *e, const struct mcps__here *here,
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
    if (e->coerces && mcps__coerce_note(e, here))
        return false;
    before = e->report->last;
    mcps__explain_types(e, here, "type", here->sub->types);
    if (e->report->last != before)
        e->report->last->types = here->sub->types;
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
