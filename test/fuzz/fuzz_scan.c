/* SPDX-License-Identifier: MIT */
/*
 * The scan: the same verdict in any pieces, and against json-c's parser. What the scan
 * accepts json-c must accept, and both trees must be equal, also when ours was written and
 * read again. What the scan refuses and json-c's strict mode does not must be one of the
 * differences that doc/json.md explains. The first byte is the seed of the pieces.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include <json-c/json.h>

#include "json/scan.h"
#include "json/tree.h"
#include "json/write.h"

static int scan_in_pieces(const char *text, size_t len, uint32_t seed, size_t *ret_pos)
{
    struct mcps__scan scan;
    size_t there = 0;
    int r;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    do {
        there += there < len ? fuzz_piece(&seed, len - there) : 0;
        r = mcps__scan_feed(&scan, text, there, there == len);
    } while (r == 0 && there < len);
    *ret_pos = scan.pos;
    mcps__scan_fini(&scan);
    return r;
}

static bool has_any(const char *text, size_t len, const char *chars)
{
    for (; *chars; chars++) {
        if (memchr(text, *chars, len))
            return true;
    }
    return memchr(text, '\0', len) != NULL; /* json-c ends there */
}

/* Where json-c is laxer; doc/json.md says why each is refused here. */
static bool json_c_is_laxer(int error, const char *text, size_t len)
{
    switch (error) {
    case MCPS__JSON_ECONTROL:   /* control characters in strings */
    case MCPS__JSON_ESURROGATE: /* becomes U+FFFD */
    case MCPS__JSON_EUTF8:      /* not looked at */
    case MCPS__JSON_ERANGE:     /* infinite */
    case MCPS__JSON_ENUMBER:    /* 00, -.5, 1.e5 */
    case MCPS__JSON_EDEPTH:     /* a limit of our own, as the next */
    case MCPS__JSON_ESIZE:
    case MCPS__JSON_ESTRING:
    case MCPS__JSON_ENAME:
    case MCPS__JSON_EVALUES:
    case MCPS__JSON_EMEMBERS:
    case MCPS__JSON_ENUMBER_LENGTH: return true;
    case MCPS__JSON_EEND: return has_any(text, len, ".'NI"); /* as the next, and 1. */
    default: return has_any(text, len, "'NI");               /* {'a':1}, NaN, Infinity */
    }
}

/* json-c's own parser; *ret_ok says whether it took the text. */
static struct json_object *parse_with_json_c(const char *text, size_t len, int flags,
                                             bool *ret_ok)
{
    struct json_tokener *tokener = json_tokener_new_ex(MCPS__JSON_DEPTH_MAX + 2);
    struct json_object *tree;

    FUZZ_CHECK(tokener != NULL);
    json_tokener_set_flags(tokener, flags);
    tree = json_tokener_parse_ex(tokener, text, (int)len);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        tree = json_tokener_parse_ex(tokener, " ", 1); /* a number by itself ends so */
    *ret_ok = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    return tree;
}

/* json-c 0.16 takes a character for half a surrogate pair if its low 16 bits look like one,
 * such as U+1DA00, when it is written as a pair of escapes. */
static bool json_c_garbles(const char *text, size_t len)
{
    char pair[13] = "";
    unsigned high, low;

    for (size_t i = 0; i + 12 <= len; i++) {
        memcpy(pair, text + i, 12);
        if (sscanf(pair, "\\u%4x\\u%4x", &high, &low) == 2 && (high & 0xfc00) == 0xd800 &&
            (((high & 0x3f) << 10 | (low & 0x3ff)) & 0xf800) == 0xd800)
            return true;
    }
    return false;
}

/* It clamps integers beyond 64 bits, which are doubles here. */
static bool json_c_clamps(const char *text, size_t len)
{
    size_t digits = 0;

    for (size_t i = 0; i < len; i++) {
        digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
        if (digits >= 19)
            return true;
    }
    return false;
}

/* The tree of an accepted text is the one that json-c makes, and written and read again it
 * is the same tree. */
static void check_tree(const char *text, size_t len, struct json_object *of_json_c)
{
    struct mcps__tree_parser parser;
    struct json_object *tree = NULL, *again = NULL;
    struct mcps__writer w;
    struct mcps__buf out;
    int r;

    FUZZ_CHECK(mcps__tree_parser_init(&parser, &mcps__json_default_limits) == 0);
    mcps__buf_init(&out, 16u << 20);
    r = mcps__tree_parse(&parser, &tree, text, len);
    FUZZ_CHECK(r == 0 || r == MCPS__JSON_EDUPLICATE || r == MCPS__JSON_ENUL_KEY);
    if (r == 0) {
        FUZZ_CHECK(json_object_equal(tree, of_json_c) || json_c_garbles(text, len) ||
                   json_c_clamps(text, len));
        mcps__write_init(&w, &out);
        mcps__write_tree(&w, tree);
        FUZZ_CHECK(mcps__write_end(&w) == 0);
        FUZZ_CHECK(mcps__tree_parse(&parser, &again, out.data, out.len) == 0);
        FUZZ_CHECK(json_object_equal(tree, again));
    }
    json_object_put(again);
    json_object_put(tree);
    mcps__buf_fini(&out);
    mcps__tree_parser_fini(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    size_t len = size - 1, pos = 0, other_pos = 0;
    struct json_object *of_json_c;
    struct mcps__scan scan;
    bool accepted;
    int r;

    if (size == 0)
        return 0;
    mcps__scan_init(&scan, &mcps__json_default_limits);
    r = mcps__scan_feed(&scan, text, len, true);
    pos = scan.pos;
    FUZZ_CHECK(r == 1 || r < 0);
    FUZZ_CHECK(scan_in_pieces(text, len, data[0], &other_pos) == r);
    FUZZ_CHECK(pos == other_pos);
    /* Not strict where it should accept: in 0.17 and 0.18 that refuses all but ASCII. */
    of_json_c = parse_with_json_c(text, len, r == 1 ? 0 : JSON_TOKENER_STRICT, &accepted);
    if (r == 1) {
        FUZZ_CHECK(accepted);
        mcps__scan_has_duplicates(&scan, text);
        check_tree(text, len, of_json_c);
    } else if (accepted) {
        FUZZ_CHECK(json_c_is_laxer(r, text, len));
    }
    json_object_put(of_json_c);
    mcps__scan_fini(&scan);
    return 0;
}
