/* SPDX-License-Identifier: MIT */
/* What a request says in its body and in fields of HTTP; see mirror_check.h. */
#include "config.h"

#include "proto/mirror_check.h"

#include <stdbool.h>
#include <string.h>

#include "json/number.h"
#include "json/plain.h"
#include "json/text.h"
#include "schema/chars.h"
#include "util/base64.h"

static const char prefix[] = "=?base64?", suffix[] = "?=";

/* A string of the body that is read as bytes of UTF-8, to be compared piece by piece. */
struct body {
    const char *text; /* what stands between the quotes, as written */
    size_t len;
    char held[4]; /* an escaped character, of which some bytes were not read yet */
    size_t at, n;
};

/* What comparing a field comes to. */
enum verdict { SAME, DIFFERS, MALFORMED, NOT_PLAIN };

/* ---- comparing strings ---- */

static bool has_more(const struct body *body)
{
    return body->at < body->n || body->len > 0;
}

static char next_byte(struct body *body)
{
    uint32_t c;
    bool escaped;

    if (body->at < body->n)
        return body->held[body->at++];
    c = mcps__text_next(&body->text, &body->len, &escaped);
    if (!escaped)
        return (char)c;
    body->n = mcps__utf8_encode(body->held, c);
    body->at = 1;
    return body->held[0];
}

/* Does the body go on with these bytes? Goes behind them. */
static bool goes_on(struct body *body, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_more(body) || next_byte(body) != bytes[i])
            return false;
    }
    return true;
}

/* RFC 9110 leaves more than ASCII to nobody, and the specification to base64. */
static bool is_plain(struct mcps__slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];

        if ((c < 0x20 && c != '\t') || c > 0x7e)
            return false;
    }
    return true;
}

/* Begins and ends like one. The two marks may overlap, which makes it a broken one: who looks
 * at them one by one takes it for one, and who takes it apart does not. */
static bool is_encoded(struct mcps__slice value)
{
    size_t n_prefix = sizeof prefix - 1, n_suffix = sizeof suffix - 1;

    return value.len >= n_prefix && memcmp(value.data, prefix, n_prefix) == 0 &&
           memcmp(value.data + value.len - n_suffix, suffix, n_suffix) == 0;
}

/* The value is decoded piece by piece, and all of it: malformed is what is so anywhere. */
static enum verdict compare_encoded(struct mcps__slice value, struct body *body)
{
    enum { PIECE = 256 };
    size_t around = sizeof prefix - 1 + sizeof suffix - 1, piece, n;
    struct mcps__base64_decoder decoder = { .n_chars = 0 };
    const char *at = value.data + sizeof prefix - 1;
    char decoded[MCPS__BASE64_DECODED_MAX(PIECE)];
    bool same = true;

    if (value.len < around)
        return MALFORMED;
    for (size_t left = value.len - around; left > 0; left -= piece, at += piece) {
        piece = left < PIECE ? left : PIECE;
        if (mcps__base64_decoder_feed(&decoder, decoded, &n, at, piece) < 0)
            return MALFORMED;
        same = same && goes_on(body, decoded, n);
    }
    if (mcps__base64_decoder_end(&decoder) < 0)
        return MALFORMED;
    return same && !has_more(body) ? SAME : DIFFERS;
}

/* `text` is what stands between the quotes of the body's string. */
static enum verdict compare_string(struct mcps__slice value, const char *text, size_t len)
{
    struct body body = { .text = text, .len = len };

    if (!is_plain(value))
        return NOT_PLAIN;
    if (is_encoded(value))
        return compare_encoded(value, &body);
    return goes_on(&body, value.data, value.len) && !has_more(&body) ? SAME : DIFFERS;
}

/* ---- Mcp-Method, Mcp-Name ---- */

static int refuse(const char *why, const char **ret_why)
{
    *ret_why = why;
    return MCPS_EPROTOCOL;
}

/* The member of a request's params that its field Mcp-Name repeats; NULL: none. */
static const char *name_member(const char *method)
{
    static const struct {
        const char *method, *member;
    } named[] = {
        { "tools/call", "name" },
        { "prompts/get", "name" },
        { "resources/read", "uri" },
    };

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(named[i].method, method) == 0)
            return named[i].member;
    }
    return NULL;
}

