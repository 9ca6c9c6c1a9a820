/* SPDX-License-Identifier: MIT */
/* The error codes of the protocol; see errors.h. */
#include "config.h"

#include "rpc/errors.h"

#include "json/json.h"

const char *mcps__rpc_strerror(int code)
{
    switch (code) {
#define XX(name, code_, text, use) \
    case code_: return text;
        MCPS__RPC_ERROR_MAP(XX)
#undef XX
    default: return "Server error";
    }
}

int mcps__rpc_code_of_json(int json_error)
{
    if (!mcps__json_error_name(json_error))
        return MCPS__RPC_INTERNAL; /* no memory, for one */
    switch (json_error) {
    case MCPS__JSON_EDUPLICATE:
    case MCPS__JSON_ENUL_KEY: return MCPS__RPC_INVALID_REQUEST;
    default:
        return mcps__json_error_is_limit(json_error) ? MCPS__RPC_INVALID_REQUEST
                                                     : MCPS__RPC_PARSE;
    }
}
