/* SPDX-License-Identifier: MIT */
/*
 * The scan; see scan.h.
 *
 * A loop over the states of the grammar. Each state is a small function that looks at the
 * bytes from the cursor on, and returns the state that follows, an error, or STOP_MORE when
 * the bytes at hand end within a token. Short tokens (numbers, words, escapes, UTF-8
 * sequences) are then scanned again from their start when more bytes are there, which their
 * bounded length makes cheap; strings, which may be long, go on where they stopped.
 *
 * No recursion: the stack is one bit a level. Sizes are checked by cutting the bytes at hand
 * to what the limit allows, so that a text that is too long is refused at the same place
 * however it is fed.
 */
#include "config.h"

#include "json/scan.h"

#include <errno.h>
#include <string.h>

#include "json/number.h"
#include "json/plain.h"
#include "json/text.h"
#include "util/assert.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/utf8.h"

/* The states are inlined into one loop, so that the cursor stays in registers: a third of
 * the time. What is not inlined must therefore get a copy of the cursor. */
#define INLINED static inline __attribute__((always_inline))

enum state {
    STATE_VALUE,         /* a value */
    STATE_FIRST_ELEMENT, /* a value or ] */
    STATE_FIRST_KEY,     /* a key or } */
    STATE_KEY,           /* a key */
    STATE_IN_KEY,
    STATE_COLON,
    STATE_IN_STRING,
    STATE_NEXT, /* what follows a value */
    STATE_END,  /* the text's value is complete */
    STOP_MORE
};

struct cursor {
    const unsigned char *text, *at, *end;
    bool last; /* nothing comes behind `end` */
    bool cut;  /* `end` is where the limit of the size lies */
};

enum { FIRST_MEMBERS = 16 };

/* What a string or key has in it. */
enum { SEEN_ESCAPE = 1, SEEN_NUL = 2 };

INLINED bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

