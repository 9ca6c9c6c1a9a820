/* SPDX-License-Identifier: MIT */
/* Writing messages; see message.h. */
#include "config.h"

#include "rpc/message.h"

#include <string.h>

#include "rpc/errors.h"

static void begin(struct mcps__writer *w, const struct mcps__id *id)
{
    mcps__write_object(w);
    mcps__write_key(w, "jsonrpc");
    mcps__write_raw(w, "\"2.0\"", 5);
    if (id && id->kind != MCPS__ID_NONE) {
        mcps__write_key(w, "id");
        mcps__write_raw(w, id->text, id->len);
    }
}

void mcps__rpc_begin_result(struct mcps__writer *w, const struct mcps__id *id)
{
    begin(w, id);
    mcps__write_key(w, "result");
}

void mcps__rpc_begin_call(struct mcps__writer *w, const struct mcps__id *id,
                          const char *method)
{
    begin(w, id);
    mcps__write_key(w, "method");
    mcps__write_string(w, method);
    mcps__write_key(w, "params");
}

void mcps__rpc_end(struct mcps__writer *w)
{
    mcps__write_object_end(w);
}

void mcps__rpc_write_error(struct mcps__writer *w, const struct mcps__id *id, int code,
                           const char *message, const char *data)
{
    begin(w, id);
    mcps__write_key(w, "error");
    mcps__write_object(w);
    mcps__write_key(w, "code");
    mcps__write_int(w, code);
    mcps__write_key(w, "message");
    mcps__write_string(w, message ? message : mcps__rpc_strerror(code));
    if (data) {
        mcps__write_key(w, "data");
        mcps__write_raw(w, data, strlen(data));
    }
    mcps__write_object_end(w);
    mcps__rpc_end(w);
}