static int check_method(const struct mcps__headers *headers,
                        const struct mcps__envelope *env, const char **ret_why)
{
    struct mcps__slice value = mcps__headers_get(headers, "Mcp-Method");

    if (!value.data && env->kind == MCPS__ENVELOPE_NOTIFICATION)
        return 0;
    if (!value.data)
        return refuse("Mcp-Method is missing", ret_why);
    if (value.len != env->method_len ||
        memcmp(value.data, env->method, env->method_len) != 0)
        return refuse("Mcp-Method is not the method of the body", ret_why);
    return 0;
}

static int check_name(const struct mcps__headers *headers, const char *member,
                      const struct mcps__scan *scan, const char *text,
                      const char **ret_why)
{
    const struct mcps__scan_member *found =
        mcps__scan_find(scan, text, MCPS__SCAN_PARAMS, member);
    struct mcps__slice value = mcps__headers_get(headers, "Mcp-Name");

    if (!found || found->type != MCPS__JSON_STRING)
        return value.data ? refuse("Mcp-Name names what the body does not", ret_why) : 0;
    if (!value.data)
        return refuse("Mcp-Name is missing", ret_why);
    switch (compare_string(value, text + found->value + 1, found->value_len - 2)) {
    case DIFFERS: return refuse("Mcp-Name is not what the body names", ret_why);
    case MALFORMED: return refuse("Mcp-Name has malformed base64", ret_why);
    case NOT_PLAIN:
        return refuse("Mcp-Name has characters that must be in base64", ret_why);
    default: return 0;
    }
}

int mcps__mirror_check(const struct mcps__headers *headers,
                       const struct mcps__envelope *env, const struct mcps__scan *scan,
                       const char *text, const char **ret_why)
{
    const char *member = name_member(env->method);
    int r = check_method(headers, env, ret_why);

    if (r < 0 || !member || env->kind != MCPS__ENVELOPE_REQUEST)
        return r;
    return check_name(headers, member, scan, text, ret_why);
}

/* ---- Mcp-Param-… ---- */

/* A value in a JSON text that a scan has accepted, without blanks around it. */
struct value {
    const char *text;
    size_t len;
};

struct check {
    const struct mcps__headers *headers;
    size_t n_there; /* arguments that have a value, and a field */
    const char **ret_why, **ret_header;
};

static int refuse_param(struct check *c, const struct mcps__mirrored_param *param,
                        const char *why)
{
    if (c->ret_header)
        *c->ret_header = param ? param->header : NULL;
    return refuse(why, c->ret_why);
}

/* Beyond this others read another number than is written. */
static bool read_integer(const char *text, size_t len, int64_t *ret)
{
    const int64_t safe = (INT64_C(1) << 53) - 1;

    return mcps__number_to_int64(text, len, ret) && *ret >= -safe && *ret <= safe;
}

/* Digits, perhaps more behind a point, as JSON has them. */
static bool is_decimal(struct mcps__slice text)
{
    struct mcps__chars chars = mcps__chars_of(text.data, text.len);
    bool zero;
    size_t n;

    mcps__chars_take(&chars, "-");
    zero = mcps__chars_is_next(&chars, "0");
    n = mcps__chars_take_digits(&chars);
    if (n == 0 || (zero && n > 1))
        return false;
    if (mcps__chars_take(&chars, ".") && mcps__chars_take_digits(&chars) == 0)
        return false;
    return chars.at == chars.end;
}

static enum verdict compare_number(struct mcps__slice field, struct value value)
{
    int64_t a, b;

    return is_decimal(field) && read_integer(field.data, field.len, &a) &&
                   read_integer(value.text, value.len, &b) && a == b
               ? SAME
               : DIFFERS;
}

/* By the value that came, not by the type that the schema asks for: that is checked later. */
static enum verdict compare_value(struct mcps__slice field, struct value value)
{
    switch (value.text[0]) {
    case '"': return compare_string(field, value.text + 1, value.len - 2);
    case '{':
    case '[': return DIFFERS;
    case 't':
    case 'f': return compare_string(field, value.text, value.len);
    default:
        return is_encoded(field) ? compare_string(field, value.text, value.len)
                                 : compare_number(field, value);
    }
}

static bool can_be_mirrored(struct value value)
{
    return !mcps__ascii_is_one_of(value.text[0], "{[");
}

static int check_value(struct check *c, const struct mcps__mirrored_param *param,
                       struct value value)
{
    struct mcps__slice field = mcps__headers_get(c->headers, param->header);

    if (value.text[0] == 'n' || (!field.data && !can_be_mirrored(value)))
        return 0;
    if (!field.data)
        return refuse_param(c, param, "the field of an argument is missing");
    c->n_there++;
    switch (compare_value(field, value)) {
    case DIFFERS: return refuse_param(c, param, "the field is not what the argument is");
    case MALFORMED: return refuse_param(c, param, "the field has malformed base64");
    case NOT_PLAIN:
        return refuse_param(c, param, "the field has characters that must be in base64");
    default: return 0;
    }
}

