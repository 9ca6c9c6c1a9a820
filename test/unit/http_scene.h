/* SPDX-License-Identifier: MIT */
/*
 * A server whose connections over HTTP are in memory (http_fake.h), on one thread with its
 * handlers and its clients, under a driven clock. One at a time.
 */
#ifndef TEST_HTTP_SCENE_H
#define TEST_HTTP_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "http_fake.h"
#include "mcpserver/mcpserver.h"

/*
 * The tools:
 *
 *     echo    returns its arguments as text
 *     quick   the same, and declares that it sends nothing else
 *     steps   says progress twice, then returns the text "done"
 *     hold    keeps its call; http_held() has it, and the test finishes it
 *     wait    the same, and declares that it sends nothing but its result
 *     ask     asks for the roots
 *     close   ends the stream with mcps_call_close_stream(), says progress, returns "done"
 *     fill    returns so many letters: { "n": how many }
 */

/* Makes a server; options NULL: all defaults. http_end() is due whatever it says. */
bool http_prepare(const struct mcps_http_options *options);
/* Starts it. What is set or added before is set or added to http_server. */
bool http_start(void);
/* Both. */
bool http_begin(const struct mcps_http_options *options);
void http_end(void);

extern mcps_server *http_server;
/* The call that the latest handler of "hold" has kept: a reference of the scene's. NULL. */
mcps_call *http_held(void);
/* Why that was cancelled; -1: there is none. */
int http_reason(void);
/* Finishes that, with a text, and lets go of it. */
bool http_finish(const char *text);
/* The tool is none any more. */
bool http_remove(const char *tool);

/* Takes turns until there is nothing to be done. False if they are more than any test needs. */
bool http_settle(void);
/* Lets so many milliseconds go by, then settles. */
bool http_wait(unsigned ms);
/* Waits for what another thread of the server does, and settles; false after a while. */
bool http_await(bool (*is_so)(void *arg), void *arg);
struct mcps_stats http_stats(void);
/* No connection, session, call or byte is left. */
bool http_is_clean(void);
/* Lines of the log at that level, and whether the latest of it has the text in it. */
unsigned http_logged(enum mcps_log_level level);
bool http_last_log_has(enum mcps_log_level level, const char *text);

/* ---- what clients say ---- */

#define META                                                           \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"          \
    "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}" \
    ",\"progressToken\":7}"
#define HELLO(version)                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{" \
    "\"protocolVersion\":\"" version "\",\"capabilities\":{\"roots\":{}}," \
    "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}"
#define INITIALIZED "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"
#define CALL(id, tool)                                                          \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{" \
    "\"name\":\"" tool "\",\"arguments\":{},\"_meta\":{\"progressToken\":7}}}"

/* A POST as text, to be freed; fields are whole lines, or NULL. */
char *http_post_text(const char *fields, const char *body);
/* Sends it. */
void http_post(struct fake_client *client, const char *fields, const char *body);
/* A text, as it is. */
void http_say(struct fake_client *client, const char *text);
/* A tools/call of 2026-07-28, with its fields, as text to be freed. */
char *http_call_text(const char *id, const char *tool, const char *arguments);
void http_call(struct fake_client *client, const char *id, const char *tool,
               const char *arguments);

/* A session that is ready: its field, "Mcp-Session-Id: ...\r\n". */
struct http_chat {
    char field[80];
    char id[33];
};
bool http_chat(struct http_chat *chat, const char *version);
/* On a connection of its own, which is gone afterwards: all that came, to be freed, or NULL. */
char *http_exchange(const char *text);

/* ---- what they get ---- */

/* Settles, and gives all that has come since the last time. */
const char *http_come(struct fake_client *client);
/* The status of a text that begins with an answer; -1: it does not. */
int http_status(const char *text);
/* What stands behind the empty line of the first head; "": there is none. */
const char *http_body(const char *text);

#endif
