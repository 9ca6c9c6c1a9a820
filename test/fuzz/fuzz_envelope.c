/* SPDX-License-Identifier: MIT */
/*
 * The envelope: whatever the scan accepts is read or refused in an orderly way, and an id
 * that was read goes into an answer that is a message again, with the same id.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "rpc/envelope.h"
#include "rpc/errors.h"
#include "rpc/message.h"

static void check_envelope(const struct mcps__envelope *env, int r)
{
    bool call =
        env->kind == MCPS__ENVELOPE_REQUEST || env->kind == MCPS__ENVELOPE_NOTIFICATION;

    FUZZ_CHECK(strlen(env->method) == env->method_len);
    if (r < 0) {
        FUZZ_CHECK(r == MCPS_EPROTOCOL);
        FUZZ_CHECK(env->why != NULL);
        FUZZ_CHECK(env->code == MCPS__RPC_INVALID_REQUEST ||
                   env->code == MCPS__RPC_INVALID_PARAMS);
        return;
    }
    FUZZ_CHECK(env->kind != MCPS__ENVELOPE_UNKNOWN);
    FUZZ_CHECK((env->method_len > 0) == call);
    if (env->kind == MCPS__ENVELOPE_REQUEST || env->kind == MCPS__ENVELOPE_RESULT)
        FUZZ_CHECK(env->id.kind != MCPS__ID_NONE);
    if (env->kind == MCPS__ENVELOPE_NOTIFICATION)
        FUZZ_CHECK(env->id.kind == MCPS__ID_NONE);
    if (env->body)
        FUZZ_CHECK(env->body->type == MCPS__JSON_OBJECT);
}

static void check_answer(const struct mcps__id *id)
{
    struct mcps__envelope env;
    struct mcps__scan scan;
    struct mcps__writer w;
    struct mcps__buf out;

    mcps__buf_init(&out, 4096);
    mcps__write_init(&w, &out);
    mcps__rpc_write_error(&w, id, MCPS__RPC_INTERNAL, NULL, NULL);
    FUZZ_CHECK(mcps__write_end(&w) == 0);
    mcps__scan_init(&scan, &mcps__json_default_limits);
    FUZZ_CHECK(mcps__scan_feed(&scan, out.data, out.len, true) == 1);
    FUZZ_CHECK(mcps__envelope_read(&env, &scan, out.data, false) == 0);
    FUZZ_CHECK(env.kind == MCPS__ENVELOPE_ERROR);
    FUZZ_CHECK(mcps__id_equal(&env.id, id));
    mcps__scan_fini(&scan);
    mcps__buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct mcps__envelope env;
    struct mcps__scan scan;
    int r;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    if (mcps__scan_feed(&scan, text, size, true) == 1) {
        r = mcps__envelope_read(&env, &scan, text, true);
        check_envelope(&env, r);
        if (env.id.kind != MCPS__ID_NONE)
            check_answer(&env.id);
    }
    mcps__scan_fini(&scan);
    return 0;
}
