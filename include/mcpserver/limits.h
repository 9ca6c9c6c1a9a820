/* SPDX-License-Identifier: MIT */
/*
 * Limits: all on by default, all to be changed before the server starts, each with a
 * counter of how often it was reached. doc/limits.md says what happens then.
 */
#ifndef MCPSERVER_LIMITS_H
#define MCPSERVER_LIMITS_H

#include <stdint.h>

#include <mcpserver/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* XX(NAME, name, default, text): one list makes the enum, the names and doc/limits.md. Names
 * that end in _ms are times, those in _bytes sizes. */
#define MCPS_LIMIT_MAP(XX)                                                                      \
    XX(MESSAGE_BYTES, message_bytes, 4u << 20, "one message from a client")                     \
    XX(BATCH, batch, 32, "messages in one batch (2025-03-26)")                                  \
    XX(PEERS, peers, 4096, "clients at once")                                                   \
    XX(CALLS_PER_PEER, calls_per_peer, 64, "calls of one client at once")                       \
    XX(CALLS_PER_ACCOUNT, calls_per_account, 256, "calls of one account at once")               \
    XX(CALLS_QUEUED, calls_queued, 1024, "calls waiting for a worker, in all")                  \
    XX(CALLS_PARKED, calls_parked, 64, "calls waiting for their client, in all")                \
    XX(CALLS_STUCK, calls_stuck, 64,                                                            \
       "calls that ignore being cancelled and get a thread in their place")                     \
    XX(ASKS_PER_PEER, asks_per_peer, 64,                                                        \
       "requests of ours that one client has to answer")                                        \
    XX(RESULT_BYTES, result_bytes, 16u << 20, "the result of one call")                         \
    XX(OUT_BYTES, out_bytes, 4u << 20,                                                          \
       "output that waits for one client: above it no more of its messages are read and "       \
       "none of its calls are started; what finds four times as much waiting disconnects it, "  \
       "but for answers of calls")                                                              \
    XX(OUT_TOTAL_BYTES, out_total_bytes, 256u << 20,                                            \
       "output that waits for all clients, and for one account a quarter of it: above it new "  \
       "calls are refused")                                                                     \
    XX(IN_TOTAL_BYTES, in_total_bytes, 256u << 20,                                              \
       "input of all clients that is being read or waits, and of one account a quarter of it: " \
       "above it new calls are refused")                                                        \
    XX(PAGE, page, 1000,                                                                        \
       "tools, prompts or resources on one page of a list; 0: all of them")                     \
    XX(BAD_MESSAGES, bad_messages, 10,                                                          \
       "answers a second to messages of one client whose id cannot be read")                    \
    XX(LIST_CHANGED_MS, list_changed_ms, 100,                                                   \
       "between two notifications to one client, on one stream, that the same list or "         \
       "resource has changed")                                                                  \
    XX(CLIENT_LOGS, client_logs, 100,                                                           \
       "messages a second that one call logs to its client; the others are dropped")            \
    XX(PROGRESS_MS, progress_ms, 20,                                                            \
       "between two notifications of one call's progress; the latest of those in between "      \
       "goes out then, or before the answer; 0: each goes out")                                 \
    XX(SUBSCRIPTIONS_PER_PEER, subscriptions_per_peer, 1024,                                    \
       "resources that one client of the legacy era is subscribed to")                          \
    XX(SUBSCRIPTIONS_PER_LISTEN, subscriptions_per_listen, 1024,                                \
       "resources that one subscriptions/listen names")                                         \
    XX(SUBSCRIPTION_BYTES, subscription_bytes, 256u << 10,                                      \
       "the URIs of each of those two")                                                         \
    XX(SUBSCRIPTION_TOTAL_BYTES, subscription_total_bytes, 64u << 20,                           \
       "subscriptions to resources of all clients, of which each counts as its URI and 128 "    \
       "bytes: above it new ones are refused")                                                  \
    XX(LISTENS_PER_ACCOUNT, listens_per_account, 64,                                            \
       "streams of subscriptions/listen of one account")                                        \
    XX(LISTENS, listens, 16384, "streams of subscriptions/listen, in all")                      \
    XX(CALL_MS, call_ms, 0,                                                                     \
       "one call, from its arrival; 0: no limit but the tool's own")                            \
    XX(INLINE_MS, inline_ms, 10,                                                                \
       "one run of a tool on the I/O thread; longer ones are named in the log")                 \
    XX(ROOTS_MS, roots_ms, 60000, "the client's answer to roots/list")                          \
    XX(SAMPLING_MS, sampling_ms, 60000, "the client's answer to sampling/createMessage")        \
    XX(ELICIT_MS, elicit_ms, 600000, "the client's answer to elicitation/create")               \
    XX(STATE_BYTES, state_bytes, 64u << 10,                                                     \
       "what a client carries from one round of questions to the next (2026-07-28)")            \
    XX(STATE_MS, state_ms, 3600000,                                                             \
       "from one round of questions to the next (2026-07-28)")                                  \
    XX(ROUNDS, rounds, 32, "rounds of questions of one call")                                   \
    XX(USED_STATES, used_states, 65536,                                                         \
       "states of tools with single_use_state that are remembered as used")                     \
    XX(ELICITATIONS, elicitations, 1024,                                                        \
       "URLs whose visit can be said to be complete; above it the oldest of the "               \
       "account is forgotten")                                                                  \
    XX(EOF_GRACE_MS, eof_grace_ms, 250,                                                         \
       "for running calls when a client's input ends while its output is open")                 \
    XX(DRAIN_MS, drain_ms, 10000, "for running calls when the server stops")                    \
    XX(HANDLER_GRACE_MS, handler_grace_ms, 5000,                                                \
       "for a handler to return once its call is cancelled; then it counts as stuck")           \
    XX(WRITE_STALL_MS, write_stall_ms, 30000,                                                   \
       "without a byte of waiting output being taken; then the client is disconnected")         \
    XX(CLOSE_FLUSH_MS, close_flush_ms, 1000,                                                    \
       "for the last output when a client is closed")                                           \
    XX(CONNECTIONS, connections, 4096,                                                          \
       "connections over HTTP at once: above it no more are accepted")                          \
    XX(CONNECTIONS_PER_ACCOUNT, connections_per_account, 1024,                                  \
       "connections of one account among them")                                                 \
    XX(SESSIONS, sessions, 10000, "sessions over HTTP at once (up to 2025-11-25)")              \
    XX(SESSIONS_PER_ACCOUNT, sessions_per_account, 2500,                                        \
       "sessions of one account among them")                                                    \
    XX(SESSION_IDLE_MS, session_idle_ms, 1800000,                                               \
       "without a call, a request or an open stream of a session; then it ends")                \
    XX(INIT_MS, init_ms, 60000,                                                                 \
       "from initialize to notifications/initialized; then the session ends")                   \
    XX(HEADER_BYTES, header_bytes, 16u << 10, "the head of one HTTP request")                   \
    XX(HEADER_MS, header_ms, 10000, "for the head of one HTTP request to arrive")               \
    XX(BODY_MS, body_ms, 30000, "for the body of one HTTP request to arrive")                   \
    XX(KEEP_ALIVE_MS, keep_alive_ms, 75000,                                                     \
       "without a request on a connection over HTTP; then it is closed")                        \
    XX(IDENTIFY_MS, identify_ms, 10000,                                                         \
       "for the application to say who asks, or to answer on a route of its own")               \
    XX(SSE_KEEP_ALIVE_MS, sse_keep_alive_ms, 15000,                                             \
       "of silence on a stream over HTTP; then a comment is sent")                              \
    XX(RETRY_MS, retry_ms, 1000,                                                                \
       "that clients are told to wait before they come back for a stream")                      \
    XX(REPLAY_BYTES, replay_bytes, 1u << 20,                                                    \
       "of one session, kept for who comes back for a stream: above it the oldest goes")        \
    XX(REPLAY_TOTAL_BYTES, replay_total_bytes, 128u << 20, "of all sessions together")          \
    XX(REPLAY_MS, replay_ms, 60000,                                                             \
       "that a stream which has ended is kept for who comes back for it")

enum mcps_limit {
#define XX(NAME, name, value, text) MCPS_LIMIT_##NAME,
    MCPS_LIMIT_MAP(XX)
#undef XX
        MCPS_N_LIMITS
};

/* "eof_grace_ms"; NULL for what is no limit. Static. Any thread. */
MCPS_PUBLIC const char *mcps_limit_name(enum mcps_limit limit);
/* The limit of that name, or MCPS_ENOTFOUND. Any thread. */
MCPS_PUBLIC int mcps_limit_by_name(const char *name) MCPS_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
