/* SPDX-License-Identifier: MIT */
/*
 * What `./autogen.sh demo` shows: messages as a server gets them, and what the floors below
 * the server make of each. With "-" it reads messages from stdin, one a line.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mcpserver/mcpserver.h"
#include "rpc/envelope.h"
#include "rpc/errors.h"
#include "rpc/frame.h"
#include "rpc/message.h"

static const char sample[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
    "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"demo\",\"version\":\"1\"}}}\n"
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\r\n"
    "{\"jsonrpc\":\"2.0\",\"id\":\"caf\\u00e9\",\"method\":\"tools/call\",\"params\":{\"name\":"
    "\"add\",\"arguments\":{\"a\":1,\"b\":2},\"_meta\":{\"progressToken\":7}}}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,\"result\":{\"roots\":[]}}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{},\"error\":{}}\n"
    "[{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}]\n"
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\",\"method\":\"tools/call\"}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":[1,2]}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\",}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"half a pair: \\ud83d\"}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"x\",\"params\":{\"n\":1e999}}\n"
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"
    "not JSON at all\n"
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"cut in the mid";

static const char *const kinds[] = {
    [MCPS__ENVELOPE_UNKNOWN] = "no message",
    [MCPS__ENVELOPE_REQUEST] = "request",
    [MCPS__ENVELOPE_NOTIFICATION] = "notification",
    [MCPS__ENVELOPE_RESULT] = "result",
    [MCPS__ENVELOPE_ERROR] = "error",
    [MCPS__ENVELOPE_BATCH] = "batch",
};

/* What a client sent may not steer the terminal. */
static void print_safely(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        putchar((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i]);
}

static void show_message(const struct mcps__envelope *env, const struct mcps__scan *scan,
                         const char *text)
{
    static const char *const levels[] = { "", "", "params.", "params._meta." };

    printf("    %s%s", kinds[env->kind], env->method_len > 0 ? " " : "");
    print_safely(env->method, env->method_len);
    if (env->id.kind != MCPS__ID_NONE)
        printf(", id %.*s", (int)env->id.len, env->id.text);
    printf("\n");
    for (uint32_t i = 0; i < scan->n_recorded; i++) {
        const struct mcps__scan_member *m = &scan->members[i];

        printf("    %s", levels[m->level]);
        print_safely(text + m->key, m->key_len);
        printf(" = ");
        print_safely(text + m->value, m->value_len);
        printf("\n");
    }
}

/* The answer that a server would give. */
static int show_error(const struct mcps__envelope *env, const char *why)
{
    struct mcps__writer w;
    struct mcps__buf out;
    int r;

    if (env->kind == MCPS__ENVELOPE_NOTIFICATION || env->kind == MCPS__ENVELOPE_RESULT ||
        env->kind == MCPS__ENVELOPE_ERROR) {
        printf("    refused without an answer: %s\n", why);
        return 0;
    }
    mcps__buf_init(&out, 4096);
    mcps__write_init(&w, &out);
    mcps__rpc_write_error(&w, &env->id, env->code, why, NULL);
    r = mcps__write_end(&w);
    if (r >= 0)
        printf("    answer: %.*s\n", (int)out.len, out.data);
    mcps__buf_fini(&out);
    return r;
}

static int show_line(struct mcps__scan *scan, const char *line, size_t len)
{
    struct mcps__envelope env = { .kind = MCPS__ENVELOPE_UNKNOWN };
    char why[200];
    int r;

    printf("\n");
    print_safely(line, len < 100 ? len : 100);
    printf("%s\n", len < 100 ? "" : " ...");
    mcps__scan_reset(scan);
    r = mcps__scan_feed(scan, line, len, true);
    if (r < 0) {
        env.code = mcps__rpc_code_of_json(r);
        snprintf(why, sizeof why, "%s: %s at byte %zu", mcps__rpc_strerror(env.code),
                 mcps__json_strerror(r), scan->pos);
        return show_error(&env, why);
    }
    r = mcps__envelope_read(&env, scan, line, false);
    if (r == MCPS_EPROTOCOL)
        return show_error(&env, env.why);
    if (r >= 0)
        show_message(&env, scan, line);
    return r;
}

static int show_input(struct mcps__frame *frame, struct mcps__scan *scan,
                      const char *data, size_t len)
{
    const char *line;
    size_t line_len;

    for (;;) {
        int r = mcps__frame_next(frame, &data, &len, &line, &line_len);

        if (r == 1)
            r = show_line(scan, line, line_len);
        else if (r == MCPS_ELIMIT)
            r = printf("\n    a line is too long: skipped\n");
        else
            return r;
        if (r < 0)
            return r;
    }
}

static int read_stdin(struct mcps__frame *frame, struct mcps__scan *scan)
{
    char data[4096];

    for (;;) {
        ssize_t n = read(STDIN_FILENO, data, sizeof data);
        int r;

        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        r = n < 0 ? -errno : show_input(frame, scan, data, (size_t)n);
        if (r < 0)
            return r;
    }
}

int main(int argc, char **argv)
{
    struct mcps__frame frame;
    struct mcps__scan scan;
    const char *line;
    size_t len;
    int r;

    mcps__frame_init(&frame, mcps__json_default_limits.size);
    mcps__scan_init(&scan, &mcps__json_default_limits);
    if (argc > 1 && strcmp(argv[1], "-") == 0)
        r = read_stdin(&frame, &scan);
    else
        r = show_input(&frame, &scan, sample, strlen(sample));
    if (r >= 0 && mcps__frame_end(&frame, &line, &len) == 1)
        r = show_line(&scan, line, len);
    if (r < 0)
        fprintf(stderr, "demo: %s\n", mcps_strerror(r));
    mcps__scan_fini(&scan);
    mcps__frame_fini(&frame);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
