/* SPDX-License-Identifier: MIT */
/*
 * Resources: what clients may read, each known by a URI; and templates (uri.h), which stand
 * for all the resources whose URIs they match.
 *
 * A URI that is read is looked for among the resources first, then among the templates, in
 * the order in which they were added. One that nobody knows, or that is disabled, is refused
 * as not found; so is one whose handler returns MCPS_ENOTFOUND.
 */
#ifndef MCPSERVER_RESOURCE_H
#define MCPSERVER_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mcpserver/args.h>
#include <mcpserver/base.h>
#include <mcpserver/complete.h>
#include <mcpserver/result.h>
#include <mcpserver/tool.h>
#include <mcpserver/uri.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One resource. Its content is one of four:
 *
 *     handler  runs for each read, with an empty object, and gives any number of contents with
 *              mcps_call_resource_text() and mcps_call_resource_blob(); a URI of NULL there is
 *              the one that was asked for, a type of NULL the declared one
 *     text     UTF-8, copied
 *     blob     bytes, which the resource holds until it is gone, and which no read copies
 *     path     a file, opened for each read: its bytes, or its text if path_is_text. No such
 *              file: not found. Bytes are read while the client takes them, by the thread that
 *              sends them. A file that has become shorter meanwhile is sent with zeros in place of
 *              what lacks, so that the message stays whole; replace files, by rename(), rather
 *              than write into them. What is no UTF-8 in a text is an error.
 *
 * Members are added at the end only. Strings are copied; a blob is taken, whatever becomes of
 * the resource.
 */
struct mcps_resource {
    size_t struct_size MCPS_0; /* as MCPS_RESOURCE() sets it */
    const char *uri MCPS_0;    /* absolute, as in RFC 3986 */
    const char *name MCPS_0;   /* not empty */
    mcps_tool_fn *handler MCPS_0;
    const char *text MCPS_0;
    struct mcps_blob blob MCPS_0; /* result.h; zeroed: none */
    const char *path MCPS_0;
    bool path_is_text MCPS_0;
    const char *mime MCPS_0;        /* NULL: not known */
    const char *description MCPS_0; /* for the model; NULL: none */
    const char *title MCPS_0;       /* for people; NULL: none */
    uint64_t size MCPS_0; /* in bytes, raw; 0: not known, or that of the text or blob */
    const struct mcps_annotations *annotations MCPS_0; /* copied; NULL: none */
    unsigned needs MCPS_0;                             /* enum mcps_client_capabilities */
    unsigned timeout_ms MCPS_0;   /* of a call, from its arrival; 0: the server's limit */
    unsigned max_parallel MCPS_0; /* calls of it at once; 0: as many as there may be */
    const char *executor MCPS_0;  /* NULL: workers; MCPS_INLINE; or a name: executor.h */
    const char *icons MCPS_0;     /* JSON text, an array; NULL: none */
    const char *meta MCPS_0; /* of its description: JSON text, an object; NULL: none */
    void *userdata MCPS_0;
    /* Called once, under no lock, when the resource is gone, and its last call has ended and
     * what it gave is sent; or when it could not be added. NULL: nothing to do. */
    void (*destroy)(void *userdata) MCPS_0;
    const char *const *tags
        MCPS_0; /* for who decides what is shown; NULL behind the last. NULL: none */
};

#define MCPS_RESOURCE(...) \
    MCPS_STRUCT_(mcps_resource, .struct_size = sizeof(struct mcps_resource), __VA_ARGS__)

/*
 * A template, and the handler of all that it stands for. What the variables match, decoded,
 * are its arguments, strings. Those of a table may be STRING, ENUM, INT, NUMBER and BOOL, and
 * must be just the variables; a value that does not fit its field is refused with -32602. A
 * handler without a table gets them as an object.
 *
 * Unless any_values is set, a value that could lead out of a folder ("..", what has a NUL or,
 * encoded, a slash: doc/resources.md) does not match. URIs longer than MCPS_TEMPLATE_URI_MAX
 * match no template.
 */
struct mcps_template {
    size_t struct_size MCPS_0; /* as MCPS_TEMPLATE_STRUCT(), MCPS_TEMPLATE() set it */
    const char *uri_template MCPS_0; /* as uri.h has it; begins with a scheme */
    const char *name MCPS_0;         /* not empty */
    mcps_tool_fn *handler MCPS_0;    /* this or the next */
    mcps_typed_fn *typed MCPS_0;
    const struct mcps_field *args MCPS_0; /* of `typed`: args.h */
    size_t args_size MCPS_0;              /* of their struct */
    const char *description MCPS_0;       /* for the model; NULL: none */
    const char *mime MCPS_0;              /* of all of them; NULL: not known */
    const char *title MCPS_0;             /* for people; NULL: none */
    mcps_complete_fn *complete MCPS_0;    /* NULL: only what is ENUM completes */
    bool any_values MCPS_0;
    const struct mcps_annotations *annotations MCPS_0; /* copied; NULL: none */
    unsigned needs MCPS_0;                             /* as of resources, */
    unsigned timeout_ms MCPS_0;                        /* like all that follows */
    unsigned max_parallel MCPS_0;
    const char *executor MCPS_0;
    const char *icons MCPS_0;
    const char *meta MCPS_0;
    void *userdata MCPS_0;
    void (*destroy)(void *userdata) MCPS_0;
    const char *const *tags MCPS_0;
};

/* Bytes of a URI. Matching is done by the thread that reads, for one URI in no more time than
 * the number of templates with the same beginning allows. */
#define MCPS_TEMPLATE_URI_MAX 8192

#define MCPS_TEMPLATE_STRUCT(...) \
    MCPS_STRUCT_(mcps_template, .struct_size = sizeof(struct mcps_template), __VA_ARGS__)

/* Begins the handler `fn` of a template with the arguments struct S, as MCPS_TOOL_HANDLER()
 * does. An exception of C++ that leaves it becomes an error with its what(). */
#define MCPS_TEMPLATE_HANDLER(fn, S) MCPS_TOOL_HANDLER(fn, S)

/* The template of a handler with these arguments, an element of an array of struct
 * mcps_template: its description, then any members that follow that one, in their order. */
#define MCPS_TEMPLATE(text, fn, S, ...)                                                 \
    MCPS_TEMPLATE_STRUCT(.uri_template = text, .name = #fn, .typed = fn##_takes_##S##_, \
                         .args = S##_fields, .args_size = sizeof(struct S),             \
                         .description = __VA_ARGS__)

/* The URI that was asked for; NULL when the call reads no resource. Borrowed as long as the
 * call. Any thread. */
MCPS_PUBLIC const char *mcps_call_uri(const mcps_call *call);

#ifdef __cplusplus
}
#endif

#endif
