/* SPDX-License-Identifier: MIT */
/* What clients get to see of the registry; see lists.h. */
#include "config.h"

#include "core/lists.h"

#include "core/answer.h"

/* Members that a revision does not have are left out for it. */
static const struct {
    const char *name;
    enum mcps__version since;
} members[MCPS__N_TOOL_PARTS] = {
    [MCPS__TOOL_NAME] = { "name", MCPS__V_2024_11_05 },
    [MCPS__TOOL_TITLE] = { "title", MCPS__V_2025_06_18 },
    [MCPS__TOOL_DESCRIPTION] = { "description", MCPS__V_2024_11_05 },
    [MCPS__TOOL_INPUT] = { "inputSchema", MCPS__V_2024_11_05 },
    [MCPS__TOOL_OUTPUT] = { "outputSchema", MCPS__V_2025_06_18 },
    [MCPS__TOOL_ANNOTATIONS] = { "annotations", MCPS__V_2025_03_26 },
    [MCPS__TOOL_ICONS] = { "icons", MCPS__V_2025_11_25 },
    [MCPS__TOOL_META] = { "_meta", MCPS__V_2025_06_18 },
};

/* Before 2026-07-28 the schema of a result is one of objects. */
static bool is_known(const struct mcps__tool *tool, size_t part,
                     enum mcps__version version)
{
    if (part == MCPS__TOOL_OUTPUT && !tool->object_output)
        return version >= MCPS__V_2026_07_28;
    return version >= members[part].since;
}

static void write_tool(struct mcps__writer *w, const struct mcps__tool *tool,
                       enum mcps__version version)
{
    mcps__write_object(w);
    for (size_t i = 0; i < MCPS__N_TOOL_PARTS; i++) {
        const struct mcps__bytes *part = tool->parts[i];

        if (!part || !is_known(tool, i, version))
            continue;
        mcps__write_key(w, members[i].name);
        mcps__write_raw(w, part->data, part->len);
    }
    mcps__write_object_end(w);
}

static int write_tools(struct mcps__bytes **ret, const struct mcps__engine *engine,
                       const struct mcps__snapshot *snapshot, enum mcps__version version)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__result_begin(&w, version);
    mcps__write_key(&w, "tools");
    mcps__write_array(&w);
    for (size_t i = 0; i < snapshot->n_offers; i++) {
        if (snapshot->offers[i].enabled)
            write_tool(&w, snapshot->offers[i].tool, version);
    }
    mcps__write_array_end(&w);
    mcps__result_hints(&w, engine, version, MCPS_CACHE_TOOLS);
    mcps__result_end(&w, engine, version);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__bytes_new(ret, buf.data, buf.len);
    mcps__buf_fini(&buf);
    return r;
}

int mcps__lists_get(struct mcps__engine *engine, enum mcps__version version,
                    struct mcps__bytes **ret)
{
    struct mcps__registry *registry = &engine->registry;
    int r = 0;

    mcps__mutex_lock(&registry->mutex);
    if (!registry->lists[version])
        r = write_tools(&registry->lists[version], engine, registry->current, version);
    if (r >= 0)
        *ret = mcps__bytes_ref(registry->lists[version]);
    mcps__mutex_unlock(&registry->mutex);
    return r;
}
