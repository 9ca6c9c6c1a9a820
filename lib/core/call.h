/* SPDX-License-Identifier: MIT */
/*
 * A call: one run of the handler of a tool, a prompt or a resource, with all that belongs to it alone.
 *
 * It counts as running until its handler has returned and it is finished, whatever was
 * answered to the client meanwhile, and on whatever threads that happens.
 *
 * THREADS. [home] is the I/O thread of the peer, [worker] the thread that runs the handler;
 * the mutex covers the result, which any thread may add to.
 */
#ifndef MCPS_CORE_CALL_H
#define MCPS_CORE_CALL_H

#include <stdatomic.h>

#include "core/content.h"
#include "core/arguments.h"
#include "core/exchange.h"
#include "core/offer.h"
#include "mcpserver/call.h"

/* What a call is of: how its handler is run, and what its result looks like. */
struct mcps__action {
    const char *method;
    enum mcps__shape shape;
    bool to_model; /* what goes wrong is a result that the model sees; else an error */
    bool texts;    /* the arguments are strings, for whatever types they declare */
    bool without_arguments; /* the handler's are not those of the request */
    bool asks;              /* its handler may ask the client */
    /* Runs the handler, when the arguments are decoded. NULL: with them. */
    int (*run)(struct mcps_call *call);
    /* Writes the members of a result behind its blocks, under the call's mutex. NULL: none. */
    void (*write_members)(struct mcps_call *call, struct mcps__writer *w);
    /* The error for what the handler returned, a negative number; NULL: an internal one. */
    struct mcps__piece *(*error)(struct mcps_call *call, int result);
};

/* tools/call. */
extern const struct mcps__action mcps__action_tool;
/* prompts/get: prompt.c. */
extern const struct mcps__action mcps__action_prompt;
/* resources/read: resource.c. */
extern const struct mcps__action mcps__action_resource;
/* completion/complete: complete.c. */
extern const struct mcps__action mcps__action_complete;

/* What a request has beside its arguments, as text with a NUL behind it; NULL: not there. */
struct mcps__param {
    const char *text;
    size_t len;
};

enum mcps__param_name {
    MCPS__PARAM_META,      /* _meta: JSON */
    MCPS__PARAM_CURSOR,    /* of a list */
    MCPS__PARAM_RESPONSES, /* inputResponses: JSON */
    MCPS__PARAM_STATE,     /* requestState: JSON text between the quotes */
    MCPS__PARAM_URI,       /* of the resource that is read */
    MCPS__PARAM_ARGUMENT,  /* that is to be completed, */
    MCPS__PARAM_VALUE,     /* what there is of it so far, */
    MCPS__PARAM_CONTEXT,   /* and the others: names and values, a NUL behind each */
    MCPS__N_PARAMS
};

/* Progress that comes too fast: the latest, until it is due. */
struct mcps__progress {
    struct mcps__piece *piece; /* NULL: none */
    int64_t due;               /* nothing more goes out before */
    bool timed;                /* a post or a timer has a reference on the call for it */
};

/* What the client was logged to in this second. */
struct mcps__log_rate {
    int64_t since;
    uint64_t n;
};

struct mcps__brought;
struct mcps__answers;
struct mcps__wanted;

