/* SPDX-License-Identifier: MIT */
/*
 * A server: tools, prompts and resources, and the transports on which clients reach them.
 * Several may live in one process.
 *
 *     new, add tools, listen, run (or start … stop, or start_driven … process … stop), unref
 */
#ifndef MCPSERVER_SERVER_H
#define MCPSERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mcpserver/base.h>
#include <mcpserver/limits.h>
#include <mcpserver/prompt.h>
#include <mcpserver/resource.h>
#include <mcpserver/schema.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mcps_server mcps_server;

/* A client has said that its roots have changed. On a thread of the library, one call for many
 * changes; `principal` names the client's account. May block, and use the server. */
typedef void mcps_roots_changed_fn(mcps_server *server, const char *principal,
                                   void *userdata);

/* Are structured results checked by what their tools declare, before they are sent? What does
 * not fit is refused to the handler, -EINVAL, and named in the log. */
enum mcps_results {
    MCPS_RESULTS_DEFAULT, /* checked if the library was built with test hooks */
    MCPS_RESULTS_CHECKED,
    MCPS_RESULTS_TRUSTED
};

/* Zero means "the default". Members are added at the end only. */
struct mcps_server_options {
    size_t struct_size MCPS_0; /* as MCPS_SERVER_OPTIONS() sets it */
    const char *name MCPS_0;   /* for clients; NULL: "libmcpserver". Strings are copied */
    const char *title MCPS_0;  /* for people; NULL: none */
    const char *version MCPS_0;      /* of the server; NULL: "0" */
    const char *instructions MCPS_0; /* for the model; NULL: none */
    unsigned workers MCPS_0;  /* threads for handlers; 0: one a processor, 2 or more */
    size_t stack_size MCPS_0; /* of I/O threads and workers; 0: the system's default */
    mcps_log_fn *log MCPS_0;  /* NULL: nothing is logged */
    void *log_userdata MCPS_0;
    enum mcps_log_level log_level
        MCPS_0; /* the least severe that is logged; 0: MCPS_LOG_INFO */
    const char *description MCPS_0; /* of the server, for people; NULL: none */
    const char *website_url MCPS_0; /* about it; NULL: none */
    /* A string among the arguments, where a tool declares another type, is taken for the value
     * whose JSON text it is: "5" for an integer, "[1,2]" for an array. Language models send
     * such. Counted: mcps_stats.coerced. */
    bool coerce_arguments MCPS_0;
    bool assert_formats MCPS_0; /* as in schema.h, of all schemas of tools */
    enum mcps_results results MCPS_0;
    /* What schemas of tools may refer to, as in schema.h. Copied. */
    const struct mcps_schema_document *documents MCPS_0;
    size_t n_documents MCPS_0;
    mcps_roots_changed_fn *roots_changed MCPS_0; /* NULL: nobody is told */
    void *roots_changed_userdata MCPS_0;
};

/* As the number of workers: there are none, and mcps_server_process() runs the handlers. Such
 * a server has to be driven. */
#define MCPS_NO_WORKERS ((unsigned)-1)

#define MCPS_SERVER_OPTIONS(...)                                                         \
    MCPS_STRUCT_(mcps_server_options, .struct_size = sizeof(struct mcps_server_options), \
                 __VA_ARGS__)

/* Gives a new server. NULL options: all defaults. Any thread. */
MCPS_PUBLIC int
mcps_server_new(mcps_server **ret,
                const struct mcps_server_options *options) MCPS_MUST_CHECK;
MCPS_PUBLIC mcps_server *mcps_server_ref(mcps_server *server);
/*
 * Lets go of a reference and returns NULL; NULL is fine. The last one stops a server that
 * still runs, as mcps_server_stop(server, 0) does. If a handler then ignores that it was
 * cancelled, or the caller is a thread of this server (a handler, a hook), the server
 * cannot go: it is returned, the reference is still the caller's, who may stop it again.
 */
MCPS_PUBLIC mcps_server *mcps_server_unref(mcps_server *server) MCPS_MUST_CHECK;

/* Before the start only: MCPS_EBUSY afterwards. -EINVAL for a value out of range. */
MCPS_PUBLIC int mcps_server_set_limit(mcps_server *server, enum mcps_limit limit,
                                      uint64_t value) MCPS_MUST_CHECK;
MCPS_PUBLIC uint64_t mcps_server_get_limit(const mcps_server *server,
                                           enum mcps_limit limit);
/* How often the limit was reached so far. Any thread. */
MCPS_PUBLIC uint64_t mcps_server_get_limit_hits(const mcps_server *server,
                                                enum mcps_limit limit);

