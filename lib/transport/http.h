/* SPDX-License-Identifier: MIT */
/*
 * The transport of HTTP: one endpoint for both eras, on one I/O thread.
 *
 *     net.h            sockets and the event loop, which know nothing of HTTP
 *     http_conn.c      a connection: from bytes to requests, one after the other
 *     http_account.c   whose it is, and what it costs that account
 *     http_route.c     which request is for whom, and who may send it
 *     http_post.c      messages: of the modern era, of a session, of none
 *     http_session.c   the sessions of the legacy era, their GET and DELETE
 *     http_stream.c    streams that can be resumed: what was sent is kept for a while
 *     http_reply.c     what goes out: heads, whole bodies, events
 *     http_ask.c       what the application is asked: who it is, its own routes
 *     http_old.c       the transport of 2024-11-05
 *     http.c           all connections together; starting and stopping
 *
 * THREADS. Everything here happens on the I/O thread, unless it says otherwise. Others reach
 * it through sinks, whose posts have the thread look at them.
 */
#ifndef MCPS_TRANSPORT_HTTP_H
#define MCPS_TRANSPORT_HTTP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/loop.h"
#include "core/peer.h"
#include "json/scan.h"
#include "mcpserver/http.h"
#include "transport/http_body.h"
#include "transport/http_guard.h"
#include "transport/http_parse.h"
#include "transport/net.h"
#include "transport/transport.h"
#include "util/map.h"

enum {
    MCPS__HTTP_OUT_BYTES =
        60 * 1024,               /* of one connection's output that are made at once */
    MCPS__HTTP_LINES = 3 * 1024, /* room for a status line and fields */
    MCPS__HTTP_FRAME = 64        /* around a chunk */
};

struct mcps__http;
struct mcps__http_conn;
struct mcps__http_session;

/* What an endpoint is, as it was asked for. It never changes. */
struct mcps__http_setup {
    char *host, *port, *path;
    struct mcps__guard *guard;
    bool json_only, stateless, tolerates_twins;
    char *sse_path, *message_path; /* NULL: the transport of 2024-11-05 is not served */
    mcps_identify_fn *identify;
    void *identify_userdata;
};

/* ---- streams ---- */

/*
 * Where the messages of one request of a session go, or those of the session that belong to
 * none: for as long as somebody may come back for them. What the sink had is kept here in the
 * order in which it goes out, and a client that comes back goes on behind the event that it
 * names. Which connection it is written to is another matter, and may change.
 */
struct mcps__http_stream {
    struct mcps__list link;             /* of the session's, the oldest first */
    struct mcps__http_session *session; /* NULL: it is over */
    struct mcps__http_conn *conn;       /* that it is written to, or NULL */
    struct mcps__sink *sink;            /* a reference */
    uint64_t serial;         /* within the session; the first part of its ids */
    struct mcps__list kept;  /* pieces, the oldest first */
    struct mcps__list *next; /* the first that is not written; &kept: none */
    struct mcps__list *owed; /* and the first that still counts as output, not as kept */
    size_t n_kept;
    uint64_t sent;      /* the serial of the latest event that was written */
    uint64_t forgotten; /* and of the latest that is not kept any more */
    bool primes;        /* its client is told where it is before there is an event */
    bool complete;      /* the answer is among what is, or was, kept */
    int64_t complete_at;
    unsigned n_refs; /* the session's, the connection's */
};

/* Of a sink, for a session or a request of one: the session's reference. NULL: no memory. */
struct mcps__http_stream *mcps__http_stream_new(struct mcps__http_session *session,
                                                struct mcps__sink *sink);
struct mcps__http_stream *mcps__http_stream_unref(struct mcps__http_stream *stream);
/* It is written to that connection from now on, whose reply has a reference. */
void mcps__http_stream_attach(struct mcps__http_stream *stream,
                              struct mcps__http_conn *conn);
