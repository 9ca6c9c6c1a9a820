/* SPDX-License-Identifier: MIT */
/* The methods of what is offered, which both eras have: listing it, and calling it. */
#ifndef MCPS_PROTO_OFFERS_H
#define MCPS_PROTO_OFFERS_H

#include "core/call.h"
#include "proto/request.h"

void mcps__tools_list(const struct mcps__request *request);
void mcps__tools_call(const struct mcps__request *request);

/* ---- for the methods of one kind ---- */

/* Answers with a page of the list. */
void mcps__offers_list(const struct mcps__request *request, enum mcps_kind kind);

/* The offer of that key, with a reference. NULL: there is none that may be called, and the
 * request is answered. */
struct mcps__offer *mcps__offers_find(const struct mcps__request *request,
                                      enum mcps_kind kind, const struct mcps__buf *key);
/* Refuses a request for a key, such as what = "Unknown", noun = "tool". */
void mcps__offers_refuse_key(const struct mcps__request *request, const char *what,
                             const char *noun, const struct mcps__buf *key);
/* Fills in what every request may have beside its arguments: its _meta, and what a retry
 * brings. False when something of it cannot be, and the request is answered. */
bool mcps__offers_params(const struct mcps__request *request,
                         struct mcps__param params[MCPS__N_PARAMS]) MCPS_MUST_CHECK;
/* Admits a call, of which the action, the offer, the params and the arguments are filled in;
 * or answers. */
void mcps__offers_call(const struct mcps__request *request,
                       const struct mcps__call_request *what);

#endif
