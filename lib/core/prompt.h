/* SPDX-License-Identifier: MIT */
/* From what an application says of a prompt to an offer. Any thread. */
#ifndef MCPS_CORE_PROMPT_H
#define MCPS_CORE_PROMPT_H

#include "core/offer.h"

/* A mcps__offer_make_fn of struct mcps_prompt. */
int mcps__prompt_make(struct mcps__offer **ret, const void *items, size_t i,
                      const struct mcps__offer_context *context) MCPS_MUST_CHECK;

#endif
