/* SPDX-License-Identifier: MIT */
/* The params of sampling/createMessage, and its result; see sampling.h. */
#include "config.h"

#include "core/sampling.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/meta.h"
#include "json/json.h"
#include "json/tree.h"
#include "json/write.h"

/* ---- trees ---- */

static const char *string_of(struct json_object *object, const char *name)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, name, &member) ||
        !json_object_is_type(member, json_type_string))
        return NULL;
    return json_object_get_string(member);
}

static struct json_object *content_of(struct json_object *message)
{
    struct json_object *content = NULL;

    json_object_object_get_ex(message, "content", &content);
    return content;
}

/* A content is one block or, since 2025-11-25, an array of them. */
static size_t n_blocks(struct json_object *content)
{
    return json_object_is_type(content, json_type_array)
               ? json_object_array_length(content)
               : 1;
}

static struct json_object *block_at(struct json_object *content, size_t i)
{
    return json_object_is_type(content, json_type_array)
               ? json_object_array_get_idx(content, i)
               : content;
}

static bool is_block_of(struct json_object *block, const char *type)
{
    const char *is = string_of(block, "type");

    return is && strcmp(is, type) == 0;
}

static size_t count_blocks(struct json_object *content, const char *type)
{
    size_t n = 0;

    for (size_t i = 0; i < n_blocks(content); i++)
        n += is_block_of(block_at(content, i), type);
    return n;
}

/* NULL, or what is wrong with what both requests and results have. */
static const char *message_fault(struct json_object *message)
{
    const char *role = string_of(message, "role");
    struct json_object *content = content_of(message);

    if (!role || (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0))
        return "a message has no role \"user\" or \"assistant\"";
    if (!json_object_is_type(content, json_type_object) &&
        !json_object_is_type(content, json_type_array))
        return "a message has no content";
    for (size_t i = 0; i < n_blocks(content); i++) {
        if (!string_of(block_at(content, i), "type"))
            return "the content of a message has no type";
    }
    return NULL;
}

const char *mcps__sampling_fault(struct json_object *result)
{
    const char *fault = json_object_is_type(result, json_type_object)
                            ? message_fault(result)
                            : "it is no object";

    if (fault)
        return fault;
    return string_of(result, "model") ? NULL : "it names no model";
}

/* ---- tools and their results ---- */

static bool has_answer(struct json_object *content, const char *id)
{
    for (size_t i = 0; i < n_blocks(content); i++) {
        const char *to = string_of(block_at(content, i), "toolUseId");

        if (to && is_block_of(block_at(content, i), "tool_result") && strcmp(to, id) == 0)
            return true;
    }
    return false;
}

/* NULL, or what is wrong between a message and the next one, of which one may not be there. */
static const char *pair_fault(struct json_object *message, struct json_object *next)
{
    struct json_object *content = content_of(message);
    struct json_object *answers = content_of(next);
    size_t n_uses = message ? count_blocks(content, "tool_use") : 0;
    size_t n_results = next ? count_blocks(answers, "tool_result") : 0;

    if (n_results > 0 && n_results < n_blocks(answers))
        return "a message has a tool_result, and something else";
    if (n_results > 0 && strcmp(string_of(next, "role"), "user") != 0)
        return "a tool_result is not the user's";
    if (n_uses > 0 && strcmp(string_of(message, "role"), "assistant") != 0)
        return "a tool_use is not the assistant's";
    for (size_t i = 0; n_uses > 0 && i < n_blocks(content); i++) {
        struct json_object *block = block_at(content, i);
        const char *id = string_of(block, "id");

        if (!is_block_of(block, "tool_use"))
            continue;
        if (!id || n_results == 0 || !has_answer(answers, id))
            return "a tool_use is not answered by a tool_result in the next message";
    }
    return n_results > n_uses ? "a tool_result answers no tool_use" : NULL;
}

/* NULL, or what is wrong with the messages of a request. */
static const char *messages_fault(struct json_object *messages,
                                  enum mcps__version version, unsigned *needs)
{
    struct json_object *before = NULL;
    const char *fault = NULL;

    if (!json_object_is_type(messages, json_type_array) ||
        json_object_array_length(messages) == 0)
        return "its messages are no array, or an empty one";
    for (size_t i = 0; i < json_object_array_length(messages) && !fault; i++) {
        struct json_object *message = json_object_array_get_idx(messages, i);

        fault = message_fault(message);
        if (!fault)
            fault = pair_fault(before, message);
        if (fault)
            break;
        /* Several contents in one message came with tools. */
        if (count_blocks(content_of(message), "tool_use") > 0 ||
            (version < MCPS__V_2025_11_25 &&
             json_object_is_type(content_of(message), json_type_array)))
            *needs |= MCPS_CLIENT_SAMPLING_TOOLS;
        before = message;
    }
    return fault ? fault : pair_fault(before, NULL);
}

static int check_messages(const struct mcps__buf *text, enum mcps__version version,
                          unsigned *needs, const char **reterr)
{
    struct mcps__tree_parser parser;
    struct json_object *tree = NULL;
    int r = mcps__tree_parser_init(&parser, &mcps__json_default_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, &tree, text->data, text->len);
    mcps__tree_parser_fini(&parser);
    if (r == -ENOMEM)
        return r;
    *reterr = r < 0 ? mcps__json_strerror(r) : messages_fault(tree, version, needs);
    json_object_put(tree);
    return *reterr ? -EINVAL : 0;
}

/* ---- writing ---- */

/* The text is a value, so it ends with something else. */
static size_t skip_space(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && (text[i] == ' ' || text[i] == '\t'))
        i++;
    return i;
}