/* What their sinks post. */
void mcps__http_stream_on_flush(struct mcps__post *post);
/* The next piece to be written, or NULL. */
struct mcps__piece *mcps__http_stream_next(struct mcps__http_stream *stream);
/* That one is written. */
void mcps__http_stream_sent(struct mcps__http_stream *stream);
/* Is what came behind the event of that serial, which was written, still there? */
bool mcps__http_stream_has(const struct mcps__http_stream *stream, uint64_t serial);
/* Goes back to behind it, while it is written to nobody. */
void mcps__http_stream_rewind(struct mcps__http_stream *stream, uint64_t serial);
/* Nobody is there to write it to: takes no more of the sink than may be kept. */
void mcps__http_stream_hold(struct mcps__http_stream *stream);
/* It is not kept any more; a connection that it is written to goes on. */
void mcps__http_stream_forget(struct mcps__http_stream *stream);
/* Nobody has seen anything of it, and so nobody can come back for it. */
void mcps__http_stream_discard(struct mcps__http_stream *stream);
/* It is not written to its connection any more. */
void mcps__http_stream_detach(struct mcps__http_stream *stream);
/* The id of the event that a serial is of: "12_3". */
enum { MCPS__EVENT_ID_SIZE = 44 };
size_t mcps__http_event_id(const struct mcps__http_stream *stream, uint64_t serial,
                           char text[MCPS__EVENT_ID_SIZE]);
/* The stream of a session and the serial that an id names; NULL: there is none such. */
struct mcps__http_stream *mcps__http_stream_find(struct mcps__http_session *session,
                                                 struct mcps__slice id, uint64_t *ret);
/* Lets go of a session's streams that nobody came back for, and keeps what waits for others. */
void mcps__http_streams_expire(struct mcps__http_session *session, int64_t now);

/* ---- sessions ---- */

enum { MCPS__SESSION_ID_LEN = 32 };

struct mcps__http_session {
    struct mcps__list link;  /* of all, the longest unused first */
    struct mcps__list fresh; /* of those that have not said notifications/initialized */
    struct mcps__http *http;
    struct mcps__peer *peer;       /* a reference */
    struct mcps__http_stream *own; /* for what belongs to no request; one of */
    struct mcps__list streams;     /* which it has a reference on each of */
    uint64_t n_streams;            /* so many were made */
    size_t kept_bytes;             /* of all streams */
    unsigned n_attached;           /* streams that are written to somebody */
    int64_t made_at, used_at, replaced_at;
    bool primes; /* its streams do */
    bool is_old; /* of the transport of 2024-11-05: its stream is */
    struct mcps__http_conn *old_conn;
    bool ended;
    char *principal; /* whose it is; NULL: anonymous */
    char id[MCPS__SESSION_ID_LEN + 1];
};

struct mcps__http_sessions {
    struct mcps__map by_id;
    struct mcps__list all, fresh;
};

/* A session that nobody knows yet, for the initialize that comes. MCPS_ELIMIT, -ENOMEM,
 * -errno without randomness. */
int mcps__http_session_new(struct mcps__http_conn *conn, bool is_old,
                           struct mcps__http_session **ret) MCPS_MUST_CHECK;
/* It has come to be: from now on it is found. -ENOMEM. */
int mcps__http_session_add(struct mcps__http_session *session) MCPS_MUST_CHECK;
/* Of that id, if it is of whoever the connection's request is from, and now in use. */
struct mcps__http_session *mcps__http_session_find(struct mcps__http_conn *conn,
                                                   struct mcps__slice id, bool is_old);
/* It is in use at this moment. */
void mcps__http_session_use(struct mcps__http_session *session);
/* Ends it for that reason, if it has not ended, and forgets it. */
void mcps__http_session_end(struct mcps__http_session *session,
                            enum mcps_cancel_reason reason);
/* Ends those whose time is over. */
void mcps__http_sessions_sweep(struct mcps__http *http, int64_t now);
void mcps__http_sessions_drain(struct mcps__http *http, int64_t deadline);

/* ---- connections ---- */