struct mcps_call {
    struct mcps__exchange exchange;
    struct mcps__job job;
    const struct mcps__action *action;         /* never changes */
    struct mcps__offer *offer;                 /* a reference; never changes */
    struct mcps__param params[MCPS__N_PARAMS]; /* never change */
    char *param_texts;                         /* the memory of those */
    size_t params_size;
    struct mcps__piece
        *refusal; /* owned; the handler is not called for who sees the offer */
    bool placed;  /* it counts as one of its offer's */
    struct mcps_request *seen;        /* owned; NULL: there is no middleware */
    struct mcps__id progress_token;   /* never changes */
    struct mcps__arguments arguments; /* until the last of the parts has ended */
    int64_t deadline;                 /* never changes; MCPS__CLOCK_NEVER: none */
    bool own_limit;                   /* the deadline is the offer's own; never changes */
    struct mcps__timer
        timer;              /* [home] the deadline, then the grace of a cancelled call */
    struct mcps__post post; /* has the home thread clear the timer */
    struct mcps__task task; /* has the control pool free it */
    atomic_bool timed;      /* the timer was ever set */
    atomic_uint users;      /* the handler, and mcps_call_ref(); together one reference */
    atomic_uint parts;      /* of two that have yet to end: the handler, the result */
    bool restarted;         /* the handler is run again; owned as the arguments are */
    /* While it waits without a thread, [home]; see unwind.h. */
    struct mcps__post unwind_post;
    bool unwound;
    int unwind_error; /* why the handler is not run again; 0 */
    unsigned n_awaited;
    struct mcps__wanted *awaited;
    struct mcps__post progress_post;   /* has the home thread set */
    struct mcps__timer progress_timer; /* [home] this one: what is held back goes out */
    unsigned log_levels;               /* modern: as in the request; never changes */
    struct mcps__mutex mutex;          /* covers all below */
    struct mcps__content content MCPS__GUARDED; /* the answer as far as it is written */
    struct mcps__buf structured MCPS__GUARDED;  /* JSON text; empty: none */
    bool structured_sent MCPS__GUARDED;         /* as such; else only as a text */
    struct mcps__buf meta MCPS__GUARDED;        /* members of the result's _meta */
    struct mcps__buf meta_keys MCPS__GUARDED;   /* their keys, with a NUL behind each */
    struct mcps__buf description MCPS__GUARDED; /* of a prompt's result; empty: its own */
    uint64_t n_values MCPS__GUARDED; /* of a completion, with those that are not sent, */
    uint64_t total MCPS__GUARDED;    /* and what was said of how many there are */
    bool has_more MCPS__GUARDED;
    bool failed MCPS__GUARDED; /* mcps_call_fail() was called */
    struct mcps__buf fault
        MCPS__GUARDED;         /* what it said, where the model does not see it */
    bool misfit MCPS__GUARDED; /* mcps_call_struct() was given what does not fit */
    bool finished MCPS__GUARDED;
    double progress MCPS__GUARDED;      /* the latest of this run of the handler, */
    double progress_sent MCPS__GUARDED; /* and of all before it */
    struct mcps__progress held MCPS__GUARDED;
    struct mcps__log_rate log_rate MCPS__GUARDED;
    struct mcps__brought *brought
        MCPS__GUARDED; /* request_meta.h; NULL: not asked for yet */
    struct mcps__answers *answers MCPS__GUARDED; /* NULL: the client was asked nothing */
};

/* What a call is made of. All borrowed. */
struct mcps__call_request {
    struct mcps__peer *peer;
    struct mcps__context *context;
    struct mcps__sink *sink;
    struct mcps__scopes *scopes; /* or NULL */
    struct mcps__batch *batch;   /* or NULL */
    const struct mcps__id *id;
    const struct mcps__id *progress_token;
    unsigned log_levels; /* modern: so many, from the most severe on, are logged to it */
    /* An answer that is given only to who sees the offer, taken by a call that is admitted. */
    struct mcps__piece *refusal;
    struct mcps_request
        *seen; /* by middleware; taken by a call that is admitted. NULL: not */
    const struct mcps__action *action;
    struct mcps__offer *offer;
    const struct mcps__param *params; /* so many as there are names */
    const char *arguments; /* text of an object that the scan has accepted; NULL: none */
    size_t arguments_len;
};

/*
 * Admits a call: checks the limits, lists it with its peer, and adds it to the calls that
 * the loop submits after this turn. [home]. An error means that there is no call, and that
 * the caller answers: MCPS_EEXISTS (the id is in flight), MCPS_ECLOSED (the peer drains),
 * MCPS_ELIMIT with the limit's hit counted and a sentence in *reterr_why (static), -ENOMEM.
 */
int mcps__call_admit(const struct mcps__call_request *request,
                     const char **reterr_why) MCPS_MUST_CHECK;

/* For a call whose handler is not run again: ends it, without an answer. */
void mcps__call_end_unrun(struct mcps_call *call);
/* The handler has returned for the last time, and the call may be gone. */
void mcps__call_end_run(struct mcps_call *call);
/* Finishes it with an answer of its action's own, which is taken, from its run(), which then
 * says MCPS_PENDING. */
void mcps__call_answer(struct mcps_call *call, struct mcps__piece *piece);

static inline struct mcps_call *mcps__call_of(struct mcps__exchange *exchange)
{
    return MCPS__CONTAINER_OF(exchange, struct mcps_call, exchange);
}

#endif
