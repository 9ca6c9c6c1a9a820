/* SPDX-License-Identifier: MIT */
/* What base.h and version.h of the public interface declare. */
#include "config.h"

#include "mcpserver/mcpserver.h"

#include <stddef.h>
#include <string.h>

const char *mcps_version(void)
{
    return MCPS_VERSION;
}

#ifdef HAVE_STRERRORDESC_NP
static const char *errno_text(int error)
{
    return strerrordesc_np(error);
}
#else
static const char *errno_text(int error)
{
    return strerror(error); /* static text in the C libraries without the other one */
}
#endif

#ifdef HAVE_STRERRORNAME_NP
static const char *errno_name(int error)
{
    return strerrorname_np(error);
}
#else
static const char *errno_name(int error)
{
    (void)error;
    return NULL;
}
#endif

const char *mcps_strerror(int error)
{
    const char *text = NULL;

    if (error >= 0)
        return "success";
    switch (error) {
#define XX(name, value, what) \
    case MCPS_E##name: return what;
        MCPS_ERROR_MAP(XX)
#undef XX
    default:
        if (error > -4096) /* errno values end there */
            text = errno_text(-error);
        return text ? text : "an unknown error";
    }
}

const char *mcps_error_name(int error)
{
    const char *name = NULL;

    if (error >= 0)
        return "MCPS_OK";
    switch (error) {
#define XX(name_, value, what) \
    case MCPS_E##name_: return "MCPS_E" #name_;
        MCPS_ERROR_MAP(XX)
#undef XX
    default:
        if (error > -4096)
            name = errno_name(-error);
        return name ? name : "unknown";
    }
}
