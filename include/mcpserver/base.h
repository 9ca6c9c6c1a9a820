/* SPDX-License-Identifier: MIT */
/*
 * What every public header builds on: errors, log levels, attributes.
 *
 * Functions return an int: 0 or more is success, less is an error. An error is either one
 * of enum mcps_error or a negated errno value (-ENOMEM, -EINVAL). mcps_strerror() knows
 * both. Out-parameters are called ret or ret_…, and stay untouched when a function fails.
 */
#ifndef MCPSERVER_BASE_H
#define MCPSERVER_BASE_H

#if defined(__GNUC__)
#define MCPS_PUBLIC       __attribute__((visibility("default")))
#define MCPS_MUST_CHECK   __attribute__((warn_unused_result))
#define MCPS_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define MCPS_PUBLIC
#define MCPS_MUST_CHECK
#define MCPS_PRINTF(f, a)
#endif

/* What the macros that fill structs are made of. C++ 17 has designated initializers as an
 * extension, and counts the members that one leaves out unless they have a value. */
#if defined(__cplusplus) && __cplusplus >= 201402L
#define MCPS_0 \
    {          \
    }
#define MCPS_STRUCT_(type, ...) \
    __extension__ type          \
    {                           \
        __VA_ARGS__             \
    }
#else
#define MCPS_0
#define MCPS_STRUCT_(type, ...) \
    {                           \
        __VA_ARGS__             \
    }
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* XX(name, value, text): one list makes the enum, mcps_strerror() and doc/errors.md. */
#define MCPS_ERROR_MAP(XX)                                                  \
    XX(CANCELLED, -5001, "the call was cancelled")                          \
    XX(TIMEDOUT, -5002, "the deadline passed")                              \
    XX(INVALID, -5003, "a value does not have the form that was asked for") \
    XX(NOTFOUND, -5004, "no such tool, resource or prompt")                 \
    XX(BUSY, -5005, "it is busy, or runs already")                          \
    XX(LIMIT, -5006, "a configured limit was reached")                      \
    XX(PROTOCOL, -5007, "the peer broke the protocol")                      \
    XX(CLOSED, -5008, "the connection is gone")                             \
    XX(EXISTS, -5009, "there is one of that name already")                  \
    XX(CAPABILITY, -5010, "the client did not offer this capability")       \
    XX(NOTREADY, -5011, "the client has not finished its handshake")        \
    XX(REFUSED, -5012, "the client answered with an error")                 \
    XX(INPUT, -5013, "the client must be asked first")                      \
    XX(NOCHANNEL, -5014, "no request can reach this client")

enum mcps_error {
    MCPS_OK = 0,
    MCPS_PENDING = 1, /* from a handler: the answer comes later */
#define XX(name, value, text) MCPS_E##name = (value),
    MCPS_ERROR_MAP(XX)
#undef XX
};

/* One sentence for a person, for any value that a function of this library returns.
 * Static for our own errors and for errno values alike; never NULL; any thread. */
MCPS_PUBLIC const char *mcps_strerror(int error);

/* "MCPS_ECLOSED", "ENOMEM": the name of an error; "unknown" for what has none. Static. */
MCPS_PUBLIC const char *mcps_error_name(int error);

/* XX(name, value, text): the levels of syslog, which are the protocol's too. */
#define MCPS_LOG_LEVEL_MAP(XX)    \
    XX(EMERGENCY, 0, "emergency") \
    XX(ALERT, 1, "alert")         \
    XX(CRITICAL, 2, "critical")   \
    XX(ERROR, 3, "error")         \
    XX(WARNING, 4, "warning")     \
    XX(NOTICE, 5, "notice")       \
    XX(INFO, 6, "info")           \
    XX(DEBUG, 7, "debug")

enum mcps_log_level {
    MCPS_LOG_OFF = -1, /* as a threshold: log nothing */
#define XX(name, value, text) MCPS_LOG_##name = (value),
    MCPS_LOG_LEVEL_MAP(XX)
#undef XX
};

/* Receives one line without a newline, printable UTF-8, borrowed until it returns. Called
 * on any thread, several at once, never under a lock of the library. Must not block. */
typedef void mcps_log_fn(void *userdata, enum mcps_log_level level, const char *line);

#ifdef __cplusplus
}
#endif

#endif
