/* SPDX-License-Identifier: MIT */
/*
 * What a request of 2026-07-28 says twice: in its body, and in fields of HTTP for those on the
 * way who do not read bodies. If the two differ, the request is refused (-32020).
 *
 * The version has a field, too, which is compared where the version is read. The headers are
 * those of a message without fields that are there twice. Nothing is allocated; any thread.
 */
#ifndef MCPS_PROTO_MIRROR_CHECK_H
#define MCPS_PROTO_MIRROR_CHECK_H

#include <stddef.h>

#include "json/scan.h"
#include "mcpserver/base.h"
#include "rpc/envelope.h"
#include "rpc/headers.h"
#include "schema/mirrored.h"

/* Mcp-Method, and Mcp-Name where the method has one. 0, or MCPS_EPROTOCOL with *ret_why, a
 * static sentence that names the field. A body that lacks the name, or has another type
 * there, must lack the field as well: what is wrong with it is found by whoever reads it.
 * Notifications need no fields, but those that they have must be right. */
int mcps__mirror_check(const struct mcps__headers *headers,
                       const struct mcps__envelope *env, const struct mcps__scan *scan,
                       const char *text, const char **ret_why) MCPS_MUST_CHECK;

/*
 * Mcp-Param-… of a call of a tool: the same of its arguments, an object that the scan has
 * accepted, without blanks around it (NULL: it has none). An argument that is null is none, and
 * one that is neither a string, a number nor a boolean has no field. The list is what
 * mcps__mirrored_collect() made; the arguments are gone through once, and not at all when it
 * is empty. *ret_header (may be NULL) gets the name of the field, borrowed from the list, or
 * NULL for a field whose argument is not there.
 */
int mcps__mirror_check_params(const struct mcps__headers *headers,
                              const struct mcps__mirrored_param *list, size_t n,
                              const char *args, size_t len, const char **ret_why,
                              const char **ret_header) MCPS_MUST_CHECK;

#endif
