/* SPDX-License-Identifier: MIT */
/* What arguments of an offer may be completed. Any thread. */
#ifndef MCPS_CORE_COMPLETE_H
#define MCPS_CORE_COMPLETE_H

#include "core/offer.h"

/* Has a prompt or a template an argument of that name, as far as that is known? */
bool mcps__complete_knows(const struct mcps__offer *offer, const char *argument,
                          size_t len);

#endif
