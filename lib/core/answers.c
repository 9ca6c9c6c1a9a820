/* SPDX-License-Identifier: MIT */
/* The answers of a call, and what outlasts a run of its handler; see answers.h. */
#include "config.h"

#include "core/answers.h"

#include <errno.h>
#include <string.h>

#include "json/tree.h"
#include "util/mem.h"

/* ---- life ---- */

struct mcps__answers *mcps__answers_new(void)
{
    struct mcps__answers *answers = mcps__calloc(1, sizeof *answers);

    if (!answers)
        return NULL;
    answers->wanted_end = &answers->wanted;
    mcps__buf_init(&answers->urls, SIZE_MAX);
    return answers;
}

void mcps__wanted_free(struct mcps__wanted *wanted)
{
    struct mcps__wanted *next;

    for (; wanted; wanted = next) {
        next = wanted->next;
        mcps__buf_fini(&wanted->params);
        mcps__free(wanted);
    }
}

static void free_notes(struct mcps__note *note)
{
    struct mcps__note *next;

    for (; note; note = next) {
        next = note->next;
        mcps__free(note->text);
        mcps__free(note);
    }
}

struct mcps__answers *mcps__answers_free(struct mcps__answers *answers)
{
    struct mcps__form *form, *next;

    if (!answers)
        return NULL;
    json_object_put(answers->responses);
    json_object_put(answers->asked);
    json_object_put(answers->stored);
    json_object_put(answers->used);
    mcps__wanted_free(answers->wanted);
    free_notes(answers->once);
    free_notes(answers->kept);
    for (form = answers->forms; form; form = next) {
        next = form->next;
        mcps__form_free(form);
    }
    mcps__buf_fini(&answers->urls);
    mcps__free(answers);
    return NULL;
}

/* ---- answers ---- */

/* Adds a member, taking the value in every case. */
static int add_member(struct json_object **object, const char *key,
                      struct json_object *value)
{
    if (!*object)
        *object = json_object_new_object();
    if (*object && value && json_object_object_add(*object, key, value) == 0)
        return 0;
    json_object_put(value);
    return -ENOMEM;
}

static bool is_digest(struct json_object *object, const char *name, const char *digest)
{
    struct json_object *member;

    return json_object_object_get_ex(object, name, &member) &&
           json_object_is_type(member, json_type_string) &&
           strcmp(json_object_get_string(member), digest) == 0;
}

/* The stored answer to this very question, or NULL. */
static struct json_object *find_stored(const struct mcps__answers *answers,
                                       const struct mcps__question *question)
{
    struct json_object *stored;

    if (!json_object_object_get_ex(answers->stored, question->of->key, &stored) ||
        !is_digest(stored, "q", question->digest))
        return NULL;
    return stored;
}

/* What came with this request, if it is for this question. */
static struct json_object *find_response(const struct mcps__answers *answers,
                                         const struct mcps__question *question)
{
    struct json_object *response;

    if (answers->with_state &&
        !is_digest(answers->asked, question->of->key, question->digest))
        return NULL;
    if (!json_object_object_get_ex(answers->responses, question->of->key, &response))
        return NULL;
    return response;
}

static int append_tree(struct mcps__buf *out, struct json_object *tree)
{
    struct mcps__writer w;

    mcps__write_init(&w, out);
    mcps__write_tree(&w, tree);
    return mcps__write_end(&w);
}

int mcps__answers_find(struct mcps__answers *answers,
                       const struct mcps__question *question, struct mcps__buf *ret)
{
    struct json_object *stored = find_stored(answers, question);
    struct json_object *member = NULL;

    if (json_object_object_get_ex(stored, "e", &member))
        return json_object_get_int(member);
    if (stored)
        json_object_object_get_ex(stored, "a", &member);
    else
        member = find_response(answers, question);
    return member ? append_tree(ret, member) : 1;
}

