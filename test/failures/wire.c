/* SPDX-License-Identifier: MIT */
/* The raw clients of the tests of failures; see scene.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json_tokener.h>

#include "scene.h"

static int saved_stdio[2] = { -1, -1 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- life ---- */

static void clear(struct wire *wire)
{
    memset(wire, 0, sizeof *wire);
    wire->to = wire->from = wire->stderr_fd = -1;
    mcps__buf_init(&wire->in, SIZE_MAX);
}

bool wire_connect(struct wire *wire, struct scene *scene, const char *principal)
{
    int r;

    clear(wire);
    r = mcps_test_connect(scene->server, principal, &wire->memory);
    if (r < 0)
        unit_note("connecting: %s", mcps_strerror(r));
    return r >= 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* In the child: nothing but what is allowed between fork and exec. */
static void become(char *const argv[], int in, int out, int err)
{
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    signal(SIGPIPE, SIG_DFL);
    execv(argv[0], argv);
    _exit(127);
}

bool wire_spawn(struct wire *wire, char *const argv[])
{
    int in[2], out[2], err[2];

    clear(wire);
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
        pipe2(err, O_CLOEXEC) < 0)
        return false;
    fflush(NULL);
    wire->child = fork();
    if (wire->child == 0)
        become(argv, in[0], out[1], err[1]);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    wire->to = in[1];
    wire->from = out[0];
    wire->stderr_fd = err[0];
    return wire->child > 0;
}

bool wire_spawn_lab(struct wire *wire, const char *first, ...)
{
    char *argv[32] = { (char *)(uintptr_t)TEST_LAB };
    int n = 1;
    va_list args;

    va_start(args, first);
    for (const char *arg = first; arg && n < 31; arg = va_arg(args, const char *))
        argv[n++] = (char *)(uintptr_t)arg;
    va_end(args);
    return wire_spawn(wire, argv);
}

bool wire_on_stdio(struct wire *wire)
{
    int in[2], out[2];

    clear(wire);
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return false;
    fflush(stdout);
    saved_stdio[0] = fcntl(0, F_DUPFD_CLOEXEC, 3);
    saved_stdio[1] = fcntl(1, F_DUPFD_CLOEXEC, 3);
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[0]);
    close(out[1]);
    wire->to = in[1];
    wire->from = out[0];
    return true;
}

static void put_stdio_back(void)
{
    for (int fd = 0; fd < 2; fd++) {
        if (saved_stdio[fd] >= 0)
            dup2(saved_stdio[fd], fd);
        close_fd(&saved_stdio[fd]);
    }
}

void wire_leave_stdio(struct wire *wire)
{
    (void)wire;
    put_stdio_back();
}

void wire_free(struct wire *wire)
{
    if (!wire->memory && wire->to == 0 && wire->from == 0)
        return; /* zeroed */
    mcps_test_free(wire->memory);
    close_fd(&wire->to);
    close_fd(&wire->from);
    close_fd(&wire->stderr_fd);
    if (wire->child > 0) {
        kill(wire->child, SIGKILL);
        waitpid(wire->child, NULL, 0);
    }
    if (!wire->memory)
        put_stdio_back();
    for (size_t i = 0; i < wire->n_messages; i++) {
        free(wire->messages[i]);
        json_object_put(wire->parsed[i]);
    }
    free(wire->messages);
    free(wire->parsed);
    mcps__buf_fini(&wire->in);
    memset(wire, 0, sizeof *wire);
}

/* ---- sending ---- */

