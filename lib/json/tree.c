/* SPDX-License-Identifier: MIT */
/*
 * json-c trees from text; see tree.h. The builder relies on what the scan has checked: that
 * the text is JSON, no deeper than MCPS__JSON_DEPTH_MAX, with numbers in range. It recurses
 * that deep at the most.
 */
#include "config.h"

#include "json/tree.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json/number.h"
#include "json/plain.h"
#include "json/text.h"

enum { SCRATCH_KEPT = 64u << 10, FIRST_ELEMENTS = 4 };

struct builder {
    const char *at;
    const char *end;
    struct mcps__tree_parser *parser;
    int error; /* the first; NULL alone does not tell, for it is also the value null */
};

int mcps__tree_parser_init(struct mcps__tree_parser *parser,
                           const struct mcps__json_limits *limits)
{
    struct mcps__json_limits without_members = *limits;

    without_members.members = 0;
    mcps__scan_init(&parser->scan, &without_members);
    mcps__buf_init(&parser->scratch, SIZE_MAX);
    parser->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return parser->c_locale ? 0 : -ENOMEM;
}

void mcps__tree_parser_fini(struct mcps__tree_parser *parser)
{
    mcps__scan_fini(&parser->scan);
    mcps__buf_fini(&parser->scratch);
    if (parser->c_locale)
        freelocale(parser->c_locale);
    parser->c_locale = (locale_t)0;
}

static struct json_object *build_value(struct builder *b);

static struct json_object *fail(struct builder *b, int error)
{
    if (b->error == 0)
        b->error = error;
    return NULL;
}

static struct json_object *made(struct builder *b, struct json_object *object)
{
    return object ? object : fail(b, -ENOMEM);
}

/* The next character that is not space, of which the scan saw to it that there is one. */
static char peek(struct builder *b)
{
    while (*b->at == ' ' || *b->at == '\n' || *b->at == '\r' || *b->at == '\t')
        b->at++;
    return *b->at;
}

/* Takes a string: the text between its quotes, as written. Says whether it has escapes. */
static bool take_string(struct builder *b, const char **ret_text, size_t *ret_len)
{
    bool escaped = false;
    const char *p = b->at + 1;

    *ret_text = p;
    for (;;) {
        p = (const char *)mcps__skip_plain((const unsigned char *)p,
                                           (const unsigned char *)b->end);
        if (*p == '"')
            break;
        if (*p == '\\') {
            escaped = true;
            p += 2;
        }
        while ((unsigned char)*p >= 0x80)
            p++;
    }
    *ret_len = (size_t)(p - *ret_text);
    b->at = p + 1;
    return escaped;
}

/* Puts a text into the scratch buffer, with a NUL behind it. */
static int to_scratch(struct builder *b, const char *text, size_t len, bool escaped)
{
    struct mcps__buf *scratch = &b->parser->scratch;
    int r;

    mcps__buf_clear(scratch);
    r = escaped ? mcps__text_decode(scratch, text, len)
                : mcps__buf_append(scratch, text, len);
    if (r >= 0)
        r = mcps__buf_append_byte(scratch, '\0');
    if (r < 0)
        fail(b, r);
    return r;
}

static struct json_object *build_string(struct builder *b)
{
    const struct mcps__buf *scratch = &b->parser->scratch;
    const char *text;
    size_t len;

    if (take_string(b, &text, &len)) {
        if (to_scratch(b, text, len, true) < 0)
            return NULL;
        text = scratch->data;
        len = scratch->len - 1;
    }
    return made(b, json_object_new_string_len(text, (int)len));
}

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' ||
           c == '-';
}

/* Has the number so few digits that its double, unless that has lost some of its bits near
 * 0, is written as the same number again? */
static bool is_short(const char *text, size_t len)
{
    size_t digits = 0;

    if (len <= DBL_DIG)
        return true;
    for (size_t i = 0; i < len && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            digits += digits > 0 || text[i] != '0';
    }
    return digits <= DBL_DIG;
}

/* A double that does not tell the number keeps its text, which schemas compare by. */
static struct json_object *build_double(struct builder *b, const char *text, size_t len)
{
    bool simple, brief = is_short(text, len);
    double value;

    simple = mcps__number_to_double(text, len, &value);
    if (simple && brief)
        return made(b, json_object_new_double(value));
    if (to_scratch(b, text, len, false) < 0)
        return NULL;
    if (!simple)
        value = strtod_l(b->parser->scratch.data, NULL, b->parser->c_locale);
    if (brief && isnormal(value))
        return made(b, json_object_new_double(value));
    return made(b, json_object_new_double_s(value, b->parser->scratch.data));
}

enum { DIGITS_64 = 19 }; /* shorter ones have 64 bits at the most */

