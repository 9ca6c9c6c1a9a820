/* SPDX-License-Identifier: MIT */
/*
 * An offer: a tool, a prompt, a resource or a template of resources, as the registry keeps it.
 * Whatever its kind, it is listed from ready parts, and run by one handler.
 *
 * THREADS. Refcounted; it never changes once it is made, but for its count of calls.
 */
#ifndef MCPS_CORE_OFFER_H
#define MCPS_CORE_OFFER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/context.h"
#include "core/executor.h"
#include "json/bytes.h"
#include "mcpserver/complete.h"
#include "mcpserver/resource.h"
#include "mcpserver/schema.h"
#include "mcpserver/tool.h"
#include "schema/mirrored.h"
#include "schema/table.h"
#include "util/log.h"
#include "util/obj.h"

/* "tool", "prompt", "resource", "resource template". Static. */
const char *mcps__kind_noun(enum mcps_kind kind);

/* The members of an offer's description, in the order in which they are sent. A PLAIN one is
 * there for clients before 2025-06-18, if they do not know all that is in the other. */
enum mcps__part {
    MCPS__PART_URI,
    MCPS__PART_URI_TEMPLATE,
    MCPS__PART_NAME,
    MCPS__PART_TITLE,
    MCPS__PART_DESCRIPTION,
    MCPS__PART_MIME,
    MCPS__PART_SIZE,
    MCPS__PART_INPUT,
    MCPS__PART_OUTPUT,
    MCPS__PART_ARGUMENTS,
    MCPS__PART_ARGUMENTS_PLAIN,
    MCPS__PART_ANNOTATIONS,
    MCPS__PART_ANNOTATIONS_PLAIN,
    MCPS__PART_ICONS,
    MCPS__PART_META,
    MCPS__N_PARTS
};

struct mcps__offer {
    struct mcps__obj obj;
    enum mcps_kind kind;
    uint64_t serial; /* its place in lists; set when it is registered */
    char *key;       /* what clients ask for: a name, a URI, a template */
    char *tags;      /* each with a NUL behind it, and one more; NULL: none */
    const char *
        *tag_list; /* the same as an array, with a NULL behind the last; or NULL */
    struct mcps__bytes *parts[MCPS__N_PARTS]; /* JSON values; NULL: not there */
    /* This, or the next with its table; neither for what has its content ready. */
    mcps_tool_fn *handler;
    mcps_typed_fn *typed;
    struct mcps__table *args;
    mcps_schema *input; /* of the handler's tree; NULL: any object */
    void *userdata;
    void (*destroy)(void *userdata);
    unsigned needs; /* of enum mcps_client_capabilities */
    unsigned timeout_ms, max_parallel;
    struct mcps__pool *pool;    /* an executor's, where it runs; NULL: on workers, or */
    bool on_loop;               /* on the I/O thread */
    mcps_complete_fn *complete; /* NULL: only what is ENUM completes */
    bool completes;             /* something of it does */
    bool is_lister; /* no offer, but what a list is a call of: it is always there */
    atomic_uint n_calls;
    bool single_use_state; /* what its clients bring back is good for one try */
    bool only_result;      /* nothing is sent before its result */
    /* Of tools. */
    mcps_schema *output;        /* of structured results given as a tree; NULL: none */
    struct mcps__table *result; /* NULL: structured results have none */
    bool object_output; /* its outputSchema is for objects, which older clients know */
    struct mcps__mirrored_param *mirrored; /* arguments that fields of HTTP repeat; NULL: */
    size_t n_mirrored;                     /* none */
    /* Of resources and templates. */
    char *mime;             /* NULL: not known */
    mcps_uri_template *uri; /* of a template */
    bool any_values;        /* of its variables */
    char *text;             /* of a resource: its content is this text, */
    size_t text_len;
    char *path; /* or the file there, */
    bool path_is_text;
    struct mcps_blob blob; /* or these bytes, owned; none if it is of no kind */
};

struct mcps__offer *mcps__offer_ref(struct mcps__offer *offer);
/* Returns NULL; NULL is fine. Under no lock: its destroy() may be called. */
struct mcps__offer *mcps__offer_unref(struct mcps__offer *offer);

/* Does clients of a revision get to see this part? */
bool mcps__offer_part_known(const struct mcps__offer *offer, enum mcps__part part,
                            enum mcps__version version);
/* The name of its member. Static. */
const char *mcps__part_name(enum mcps__part part);

/* ---- making one: what the kinds have in common ---- */

/* What all offers of a registry are made with. */
struct mcps__offer_context {
    const struct mcps_schema_options *schemas;
    const struct mcps__executors *executors;
    struct mcps__log *log;
};

/* Makes the offer at a place of an array of structs of the application. Whatever it returns,
 * destroy() of that struct has been or will be called. -EINVAL after a line in the log. */
typedef int mcps__offer_make_fn(struct mcps__offer **ret, const void *items, size_t i,
                                const struct mcps__offer_context *context);

/* What the structs of all kinds say, put into the names of one. */
struct mcps__offer_source {
    enum mcps_kind kind;
    const char *key; /* valid */
    const char *title, *description, *executor, *icons, *meta;
    const char *const *tags;
    unsigned needs, timeout_ms, max_parallel;
    void *userdata;
    void (*destroy)(void *userdata);
};

/* Gives an offer with its first reference, that has what the source says, and a name. Calls no
 * destroy() when it fails. */
int mcps__offer_new(struct mcps__offer **ret, const struct mcps__offer_source *from,
                    const char *name,
                    const struct mcps__offer_context *context) MCPS_MUST_CHECK;
/* Lets go of one that could not be finished, without calling destroy(). */
void mcps__offer_abandon(struct mcps__offer *offer);

/* 1 to 128 letters, digits, and "_-.": the names that revision 2025-11-25 asks for. */
bool mcps__offer_is_name(const char *name);
/* Says in the log what does not go together; for what has not been made yet. -EINVAL. */
int mcps__offer_refuse(enum mcps_kind kind, const char *key, const char *why,
                       struct mcps__log *log);
/* Gives what lists of a kind are calls of. -ENOMEM. */
int mcps__offer_lister(struct mcps__offer **ret, enum mcps_kind kind) MCPS_MUST_CHECK;

/* A part that is a string; NULL: none. */
int mcps__offer_keep_string(struct mcps__offer *offer, enum mcps__part part,
                            const char *text) MCPS_MUST_CHECK;
/* A part that was written; the buffer is freed. */
int mcps__offer_keep_written(struct mcps__offer *offer, enum mcps__part part,
                             struct mcps__buf *buf,
                             const struct mcps__writer *w) MCPS_MUST_CHECK;
/* Its table of arguments, called `what` in the log. */
int mcps__offer_keep_table(struct mcps__table **ret, const struct mcps__offer *offer,
                           const char *what, const struct mcps_field *fields, size_t size,
                           struct mcps__log *log) MCPS_MUST_CHECK;
/* The same of one whose arguments come as texts: objects, lists and JSON are refused. */
int mcps__offer_keep_texts_table(struct mcps__offer *offer, const char *what,
                                 const struct mcps_field *fields, size_t size,
                                 struct mcps__log *log) MCPS_MUST_CHECK;
/* NULL: none. */
int mcps__offer_keep_annotations(struct mcps__offer *offer,
                                 const struct mcps_annotations *annotations,
                                 struct mcps__log *log) MCPS_MUST_CHECK;
/* Says in the log what is wrong with it. -EINVAL. */
int mcps__offer_fault(const struct mcps__offer *offer, const char *what, const char *why,
                      struct mcps__log *log);

#endif