enum { MCPS__HTTP_DATE_SIZE = 48 }; /* more than any date has */

enum mcps__http_state {
    MCPS__HTTP_READING,  /* waits for a request, or reads its head */
    MCPS__HTTP_BODY,     /* reads its body */
    MCPS__HTTP_ASKING,   /* the application is asked */
    MCPS__HTTP_REPLYING, /* the request is being served, or its answer written */
    MCPS__HTTP_LEAVING   /* all is said: what comes is dropped until the client closes */
};

enum mcps__http_route {
    MCPS__ROUTE_ENDPOINT,
    MCPS__ROUTE_HEALTH,
    MCPS__ROUTE_OLD_STREAM,
    MCPS__ROUTE_OLD_MESSAGE,
    MCPS__ROUTE_APP
};

/* A request that did not come as a whole. */
struct mcps__http_reading {
    struct mcps__http_parser parser;
    struct mcps__buf head; /* complete */
    struct mcps__http_body body;
    uint64_t length; /* that was declared */
    struct mcps__buf content;
    struct mcps__scan scan; /* of the content, as it comes */
};

enum mcps__http_form {
    MCPS__REPLY_OPEN,   /* not decided yet: a whole, if the answer is the first to come */
    MCPS__REPLY_WHOLE,  /* one body of a known length */
    MCPS__REPLY_EVENTS, /* a stream of events */
    MCPS__REPLY_OLD_EVENTS /* the same of 2024-11-05 */
};

struct mcps__http_reply {
    enum mcps__http_form form;
    int status;
    const char *type;                 /* of a whole body; NULL: there is none */
    size_t length;                    /* of that */
    struct mcps__buf fields;          /* lines of the head beside the usual ones */
    struct mcps__sink *sink;          /* a reference; NULL: what is there is all */
    struct mcps__http_stream *stream; /* a reference; NULL: what is written is gone */
    struct mcps__list pieces;         /* taken from the sink, if there is no stream */
    size_t offset;                    /* of the first piece that was written, */
    int part;                         /* and where in its frame that was */
    bool modern;                      /* codes of errors have a status of their own */
    bool begun;                       /* the head is written */
    bool chunked;
    bool head_only;  /* of HEAD, 204 and 304: the body is not written */
    bool whole_only; /* it never becomes a stream: what is no answer is dropped */
    bool complete;   /* the last byte was written */
    bool blocked;    /* there is no room: drained() will say when there is */
    struct mcps__buf opening; /* what a stream begins with: comments, the first event */
};

struct mcps__http_conn {
    struct mcps__list link;   /* of all */
    struct mcps__list hungry; /* of those that have something to do though nothing came */
    struct mcps__http *http;
    struct mcps__sock *sock;
    enum mcps__http_state state;
    enum mcps__http_route route;
    size_t app_route;
    int64_t deadline;    /* of the state */
    int64_t said_at;     /* when something was written last */
    uint64_t acked;      /* what the client had taken when that was looked at last */
    struct mcps__buf in; /* received, and not looked at */
    bool paused, busy;   /* nothing is read from it; it is being looked at */
    bool keep_alive, is_1_0;
    bool expects; /* to be told to send its body */
    bool lingers; /* it may be sending still what is not wanted */
    bool gone;
    struct mcps__http_reading *reading; /* NULL: of no request that is incomplete */
    struct mcps__account *account;      /* a reference: of the latest request, at first of
                                         * its address; it has a place there */
    size_t charged;                     /* to that, for what is kept of requests */
    char *principal;                    /* NULL: it is anonymous */
    struct mcps__scopes *scopes;        /* a reference */
    struct mcps__peer
        *peer; /* a reference; of its requests without a session. NULL: none yet */
    struct mcps__http_session *old;  /* whose stream of 2024-11-05 it is; or NULL */
    struct mcps_http_request *asked; /* what the application has of it */
    struct mcps__http_reply reply;
};

/* ---- all of it ---- */