/* An integer that has more becomes a double, as those do that JavaScript writes. */
static struct json_object *build_number(struct builder *b)
{
    const char *text = b->at;
    bool plain = true;
    uint64_t value = 0;
    size_t len;

    for (; b->at < b->end && is_number_char(*b->at); b->at++) {
        if (*b->at >= '0' && *b->at <= '9')
            value = value * 10 + (uint64_t)(*b->at - '0'); /* wraps only in a double */
        else
            plain = plain && b->at == text; /* the sign alone */
    }
    len = (size_t)(b->at - text);
    if (!plain || (len >= DIGITS_64 && !mcps__number_has_64_bits(text, len)))
        return build_double(b, text, len);
    if (*text == '-')
        return made(b, json_object_new_int64((int64_t)(0 - value)));
    return made(b, value <= INT64_MAX ? json_object_new_int64((int64_t)value)
                                      : json_object_new_uint64(value));
}

/* Adds a value, which is taken, under a key that is still as written. */
static void add_member(struct builder *b, struct json_object *object, const char *text,
                       size_t len, bool escaped, struct json_object *value)
{
    const struct mcps__buf *key = &b->parser->scratch;
    int before = json_object_object_length(object);

    if (b->error < 0 || to_scratch(b, text, len, escaped) < 0) {
        json_object_put(value);
    } else if (escaped && strlen(key->data) < key->len - 1) {
        fail(b, MCPS__JSON_ENUL_KEY);
        json_object_put(value);
    } else if (json_object_object_add(object, key->data, value) < 0) {
        fail(b, -ENOMEM);
        json_object_put(value);
    } else if (json_object_object_length(object) == before) {
        fail(b, MCPS__JSON_EDUPLICATE); /* it has replaced another value */
    }
}

static struct json_object *build_object(struct builder *b)
{
    struct json_object *object = made(b, json_object_new_object());

    b->at++;
    while (b->error == 0 && peek(b) != '}') {
        struct json_object *value;
        const char *text;
        bool escaped;
        size_t len;

        if (*b->at == ',') {
            b->at++;
            peek(b);
        }
        escaped = take_string(b, &text, &len);
        peek(b); /* the colon */
        b->at++;
        value = build_value(b);
        add_member(b, object, text, len, escaped, value);
    }
    b->at++;
    return object;
}

static struct json_object *build_array(struct builder *b)
{
    struct json_object *array = made(b, json_object_new_array_ext(FIRST_ELEMENTS));

    b->at++;
    while (b->error == 0 && peek(b) != ']') {
        struct json_object *value;

        if (*b->at == ',')
            b->at++;
        value = build_value(b);
        if (b->error == 0 && json_object_array_add(array, value) < 0)
            fail(b, -ENOMEM);
        if (b->error < 0)
            json_object_put(value);
    }
    b->at++;
    return array;
}

static struct json_object *build_word(struct builder *b)
{
    char first = *b->at;

    b->at += first == 'f' ? 5 : 4;
    return first == 'n' ? NULL : made(b, json_object_new_boolean(first == 't'));
}

/* After an error the cursor means nothing, and what was built so far is returned. */
static struct json_object *build_value(struct builder *b)
{
    switch (peek(b)) {
    case '{': return build_object(b);
    case '[': return build_array(b);
    case '"': return build_string(b);
    case 't':
    case 'f':
    case 'n': return build_word(b);
    default: return build_number(b);
    }
}

int mcps__tree_build(struct mcps__tree_parser *parser, struct json_object **ret,
                     const char *text, size_t len)
{
    struct builder b = { .at = text, .end = text + len, .parser = parser };
    struct json_object *tree;

    if (len > INT_MAX) /* json-c's strings */
        return MCPS__JSON_ESIZE;
    tree = build_value(&b);
    mcps__buf_shrink(&parser->scratch, SCRATCH_KEPT);
    if (b.error < 0) {
        json_object_put(tree);
        return b.error;
    }
    *ret = tree;
    return 0;
}

int mcps__tree_parse(struct mcps__tree_parser *parser, struct json_object **ret,
                     const char *text, size_t len)
{
    int r;

    mcps__scan_reset(&parser->scan);
    r = mcps__scan_feed(&parser->scan, text, len, true);
    return r < 0 ? r : mcps__tree_build(parser, ret, text, len);
}

/* An object of json-c, and its place in the one that it belongs to, which doubles when it is
 * full. What looks like a separator in a string is counted, too. */
size_t mcps__tree_cost(const char *text, size_t len)
{
    const size_t a_value = 128;
    size_t n = 1;

    for (size_t i = 0; i < len; i++)
        n += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return len + n * a_value;
}
