/* SPDX-License-Identifier: MIT */
/* Questions to a client; see question.h. */
#include "config.h"

#include "core/question.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/sampling.h"
#include "json/tree.h"
#include "schema/form.h"
#include "schema/format.h"
#include "util/base64.h"
#include "util/mem.h"

enum { KEY_MAX = 64 };

/* ---- life ---- */

struct mcps__form *mcps__form_free(struct mcps__form *form)
{
    if (!form)
        return NULL;
    mcps__args_fini(&form->args);
    mcps__table_free(form->table);
    mcps__free(form->text);
    mcps__free(form);
    return NULL;
}

void mcps__question_fini(struct mcps__question *question)
{
    mcps__buf_fini(&question->params);
    mcps__table_free(question->table);
    mcps__form_free(question->form);
    json_object_put(question->json);
    *question = (struct mcps__question){ .of = NULL };
}

bool mcps__question_key_ok(const char *key)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-.";
    size_t len = key ? strlen(key) : 0;

    return len >= 1 && len <= KEY_MAX && strspn(key, allowed) == len;
}

/* ---- asking ---- */

static enum mcps__form_dialect dialect_of(enum mcps__version version)
{
    if (version <= MCPS__V_2025_06_18)
        return MCPS__FORM_2025_06;
    return version == MCPS__V_2025_11_25 ? MCPS__FORM_2025_11 : MCPS__FORM_2026;
}

static void write_member(struct mcps__writer *w, const char *name, const char *text)
{
    mcps__write_key(w, name);
    mcps__write_string(w, text);
}

/* A table that is a form of the latest dialect may still be none of an older one. */
static int check_form(const struct mcps__table *table, enum mcps__form_dialect dialect,
                      char *reterr, size_t reterr_size)
{
    if (mcps__form_check(table, MCPS__FORM_2026, reterr, reterr_size) < 0)
        return -EINVAL;
    if (mcps__form_check(table, dialect, reterr, reterr_size) < 0)
        return MCPS_ECAPABILITY;
    return 0;
}

static int make_form(struct mcps__question *question, enum mcps__version version,
                     char *reterr, size_t reterr_size)
{
    const struct mcps_question *of = question->of;
    enum mcps__form_dialect dialect = dialect_of(version);
    struct mcps__writer w;
    int r;

    if (!of->message || !of->fields) {
        snprintf(reterr, reterr_size, "it needs a message and fields");
        return -EINVAL;
    }
    r = mcps__table_new(&question->table, of->fields, of->fields_size, reterr,
                        reterr_size);
    if (r >= 0)
        r = check_form(question->table, dialect, reterr, reterr_size);
    if (r < 0)
        return r;
    mcps__write_init(&w, &question->params);
    mcps__write_object(&w);
    write_member(&w, "message", of->message);
    mcps__write_key(&w, "requestedSchema");
    mcps__form_write(question->table, dialect, &w);
    mcps__write_object_end(&w);
    return mcps__write_end(&w);
}

static bool is_url(const char *url)
{
    return url && mcps__format_find("uri")->fits(url, strlen(url));
}

static int make_url(struct mcps__question *question, enum mcps__version version,
                    char *reterr, size_t reterr_size)
{
    const struct mcps_question *of = question->of;
    struct mcps__writer w;

    if (!of->message || !is_url(of->url) || !of->elicitation_id ||
        of->elicitation_id[0] == '\0') {
        snprintf(reterr, reterr_size, "it needs a message, a URL and an elicitation id");
        return -EINVAL;
    }
    mcps__write_init(&w, &question->params);
    mcps__write_object(&w);
    write_member(&w, "mode", "url");
    write_member(&w, "message", of->message);
    write_member(&w, "url", of->url);
    if (version <= MCPS__V_2025_11_25)
        write_member(&w, "elicitationId", of->elicitation_id);
    mcps__write_object_end(&w);
    return mcps__write_end(&w);
}

static int make_sampling(struct mcps__question *question, enum mcps__version version,
                         char *reterr, size_t reterr_size)
{
    return mcps__sampling_write(&question->params, question->of->sampling, version,
                                &question->capability, reterr, reterr_size);
}

