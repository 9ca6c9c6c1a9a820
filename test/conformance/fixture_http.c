/* SPDX-License-Identifier: MIT */
/* What of the fixture is about HTTP. */
#include "config.h"

#include "fixture.h"

#include <errno.h>

int fixture_url(mcps_server *server, char *buf, size_t size)
{
    (void)server;
    (void)buf;
    (void)size;
    return -ENOSYS;
}

int fixture_close_stream(mcps_call *call)
{
    (void)call;
    return 0;
}
