/* SPDX-License-Identifier: MIT */
/*
 * A client of HTTP/1.1 for tests: it sends exact bytes, and reads as strictly as can be.
 *
 * What it receives is looked at as it comes, by web_read.c: the first rule that the server
 * breaks is kept as the fault of the connection. Every answer that came is kept, too, with
 * the events of its stream, until the web is closed; pointers to them stay good so long.
 *
 * Nothing here judges by time: what is awaited ends at the watchdog, WATCHDOG_MS.
 */
#ifndef TEST_WEB_H
#define TEST_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json_object.h>

#include "scene.h"

/* ---- what comes ---- */

/* An event of a stream; what it had no line for is NULL. */
struct web_event {
    char *id;
    char *name;
    char *data;               /* "" for an empty line */
    long retry;               /* -1: none */
    struct json_object *json; /* of data; NULL: there is none, or it is no JSON */
};

/* How the length of a body is known. */
enum web_body { WEB_NO_BODY, WEB_LENGTH, WEB_CHUNKED, WEB_TO_EOF };

struct web_answer {
    int status;
    char *
        head; /* the line of the status and the fields, as they came, up to the empty line */
    enum web_body kind;
    unsigned long long left;  /* of the body, or of the chunk */
    int chunk;                /* what comes next of a chunk: see web_read.c */
    struct mcps__buf body;    /* so far; a NUL stands behind it */
    struct json_object *json; /* of a complete body that is no stream; NULL: no JSON */
    bool is_stream;           /* text/event-stream */
    bool closes;              /* Connection: close */
    bool complete;
    /* Of a stream: */
    struct web_event *events;
    size_t n_events, cap_events, n_comments;
    size_t seen;    /* bytes of the body that belong to whole blocks */
    size_t next;    /* the first event that web_event() has not given */
    bool responded; /* there was a response among them */
};

/* ---- a connection ---- */

enum { WEB_ANSWERS_MAX = 4096, WEB_HEADS_MAX = 8 };

struct web {
    int fd;               /* of the socket plus one: 0 is none */
    const char *fault;    /* the first rule that the server broke; NULL: none */
    char where[80];       /* what came there */
    bool ended;           /* the server has closed its side, */
    bool broken;          /* or reset the connection */
    bool deaf;            /* receives nothing, not even while it sends */
    unsigned owed;        /* answers that are still to begin */
    unsigned n_continues; /* 100 Continue that came */
    unsigned long long received;
    bool heads[WEB_HEADS_MAX]; /* which of the requests to be answered next are HEAD */
    struct mcps__buf in;
    struct web_answer **answers;
    size_t n_answers, cap_answers;
    size_t next; /* the first that web_begun() has not given */
};

/* Connects, from a certain address of this host (NULL: any), with so small a buffer for what
 * is received (0: the usual). */
bool web_open(struct web *web, const char *host, int port, const char *from, int rcvbuf);
/* Takes a socket that is connected. */
void web_adopt(struct web *web, int fd);
/* Closes it in order (FIN, if nothing unread is there), and frees everything. Fine for one
 * that is zeroed, and for one that was closed. */
void web_close(struct web *web);
/* Closes the socket alone: with a FIN, or with a reset. What came stays. */
void web_leave(struct web *web);
void web_reset(struct web *web);
/* Shuts the sending side. */
void web_shut(struct web *web);

/* ---- sending ---- */

/* Bytes as they are, which owe nothing. False when not all could be sent. */
bool web_send_bytes(struct web *web, const void *data, size_t len);
bool web_send(struct web *web, const char *text);
/* The same, cut into pieces of so many bytes. */
bool web_send_pieces(struct web *web, const void *data, size_t len, size_t piece);
/* So many answers are to come more. */
void web_owe(struct web *web, unsigned n);
/* A text and the answer that it asks for. */
bool web_say(struct web *web, const char *text);

/* A request, made up of what is not NULL. */
struct web_request {
    const char *method;  /* NULL: POST */
    const char *target;  /* NULL: "/mcp" */
    const char *host;    /* NULL: "localhost"; "": no such field */
    const char *accept;  /* NULL: both types; "": no such field */
    const char *type;    /* NULL: JSON, where there is a body; "": no such field */
    const char *session; /* Mcp-Session-Id */
    const char *version; /* MCP-Protocol-Version */
    const char *fields;  /* more, each with its end of line */
    const char *body;
    bool chunked; /* in chunks of 16 bytes */
};

/* As text, to be freed; NULL without memory. */
char *web_text(const struct web_request *request);
/* Sends it; the answer is owed. */
bool web_ask(struct web *web, const struct web_request *request);

/* ---- receiving ---- */

/* Takes what is there, waiting up to so long for any. False when nothing came. */
bool web_pump(struct web *web, unsigned timeout_ms);
/* The next answer as soon as its head is there; NULL at the end, after a fault, and after the
 * watchdog, with a note. */
struct web_answer *web_begun(struct web *web);
/* Waits until the answer is complete. */
bool web_complete(struct web *web, struct web_answer *answer);
/* Both: the next answer, complete. */
struct web_answer *web_answer(struct web *web);
/* The status of the next answer, complete; -1 for none. */
int web_status(struct web *web);
/* The value of a field of an answer, to be freed; NULL: there is none. */
char *web_field(const struct web_answer *answer, const char *name);
bool web_has_field(const struct web_answer *answer, const char *name, const char *value);
/* The next event of the stream that was not given yet, or NULL, with a note: when the stream
 * ends, and after the watchdog. */
struct web_event *web_event(struct web *web, struct web_answer *answer);
/* The next event with a message, in the same way. */
struct web_event *web_message(struct web *web, struct web_answer *answer);
/* Waits for so many comments. */
bool web_comments(struct web *web, struct web_answer *answer, size_t n);
/* What the answer says at its end: its body, or the last message of its stream, which must be
 * a response. Both are complete by then. NULL, with a note, for anything else. */
struct json_object *web_final(struct web *web, struct web_answer *answer);
/* The next answer's. */
struct json_object *web_reply(struct web *web);
/* The end of the stream without a response: no more messages, and a proper end. */
bool web_ends_silently(struct web *web, struct web_answer *answer);
/* Waits for the server to close the connection: by FIN (or reset, if that is fine), with
 * nothing before it that was not read yet. */
bool web_gone(struct web *web, bool reset_is_fine);
/* Nothing has come that was not asked for, up to now. */
bool web_is_quiet(struct web *web);
/* No fault so far, and no half of an answer that is no stream. Says what is wrong. */
bool web_ok(struct web *web);

/* Whether it says what it misses: not where clients are to miss something. */
void web_hush(bool hush);

/* A message with a result or an error. */
bool web_is_response(struct json_object *message);

/* Used by web.c: looks at what has come, and at the end of it. */
void web_read(struct web *web);
void web_read_end(struct web *web);

#endif