static int make_roots(struct mcps__question *question, enum mcps__version version,
                      char *reterr, size_t reterr_size)
{
    (void)version;
    (void)reterr;
    (void)reterr_size;
    return mcps__buf_append_str(&question->params, "{}");
}

static const struct kind {
    const char *method;
    unsigned capability;
    enum mcps_limit time_limit;
    int (*make)(struct mcps__question *question, enum mcps__version version, char *reterr,
                size_t reterr_size);
} kinds[] = {
    [MCPS_QUESTION_FORM] = { "elicitation/create", MCPS_CLIENT_ELICITATION,
                             MCPS_LIMIT_ELICIT_MS, make_form },
    [MCPS_QUESTION_URL] = { "elicitation/create", MCPS_CLIENT_ELICITATION_URL,
                            MCPS_LIMIT_ELICIT_MS, make_url },
    [MCPS_QUESTION_SAMPLING] = { "sampling/createMessage", MCPS_CLIENT_SAMPLING,
                                 MCPS_LIMIT_SAMPLING_MS, make_sampling },
    [MCPS_QUESTION_ROOTS] = { "roots/list", MCPS_CLIENT_ROOTS, MCPS_LIMIT_ROOTS_MS,
                              make_roots },
};

/* Also puts a NUL behind the params, which are then the same for every reader. */
static int make_digest(struct mcps__question *question)
{
    struct mcps__digest digest = { .ctx = NULL };
    unsigned char hash[MCPS__SHA256_SIZE];
    int r = mcps__buf_append_byte(&question->params, '\0');

    if (r < 0)
        return r;
    question->params.len--;
    r = mcps__digest_init(&digest);
    if (r >= 0)
        r = mcps__digest_feed(&digest, question->method, strlen(question->method) + 1);
    if (r >= 0)
        r = mcps__digest_feed(&digest, question->params.data, question->params.len);
    if (r >= 0)
        r = mcps__digest_end(&digest, hash);
    mcps__digest_fini(&digest);
    if (r < 0)
        return r;
    mcps__base64url_encode(question->digest, hash, MCPS__DIGEST_BYTES);
    question->digest[MCPS__DIGEST_LEN] = '\0';
    return 0;
}

int mcps__question_make(struct mcps__question *question, const struct mcps_question *of,
                        const struct mcps__context *context, char *reterr,
                        size_t reterr_size)
{
    const struct kind *kind;
    int r;

    *question = (struct mcps__question){ .of = of };
    mcps__buf_init(&question->params, SIZE_MAX);
    if ((size_t)of->kind >= sizeof kinds / sizeof kinds[0] ||
        !mcps__question_key_ok(of->key)) {
        snprintf(reterr, reterr_size,
                 "its key is not 1 to %d letters, digits and \"_-.\"", KEY_MAX);
        return -EINVAL;
    }
    kind = &kinds[of->kind];
    question->method = kind->method;
    question->capability = kind->capability;
    question->time_limit = kind->time_limit;
    r = kind->make(question, context->version, reterr, reterr_size);
    if (r < 0)
        return r;
    if (question->capability & ~context->capabilities)
        return MCPS_ECAPABILITY;
    return make_digest(question);
}

/* ---- answers ---- */

static int say(int error, char *reterr, size_t reterr_size, const char *why)
{
    snprintf(reterr, reterr_size, "%s", why);
    return error;
}

/* The text that the struct refers to is the form's own. */
static int decode_text(struct mcps__form *form, struct json_object *content,
                       const struct mcps__engine *engine, char *reterr,
                       size_t reterr_size)
{
    struct mcps__reader reader = { .scratch = NULL };
    struct mcps__buf text;
    struct mcps__writer w;
    size_t len;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    mcps__write_init(&w, &text);
    mcps__write_tree(&w, content);
    r = mcps__write_end(&w);
    len = text.len;
    if (r >= 0)
        r = mcps__buf_append_byte(&text, '\0');
    form->text = text.data;
    if (r < 0)
        return r;
    r = mcps__reader_init(&reader, &engine->json_limits);
    if (r >= 0)
        r = mcps__form_decode(&form->args, form->table, form->text, len, &reader, reterr,
                              reterr_size);
    mcps__reader_fini(&reader);
    return r;
}

