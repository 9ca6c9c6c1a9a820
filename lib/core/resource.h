/* SPDX-License-Identifier: MIT */
/* From what an application says of a resource or a template to an offer. Any thread. */
#ifndef MCPS_CORE_RESOURCE_H
#define MCPS_CORE_RESOURCE_H

#include "core/offer.h"

/* A mcps__offer_make_fn of struct mcps_resource, and one of struct mcps_template. */
int mcps__resource_make(struct mcps__offer **ret, const void *items, size_t i,
                        const struct mcps__offer_context *context) MCPS_MUST_CHECK;
int mcps__template_make(struct mcps__offer **ret, const void *items, size_t i,
                        const struct mcps__offer_context *context) MCPS_MUST_CHECK;

/* The code of the error that there is no resource of a URI, and its data: JSON text with a NUL
 * behind it. -ENOMEM: `data` is to be freed in any case. */
int mcps__not_found_code(const struct mcps__context *context);
int mcps__not_found_data(struct mcps__buf *data, const char *uri,
                         size_t len) MCPS_MUST_CHECK;

#endif
