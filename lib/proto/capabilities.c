/* SPDX-License-Identifier: MIT */
/* What the server says that it can do; see capabilities.h. */
#include "config.h"

#include "proto/capabilities.h"

bool mcps__capabilities_has(const struct mcps__engine *engine, enum mcps_kind kind)
{
    const struct mcps__registry *registry = &engine->registry;

    switch (kind) {
    case MCPS_TOOLS: return true;
    case MCPS_PROMPTS: return mcps__registry_has(registry, kind);
    case MCPS_RESOURCES:
    case MCPS_TEMPLATES:
        return mcps__registry_has(registry, MCPS_RESOURCES) ||
               mcps__registry_has(registry, MCPS_TEMPLATES);
    case MCPS_N_KINDS: break;
    }
    return false;
}

static void write_kind(struct mcps__writer *w, const char *name, bool has_subscribe)
{
    mcps__write_key(w, name);
    mcps__write_object(w);
    if (has_subscribe) {
        mcps__write_key(w, "subscribe");
        mcps__write_bool(w, true);
    }
    mcps__write_key(w, "listChanged");
    mcps__write_bool(w, true);
    mcps__write_object_end(w);
}

struct mcps__capabilities mcps__capabilities_now(const struct mcps__engine *engine)
{
    return (struct mcps__capabilities){
        .prompts = mcps__capabilities_has(engine, MCPS_PROMPTS),
        .resources = mcps__capabilities_has(engine, MCPS_RESOURCES),
        .completions = mcps__registry_completes(&engine->registry),
    };
}

void mcps__capabilities_write(struct mcps__writer *w,
                              const struct mcps__capabilities *capabilities,
                              enum mcps__version version)
{
    mcps__write_object(w);
    mcps__write_key(w, "logging");
    mcps__write_object(w);
    mcps__write_object_end(w);
    write_kind(w, "tools", false);
    /* The oldest revision has the method, but no name for the capability. */
    if (version > MCPS__V_2024_11_05 && capabilities->completions) {
        mcps__write_key(w, "completions");
        mcps__write_object(w);
        mcps__write_object_end(w);
    }
    if (capabilities->prompts)
        write_kind(w, "prompts", false);
    if (capabilities->resources)
        write_kind(w, "resources", true);
    mcps__write_object_end(w);
}