static int decode_form(struct mcps__question *question, struct json_object *content,
                       const struct mcps__engine *engine, char *reterr,
                       size_t reterr_size)
{
    struct mcps__form *form = mcps__calloc(1, sizeof *form);

    if (!form)
        return -ENOMEM;
    form->table = question->table;
    question->table = NULL;
    question->form = form;
    return decode_text(form, content, engine, reterr, reterr_size);
}

/* The table is the form's now, or nobody has asked for it. */
static int accept(struct mcps__question *question, struct json_object *result,
                  const struct mcps__engine *engine, char *reterr, size_t reterr_size)
{
    struct json_object *content = NULL, *none = NULL;
    int r;

    if (question->of->kind == MCPS_QUESTION_URL)
        return MCPS_ACCEPTED;
    if (!json_object_object_get_ex(result, "content", &content)) {
        none = json_object_new_object();
        if (!none)
            return -ENOMEM;
        content = none;
    }
    if (json_object_is_type(content, json_type_object))
        r = decode_form(question, content, engine, reterr, reterr_size);
    else
        r = say(MCPS_EPROTOCOL, reterr, reterr_size, "its content is no object");
    json_object_put(none);
    return r;
}

static int read_elicited(struct mcps__question *question, struct json_object *result,
                         const struct mcps__engine *engine, char *reterr,
                         size_t reterr_size)
{
    struct json_object *action = NULL;
    const char *word;

    if (!json_object_object_get_ex(result, "action", &action) ||
        !json_object_is_type(action, json_type_string))
        return say(MCPS_EPROTOCOL, reterr, reterr_size, "it has no action");
    word = json_object_get_string(action);
    if (strcmp(word, "decline") == 0)
        return MCPS_DECLINED;
    if (strcmp(word, "cancel") == 0)
        return MCPS_DISMISSED;
    if (strcmp(word, "accept") == 0)
        return accept(question, result, engine, reterr, reterr_size);
    return say(MCPS_EPROTOCOL, reterr, reterr_size,
               "its action is none of \"accept\", \"decline\", \"cancel\"");
}

static int read_roots(struct mcps__question *question, struct json_object *result,
                      char *reterr, size_t reterr_size)
{
    struct json_object *roots, *uri;

    if (!json_object_object_get_ex(result, "roots", &roots) ||
        !json_object_is_type(roots, json_type_array))
        return say(MCPS_EPROTOCOL, reterr, reterr_size, "it has no array of roots");
    for (size_t i = 0; i < json_object_array_length(roots); i++) {
        struct json_object *root = json_object_array_get_idx(roots, i);

        if (!json_object_object_get_ex(root, "uri", &uri) ||
            !json_object_is_type(uri, json_type_string))
            return say(MCPS_EPROTOCOL, reterr, reterr_size, "a root has no URI");
    }
    question->json = json_object_get(roots);
    return 0;
}

static int read_result(struct mcps__question *question, struct json_object *result,
                       const struct mcps__engine *engine, char *reterr,
                       size_t reterr_size)
{
    const char *fault;

    if (!json_object_is_type(result, json_type_object))
        return say(MCPS_EPROTOCOL, reterr, reterr_size, "it is no object");
    switch (question->of->kind) {
    case MCPS_QUESTION_FORM:
    case MCPS_QUESTION_URL:
        return read_elicited(question, result, engine, reterr, reterr_size);
    case MCPS_QUESTION_ROOTS: return read_roots(question, result, reterr, reterr_size);
    case MCPS_QUESTION_SAMPLING: break;
    }
    fault = mcps__sampling_fault(result);
    if (fault)
        return say(MCPS_EPROTOCOL, reterr, reterr_size, fault);
    question->json = json_object_get(result);
    return 0;
}

int mcps__question_read(struct mcps__question *question,
                        const struct mcps__engine *engine, const char *text, size_t len,
                        char *reterr, size_t reterr_size)
{
    struct mcps__tree_parser parser;
    struct json_object *result = NULL;
    int r = mcps__tree_parser_init(&parser, &engine->json_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, &result, text, len);
    mcps__tree_parser_fini(&parser);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return say(MCPS_EPROTOCOL, reterr, reterr_size, mcps__json_strerror(r));
    r = read_result(question, result, engine, reterr, reterr_size);
    json_object_put(result);
    return r;
}