struct mcps__http {
    struct mcps__transport transport;
    struct mcps__http_setup setup;
    const struct mcps__routes *routes; /* the application's; borrowed from the server */
    struct mcps__net *net;
    atomic_int port; /* that it listens on */
    struct mcps__loop *loop;
    struct mcps__http_parser parser; /* for heads that come as a whole, */
    struct mcps__scan scan;          /* and bodies */
    char *out;                       /* what is written next, with room in front */
    struct mcps__list conns, hungry;
    size_t n_conns;
    struct mcps__http_sessions sessions;
    struct mcps__timer sweep;
    int64_t date_s; /* the second that this is of: */
    char date[MCPS__HTTP_DATE_SIZE];
    int64_t sweep_ns;
    struct mcps__post stop;
    _Atomic int64_t drain_deadline;
    int64_t close_at; /* when it ends, whatever clients do */
    bool stopping, ended;
    pthread_t thread;
    atomic_bool running;
    pthread_t self;
};

/* An application's routes, which its server has. */
struct mcps__route {
    char *method, *path;
    mcps_route_fn *fn;
    void *userdata;
};

struct mcps__routes {
    struct mcps__route *items;
    size_t n;
};

/* The time as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT". */
const char *mcps__http_date(struct mcps__http *http);

/* Gives a transport that is not started. Takes the setup, whatever comes of it. */
int mcps__http_new(struct mcps__transport **ret, struct mcps__engine *engine,
                   struct mcps__http_setup *setup, const struct mcps__routes *routes,
                   void (*ended)(void *userdata), void *userdata) MCPS_MUST_CHECK;
void mcps__http_setup_fini(struct mcps__http_setup *setup);
/* Any thread, while it runs: the length of the URL of its first listener, cut off at the
 * size. */
int mcps__http_url(struct mcps__transport *transport, char *buf, size_t size);

/* All clients are gone, and it stops. */
bool mcps__http_has_ended(const struct mcps__http *http);

/* (http_conn.c) */
extern const struct mcps__net_ops mcps__http_net_ops;
/* Goes on with what has come, if it may. */
void mcps__http_conn_go_on(struct mcps__http_conn *conn);
/* It has nothing more to read or to write, or the server has enough of it. */
void mcps__http_conn_close(struct mcps__http_conn *conn);
/* The time of its state is over, or a comment is due. */
void mcps__http_conn_sweep(struct mcps__http_conn *conn, int64_t now);
/* Who it is from could not be settled: mcps__http_conn_account() or the question failed. */
void mcps__http_conn_refuse_failed(struct mcps__http_conn *conn, int error);
/* Too much input waits: the request is refused, and nothing of it is kept. */
void mcps__http_conn_refuse_full(struct mcps__http_conn *conn);
/* The application has said who it is: the request goes on. */
void mcps__http_conn_identified(struct mcps__http_conn *conn);
/* Nothing is read behind the request that it has. */
bool mcps__http_conn_is_last(const struct mcps__http_conn *conn);
/* Its answer is written: the next request, or the end. */
void mcps__http_conn_next(struct mcps__http_conn *conn);
/* Has the connection looked at before the loop waits again. */
void mcps__http_conn_feed(struct mcps__http_conn *conn);
/* Nobody asks through the peer of its requests any more. */
void mcps__http_conn_leave_peer(struct mcps__http_conn *conn);
int64_t mcps__http_after(const struct mcps__http_conn *conn, enum mcps_limit limit);

/* (http_account.c) */
/* What the names of anonymous clients' accounts begin with; the address follows. */
#define MCPS__ANONYMOUS "address "
/* Of an anonymous client, or of a principal. MCPS_ELIMIT: it has no place for another
 * connection. -ENOMEM. */
int mcps__http_conn_account(struct mcps__http_conn *conn, const char *principal,
                            struct mcps__scopes *scopes,
                            const char *address) MCPS_MUST_CHECK;