/* What clients may keep for a while. */
enum mcps_cache {
    MCPS_CACHE_DISCOVER,  /* what the server says of itself: server/discover */
    MCPS_CACHE_TOOLS,     /* tools/list */
    MCPS_CACHE_PROMPTS,   /* prompts/list */
    MCPS_CACHE_RESOURCES, /* resources/list */
    MCPS_CACHE_TEMPLATES, /* resources/templates/list */
    MCPS_CACHE_READ,      /* resources/read */
    MCPS_N_CACHES
};

/* How many milliseconds clients of the revision 2026-07-28 may take it as fresh, and whether
 * for others than who asked. At first 0 and true, but false for resources/read, whose results
 * may depend on who asks. Before the start only: MCPS_EBUSY. */
MCPS_PUBLIC int mcps_server_set_cache(mcps_server *server, enum mcps_cache cache,
                                      uint32_t ttl_ms, bool is_public) MCPS_MUST_CHECK;

/* A secret, of 32 random bytes. */
struct mcps_state_key {
    const unsigned char *key;
    size_t len;
};

/*
 * The keys of the state that clients of 2026-07-28 carry from one round of a call to the next,
 * sealed. They are copied, and replace those there were; the first one seals, each of them
 * opens. Servers that are to take each other's rounds, or their own after a restart, need the
 * same keys; one that was given none makes one up. To change a key without failing calls that
 * wait for their clients: add the new one behind, everywhere, then put it first, and drop the
 * old one when what it has sealed has expired.
 * -EINVAL unless there is a key, and each has 32 bytes; -ENOMEM; -EIO if libcrypto refuses. Any
 * thread, before the start or after.
 */
MCPS_PUBLIC int mcps_server_set_state_keys(mcps_server *server,
                                           const struct mcps_state_key *keys,
                                           size_t n) MCPS_MUST_CHECK;

/* What the user was sent to a URL for is done: tells the client that was asked to send it there,
 * if it speaks 2025-11-25, the only revision that has a word for it. Once: MCPS_ENOTFOUND for an
 * id that nobody was asked with or whose client is gone. Any thread. */
MCPS_PUBLIC int
mcps_server_elicitation_complete(mcps_server *server,
                                 const char *elicitation_id) MCPS_MUST_CHECK;

/* Who asks, for who decides what is shown. Members are added at the end only; borrowed. */
struct mcps_caller {
    size_t struct_size MCPS_0;
    const char *principal MCPS_0;
    const char *protocol MCPS_0;      /* "2026-07-28" */
    const char *const *scopes MCPS_0; /* as identify has said; NULL: none */
};

/*
 * What is shown to whom: `classify` puts who asks into a class, a number of the application's,
 * and `visible` says whether a class sees what is known by that name, URI or text, with those
 * tags (NULL behind the last). What is hidden is neither listed nor called, and the error is
 * the one of what does not exist. Without `classify` all are of class 0, without `visible`
 * all see everything. Pages of lists are kept for 16 classes, and made each time
 * for others; a class that changes its mind says so with mcps_server_visibility_changed().
 * Both are called on the thread that runs the call, never on an I/O thread but for what is
 * inline, several at once and under no lock; lists are made by workers then. Before the start
 * only: MCPS_EBUSY.
 */
typedef unsigned mcps_classify_fn(const struct mcps_caller *caller, void *userdata);
typedef bool mcps_visible_fn(unsigned caller_class, enum mcps_kind kind, const char *key,
                             const char *const *tags, void *userdata);
MCPS_PUBLIC int mcps_server_set_visibility(mcps_server *server,
                                           mcps_classify_fn *classify,
                                           mcps_visible_fn *visible,
                                           void *userdata) MCPS_MUST_CHECK;
/* Has lists made anew, and clients told that they have changed. Any thread. */
MCPS_PUBLIC int mcps_server_visibility_changed(mcps_server *server) MCPS_MUST_CHECK;

/*
 * Changes of what is offered: any thread, handlers included, before the start or after. All
 * that is named or none. Each change is one step for everybody who lists or calls. Clients
 * are told, once for many changes (the limit list_changed_ms).
 */
/* Adds tools behind those that there are. Strings are copied. -EINVAL, with a line in the log
 * that names the tool and what is wrong with it; MCPS_EEXISTS for a name that there is
 * already; -ENOMEM. */
MCPS_PUBLIC int mcps_server_add_tools(mcps_server *server, const struct mcps_tool *tools,
                                      size_t n) MCPS_MUST_CHECK;
/* The same of prompts, of resources (known by their URIs) and of templates (by their texts).
 * What the structs own is taken in any case. */