INLINED bool is_space(unsigned char c)
{
    return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

INLINED void skip_space(struct cursor *c)
{
    while (c->at < c->end && is_space(*c->at))
        c->at++;
}

/* Is the next byte this one, without space before it? A short cut to the state after it. */
INLINED bool take(struct cursor *c, unsigned char byte)
{
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

/* The bytes at hand end where more must come. */
INLINED int out_of_bytes(const struct cursor *c)
{
    if (c->cut)
        return MCPS__JSON_ESIZE;
    if (c->last)
        return MCPS__JSON_EEND;
    return STOP_MORE;
}

/* The same within a string, of which no more than up to `stop` is allowed. */
INLINED int out_of_string(const struct cursor *c, const unsigned char *stop)
{
    return stop < c->end ? MCPS__JSON_ESTRING : out_of_bytes(c);
}

INLINED uint32_t offset(const struct cursor *c)
{
    return (uint32_t)(c->at - c->text);
}

/* ---- recording ---- */

static int grow_members(struct mcps__scan *s)
{
    uint32_t cap = s->cap_recorded > 0 ? s->cap_recorded * 2 : FIRST_MEMBERS;
    struct mcps__scan_member *members;

    if (s->n_recorded == s->limits.members)
        return MCPS__JSON_EMEMBERS;
    if (cap > s->limits.members)
        cap = s->limits.members;
    members = mcps__realloc(s->members, cap * sizeof *members);
    if (!members)
        return -ENOMEM;
    s->members = members;
    s->cap_recorded = cap;
    return 0;
}

static int record(struct mcps__scan *s, uint32_t value, enum mcps__json_type type)
{
    struct mcps__scan_member *m;
    bool named = s->objects & 1;
    int r = s->n_recorded < s->cap_recorded ? 0 : grow_members(s);

    if (r < 0)
        return r;
    if (named && s->key_len > s->limits.name)
        return MCPS__JSON_ENAME;
    s->open[s->depth] = s->n_recorded;
    m = &s->members[s->n_recorded++];
    *m = (struct mcps__scan_member){
        .value = value,
        .level = (uint8_t)s->depth,
        .type = (uint8_t)type,
    };
    if (named) {
        m->key = s->key;
        m->key_len = s->key_len;
        m->key_escaped = s->key_escaped;
    }
    return 0;
}

INLINED bool is_recorded(const struct mcps__scan *s)
{
    return s->depth - 1 < s->recorded; /* depth 0 wraps around */
}

/* A value begins at the cursor. */
INLINED int begin_value(struct mcps__scan *s, const struct cursor *c,
                        enum mcps__json_type type)
{
    uint32_t weight = type == MCPS__JSON_OBJECT ? 8 : type == MCPS__JSON_ARRAY ? 2 : 1;

    if (weight > s->limits.values - s->n_values)
        return MCPS__JSON_EVALUES;
    s->n_values += weight;
    if (s->depth == 0)
        s->type = (uint8_t)type;
    return is_recorded(s) ? record(s, offset(c), type) : 0;
}

/* The value ended right before the cursor. */
INLINED int end_value(struct mcps__scan *s, struct cursor *c)
{
    if (is_recorded(s)) {
        struct mcps__scan_member *m = &s->members[s->open[s->depth]];

        m->value_len = offset(c) - m->value;
    }
    if (s->depth == 0)
        return STATE_END;
    if (take(c, ','))
        return s->objects & 1 ? STATE_KEY : STATE_VALUE;
    return STATE_NEXT;
}

/* Compares keys as they are written where that will do. */
INLINED bool same_key(const char *a, size_t a_len, const char *b, size_t b_len,
                      bool escaped)
{
    if (escaped)
        return mcps__text_equal(a, a_len, b, b_len);
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool key_is(const struct mcps__scan *s, const unsigned char *text,
                   const char *name)
{
    return same_key((const char *)text + s->key, s->key_len, name, strlen(name),
                    s->key_escaped);
}

/* Are the members of the container that begins here to be recorded? */
static bool wants_members(const struct mcps__scan *s, const unsigned char *text,
                          bool object)
{
    switch (s->depth) {
    case 0: return s->limits.members > 0;
    case MCPS__SCAN_TOP: return object && (s->objects & 1) && key_is(s, text, "params");
    case MCPS__SCAN_PARAMS: return object && key_is(s, text, "_meta");
    default: return false;
    }
}

/* ---- tokens ---- */

INLINED int open_container(struct mcps__scan *s, struct cursor *c, bool object)
{
    int r;

    if (s->depth == s->limits.depth)
        return MCPS__JSON_EDEPTH;
    r = begin_value(s, c, object ? MCPS__JSON_OBJECT : MCPS__JSON_ARRAY);
    if (r < 0)
        return r;
    if (s->depth == s->recorded && wants_members(s, c->text, object))
        s->recorded++;
    s->objects = s->objects << 1 | object;
    s->depth++;
    c->at++;
    return object ? STATE_FIRST_KEY : STATE_FIRST_ELEMENT;
}

INLINED int close_container(struct mcps__scan *s, struct cursor *c)
{
    s->objects >>= 1;
    s->depth--;
    if (s->recorded > s->depth)
        s->recorded = s->depth;
    c->at++;
    return end_value(s, c);
}

/* Four hex digits at p: their value, -1 when they are not, -2 when the bytes end first. */
static int hex4(const unsigned char *p, const unsigned char *end)
{
    int value = 0;

    for (int i = 0; i < 4; i++, p++) {
        int digit;

        if (p == end)
            return -2;
        if (is_digit(*p))
            digit = *p - '0';
        else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')
            digit = (*p | 0x20) - 'a' + 10;
        else
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* The second half of a surrogate pair at p: 0, an error, or STOP_MORE. */
static int low_surrogate(const unsigned char *p, const unsigned char *end)
{
    int unit;

    if (p < end && *p != '\\')
        return MCPS__JSON_ESURROGATE;
    if (end - p >= 2 && p[1] != 'u')
        return MCPS__JSON_ESURROGATE;
    if (end - p < 3)
        return STOP_MORE;
    unit = hex4(p + 2, end);
    if (unit == -2)
        return STOP_MORE;
    if (unit == -1)
        return MCPS__JSON_EESCAPE;
    return unit >= 0xdc00 && unit <= 0xdfff ? 0 : MCPS__JSON_ESURROGATE;
}

/* The escape at the cursor, of which it moves past; 0, an error, or STOP_MORE. */
static int scan_escape(struct cursor *c, const unsigned char *end, uint8_t *seen)
{
    const unsigned char *p = c->at;
    int unit, r;

    if (end - p < 2)
        return STOP_MORE;
    if (p[1] != 'u') {
        if (p[1] == '\0' || !strchr("\"\\/bfnrt", p[1]))
            return MCPS__JSON_EESCAPE;
        c->at += 2;
        return 0;
    }
    unit = hex4(p + 2, end);
    if (unit < 0)
        return unit == -2 ? (int)STOP_MORE : (int)MCPS__JSON_EESCAPE;
    if (unit == 0)
        *seen |= SEEN_NUL;
    c->at += 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    r = unit <= 0xdbff ? low_surrogate(p + 6, end) : MCPS__JSON_ESURROGATE;
    c->at = r == 0 ? p + 12 : p;
    return r;
}

/* A quote is at the cursor; from here on the scan can be resumed within the string. */
INLINED void begin_string(struct mcps__scan *s, struct cursor *c, int state)
{
    c->at++;
    s->string = offset(c);
    s->seen = 0;
    s->state = state;
}

/* Where the string must have ended: a byte behind its limit, or behind the bytes at hand. */
INLINED const unsigned char *string_stop(const struct mcps__scan *s,
                                         const struct cursor *c)
{
    size_t room = (size_t)(c->end - c->text) - s->string;

    return room > s->limits.string ? c->text + s->string + s->limits.string + 1 : c->end;
}

/* The rest of a string with more than plain bytes in it. */
static int scan_string_slowly(struct mcps__scan *s, struct cursor *c)
{
    const unsigned char *stop = string_stop(s, c);

    for (;;) {
        int r;

        c->at = mcps__skip_plain(c->at, stop);
        if (c->at == stop)
            return out_of_string(c, stop);
        if (*c->at == '"') {
            c->at++;
            return 0;
        }
        if (*c->at == '\\') {
            s->seen |= SEEN_ESCAPE;
            r = scan_escape(c, stop, &s->seen);
            if (r == STOP_MORE)
                r = out_of_string(c, stop);
            if (r != 0)
                return r;
        } else if (*c->at < 0x20) {
            return MCPS__JSON_ECONTROL;
        } else {
            r = mcps__utf8_sequence(c->at, (size_t)(stop - c->at));
            if (r <= 0)
                return r == MCPS__UTF8_BAD ? MCPS__JSON_EUTF8 : out_of_string(c, stop);
            c->at += r;
        }
    }
}

/* The rest of a string up to its closing quote, which the cursor then stands behind: 0,
 * an error, or STOP_MORE. */
INLINED int scan_string(struct mcps__scan *s, struct cursor *c)
{
    struct cursor copy = *c;
    int r;

    copy.at = mcps__skip_plain(c->at, string_stop(s, c));
    if (copy.at < copy.end && *copy.at == '"' &&
        (size_t)(copy.at - c->text) - s->string <= s->limits.string) {
        c->at = copy.at + 1;
        return 0;
    }
    r = scan_string_slowly(s, &copy);
    c->at = copy.at;
    return r;
}

INLINED int scan_string_value(struct mcps__scan *s, struct cursor *c)
{
    int r = scan_string(s, c);

    if (r == STOP_MORE)
        return r;
    return r < 0 ? r : end_value(s, c);
}

INLINED int scan_key(struct mcps__scan *s, struct cursor *c)
{
    int r = scan_string(s, c);

    if (r != 0)
        return r;
    s->nul_in_key |= (s->seen & SEEN_NUL) != 0;
    s->key_escaped = (s->seen & SEEN_ESCAPE) != 0;
    s->key = (uint32_t)s->string;
    s->key_len = offset(c) - 1 - s->key;
    return take(c, ':') ? STATE_VALUE : STATE_COLON;
}

/* Digits from p on, at least one: behind the last, or NULL when there is none. */
static inline const unsigned char *skip_digits(const unsigned char *p,
                                               const unsigned char *end)
{
    const unsigned char *start = p;

    while (p < end && is_digit(*p))
        p++;
    return p > start ? p : NULL;
}

/* The number from `start` to `end` at the most, by its grammar: behind its last character,
 * or, with *ret_bad set, at the one that is wrong. A number that the bytes cut short is not
 * told from a wrong one: *ret_bad is set, and `end` returned. */
static inline const unsigned char *number_end(const unsigned char *start,
                                              const unsigned char *end, bool *ret_bad)
{
    const unsigned char *p = start, *q;

    *ret_bad = true;
    if (*p == '-')
        p++;
    if (p < end && *p == '0')
        q = p + 1;
    else
        q = skip_digits(p, end);
    if (!q)
        return p;
    p = q;
    if (p < end && *p == '.') {
        q = skip_digits(p + 1, end);
        if (!q)
            return p + 1;
        p = q;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        q = skip_digits(p, end);
        if (!q)
            return p;
        p = q;
    }
    *ret_bad = p < end && is_digit(*p); /* behind a leading zero */
    return p;
}

/* Can it be out of range at all? Nothing with up to 18 characters and no exponent is. */
INLINED bool may_be_out_of_range(const unsigned char *text, size_t len)
{
    return len > 18 || memchr(text, 'e', len) || memchr(text, 'E', len);
}

INLINED int scan_number(struct mcps__scan *s, struct cursor *c)
{
    const unsigned char *start = c->at, *stop = c->end, *p;
    size_t len;
    bool bad;
    int r;

    if ((size_t)(stop - start) > s->limits.number)
        stop = start + s->limits.number + 1;
    p = number_end(start, stop, &bad);
    if ((size_t)(p - start) > s->limits.number) {
        c->at = p;
        return MCPS__JSON_ENUMBER_LENGTH;
    }
    if (p == c->end && (bad || !c->last || c->cut))
        return out_of_bytes(c); /* as far as can be seen, it may go on */
    if (bad) {
        c->at = p;
        return MCPS__JSON_ENUMBER;
    }
    len = (size_t)(p - start);
    if (may_be_out_of_range(start, len) &&
        !mcps__number_in_range((const char *)start, len))
        return MCPS__JSON_ERANGE;
    r = begin_value(s, c, MCPS__JSON_NUMBER);
    if (r < 0)
        return r;
    c->at = p;
    return end_value(s, c);
}

INLINED int scan_word(struct mcps__scan *s, struct cursor *c, const char *word,
                      size_t len, enum mcps__json_type type)
{
    size_t there = (size_t)(c->end - c->at);
    int r;

    if (memcmp(c->at, word, there < len ? there : len) != 0)
        return MCPS__JSON_ELITERAL;
    if (there < len)
        return out_of_bytes(c);
    r = begin_value(s, c, type);
    if (r < 0)
        return r;
    c->at += len;
    return end_value(s, c);
}

/* ---- states ---- */

/* What no value begins with may be a byte order mark, at the beginning. */
INLINED int byte_order_mark(const struct cursor *c)
{
    size_t there = (size_t)(c->end - c->at);

    if (memcmp(c->at, "\xef\xbb\xbf", there < 3 ? there : 3) != 0)
        return MCPS__JSON_EVALUE;
    return there < 3 ? out_of_bytes(c) : MCPS__JSON_EBOM;
}

/* A number's first character, or none that any value begins with. */
INLINED int state_number(struct mcps__scan *s, struct cursor *c)
{
    if (is_digit(*c->at) || *c->at == '-')
        return scan_number(s, c);
    return c->at == c->text ? byte_order_mark(c) : MCPS__JSON_EVALUE;
}

INLINED int state_value(struct mcps__scan *s, struct cursor *c)
{
    bool may_close = s->state == STATE_FIRST_ELEMENT;
    int r;

    skip_space(c);
    if (c->at == c->end) {
        r = out_of_bytes(c);
        return r == MCPS__JSON_EEND && s->depth == 0 ? MCPS__JSON_EEMPTY : r;
    }
    switch (*c->at) {
    case '"':
        r = begin_value(s, c, MCPS__JSON_STRING);
        if (r < 0)
            return r;
        begin_string(s, c, STATE_IN_STRING);
        return scan_string_value(s, c);
    case '{': return open_container(s, c, true);
    case '[': return open_container(s, c, false);
    case ']': return may_close ? close_container(s, c) : MCPS__JSON_EVALUE;
    case 't': return scan_word(s, c, "true", 4, MCPS__JSON_BOOL);
    case 'f': return scan_word(s, c, "false", 5, MCPS__JSON_BOOL);
    case 'n': return scan_word(s, c, "null", 4, MCPS__JSON_NULL);
    default: return state_number(s, c);
    }
}

INLINED int state_key(struct mcps__scan *s, struct cursor *c)
{
    bool may_close = s->state == STATE_FIRST_KEY;

    skip_space(c);
    if (c->at == c->end)
        return out_of_bytes(c);
    if (*c->at == '"') {
        begin_string(s, c, STATE_IN_KEY);
        return scan_key(s, c);
    }
    return may_close && *c->at == '}' ? close_container(s, c) : MCPS__JSON_EKEY;
}

INLINED int state_colon(struct cursor *c)
{
    skip_space(c);
    if (c->at == c->end)
        return out_of_bytes(c);
    if (*c->at != ':')
        return MCPS__JSON_ECOLON;
    c->at++;
    return STATE_VALUE;
}

INLINED int state_next(struct mcps__scan *s, struct cursor *c)
{
    bool object = s->objects & 1;

    skip_space(c);
    if (c->at == c->end)
        return out_of_bytes(c);
    if (*c->at == ',') {
        c->at++;
        return object ? STATE_KEY : STATE_VALUE;
    }
    if (*c->at == (object ? '}' : ']'))
        return close_container(s, c);
    return object ? MCPS__JSON_EOBJECT_NEXT : MCPS__JSON_EARRAY_NEXT;
}

INLINED int state_end(struct cursor *c)
{
    skip_space(c);
    if (c->at < c->end)
        return MCPS__JSON_ETRAILING;
    return c->cut ? (int)MCPS__JSON_ESIZE : (int)STOP_MORE;
}

/* From state to state: 0 when the bytes end, or what is wrong. */
static int run(struct mcps__scan *s, struct cursor start)
{
    struct cursor cursor = start, *c = &cursor;

    for (;;) {
        int next;

        switch (s->state) {
        case STATE_VALUE:
        case STATE_FIRST_ELEMENT: next = state_value(s, c); break;
        case STATE_FIRST_KEY:
        case STATE_KEY: next = state_key(s, c); break;
        case STATE_IN_KEY: next = scan_key(s, c); break;
        case STATE_COLON: next = state_colon(c); break;
        case STATE_IN_STRING: next = scan_string_value(s, c); break;
        case STATE_NEXT: next = state_next(s, c); break;
        default: next = state_end(c); break;
        }
        if (next < 0 || next == STOP_MORE) {
            s->pos = offset(c);
            return next;
        }
        s->state = next;
    }
}

/* ---- the interface ---- */

void mcps__scan_init(struct mcps__scan *scan, const struct mcps__json_limits *limits)
{
    *scan = (struct mcps__scan){ .limits = *limits };
    if (scan->limits.depth > MCPS__JSON_DEPTH_MAX)
        scan->limits.depth = MCPS__JSON_DEPTH_MAX;
    if (scan->limits.name > MCPS__JSON_NAME_MAX)
        scan->limits.name = MCPS__JSON_NAME_MAX;
    mcps__scan_reset(scan);
}

void mcps__scan_fini(struct mcps__scan *scan)
{
    mcps__free(scan->members);
    scan->members = NULL;
    scan->cap_recorded = 0;
}

void mcps__scan_reset(struct mcps__scan *scan)
{
    *scan = (struct mcps__scan){
        .limits = scan->limits,
        .state = STATE_VALUE,
        .members = scan->members,
        .cap_recorded = scan->cap_recorded,
    };
}

int mcps__scan_feed(struct mcps__scan *scan, const char *text, size_t len, bool last)
{
    const unsigned char *bytes = (const unsigned char *)(text ? text : "");
    bool cut = len > scan->limits.size;
    struct cursor c = {
        .text = bytes,
        .at = bytes + scan->pos,
        .end = bytes + (cut ? scan->limits.size : len),
        .last = last,
        .cut = cut,
    };

    int r;

    mcps__assert(len >= scan->pos);
    if (scan->state < 0)
        return scan->state;
    r = run(scan, c);
    if (r < 0) {
        scan->state = r;
        return r;
    }
    return last && scan->state == STATE_END ? 1 : 0;
}

const struct mcps__scan_member *mcps__scan_find(const struct mcps__scan *scan,
                                                const char *text,
                                                enum mcps__scan_level level,
                                                const char *name)
{
    size_t len = strlen(name);

    for (uint32_t i = 0; i < scan->n_recorded; i++) {
        const struct mcps__scan_member *m = &scan->members[i];

        if (m->level == level &&
            same_key(text + m->key, m->key_len, name, len, m->key_escaped))
            return m;
    }
    return NULL;
}

/* A hash of what a key stands for. Its seed need not be secret: one could find two keys of
 * one hash, but not so many that comparing them would take long. */
static uint64_t hash_key(const char *key, size_t len, bool escaped)
{
    static const uint64_t seed[2] = { 0 };
    char memory[MCPS__JSON_NAME_MAX];
    struct mcps__buf decoded = { .data = memory,
                                 .cap = sizeof memory,
                                 .max = sizeof memory };

    if (!escaped)
        return mcps__map_hash(seed, key, len);
    /* Cannot fail: decoding makes nothing longer, and there is room. */
    if (mcps__text_decode(&decoded, key, len) < 0)
        return 0;
    return mcps__map_hash(seed, decoded.data, decoded.len);
}

/* Comparing texts with escapes is slow; so if there are any, hashes are compared first. */
static bool hash_keys(struct mcps__scan *scan, const char *text)
{
    bool escaped = false;

    for (uint32_t i = 0; i < scan->n_recorded; i++)
        escaped |= scan->members[i].key_escaped;
    for (uint32_t i = 0; escaped && i < scan->n_recorded; i++) {
        struct mcps__scan_member *m = &scan->members[i];

        m->key_hash = hash_key(text + m->key, m->key_len, m->key_escaped);
    }
    return escaped;
}

bool mcps__scan_has_duplicates(struct mcps__scan *scan, const char *text)
{
    bool hashed;

    if (scan->type != MCPS__JSON_OBJECT)
        return false;
    hashed = hash_keys(scan, text);
    for (uint32_t i = 1; i < scan->n_recorded; i++) {
        const struct mcps__scan_member *a = &scan->members[i];

        for (uint32_t k = 0; k < i; k++) {
            const struct mcps__scan_member *b = &scan->members[k];

            if (a->level == b->level && (!hashed || a->key_hash == b->key_hash) &&
                same_key(text + a->key, a->key_len, text + b->key, b->key_len, hashed))
                return true;
        }
    }
    return false;
}
