/* SPDX-License-Identifier: MIT */
/*
 * The arguments of a call: kept as text until it runs, then given to the handler as a tree, or
 * as the struct that the offer's table describes. Owned by one thread at a time: whoever admits
 * the call, who runs it, who ends it.
 */
#ifndef MCPS_CORE_ARGUMENTS_H
#define MCPS_CORE_ARGUMENTS_H

#include "core/account.h"
#include "core/offer.h"
#include "schema/args.h"

/* Zeroed: none were sent. */
struct mcps__arguments {
    char *text; /* of an object; NULL: none, or done with */
    size_t len;
    char *sent; /* the same for who asks its client; NULL: none, or not kept */
    size_t sent_len;
    bool secret;              /* it is wiped, whether it was decoded or not */
    struct json_object *tree; /* for a plain handler, */
    size_t tree_cost;         /* for which so much is charged */
    struct mcps__args args;   /* for a typed one */
};

/* Copies a text that the scan has accepted, at the charge of the account. -ENOMEM. */
int mcps__arguments_copy(struct mcps__arguments *arguments, struct mcps__account *account,
                         const struct mcps__offer *offer, const char *text,
                         size_t len) MCPS_MUST_CHECK;
/* Keeps the text besides, as it is before it is decoded. -ENOMEM. */
int mcps__arguments_keep(struct mcps__arguments *arguments,
                         struct mcps__account *account) MCPS_MUST_CHECK;
/* Makes what the offer's handler wants. MCPS_EINVALID with sentences in `reterr`
 * (MCPS__ARGS_ERROR_SIZE) for whoever called it, when they do not fit its schema;
 * errors of mcps__tree_build(); -ENOMEM. */
int mcps__arguments_decode(struct mcps__arguments *arguments,
                           struct mcps__account *account, const struct mcps__offer *offer,
                           struct mcps__reader *reader, char *reterr,
                           size_t reterr_size) MCPS_MUST_CHECK;
/* Calls the handler with them. */
int mcps__arguments_run(const struct mcps__arguments *arguments,
                        const struct mcps__offer *offer, struct mcps_call *call);
void mcps__arguments_fini(struct mcps__arguments *arguments,
                          struct mcps__account *account);

#endif