MCPS_PUBLIC int mcps_server_add_prompts(mcps_server *server,
                                        const struct mcps_prompt *prompts,
                                        size_t n) MCPS_MUST_CHECK;
MCPS_PUBLIC int mcps_server_add_resources(mcps_server *server,
                                          const struct mcps_resource *resources,
                                          size_t n) MCPS_MUST_CHECK;
MCPS_PUBLIC int mcps_server_add_templates(mcps_server *server,
                                          const struct mcps_template *templates,
                                          size_t n) MCPS_MUST_CHECK;
/* What is known by these names, URIs or texts, goes. Calls that were accepted before go on to
 * their end; destroy() is called after the last. MCPS_ENOTFOUND, with a line in the log, when
 * one of the keys is none; -ENOMEM. */
MCPS_PUBLIC int mcps_server_remove(mcps_server *server, enum mcps_kind kind,
                                   const char *const *keys, size_t n) MCPS_MUST_CHECK;
/* What is disabled keeps its place, but is neither listed nor called. Errors as those of
 * removing. */
MCPS_PUBLIC int mcps_server_enable(mcps_server *server, enum mcps_kind kind,
                                   const char *const *keys, size_t n) MCPS_MUST_CHECK;
MCPS_PUBLIC int mcps_server_disable(mcps_server *server, enum mcps_kind kind,
                                    const char *const *keys, size_t n) MCPS_MUST_CHECK;

/* What can be read at that URI has changed. Clients that have subscribed to it are told, once
 * for many changes (the limit list_changed_ms). The URI is compared byte for byte, and need
 * not be one that the server offers. Returns how many clients are told; 0: nobody has
 * subscribed; -EINVAL for what is no URI. Any thread, handlers included. */
MCPS_PUBLIC int mcps_server_resource_updated(mcps_server *server,
                                             const char *uri) MCPS_MUST_CHECK;

/*
 * Where clients come from, opened at the start; before it only. The one there is so far:
 *
 *     stdio:    this process' standard input and output. While the server runs, what others
 *               write to fd 1 goes to stderr and fd 0 is empty; the stop restores both. One
 *               server of a process at a time: MCPS_EBUSY from the start of another.
 */
MCPS_PUBLIC int mcps_server_listen(mcps_server *server, const char *uri) MCPS_MUST_CHECK;

/* Starts, serves until the last transport has ended (the client of "stdio:" is gone) or a
 * stop is requested, and stops with the limit drain_ms. Returns what the start or the stop
 * did. */
MCPS_PUBLIC int mcps_server_run(mcps_server *server) MCPS_MUST_CHECK;

/* Starts the threads, and opens the transports. If one fails, all is undone. MCPS_EBUSY when
 * it runs already; -EINVAL for a server without workers. */
MCPS_PUBLIC int mcps_server_start(mcps_server *server) MCPS_MUST_CHECK;
/* Waits, after the start, as mcps_server_run() does: until the last transport has ended, a stop
 * is requested, or another thread stops it; not at all for one that does not run. 0, and
 * mcps_server_stop() does the rest. -EDEADLK on a thread of this server; -EINVAL for one that
 * is driven. */
MCPS_PUBLIC int mcps_server_wait(mcps_server *server) MCPS_MUST_CHECK;
/*
 * Lets nothing new in, gives running calls `drain_ms` to end, cancels the others, and joins
 * all threads. Handlers that have not returned within the limit handler_grace_ms after they
 * were cancelled are left running: MCPS_EBUSY; call it again to wait for them as long again.
 * 0 when all threads have ended; calls that are pending are cancelled by then, and not waited
 * for. The server may be started again. From several threads at once all but one wait for the
 * one. -EDEADLK on a thread of this server, and from a log function on the thread that starts
 * or stops it: they must use mcps_server_request_stop(). Of a driven server this thread does
 * the work meanwhile: a handler that it runs itself, without workers, is not cancelled by
 * anybody. Of a tool that is inline the end is waited for without a limit, for the thread that
 * would cancel it runs it.
 */
MCPS_PUBLIC int mcps_server_stop(mcps_server *server, unsigned drain_ms) MCPS_MUST_CHECK;
/* Has mcps_server_run() stop, and return, or mcps_server_wait() return, or has
 * mcps_server_process() drain, up to the limit drain_ms, and say MCPS_ECLOSED; a second request
 * has it not wait for running calls any longer. Any thread, handlers included;
 * async-signal-safe. */
MCPS_PUBLIC void mcps_server_request_stop(mcps_server *server);