/* The address of who sends a request; of who has connected, without a head. */
void mcps__http_client(const struct mcps__http_conn *conn,
                       const struct mcps__http_head *head,
                       char address[MCPS__ADDRESS_SIZE]);
/* It is gone: its place is free. */
void mcps__http_conn_leave_account(struct mcps__http_conn *conn);
/* What is kept of its requests has changed. */
void mcps__http_conn_charge(struct mcps__http_conn *conn);
/* As much input is kept as may be, of all or of its account. */
bool mcps__http_conn_is_full(const struct mcps__http_conn *conn);

/* (http_route.c) What is wrong with a request by its head: it is refused then, and false. */
bool mcps__http_admit(struct mcps__http_conn *conn, const struct mcps__http_head *head);
/* The request is complete. */
void mcps__http_serve(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                      struct mcps__slice content, struct mcps__scan *scan, int verdict);

/* (http_post.c) */
void mcps__http_post(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                     struct mcps__slice text, struct mcps__scan *scan, int verdict);
void mcps__http_get(struct mcps__http_conn *conn, const struct mcps__http_head *head);
void mcps__http_delete(struct mcps__http_conn *conn, const struct mcps__http_head *head);

/* (http_reply.c) */
void mcps__http_reply_init(struct mcps__http_reply *reply);
void mcps__http_reply_fini(struct mcps__http_reply *reply);
/* A line of the head that comes. False: there is no room for it, and it is left out. */
bool mcps__http_reply_field(struct mcps__http_conn *conn, const char *name,
                            const char *value);
/* In place of a type: a field has said it, or nobody knows. */
#define MCPS__TYPE_IN_FIELDS ""
/* A whole answer without messages: with a body of that type, or none. The piece is taken; NULL
 * with a type: there was no memory for it. */
void mcps__http_reply_whole(struct mcps__http_conn *conn, int status, const char *type,
                            struct mcps__piece *piece);
void mcps__http_reply_empty(struct mcps__http_conn *conn, int status);
/* An error of JSON-RPC without an id, code and sentence. What may follow on the connection is
 * not known any more if `close` says so. */
void mcps__http_reply_error(struct mcps__http_conn *conn, int status, int code,
                            const char *why, bool close);
/* MCPS_ELIMIT: the server is busy, and this is why; any other error: memory is out. */
void mcps__http_reply_failed(struct mcps__http_conn *conn, int error,
                             const char *why_busy, bool close);
/* The answer comes from a sink: that of its stream, if one is attached. */
void mcps__http_reply_from(struct mcps__http_conn *conn, struct mcps__sink *sink);
/* It is a stream from now on. */
void mcps__http_reply_events(struct mcps__http_conn *conn);
/* Ends a stream of events here: it goes on elsewhere, or nowhere. */
void mcps__http_reply_cut(struct mcps__http_conn *conn);
/* A comment, so that everybody on the way knows that the stream is alive. */
void mcps__http_reply_comment(struct mcps__http_conn *conn);
/* Writes what there is room for. */
void mcps__http_reply_pump(struct mcps__http_conn *conn);
/* Lets go of what it is made of: the client is gone, or has it all. */
void mcps__http_reply_drop(struct mcps__http_conn *conn);
/* What sinks post whose replies have no stream: something was put into one, or its state has
 * changed. */
void mcps__http_on_flush(struct mcps__post *post);

/* (http_ask.c) Hands the request to the application, on the control pool. -ENOMEM: nothing
 * was said. */
int mcps__http_ask_identity(struct mcps__http_conn *conn,
                            const struct mcps__http_head *head) MCPS_MUST_CHECK;
int mcps__http_ask_route(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                         struct mcps__slice content) MCPS_MUST_CHECK;
/* The connection is gone, or has waited for too long: the answer is for nobody. */
void mcps__http_ask_forget(struct mcps__http_conn *conn);

/* (http_old.c) */
void mcps__http_old_get(struct mcps__http_conn *conn);
void mcps__http_old_post(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                         struct mcps__slice text, struct mcps__scan *scan, int verdict);

#endif
