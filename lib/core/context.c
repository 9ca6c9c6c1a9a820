/* SPDX-License-Identifier: MIT */
/* The context of a request; see context.h. */
#include "config.h"

#include "core/context.h"

#include <errno.h>
#include <string.h>

#include "rpc/errors.h"
#include "util/mem.h"
#include "util/utf8.h"

#define CONTEXT_MAGIC UINT32_C(0x436f6e74)

static const struct mcps__version_info infos[] = {
#define XX(name, text, era, batches) { text, MCPS__##era, batches },
    MCPS__VERSION_MAP(XX)
#undef XX
};

const struct mcps__version_info *mcps__version_info(enum mcps__version version)
{
    return &infos[version];
}

int mcps__version_by_name(enum mcps__era era, const char *text, size_t len)
{
    for (int i = 0; i < MCPS__N_VERSIONS; i++) {
        if (infos[i].era == era && strlen(infos[i].text) == len &&
            memcmp(infos[i].text, text, len) == 0)
            return i;
    }
    return MCPS_ENOTFOUND;
}

int mcps__context_new(struct mcps__context **ret, enum mcps__version version,
                      unsigned capabilities, struct mcps__bytes *declared)
{
    struct mcps__context *context = mcps__calloc(1, sizeof *context);

    if (!context)
        return -ENOMEM;
    mcps__obj_init(&context->obj, CONTEXT_MAGIC);
    context->version = version;
    context->capabilities = capabilities;
    context->declared = declared ? mcps__bytes_ref(declared) : NULL;
    *ret = context;
    return 0;
}

struct mcps__context *mcps__context_ref(struct mcps__context *context)
{
    MCPS__CHECK_OBJ(context, CONTEXT_MAGIC);
    mcps__obj_ref(&context->obj);
    return context;
}

struct mcps__context *mcps__context_unref(struct mcps__context *context)
{
    if (!context)
        return NULL;
    MCPS__CHECK_OBJ(context, CONTEXT_MAGIC);
    if (mcps__obj_unref(&context->obj)) {
        mcps__bytes_unref(context->declared);
        mcps__free(context);
    }
    return NULL;
}

static void keep_text(char *to, size_t size, const char *text, size_t len)
{
    const char *nul = memchr(text, '\0', len);

    if (nul)
        len = (size_t)(nul - text);
    if (len >= size)
        len = mcps__utf8_valid_prefix(text, size - 1);
    memcpy(to, text, len);
    to[len] = '\0';
}

void mcps__client_keep(struct mcps__client *client, const char *name, size_t name_len,
                       const char *version, size_t version_len)
{
    keep_text(client->name, sizeof client->name, name, name_len);
    keep_text(client->version, sizeof client->version, version, version_len);
}

int mcps__context_code(const struct mcps__context *context, int code)
{
    if (code == MCPS__RPC_SERVER && mcps__context_is_modern(context))
        return MCPS__RPC_INTERNAL;
    return code;
}

/* ---- levels of log messages ---- */

static const char *const level_names[] = {
#define XX(name, value, text) [value] = (text),
    MCPS_LOG_LEVEL_MAP(XX)
#undef XX
};

int mcps__log_level_by_name(const char *name, size_t len)
{
    for (int i = MCPS_LOG_EMERGENCY; i <= MCPS_LOG_DEBUG; i++) {
        if (strlen(level_names[i]) == len && memcmp(level_names[i], name, len) == 0)
            return i;
    }
    return -EINVAL;
}

const char *mcps__log_level_name(enum mcps_log_level level)
{
    return level_names[level];
}

/* ---- capabilities ---- */

/* What a name stands for is counted from ANY_ELICITATION on, which is no capability itself: an
 * empty object of it means forms. */
enum { ANY_ELICITATION = 1 << 16 };

static const struct {
    unsigned bit;
    const char *of, *name;
} declared_names[] = {
    { MCPS_CLIENT_ROOTS, NULL, "roots" },
    { MCPS_CLIENT_SAMPLING, NULL, "sampling" },
    { MCPS_CLIENT_SAMPLING_TOOLS, "sampling", "tools" },
    { MCPS_CLIENT_SAMPLING_CONTEXT, "sampling", "context" },
    { ANY_ELICITATION, NULL, "elicitation" },
    { MCPS_CLIENT_ELICITATION, "elicitation", "form" },
    { MCPS_CLIENT_ELICITATION_URL, "elicitation", "url" },
};

unsigned mcps__capability_by_name(const char *of, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof declared_names / sizeof declared_names[0]; i++) {
        const char *in = declared_names[i].of;

        if (!of != !in || (of && strcmp(of, in) != 0))
            continue;
        if (strlen(declared_names[i].name) == len &&
            memcmp(declared_names[i].name, name, len) == 0)
            return declared_names[i].bit;
    }
    return 0;
}

unsigned mcps__capabilities_of(enum mcps__version version, unsigned declared)
{
    const unsigned since_2025_11 = MCPS_CLIENT_ELICITATION_URL |
                                   MCPS_CLIENT_SAMPLING_TOOLS |
                                   MCPS_CLIENT_SAMPLING_CONTEXT;

    if (version < MCPS__V_2025_11_25)
        declared &= ~since_2025_11;
    if (!(declared & MCPS_CLIENT_ELICITATION_URL) && (declared & ANY_ELICITATION))
        declared |= MCPS_CLIENT_ELICITATION;
    if (version < MCPS__V_2025_06_18)
        declared &= ~(unsigned)MCPS_CLIENT_ELICITATION;
    return declared & ~(unsigned)ANY_ELICITATION;
}

static void write_flag(struct mcps__writer *w, const char *name, unsigned flag)
{
    if (!flag)
        return;
    mcps__write_key(w, name);
    mcps__write_object(w);
    mcps__write_object_end(w);
}

/* A name alone means the first of its flags. */
static void write_elicitation(struct mcps__writer *w, unsigned capabilities)
{
    unsigned url = capabilities & MCPS_CLIENT_ELICITATION_URL;

    if (!url && !(capabilities & MCPS_CLIENT_ELICITATION))
        return;
    mcps__write_key(w, "elicitation");
    mcps__write_object(w);
    write_flag(w, "form", url ? capabilities & MCPS_CLIENT_ELICITATION : 0);
    write_flag(w, "url", url);
    mcps__write_object_end(w);
}

static void write_sampling(struct mcps__writer *w, unsigned capabilities)
{
    unsigned tools = capabilities & MCPS_CLIENT_SAMPLING_TOOLS;
    unsigned context = capabilities & MCPS_CLIENT_SAMPLING_CONTEXT;

    if (!tools && !context && !(capabilities & MCPS_CLIENT_SAMPLING))
        return;
    mcps__write_key(w, "sampling");
    mcps__write_object(w);
    write_flag(w, "tools", tools);
    write_flag(w, "context", context);
    mcps__write_object_end(w);
}

static void write_capabilities(struct mcps__writer *w, unsigned capabilities)
{
    mcps__write_object(w);
    write_flag(w, "roots", capabilities & MCPS_CLIENT_ROOTS);
    write_sampling(w, capabilities);
    write_elicitation(w, capabilities);
    mcps__write_object_end(w);
}

void mcps__write_missing(struct mcps__writer *w, unsigned missing)
{
    mcps__write_object(w);
    mcps__write_key(w, "requiredCapabilities");
    write_capabilities(w, missing);
    mcps__write_object_end(w);
}
