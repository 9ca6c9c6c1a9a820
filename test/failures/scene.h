/* SPDX-License-Identifier: MIT */
/*
 * What the tests of failures stand on: a server with the lab's tools in this process, raw
 * clients that send and see exact bytes, and four probes.
 *
 *     ALIVE  a ping with a fresh id is answered: wire_alive()
 *     CLEAN  nothing is left in the server, and the stop joins everything: scene_close()
 *     WIRE   all that was received are whole messages, at most one answer an id: wire_ok()
 *     LOG    nothing was logged as an error: scene_log_ok()
 *
 * Nothing here judges by time: the one limit is a watchdog, WATCHDOG_MS.
 */
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"
#include "mcpserver/test.h"
#include "unit.h"
#include "util/buf.h"
#include "util/sync.h"

/* Long enough for a busy machine under valgrind: only a failure waits for it. */
enum { WATCHDOG_MS = 60000 };

/* ---- the server ---- */

struct scene {
    mcps_server *server;
    pthread_mutex_t mutex; /* covers the log */
    char *log;             /* its lines, each with its level before it: "3 text\n" */
    size_t log_len;
    unsigned n_logged[MCPS_LOG_DEBUG + 1]; /* lines by level */
    bool driven;                           /* by this thread: */
    pthread_t driver;
};

/* A server with so many workers, the lab's tools and more (NULL: none), and limits as
 * "name=value name=value" (NULL: all defaults). It is not started. */
bool scene_open(struct scene *scene, unsigned workers, const char *limits,
                const struct mcps_tool *tools, size_t n_tools);
/* The same, started; driven, if MCPS_TEST_DRIVEN is set. */
bool scene_start(struct scene *scene, unsigned workers, const char *limits,
                 const struct mcps_tool *tools, size_t n_tools);
/* The same with all options but the name and the log. Without workers it is driven. */
bool scene_start_with(struct scene *scene, const struct mcps_server_options *options,
                      const struct mcps_tool *tools, size_t n_tools);
/* Is MCPS_TEST_DRIVEN set? */
bool scene_is_driven(void);
/* Starts one that is not started, and a thread whose loop drives it. */
bool scene_drive(struct scene *scene);
/* Waits as a loop of the host does, and takes a turn: what mcps_server_process() says. */
int scene_take_turn(mcps_server *server);
/* mcps_server_run(); with MCPS_TEST_DRIVEN, the same by a loop of this thread. */
int scene_run(mcps_server *server);
struct mcps_stats scene_stats(struct scene *scene);
/* Waits until the statistic has the value; false after the watchdog, with a note. */
bool scene_wait(struct scene *scene, uint64_t (*stat)(const struct mcps_stats *),
                uint64_t value);
#define SCENE_STAT(name)                                        \
    static uint64_t stat_##name(const struct mcps_stats *stats) \
    {                                                           \
        return stats->name;                                     \
    }                                                           \
    struct scene /* takes the semicolon */
/* CLEAN: waits until no call, request of ours or output is left. Clients may be connected. */
bool scene_idle(struct scene *scene);
/* LOG: no line of level error or worse so far. */
bool scene_log_ok(struct scene *scene);
/* How many lines have the text in them. */
unsigned scene_logged(struct scene *scene, const char *text);
/* CLEAN: stops the server, which must succeed at once, and frees it. Also after a failure:
 * then it is stopped as often as it takes. Fine for one that was never opened (zeroed). */
bool scene_close(struct scene *scene);

/* Under valgrind, as MCPS_TEST_VALGRIND says, this program cannot be started anew, and its
 * forked children are accused of leaks: says so. */
bool scene_on_valgrind(void);

/* For the end of a test, behind "out:", where there is nowhere left to go. */
#define CHECK_AFTER(cond) (void)unit_check_true((cond), #cond, __FILE__, __LINE__)

/* ---- clients ---- */