/*
 * ---- driven by a loop of the host ----
 *
 * In place of the I/O threads, a loop that the host has anyway:
 *
 *     r = mcps_server_start_driven(server);
 *     while (r >= 0) {
 *         poll mcps_server_get_fd() for reading, and whatever else there is, for no longer
 *             than mcps_server_get_timeout_ms()
 *         r = mcps_server_process(server);
 *     }
 *     if (r == MCPS_ECLOSED)
 *         r = mcps_server_stop(server, drain_ms);
 *
 * Handlers run on workers still, unless the options say MCPS_NO_WORKERS. This needs epoll:
 * -ENOSYS from the start where there is none.
 */

/* As mcps_server_start(), without I/O threads. */
MCPS_PUBLIC int mcps_server_start_driven(mcps_server *server) MCPS_MUST_CHECK;
/* The descriptor to poll for reading, one for everything, from the start until the stop.
 * Not to be read or closed. MCPS_ECLOSED when the server is not driven. */
MCPS_PUBLIC int mcps_server_get_fd(mcps_server *server) MCPS_MUST_CHECK;
/* When to call mcps_server_process() though nothing can be read: after so many milliseconds,
 * at once (0), or never (-1). It changes with each call of that. */
MCPS_PUBLIC int mcps_server_get_timeout_ms(mcps_server *server) MCPS_MUST_CHECK;
/*
 * Does what there is to do: one turn, which does not wait. Without workers it runs one
 * handler at the most, during which a stop on another thread can cancel it. Any thread, though
 * one at a time. More than 0: there is more to do;
 * 0; MCPS_ECLOSED when the last transport has ended, all has drained after
 * mcps_server_request_stop(), or another thread stops the server: mcps_server_stop() does the
 * rest. MCPS_EBUSY while another thread is in here; -EDEADLK within itself, and on a thread
 * of the server.
 */
MCPS_PUBLIC int mcps_server_process(mcps_server *server) MCPS_MUST_CHECK;

/* XX(name, text): what a server says of itself at one moment. */
#define MCPS_STATS_MAP(XX)                                                            \
    XX(in_flight, "calls that have not ended, however they were answered")            \
    XX(queued, "calls among them that wait for a worker")                             \
    XX(running, "calls among them whose handler runs")                                \
    XX(parked, "calls among them that wait for their client")                         \
    XX(stuck, "calls among them whose handler ignores that they were cancelled")      \
    XX(pending, "requests of ours that wait for a client's answer")                   \
    XX(sessions, "clients")                                                           \
    XX(streams, "connections of clients that are open")                               \
    XX(accounts, "accounts that they belong to")                                      \
    XX(threads, "threads of the server")                                              \
    XX(in_bytes, "input that is being read or waits")                                 \
    XX(out_bytes, "output that waits for clients")                                    \
    XX(answers, "answers given to calls, so far")                                     \
    XX(dropped_answers, "answers that came when the client was gone, so far")         \
    XX(suppressed_answers, "answers that came after the call was cancelled, so far")  \
    XX(cancelled, "calls that were cancelled, so far")                                \
    XX(cancelled_before_start, "calls among them whose handler was never entered")    \
    XX(lost_bytes, "output that could not be delivered, so far")                      \
    XX(bad_messages, "messages that were refused, so far")                            \
    XX(ignored_messages, "notifications and answers that fit nothing, so far")        \
    XX(log_dropped, "lines of the log that its rate limit dropped, so far")           \
    XX(unchecked,                                                                     \
       "arguments and results that could not be checked within the limits, so far")   \
    XX(coerced,                                                                       \
       "strings in arguments that were taken for the values that they hold, so far")  \
    XX(listens, "streams of subscriptions/listen that are open")                      \
    XX(changes_sent, "notifications of changes that were queued for clients, so far") \
    XX(changes_dropped,                                                               \
       "notifications of changes that another, which waited, made needless, so far")  \
    XX(bad_states, "states of earlier rounds that were refused, so far")              \
    XX(connections, "connections over HTTP")                                          \
    XX(replay_bytes, "kept for clients that come back for a stream")                  \
    XX(aborted, "requests over HTTP whose clients left before all had come, so far")  \
    XX(refused, "requests over HTTP that were refused unread, so far")

struct mcps_stats {
    size_t struct_size; /* set by the caller */
#define XX(name, text) uint64_t name;
    MCPS_STATS_MAP(XX)
#undef XX
};

/* Fills as much of *ret as its struct_size says. Any thread, handlers included. */
MCPS_PUBLIC void mcps_server_get_stats(mcps_server *server, struct mcps_stats *ret);

#ifdef __cplusplus
}
#endif

#endif
