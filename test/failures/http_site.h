/* SPDX-License-Identifier: MIT */
/*
 * A server in this process that listens on HTTP, with the tools of the lab and those in a
 * test's hands, and what clients of both eras say to it.
 */
#ifndef TEST_HTTP_SITE_H
#define TEST_HTTP_SITE_H

#include "hands.h"
#include "mcpserver/http.h"
#include "scene.h"
#include "web.h"

#define MODERN "2026-07-28"
#define LEGACY "2025-11-25"

#ifdef TEST_SANITIZED
enum { SLOWER = 10 }; /* so many times less of everything */
#else
enum { SLOWER = 1 };
#endif

/* ---- the server ---- */

struct site {
    struct scene scene;
    char url[160];
    char host[64]; /* of its address: what one connects to */
    int port;
    char path[32];
    unsigned fds; /* that were open when it had started */
};

/* As many descriptors as this process may have. Once, before any server. */
void site_raise_limits(void);

/* A server with so many workers and limits as for scene_open(), and the tools of hands.h. Not
 * started, so that more can be added; options NULL: all defaults. */
bool site_prepare(struct site *site, unsigned workers, const char *limits,
                  const struct mcps_http_options *options);
/* The same at another URL. */
bool site_prepare_at(struct site *site, unsigned workers, const char *limits,
                     const char *url, const struct mcps_http_options *options);
/* Starts it; driven, if MCPS_TEST_DRIVEN is set. */
bool site_start(struct site *site);
/* Both. */
bool site_open(struct site *site, unsigned workers, const char *limits,
               const struct mcps_http_options *options);
/* Lets handlers go, and closes it: CLEAN, as scene_close(). Fine for one that is zeroed. */
bool site_close(struct site *site);

/* Connects. */
bool site_visit(struct site *site, struct web *web);
/* The same from another address of this host, or with so small a buffer. */
bool site_visit_as(struct site *site, struct web *web, const char *from, int rcvbuf);
/* One request on a connection of its own: its status, or -1. */
int site_status(struct site *site, const struct web_request *request);
/* Bytes on a connection of their own, of which one answer and the end are expected: the
 * status, or -1. */
int site_refusal(struct site *site, const char *bytes, size_t len);

/* ALIVE: lists the tools on a connection of its own. */
bool site_alive(struct site *site);
/* CLEAN, while it runs: waits until no call, no output and no connection is left. */
bool site_idle(struct site *site);
/* All but the end: CLEAN, ALIVE and LOG; and the descriptors are as many as at first. */
bool site_ok(struct site *site);
/* Lines of the log at that level. */
unsigned site_logged(struct site *site, enum mcps_log_level level);
uint64_t site_sessions(struct site *site);
/* Waits until there are so many sessions, or connections. */
bool site_await_sessions(struct site *site, uint64_t n);
bool site_await_connections(struct site *site, uint64_t n);

/* ---- what a server sends of its own accord ---- */

/*
 * There are two tools more: "emit" logs numbered messages, from 1 on,
 *
 *     {"n": how many, "size": of each, about, "us": to sleep before each}
 *
 * and returns the text "emitted"; "only" returns the text "only", and declares that it sends
 * nothing but that. And there are resources "news:N" to subscribe to.
 */
/* The number of a message of emit, or of the news; 0: it is neither. */
long event_number(const struct web_event *event);
/* One of the resources has changed: how many are told. */
int site_news(struct site *site, int n);

/* ---- 2026-07-28 ---- */

/* A text with a request of that era; members of params as JSON text, without braces. */
char *modern_body(const char *id, const char *method, const char *params);
/* Sends it; `name` is what Mcp-Name says (NULL: nothing), fields are more of them. */
bool modern_ask(struct web *web, const char *id, const char *method, const char *name,
                const char *params, const char *fields);
/* tools/call; arguments as JSON text, NULL: none. */
bool modern_call(struct web *web, const char *id, const char *tool,
                 const char *arguments);
/* The same with a token for its progress. */
bool modern_call_with_progress(struct web *web, const char *id, const char *tool,
                               const char *arguments);

/* ---- 2024-11-05 to 2025-11-25 ---- */

/* A session, as its client has it. */
struct chat {
    struct site *site;
    char id[128];
    char version[16];
    const char *fields; /* with each request: who asks; NULL: nobody says */
    const char *from;   /* the address it comes from; NULL: any */
    int rcvbuf;         /* of its connections; 0: the usual */
};

/* initialize and initialized, each on a connection of its own. Capabilities as JSON text. */
bool chat_open_as(struct chat *chat, struct site *site, const char *version,
                  const char *capabilities, const char *fields);
/* The usual: 2025-11-25, with roots. */
bool chat_open(struct chat *chat, struct site *site);
/* initialize alone, as text to be freed. */
char *chat_hello(const char *version, const char *capabilities);
/* Connects from where the client is. */
bool chat_visit(struct chat *chat, struct web *web);
/* Sends a message, printf-like, on a connection; the answer is owed. */
bool chat_say(struct chat *chat, struct web *web, const char *format, ...)
    MCPS_PRINTF(3, 4);
bool chat_call(struct chat *chat, struct web *web, const char *id, const char *tool,
               const char *arguments);
/* Connects and calls, up to the first event of the answer's stream, which has an id and
 * nothing else (2025-11-25). */
struct web_answer *chat_start(struct chat *chat, struct web *web, const char *id,
                              const char *tool, const char *arguments);
/* The id of the latest event that has one, "" for none; borrowed. */
const char *chat_last_id(const struct web_answer *answer);
/* A message on a connection of its own, and the status of its answer. */
int chat_tell(struct chat *chat, const char *format, ...) MCPS_PRINTF(2, 3);
/* notifications/cancelled. */
int chat_cancel(struct chat *chat, const char *id);
/* Connects, and opens the stream of the session, or resumes behind that event. The answer is
 * owed. */
bool chat_get(struct chat *chat, struct web *web, const char *last_event_id);
/* The same, up to its head with status 200. */
struct web_answer *chat_stream(struct chat *chat, struct web *web,
                               const char *last_event_id);
/* Subscribes to so many of the news, from 1 on. */
bool chat_subscribe(struct chat *chat, int n);
/* DELETE: the status. */
int chat_delete(struct chat *chat);
/* ALIVE: ping, and its answer. */
bool chat_alive(struct chat *chat);
/* The status that a ping gets. */
int chat_ping(struct chat *chat);
/* Answers the server's request with one root: the status. */
int chat_give_roots(struct chat *chat, struct json_object *request, const char *uri);

/* ---- messages ---- */

/* "" for none. */
const char *message_method(struct json_object *message);
/* A member within members; NULL: there is none. */
struct json_object *message_at(struct json_object *message, const char *path);
/* As JSON text, plain; borrowed. */
const char *message_text(struct json_object *value);

#endif
