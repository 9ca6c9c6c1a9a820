/* SPDX-License-Identifier: MIT */
/* Subscribing to changes, as each era does it. On the home thread of the peer. */
#ifndef MCPS_PROTO_SUBSCRIPTIONS_H
#define MCPS_PROTO_SUBSCRIPTIONS_H

#include "proto/request.h"

/* The legacy era: one resource after the other. */
void mcps__resources_subscribe(const struct mcps__request *request);
void mcps__resources_unsubscribe(const struct mcps__request *request);

/* The modern era: a stream for all that is asked for. */
void mcps__subscriptions_listen(const struct mcps__request *request);

#endif