static bool write_all(int fd, const char *data, size_t len)
{
    int64_t end = now_ms() + WATCHDOG_MS;
    struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
    ssize_t n;

    while (len > 0 && now_ms() < end) {
        if (poll(&poll_fd, 1, 100) <= 0)
            continue;
        n = write(fd, data, len < PIPE_BUF ? len : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return len == 0;
}

bool wire_send_bytes(struct wire *wire, const void *data, size_t len)
{
    if (wire->memory)
        return mcps_test_send_bytes(wire->memory, data, len, WATCHDOG_MS) == (long)len;
    return wire->to >= 0 && write_all(wire->to, data, len);
}

bool wire_send(struct wire *wire, const char *format, ...)
{
    va_list args;
    char *text;
    int len;
    bool ok;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return false;
    text[len] = '\n'; /* in place of the NUL */
    ok = wire_send_bytes(wire, text, (size_t)len + 1);
    free(text);
    return ok;
}

void wire_cut_input(struct wire *wire)
{
    if (wire->memory)
        mcps_test_cut(wire->memory, MCPS_TEST_CUT_SENDING);
    close_fd(&wire->to);
}

void wire_cut_output(struct wire *wire)
{
    if (wire->memory)
        mcps_test_cut(wire->memory, MCPS_TEST_CUT_RECEIVING);
    close_fd(&wire->from);
}

/* ---- receiving ---- */

bool wire_is_change(const char *text)
{
    return strcmp(text,
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\","
                  "\"params\":{}}") == 0;
}

/* Takes the text. */
static bool keep(struct wire *wire, char *text)
{
    size_t cap = wire->cap_messages ? 2 * wire->cap_messages : 16;
    char **messages = wire->messages;
    struct json_object **parsed = wire->parsed;

    if (wire_is_change(text)) {
        wire->n_changes++;
        free(text);
        return true;
    }
    if (wire->n_messages == wire->cap_messages) {
        messages = realloc(wire->messages, cap * sizeof *messages);
        if (messages)
            wire->messages = messages;
        parsed = realloc(wire->parsed, cap * sizeof(struct json_object *));
        if (parsed)
            wire->parsed = parsed;
        if (!messages || !parsed) {
            free(text);
            return false;
        }
        wire->cap_messages = cap;
    }
    messages[wire->n_messages] = text;
    parsed[wire->n_messages++] = json_tokener_parse(text);
    return true;
}

/* One message, or none before the moment. */
static bool receive_memory(struct wire *wire, unsigned timeout_ms)
{
    char *text;
    int r = mcps_test_receive(wire->memory, &text, timeout_ms);

    if (r == 0)
        return keep(wire, text);
    wire->closed = wire->closed || r == MCPS_ECLOSED || r == MCPS_EPROTOCOL;
    wire->torn = wire->torn || r == MCPS_EPROTOCOL;
    return false;
}

static bool take_line(struct wire *wire)
{
    char *end = wire->in.len > 0 ? memchr(wire->in.data, '\n', wire->in.len) : NULL;
    size_t len;
    char *text;

    if (!end)
        return false;
    len = (size_t)(end - wire->in.data);
    text = strndup(wire->in.data, len);
    /* A NUL in a message would cut it short, and show as bad JSON. */
    mcps__buf_consume(&wire->in, len + 1);
    return text && keep(wire, text);
}

static bool receive_pipe(struct wire *wire, unsigned timeout_ms)
{
    int64_t end = now_ms() + timeout_ms;
    struct pollfd fd = { .fd = wire->from, .events = POLLIN };

    while (!take_line(wire)) {
        int64_t left = end - now_ms();
        ssize_t n;

        if (wire->closed || wire->from < 0 || poll(&fd, 1, left > 0 ? (int)left : 0) == 0)
            return false;
        if (mcps__buf_reserve(&wire->in, 65536) < 0)
            return false;
        n = read(wire->from, wire->in.data + wire->in.len, 65536);
        if (n > 0)
            wire->in.len += (size_t)n;
        wire->closed = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
        wire->torn = wire->closed && wire->in.len > 0 &&
                     !memchr(wire->in.data, '\n', wire->in.len);
    }
    return true;
}

/* A message that is kept. */
static bool receive(struct wire *wire, unsigned timeout_ms)
{
    size_t n = wire->n_messages;
    bool received = true;

    while (received && wire->n_messages == n) {
        if (wire->closed && wire->in.len == 0)
            return false;
        received = wire->memory ? receive_memory(wire, timeout_ms)
                                : receive_pipe(wire, timeout_ms);
    }
    return received;
}

struct json_object *wire_next(struct wire *wire, unsigned timeout_ms)
{
    if (wire->next == wire->n_messages && !receive(wire, timeout_ms))
        return NULL;
    return wire->parsed[wire->next++];
}

bool wire_drain(struct wire *wire)
{
    int64_t end = now_ms() + WATCHDOG_MS;

    while (!wire->closed && now_ms() < end)
        receive(wire, 100);
    return wire->closed;
}

/* ---- finding ---- */

static bool is_answer_to(struct json_object *message, const char *id)
{
    struct json_object *member;

    return json_object_object_get_ex(message, "id", &member) && member &&
           !json_object_object_get_ex(message, "method", NULL) &&
           strcmp(json_object_to_json_string_ext(
                      member, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                  id) == 0;
}

static bool is_method(struct json_object *message, const char *method)
{
    struct json_object *member;

    return json_object_object_get_ex(message, "method", &member) &&
           strcmp(json_object_get_string(member), method) == 0;
}

/* The first from `from` on that fits; receives more as long as none does. */
static struct json_object *find(struct wire *wire, size_t from,
                                bool (*fits)(struct json_object *, const char *),
                                const char *what, size_t *ret_place)
{
    int64_t end = now_ms() + WATCHDOG_MS;
    size_t i = from;

    for (;;) {
        for (; i < wire->n_messages; i++) {
            if (fits(wire->parsed[i], what)) {
                *ret_place = i;
                return wire->parsed[i];
            }
        }
        if (now_ms() >= end || (!receive(wire, 100) && wire->closed)) {
            unit_note("nothing received for %s", what);
            return NULL;
        }
    }
}

struct json_object *wire_answer(struct wire *wire, const char *id)
{
    size_t place;

    return find(wire, 0, is_answer_to, id, &place);
}

struct json_object *wire_await(struct wire *wire, const char *method)
{
    size_t place;
    struct json_object *message = find(wire, wire->next, is_method, method, &place);

    if (message)
        wire->next = place + 1;
    return message;
}

unsigned wire_answers(const struct wire *wire, const char *id)
{
    unsigned n = 0;

    for (size_t i = 0; i < wire->n_messages; i++)
        n += is_answer_to(wire->parsed[i], id) ? 1 : 0;
    return n;
}

unsigned wire_messages(const struct wire *wire, const char *method)
{
    unsigned n = 0;

    for (size_t i = 0; i < wire->n_messages; i++)
        n += is_method(wire->parsed[i], method) ? 1 : 0;
    return n;
}

int wire_wait_exit(struct wire *wire)
{
    int64_t end = now_ms() + WATCHDOG_MS;
    const struct timespec ms = { .tv_nsec = 1000000 };
    int status;

    while (now_ms() < end) {
        if (waitpid(wire->child, &status, WNOHANG) == wire->child) {
            wire->child = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        nanosleep(&ms, NULL);
    }
    unit_note("the child did not exit");
    return -1;
}

/* ---- what clients say ---- */

bool wire_init(struct wire *wire, const char *version, const char *capabilities)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":\"init\",\"method\":\"initialize\","
                     "\"params\":{\"protocolVersion\":\"%s\",\"capabilities\":%s,"
                     "\"clientInfo\":{\"name\":\"wire\",\"version\":\"1\"}}}",
                     version, capabilities) &&
           wire_answer(wire, "\"init\"") &&
           wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

bool wire_hello(struct wire *wire)
{
    return wire_init(wire, "2025-11-25", "{\"roots\":{}}");
}

bool wire_call(struct wire *wire, const char *id, const char *tool, const char *arguments)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\","
                     "\"params\":{\"name\":\"%s\"%s%s}}",
                     id, tool, arguments ? ",\"arguments\":" : "",
                     arguments ? arguments : "");
}

bool wire_cancel(struct wire *wire, const char *id)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                     "\"params\":{\"requestId\":%s,\"reason\":\"test\"}}",
                     id);
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