/* A client in memory, or over pipes to a child or to this process' stdio transport. */
struct wire {
    mcps_test_client *memory;
    int to, from;                /* pipes; -1: none, or cut */
    pid_t child;                 /* 0: none */
    int stderr_fd;               /* of the child, -1: not captured */
    struct mcps__buf in;         /* received, up to no whole message */
    char **messages;             /* all that were received, in order */
    struct json_object **parsed; /* and as trees; NULL: no JSON */
    size_t n_messages, cap_messages;
    size_t
        n_changes; /* notifications that the list of tools has changed: not among them */
    size_t next;   /* the first that wire_next() has not given */
    bool closed;   /* the server has closed its output */
    bool torn;     /* and that within a message */
};

/* Whether it says that the list of tools has changed: that comes between anything. */
bool wire_is_change(const char *text);

/* Connects in memory; the principal may be NULL. */
bool wire_connect(struct wire *wire, struct scene *scene, const char *principal);
/* Starts a program (argv[0] is its path) with pipes as its stdin, stdout and stderr. */
bool wire_spawn(struct wire *wire, char *const argv[]);
/* Starts the lab with arguments up to NULL. */
bool wire_spawn_lab(struct wire *wire, const char *first, ...);
/* Replaces this process' fds 0 and 1 by pipes to the wire, for a server with "stdio:" that
 * is started after it; wire_free() puts the old ones back. One at a time. */
bool wire_on_stdio(struct wire *wire);
/* Puts them back earlier, once the server has ended: the wire then sees the end of output. */
void wire_leave_stdio(struct wire *wire);
/* Cuts what is not cut, puts away a child (killing it if it must be), and frees all. Fine for
 * one that is zeroed and for one that was freed. */
void wire_free(struct wire *wire);

/* Bytes as they are. False when not all could be sent before the watchdog. */
bool wire_send_bytes(struct wire *wire, const void *data, size_t len);
/* One message, printf-like, and a newline. */
bool wire_send(struct wire *wire, const char *format, ...) MCPS_PRINTF(2, 3);
/* The end of the server's input. */
void wire_cut_input(struct wire *wire);
/* The server's output breaks. */
void wire_cut_output(struct wire *wire);

/* The next message, or NULL after so many ms or at the end. Borrowed until wire_free(). */
struct json_object *wire_next(struct wire *wire, unsigned timeout_ms);
/* The answer to the request of that id (JSON text, such as 2 or "\"a\""), whether it has come
 * already or comes before the watchdog; others stay to be given by wire_next(). */
struct json_object *wire_answer(struct wire *wire, const char *id);
/* The next message with that method, in the same way; a message is given once. */
struct json_object *wire_await(struct wire *wire, const char *method);
/* Receives until the server closes its output: false after the watchdog. */
bool wire_drain(struct wire *wire);
/* How many answers to that id were received, and how many messages of that method. */
unsigned wire_answers(const struct wire *wire, const char *id);
unsigned wire_messages(const struct wire *wire, const char *method);
/* The exit code of the child, or -1 after the watchdog or a signal. Reads no output. */
int wire_wait_exit(struct wire *wire);

/* ---- what clients say ---- */

/* initialize (id "init"), its answer, and initialized. Capabilities as JSON text. */
bool wire_init(struct wire *wire, const char *version, const char *capabilities);
/* The usual: 2025-11-25, with roots. */
bool wire_hello(struct wire *wire);
/* tools/call; arguments as JSON text, NULL: none. */
bool wire_call(struct wire *wire, const char *id, const char *tool,
               const char *arguments);
bool wire_cancel(struct wire *wire, const char *id);
/* The text of the first content of an answer, "" for none; the code of an error answer, 0
 * for a result; whether it is a result with isError. */
const char *answer_text(struct json_object *answer);
int answer_code(struct json_object *answer);
bool answer_is_error(struct json_object *answer);
/* data.reason of an error answer, or "". */
const char *answer_reason(struct json_object *answer);

/* ---- probes ---- */

bool wire_alive(struct wire *wire);
bool wire_ok(struct wire *wire);

#endif
