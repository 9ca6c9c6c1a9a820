/* SPDX-License-Identifier: MIT */
/*
 * The seeds of group 1 over HTTP, each in the one order that matters, for mutations.sh: what a
 * handler is told before a session is closed, who is woken by that and how, and what becomes of
 * answers that nobody can get. The rest of the group is in http_close.c.
 */
#include "config.h"

#include <stdatomic.h>
#include <stdio.h>

#include <json-c/json_object.h>

#include "http_site.h"
#include "http_tests.h"
#include "util/sync.h"

SCENE_STAT(in_flight);
SCENE_STAT(suppressed_answers);

static enum mcps_cancel_reason reason_now(void)
{
    return mcps_call_cancelled(atomic_load(&hands.call));
}

/* Sends DELETE, and does not wait for the answer. */
static bool begin_delete(struct chat *chat, struct web *web)
{
    return chat_visit(chat, web) &&
           web_ask(web, &(struct web_request){ .method = "DELETE", .session = chat->id });
}

/* ---- F1.01 ---- */

/* The I/O thread is held between telling the calls and closing what they answer to. */
static void f1_01_told_before_the_session_is_closed(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 }, other = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "wait", NULL);
    CHECK(answer != NULL);
    CHECK(hands_wait_entered(1));
    mcps__sync_hold("between_close_phases");
    CHECK(begin_delete(&chat, &other));
    CHECK(mcps__sync_wait("between_close_phases", 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_SESSION_END);
    mcps__sync_release("between_close_phases");
    CHECK_INT(web_status(&other), 204);
    CHECK(hands_wait_left(1));
    CHECK_INT(answer_code(web_final(&web, answer)), -32000);
    CHECK(web_ok(&web) && web_ok(&other));
    web_close(&web);
    web_close(&other);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("between_close_phases");
    web_close(&web);
    web_close(&other);
    CHECK_AFTER(site_close(&site));
}

/* The same for a request of 2026-07-28, whose client leaves. */
static void f1_01_told_before_the_connection_is_closed(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(modern_call(&web, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    mcps__sync_hold("between_close_phases");
    web_leave(&web);
    CHECK(mcps__sync_wait("between_close_phases", 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_DISCONNECT);
    mcps__sync_release("between_close_phases");
    CHECK(hands_wait_left(1));
    CHECK(scene_wait(&site.scene, stat_suppressed_answers, 1));
    CHECK_INT(scene_stats(&site.scene).dropped_answers, 0);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("between_close_phases");
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.02 ---- */

/* It does not sleep yet when the session ends; it has left, and what it had in the map is gone,
 * before the walk that woke it goes on. */
static void f1_02_gone_while_it_is_woken(void)
{
    struct web web = { .fd = 0 }, other = { .fd = 0 };
    struct site site = { .port = 0 };
    struct web_answer *answer;
    struct chat chat;

    CHECK(site_open(&site, 1, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    mcps__sync_hold("before_park");
    answer = chat_start(&chat, &web, "2", "ask", NULL);
    CHECK(web_message(&web, answer) != NULL);
    CHECK(mcps__sync_wait("before_park", 1));
    mcps__sync_hold("after_waiter_woken");
    CHECK(begin_delete(&chat, &other));
    CHECK(mcps__sync_wait("after_waiter_woken", 1));
    mcps__sync_release("before_park");
    CHECK(hands_wait_left(1));
    CHECK(scene_wait(&site.scene, stat_in_flight, 0));
    mcps__sync_release("after_waiter_woken");
    CHECK_INT(web_status(&other), 204);
    CHECK_INT(answer_code(web_final(&web, answer)), -32000);
    CHECK(web_ok(&web));
    CHECK_INT(scene_stats(&site.scene).pending, 0);
    web_close(&web);
    web_close(&other);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("before_park");
    mcps__sync_release("after_waiter_woken");
    web_close(&web);
    web_close(&other);
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.02 and F1.03: nobody is there for the answer ---- */

static atomic_int asked;

/* Declares that it sends nothing but its result, so that its client, which has seen nothing of
 * it, cannot come back; asks once that has left. */
static int ask_late(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r;

    (void)args;
    (void)userdata;
    MCPS__SYNC_POINT("before_late_ask");
    r = mcps_call_roots(call, &roots);
    atomic_store(&asked, r);
    if (r >= 0)
        json_object_put(roots);
    return r;
}

static int say_late(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    MCPS__SYNC_POINT("before_late_answer");
    return mcps_call_text(call, "late");
}

/* The tool waits at that point until its client has left; its call goes on. */
static void late(struct site *site, const char *tool, const char *point)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "ask_late", .handler = ask_late, .only_result = true),
        MCPS_TOOL_STRUCT(.name = "say_late", .handler = say_late, .only_result = true),
    };
    struct web web = { .fd = 0 };
    struct chat chat;

    CHECK(site_prepare(site, 2, NULL, NULL));
    CHECK(mcps_server_add_tools(site->scene.server, tools, 2) >= 0);
    CHECK(site_start(site));
    CHECK(chat_open(&chat, site));
    CHECK(chat_visit(&chat, &web));
    mcps__sync_hold(point);
    CHECK(chat_call(&chat, &web, "2", tool, NULL));
    CHECK(mcps__sync_wait(point, 1));
    web_leave(&web);
    CHECK(site_await_connections(site, 0));
    mcps__sync_release(point);
    CHECK(scene_wait(&site->scene, stat_in_flight, 0));
out:
    mcps__sync_release(point);
    web_close(&web);
}

/* That it could not ask is no error that anybody is told of. */
static void f1_02_an_ask_of_a_client_that_left(void)
{
    struct site site = { .port = 0 };

    atomic_store(&asked, 0);
    late(&site, "ask_late", "before_late_ask");
    CHECK_INT(atomic_load(&asked), MCPS_ECLOSED);
    CHECK_INT(scene_stats(&site.scene).suppressed_answers, 1);
    CHECK_INT(scene_stats(&site.scene).dropped_answers, 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

static void f1_03_an_answer_to_a_client_that_left(void)
{
    struct site site = { .port = 0 };

    late(&site, "say_late", "before_late_answer");
    CHECK_INT(scene_stats(&site.scene).dropped_answers, 1);
    CHECK_INT(scene_stats(&site.scene).suppressed_answers, 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

const struct unit_test http_seed_tests[] = {
    UNIT_TEST_ONCE(f1_01_told_before_the_session_is_closed, "it has threads"),
    UNIT_TEST_ONCE(f1_01_told_before_the_connection_is_closed, "it has threads"),
    UNIT_TEST_ONCE(f1_02_gone_while_it_is_woken, "it has threads"),
    UNIT_TEST_ONCE(f1_02_an_ask_of_a_client_that_left, "it has threads"),
    UNIT_TEST_ONCE(f1_03_an_answer_to_a_client_that_left, "it has threads"),
    UNIT_END,
};
