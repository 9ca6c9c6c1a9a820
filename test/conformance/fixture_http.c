/* SPDX-License-Identifier: MIT */
/* What of the fixture is about HTTP. */
#include "config.h"

#include "fixture.h"

#include <mcpserver/http.h>

enum { RETRY_MS = 500 };

int fixture_url(mcps_server *server, char *buf, size_t size)
{
    return mcps_server_get_url(server, buf, size);
}

int fixture_close_stream(mcps_call *call)
{
    return mcps_call_close_stream(call, RETRY_MS);
}
