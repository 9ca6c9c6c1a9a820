/* SPDX-License-Identifier: MIT */
/* The reader of the tests' own client: what it accepts, and that it refuses the rest. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "http_tests.h"
#include "web.h"

#define OK_JSON                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n" \
    "\r\n{}"
#define STREAM                                               \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
    "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n"   \
    "Transfer-Encoding: chunked\r\n\r\n"
#define RESULT "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"

/* What the server says, and closes; so many answers were owed. What is wrong with it, "" for
 * nothing. */
static const char *judge(const char *bytes, unsigned owed, size_t piece)
{
    struct web web, server;
    const char *fault;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return "no sockets";
    web_adopt(&web, fds[0]);
    web_adopt(&server, fds[1]);
    web_owe(&web, owed);
    for (size_t at = 0, len = strlen(bytes); at < len; at += piece) {
        web_send_bytes(&server, bytes + at, len - at < piece ? len - at : piece);
        web_pump(&web, 0);
    }
    web_leave(&server);
    while (!web.ended && !web.broken && !web.fault)
        web_pump(&web, 1000);
    fault = web.fault      ? web.fault
            : web.owed > 0 ? "an answer is missing"
            : web.broken   ? "the connection was reset"
                           : "";
    web_close(&web);
    web_close(&server);
    return fault;
}

/* The same however it is cut. */
static const char *judge_pieces(const char *bytes, unsigned owed)
{
    const char *whole = judge(bytes, owed, strlen(bytes));

    if (strcmp(judge(bytes, owed, 1), whole) != 0 ||
        strcmp(judge(bytes, owed, 7), whole) != 0)
        return "in pieces it is another thing";
    return whole;
}

static void web_reads_what_is_right(void)
{
    static const struct {
        unsigned owed;
        const char *bytes;
    } cases[] = {
        { 1, OK_JSON },
        { 2, OK_JSON OK_JSON },
        { 2, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n" OK_JSON },
        { 1, "HTTP/1.1 100 Continue\r\n\r\n" OK_JSON },
        { 1, "HTTP/1.1 204 No Content\r\n\r\n" },
        { 1,
          "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" },
        { 1, STREAM "0\r\n\r\n" },
        { 1, STREAM "3\r\n:\n\n\r\n2C\r\n" RESULT "\r\n0\r\n\r\n" },
        { 1, STREAM "17\r\nid: 1\nretry: 5\ndata: \n\n\r\n0\r\n\r\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s", cases[i].bytes);
        CHECK_STR(judge_pieces(cases[i].bytes, cases[i].owed), "");
    }
out:;
}

static const char LINE[] = "a line of the head is no good";
static const char LENGTH[] = "the length of the body is not clear";
static const char EVENT[] = "an event that is none";
static const char WITHIN[] = "the connection ends within an answer";

static void web_refuses_what_is_wrong(void)
{
    static const struct {
        unsigned owed;
        const char *fault, *bytes;
    } cases[] = {
        { 1, "an answer that nobody asked for", OK_JSON OK_JSON },
        { 2, "an answer is missing", OK_JSON },
        { 1, WITHIN, OK_JSON "\r\n" },
        { 1, WITHIN, OK_JSON "x" },
        { 1, LINE, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n" },
        { 1, LINE, "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n" },
        { 1, LINE, "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n" },
        { 1, LINE, "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n\r\n" },
        { 1, LINE, "HTTP/1.1 200 OK\r\nContent-Length:0\r\n\r\n" },
        { 1, LINE, "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n" },
        { 1, LINE, "HTTP/1.1 200 OK\r\nX-A: \x1b[0m\r\nContent-Length: 0\r\n\r\n" },
        { 1, LENGTH, "HTTP/1.1 200 OK\r\nContent-Length: 00\r\n\r\n" },
        { 1, "a field is there twice",
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n" },
        { 1, LENGTH, "HTTP/1.1 200 OK\r\n\r\n" },
        { 1, LENGTH, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n" },
        { 1, LENGTH,
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0\r\n\r\n" },
        { 1, "the body is of no type", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
        { 1, "the body is no JSON on one line",
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n"
          "\r\n{}\n" },
        { 1, "the body is no JSON on one line",
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
          "\r\n{x" },
        { 1, "more after the last answer",
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
          "HTTP/1.1 200 OK" },
        { 1, "a stream's head is not as it should be",
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 1, WITHIN, STREAM },
        { 1, WITHIN, STREAM "0\r\n" },
        { 1, WITHIN, STREAM "0\r\n\r\nHTTP/1.1 200" },
        { 1, "a chunk has no size", STREAM "0;x=1\r\n\r\n" },
        { 1, "a chunk has no end", STREAM "0\r\nX-A: b\r\n\r\n" },
        { 1, "a chunk has no size", STREAM "03\r\n:\n\n\r\n0\r\n\r\n" },
        { 1, "a chunk has no end", STREAM "3\r\n:\n\n0\r\n\r\n" },
        { 1, "a chunk has no end", STREAM "4\r\n:\n\n\r\n0\r\n\r\n" },
        { 1, "the stream ends within an event", STREAM "2\r\n:\n\r\n0\r\n\r\n" },
        { 1, "the stream ends within an event",
          STREAM "2B\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\r\n"
                 "0\r\n\r\n" },
        { 1, EVENT, STREAM "9\r\ndata: {\n\n\r\n0\r\n\r\n" },
        { 1, EVENT, STREAM "11\r\ndata: 1\ndata: 2\n\n\r\n0\r\n\r\n" },
        { 1, EVENT, STREAM "A\r\ndata: 1\r\n\n\r\n0\r\n\r\n" },
        { 1, EVENT, STREAM "7\r\nid: 1\n\n\r\n0\r\n\r\n" },
        { 1, EVENT, STREAM "A\r\nother: 1\n\n\r\n0\r\n\r\n" },
        { 1, EVENT, STREAM "2\r\n\n\n\r\n0\r\n\r\n" },
        { 1, EVENT, STREAM "1E\r\nid: 1\ndata: 1\n\nid: 1\ndata: 2\n\n\r\n0\r\n\r\n" },
        { 1, "two responses", STREAM "58\r\n" RESULT RESULT "\r\n0\r\n\r\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s", cases[i].bytes);
        CHECK_STR(judge_pieces(cases[i].bytes, cases[i].owed), cases[i].fault);
    }
out:;
}

const struct unit_test web_tests[] = {
    UNIT_TEST_ONCE(web_reads_what_is_right, "it is of the tests themselves"),
    UNIT_TEST_ONCE(web_refuses_what_is_wrong, "it is of the tests themselves"),
    UNIT_END,
};