/* A member that is given as JSON text, on one line; NULL: none. */
static int write_json(struct mcps__writer *w, const char *name, const char *json,
                      char begin, const char **reterr)
{
    struct mcps__buf text;
    int r;

    if (!json)
        return 0;
    mcps__buf_init(&text, SIZE_MAX);
    r = mcps__meta_value(&text, json);
    if (r >= 0 && text.data[skip_space(text.data, text.len)] != begin)
        r = -EINVAL;
    if (r >= 0) {
        mcps__write_key(w, name);
        mcps__write_raw(w, text.data, text.len);
    } else if (r == -EINVAL) {
        *reterr = name;
    }
    mcps__buf_fini(&text);
    return r;
}

static void write_prompt(struct mcps__writer *w, const char *prompt)
{
    mcps__write_key(w, "messages");
    mcps__write_array(w);
    mcps__write_object(w);
    mcps__write_key(w, "role");
    mcps__write_string(w, "user");
    mcps__write_key(w, "content");
    mcps__write_object(w);
    mcps__write_key(w, "type");
    mcps__write_string(w, "text");
    mcps__write_key(w, "text");
    mcps__write_string(w, prompt);
    mcps__write_object_end(w);
    mcps__write_object_end(w);
    mcps__write_array_end(w);
}

static int write_messages(struct mcps__writer *w, const char *json,
                          enum mcps__version version, unsigned *needs,
                          const char **reterr)
{
    struct mcps__buf text;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    r = mcps__meta_value(&text, json);
    if (r == -EINVAL)
        *reterr = "messages";
    if (r >= 0)
        r = check_messages(&text, version, needs, reterr);
    if (r >= 0) {
        mcps__write_key(w, "messages");
        mcps__write_raw(w, text.data, text.len);
    }
    mcps__buf_fini(&text);
    return r;
}

static void write_plain(struct mcps__writer *w, const struct mcps_sampling *from)
{
    mcps__write_key(w, "maxTokens");
    mcps__write_uint(w, from->max_tokens);
    if (from->system_prompt) {
        mcps__write_key(w, "systemPrompt");
        mcps__write_string(w, from->system_prompt);
    }
    if (from->temperature) {
        mcps__write_key(w, "temperature");
        mcps__write_double(w, *from->temperature);
    }
    if (from->include_context) {
        mcps__write_key(w, "includeContext");
        mcps__write_string(w, from->include_context);
    }
    if (!from->stop_sequences)
        return;
    mcps__write_key(w, "stopSequences");
    mcps__write_array(w);
    for (const char *const *stop = from->stop_sequences; *stop; stop++)
        mcps__write_string(w, *stop);
    mcps__write_array_end(w);
}

static int write_members(struct mcps__writer *w, const struct mcps_sampling *from,
                         enum mcps__version version, unsigned *needs, const char **reterr)
{
    int r = 0;

    if (from->messages)
        r = write_messages(w, from->messages, version, needs, reterr);
    else
        write_prompt(w, from->prompt);
    write_plain(w, from);
    if (r >= 0)
        r = write_json(w, "modelPreferences", from->model_preferences, '{', reterr);
    if (r >= 0)
        r = write_json(w, "tools", from->tools, '[', reterr);
    if (r >= 0)
        r = write_json(w, "toolChoice", from->tool_choice, '{', reterr);
    if (r >= 0)
        r = write_json(w, "metadata", from->metadata, '{', reterr);
    return r;
}

/* NULL, or what does not go together. */
static const char *shape_fault(const struct mcps_sampling *from)
{
    const char *context = from->include_context;

    if (!from->prompt == !from->messages)
        return "it needs either a prompt or messages";
    if (from->max_tokens == 0)
        return "it needs max_tokens";
    if (from->tool_choice && !from->tools)
        return "it has a tool_choice without tools";
    if (context && strcmp(context, "none") != 0 && strcmp(context, "thisServer") != 0 &&
        strcmp(context, "allServers") != 0)
        return "its include_context is none of \"none\", \"thisServer\", \"allServers\"";
    return NULL;
}

/* Before 2025-11-25 every client with sampling had contexts, and none had tools. */
static unsigned needs_of(const struct mcps_sampling *from, enum mcps__version version)
{
    unsigned needs = from->tools ? MCPS_CLIENT_SAMPLING_TOOLS : 0;

    if (version >= MCPS__V_2025_11_25 && from->include_context &&
        strcmp(from->include_context, "none") != 0)
        needs |= MCPS_CLIENT_SAMPLING_CONTEXT;
    return needs;
}

int mcps__sampling_write(struct mcps__buf *out, const struct mcps_sampling *sampling,
                         enum mcps__version version, unsigned *ret_needs, char *reterr,
                         size_t reterr_size)
{
    struct mcps_sampling from = { .struct_size = 0 };
    const char *fault = "there is nothing to sample";
    struct mcps__writer w;
    int r = -EINVAL;

    if (sampling && sampling->struct_size > 0) {
        memcpy(&from, sampling,
               sampling->struct_size < sizeof from ? sampling->struct_size : sizeof from);
        fault = shape_fault(&from);
    }
    if (!fault) {
        *ret_needs |= needs_of(&from, version);
        mcps__write_init(&w, out);
        mcps__write_object(&w);
        r = write_members(&w, &from, version, ret_needs, &fault);
        mcps__write_object_end(&w);
        if (r >= 0)
            r = mcps__write_end(&w);
    }
    if (r == MCPS_EINVALID) {
        fault = "its temperature is no number";
        r = -EINVAL;
    }
    if (r == -EINVAL)
        snprintf(reterr, reterr_size, "%s%s", fault ? fault : "a member is not valid",
                 fault && !strchr(fault, ' ') ? " is no JSON of its type" : "");
    return r;
}
