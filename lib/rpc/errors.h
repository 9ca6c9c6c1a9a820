/* SPDX-License-Identifier: MIT */
/* The error codes of the protocol. One list makes the enum, the text and doc/errors.md. */
#ifndef MCPS_RPC_ERRORS_H
#define MCPS_RPC_ERRORS_H

/* XX(name, code, text, use): `text` is the message that goes out when nothing more is known,
 * `use` says when the code is sent, and in which revisions of the protocol. */
#define MCPS__RPC_ERROR_MAP(XX)                                                          \
    XX(PARSE, -32700, "Parse error", "the text is not JSON or not UTF-8")                \
    XX(INVALID_REQUEST, -32600, "Invalid request",                                       \
       "JSON that is no message, or that exceeds a limit")                               \
    XX(METHOD_NOT_FOUND, -32601, "Method not found",                                     \
       "an unknown method, or one whose capability was not declared")                    \
    XX(INVALID_PARAMS, -32602, "Invalid params",                                         \
       "params that do not fit the method; from 2026-07-28 on also an unknown resource") \
    XX(INTERNAL, -32603, "Internal error",                                               \
       "the server's own fault; from 2026-07-28 on also busy, timeout and shutdown")     \
    XX(SERVER, -32000, "Server error",                                                   \
       "busy, timeout and shutdown, told apart by data.reason; up to 2025-11-25")        \
    XX(RESOURCE_NOT_FOUND, -32002, "Resource not found",                                 \
       "an unknown resource; up to 2025-11-25")                                          \
    XX(HEADER_MISMATCH, -32020, "Header mismatch",                                       \
       "a header that is missing or says something else than the body; 2026-07-28")      \
    XX(MISSING_CAPABILITY, -32021, "Missing required client capability",                 \
       "the tool needs what the client did not declare; 2026-07-28")                     \
    XX(UNSUPPORTED_VERSION, -32022, "Unsupported protocol version",                      \
       "a version that the server does not speak; 2026-07-28")                           \
    XX(URL_ELICITATION_REQUIRED, -32042, "URL elicitation required",                     \
       "the client must send its user to a URL first; 2025-11-25 only")                  \
    XX(REQUEST_CANCELLED, -32800, "Request cancelled",                                   \
       "ends the stream of a request that its client cancelled; over HTTP, up to "       \
       "2025-11-25")

enum mcps__rpc_error {
#define XX(name, code, text, use) MCPS__RPC_##name = (code),
    MCPS__RPC_ERROR_MAP(XX)
#undef XX
};

/* The text of a code; "Server error" for one that is not in the list. Static. */
const char *mcps__rpc_strerror(int code);

/* The code for a text that the scan refused with this error. */
int mcps__rpc_code_of_json(int json_error);

#endif