const char *answer_text(struct json_object *answer)
{
    struct json_object *content = member(member(answer, "result"), "content");
    struct json_object *text = NULL;

    if (json_object_is_type(content, json_type_array) &&
        json_object_array_length(content) > 0)
        text = member(json_object_array_get_idx(content, 0), "text");
    return text ? json_object_get_string(text) : "";
}

int answer_code(struct json_object *answer)
{
    return json_object_get_int(member(member(answer, "error"), "code"));
}

bool answer_is_error(struct json_object *answer)
{
    return json_object_get_boolean(member(member(answer, "result"), "isError"));
}

const char *answer_reason(struct json_object *answer)
{
    struct json_object *reason =
        member(member(member(answer, "error"), "data"), "reason");

    return reason ? json_object_get_string(reason) : "";
}

/* ---- probes ---- */

bool wire_alive(struct wire *wire)
{
    static atomic_uint serial;
    char id[32];

    snprintf(id, sizeof id, "\"alive-%u\"", atomic_fetch_add(&serial, 1));
    return wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}", id) &&
           wire_answer(wire, id);
}

static const char *message_fault(const struct wire *wire, size_t i)
{
    struct json_object *message = wire->parsed[i], *id = NULL;
    bool is_call = member(message, "method") != NULL;
    const char *text;

    if (json_object_is_type(message, json_type_array))
        return NULL; /* the answers to a batch: its test looks at them */
    if (!json_object_is_type(message, json_type_object))
        return "no JSON object";
    if (!member(message, "jsonrpc"))
        return "no member jsonrpc";
    if (!is_call && !member(message, "result") == !member(message, "error"))
        return "neither a call nor an answer";
    if (is_call || !json_object_object_get_ex(message, "id", &id))
        return NULL;
    text = json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN |
                                                  JSON_C_TO_STRING_NOSLASHESCAPE);
    return wire_answers(wire, text) > 1 ? "a second answer" : NULL;
}

/* What it compares is quadratic, which is fine for tests of some hundred messages. */
bool wire_ok(struct wire *wire)
{
    for (size_t i = 0; i < wire->n_messages; i++) {
        const char *fault = message_fault(wire, i);

        if (fault) {
            unit_note("%s: %s", fault, wire->messages[i]);
            return false;
        }
    }
    if (wire->torn)
        unit_note("the output ended within a message");
    return !wire->torn;
}
