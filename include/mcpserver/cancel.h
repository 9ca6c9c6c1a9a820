/* SPDX-License-Identifier: MIT */
/*
 * Why a call was cancelled. A call is cancelled once: the first reason stays.
 */
#ifndef MCPSERVER_CANCEL_H
#define MCPSERVER_CANCEL_H

#include <mcpserver/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* XX(name, value, text) */
#define MCPS_CANCEL_MAP(XX)                           \
    XX(NONE, 0, "not cancelled")                      \
    XX(CLIENT, 1, "the client cancelled the request") \
    XX(DISCONNECT, 2, "the client is gone")           \
    XX(SESSION_END, 3, "the session was ended")       \
    XX(TIMEOUT, 4, "the call's time was up")          \
    XX(SHUTDOWN, 5, "the server stops")               \
    XX(UNLOAD, 6, "the tool was taken away")

enum mcps_cancel_reason {
#define XX(name, value, text) MCPS_CANCEL_##name = (value),
    MCPS_CANCEL_MAP(XX)
#undef XX
};

/* "CLIENT", "DISCONNECT", …; "unknown" for another value. Static. Any thread. */
MCPS_PUBLIC const char *mcps_cancel_reason_name(enum mcps_cancel_reason reason);

/* Called once when the call is cancelled: on a thread of the library under no lock, or at
 * once on the thread that registers it if the call is cancelled already. */
typedef void mcps_cancel_fn(void *userdata, enum mcps_cancel_reason reason);

#ifdef __cplusplus
}
#endif

#endif