/* ---- going through the arguments ---- */

static void skip_blanks(struct mcps__chars *chars)
{
    while (mcps__chars_take(chars, " \t\r\n"))
        ;
}

/* Behind the string that begins here. */
static void skip_string(struct mcps__chars *chars)
{
    const unsigned char *at = (const unsigned char *)chars->at + 1;
    const unsigned char *end = (const unsigned char *)chars->end;

    while (at < end && *at != '"') {
        if (*at == '\\')
            at += end - at > 1 ? 2 : 1;
        else
            at = mcps__skip_plain(at + 1, end);
    }
    chars->at = (const char *)(at < end ? at + 1 : end);
}

static void skip_nested(struct mcps__chars *chars)
{
    size_t depth = 0;

    do {
        if (*chars->at == '"') {
            skip_string(chars);
            continue;
        }
        depth += mcps__chars_is_next(chars, "{[");
        depth -= mcps__chars_is_next(chars, "}]");
        chars->at++;
    } while (depth > 0 && chars->at < chars->end);
}

static struct value take_value(struct mcps__chars *chars)
{
    const char *begin = chars->at;

    if (mcps__chars_is_next(chars, "\""))
        skip_string(chars);
    else if (mcps__chars_is_next(chars, "{["))
        skip_nested(chars);
    else
        while (chars->at < chars->end && !mcps__chars_is_next(chars, ",}] \t\r\n"))
            chars->at++;
    return (struct value){ begin, (size_t)(chars->at - begin) };
}

/* Goes behind a member and the comma that follows; false behind the last. */
static bool take_member(struct mcps__chars *chars, struct value *ret_key,
                        struct value *ret_value)
{
    skip_blanks(chars);
    if (!mcps__chars_is_next(chars, "\""))
        return false;
    *ret_key = take_value(chars);
    skip_blanks(chars);
    mcps__chars_take(chars, ":");
    skip_blanks(chars);
    *ret_value = take_value(chars);
    skip_blanks(chars);
    mcps__chars_take(chars, ",");
    return ret_value->len > 0;
}

static bool is_key(struct value key, const char *name)
{
    struct body body = { .text = key.text + 1, .len = key.len - 2 };

    return goes_on(&body, name, strlen(name)) && !has_more(&body);
}

static int check_object(struct check *c, const struct mcps__mirrored_param *list,
                        size_t n, size_t depth, struct value object);

/* Those of the list whose path begins with the key at that depth: they stand together. */
static int check_member(struct check *c, const struct mcps__mirrored_param *list,
                        size_t n, size_t depth, struct value value)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < n; i++) {
        if (list[i].n_path == depth + 1)
            r = check_value(c, &list[i], value);
    }
    return r < 0 ? r : check_object(c, list, n, depth + 1, value);
}

/* Of each in the list the path to the object is so long, and the same. */
static int check_object(struct check *c, const struct mcps__mirrored_param *list,
                        size_t n, size_t depth, struct value object)
{
    struct mcps__chars chars = mcps__chars_of(object.text, object.len);
    struct value key, value;
    int r = 0;

    if (!mcps__chars_take(&chars, "{"))
        return 0;
    while (r >= 0 && take_member(&chars, &key, &value)) {
        size_t from = 0, to;

        while (from < n &&
               !(list[from].n_path > depth && is_key(key, list[from].path[depth])))
            from++;
        for (to = from;
             to < n && list[to].n_path > depth && is_key(key, list[to].path[depth]);)
            to++;
        if (to > from)
            r = check_member(c, list + from, to - from, depth, value);
    }
    return r;
}

int mcps__mirror_check_params(const struct mcps__headers *headers,
                              const struct mcps__mirrored_param *list, size_t n,
                              const char *args, size_t len, const char **ret_why,
                              const char **ret_header)
{
    struct check c = {
        .headers = headers,
        .ret_why = ret_why,
        .ret_header = ret_header,
    };
    size_t n_fields = 0;
    int r = 0;

    if (n == 0)
        return 0;
    if (args)
        r = check_object(&c, list, n, 0, (struct value){ args, len });
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        n_fields += mcps__headers_get(headers, list[i].header).data != NULL;
    return n_fields > c.n_there
               ? refuse_param(&c, NULL,
                              "there is a field of an argument that is not there")
               : 0;
}
