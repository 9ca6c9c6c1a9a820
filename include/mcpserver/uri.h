/* SPDX-License-Identifier: MIT */
/*
 * URI templates (RFC 6570), which resources are offered by: compiled once, then expanded here
 * and matched by the server as often as it takes.
 *
 *     mcps_uri_template *t;
 *     char why[MCPS_URI_WHY_SIZE];
 *     int r = mcps_uri_template_new(&t, "file:///{+dir}/{name}", why, sizeof why);
 *     ...
 *     const struct mcps_uri_value values[] = { { "dir", "a/b" }, { "name", "c d" } };
 *     r = mcps_uri_template_expand(t, values, 2, uri, sizeof uri); // file:///a/b/c%20d
 *
 * Levels 1 to 3 are there: {x} {+x} {#x} {.x} {/x} {;x} {?x} {&x}, each also of several
 * variables, as in {?x,y}. What level 4 adds, the prefix of {x:3} and the explode of {x*}, is
 * refused. It needs no server and can be used alone. doc/resources.md says what matches.
 */
#ifndef MCPSERVER_URI_H
#define MCPSERVER_URI_H

#include <stddef.h>

#include <mcpserver/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled template: immutable, to be used on any thread, by many at once. */
typedef struct mcps_uri_template mcps_uri_template;

enum mcps_uri_limits {
    MCPS_URI_TEMPLATE_MAX = 2048, /* bytes of a template */
    MCPS_URI_VARIABLES_MAX = 32,  /* variables of one, counted each time they are named */
    MCPS_URI_WHY_SIZE = 160 /* enough for the sentence that says why it is refused */
};

/*
 * Compiles a template, which is UTF-8 text and copied, and gives it in *ret; its owner frees
 * it. Any thread. -EINVAL when the text is NULL, no template of these levels or passes a limit,
 * with a sentence in `reterr` (of any size; NULL with size 0) that says what is wrong and at
 * which byte, the first being 0; -ENOMEM.
 */
MCPS_PUBLIC int mcps_uri_template_new(mcps_uri_template **ret, const char *text,
                                      char *reterr, size_t reterr_size) MCPS_MUST_CHECK;
/* Frees it, once nobody uses it any more. Returns NULL; NULL is fine. */
MCPS_PUBLIC mcps_uri_template *mcps_uri_template_free(mcps_uri_template *t);

/* How many variables there are: of a name that stands in it twice, one. */
MCPS_PUBLIC size_t mcps_uri_template_n_variables(const mcps_uri_template *t);
/* The name of one, in the order in which they first appear, as the template writes it.
 * Borrowed as long as the template lives; NULL for one that there is not. */
MCPS_PUBLIC const char *mcps_uri_template_variable(const mcps_uri_template *t, size_t i);

/* The value of a variable: UTF-8, or NULL, as if there were no row for it: not defined. */
struct mcps_uri_value {
    const char *name;
    const char *value;
};

/*
 * Writes the URI that the values make, as snprintf() would: at most `size` bytes with the NUL
 * (`ret` may be NULL with size 0), and returns how long all of it is without. All is borrowed
 * until it returns. Names that the template does not have count for nothing; of two rows of
 * one name the first counts. Any thread. MCPS_EINVALID for a value that is not UTF-8,
 * MCPS_ELIMIT when the URI would be longer than an int says; nothing is written then.
 */
MCPS_PUBLIC int mcps_uri_template_expand(const mcps_uri_template *t,
                                         const struct mcps_uri_value *values, size_t n,
                                         char *ret, size_t size) MCPS_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