int mcps__answers_use(struct mcps__answers *answers,
                      const struct mcps__question *question)
{
    struct json_object *stored = find_stored(answers, question);
    struct json_object *response, *pair = NULL;
    int r;

    if (stored)
        return add_member(&answers->used, question->of->key, json_object_get(stored));
    response = find_response(answers, question);
    r = add_member(&pair, "q", json_object_new_string(question->digest));
    if (r >= 0)
        r = add_member(&pair, "a", json_object_get(response));
    if (r >= 0)
        return add_member(&answers->used, question->of->key, pair);
    json_object_put(pair);
    return r;
}

static int parse(struct json_object **ret, const char *text, size_t len,
                 const struct mcps__json_limits *limits)
{
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, ret, text, len);
    mcps__tree_parser_fini(&parser);
    return r;
}

int mcps__answers_store(struct mcps__answers *answers, const struct mcps__wanted *wanted,
                        int outcome, const char *text, size_t len,
                        const struct mcps__json_limits *limits)
{
    struct json_object *tree = NULL, *pair = NULL;
    int r = 0;

    if (outcome == 0)
        r = parse(&tree, text, len, limits);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || (outcome == 0 && !tree))
        outcome = MCPS_EPROTOCOL;
    r = add_member(&pair, "q", json_object_new_string(wanted->digest));
    if (r >= 0 && outcome == 0)
        r = add_member(&pair, "a", json_object_get(tree));
    else if (r >= 0)
        r = add_member(&pair, "e", json_object_new_int(outcome));
    json_object_put(tree);
    if (r >= 0)
        return add_member(&answers->stored, wanted->key, pair);
    json_object_put(pair);
    return r;
}

/* ---- questions ---- */

static struct mcps__wanted *find_wanted(const struct mcps__answers *answers,
                                        const char *key)
{
    struct mcps__wanted *wanted = answers->wanted;

    while (wanted && strcmp(wanted->key, key) != 0)
        wanted = wanted->next;
    return wanted;
}

int mcps__answers_want(struct mcps__answers *answers, struct mcps_call *call,
                       struct mcps__question *question)
{
    const char *key = question->of->key;
    struct mcps__wanted *wanted = find_wanted(answers, key);
    const char *id = mcps__elicitation_id(question->of);
    size_t size = strlen(key) + 1, id_size = id ? strlen(id) + 1 : 0;

    if (wanted)
        return strcmp(wanted->digest, question->digest) == 0 ? 0 : -EINVAL;
    wanted = mcps__calloc(1, sizeof *wanted + size + id_size);
    if (!wanted)
        return -ENOMEM;
    memcpy(wanted->key, key, size);
    if (id)
        wanted->elicitation_id = memcpy(wanted->key + size, id, id_size);
    memcpy(wanted->digest, question->digest, sizeof wanted->digest);
    wanted->call = call;
    wanted->method = question->method;
    wanted->time_limit = question->time_limit;
    wanted->params = question->params;
    mcps__buf_init(&question->params, SIZE_MAX);
    *answers->wanted_end = wanted;
    answers->wanted_end = &wanted->next;
    return 0;
}

/* ---- notes ---- */

struct mcps__note *mcps__note_find(struct mcps__note *note, const char *key)
{
    while (note && strcmp(note->key, key) != 0)
        note = note->next;
    return note;
}

struct mcps__note *mcps__note_add(struct mcps__note **notes, const char *key, size_t len)
{
    struct mcps__note *note = mcps__calloc(1, sizeof *note + len + 1);

    if (!note)
        return NULL;
    memcpy(note->key, key, len);
    while (*notes)
        notes = &(*notes)->next;
    *notes = note;
    return note;
}

void mcps__note_remove(struct mcps__note **notes, struct mcps__note *note)
{
    while (*notes != note)
        notes = &(*notes)->next;
    *notes = note->next;
    mcps__free(note->text);
    mcps__free(note);
}

enum { AROUND = 6 }; /* quotes, a colon, a comma */

static size_t size_of(const struct mcps__note *note)
{
    size_t size = 0;

    for (; note; note = note->next)
        size += strlen(note->key) + note->len + AROUND;
    return size;
}

size_t mcps__answers_carried(const struct mcps__answers *answers)
{
    return size_of(answers->once) + size_of(answers->kept);
}
