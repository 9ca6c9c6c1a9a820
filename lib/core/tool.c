/* SPDX-License-Identifier: MIT */
/* Tools as the registry keeps them; see tool.h. */
#include "config.h"

#include "core/tool.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <json-c/json_object.h>

#include "json/json.h"
#include "json/tree.h"
#include "json/write.h"
#include "util/mem.h"

#define TOOL_MAGIC UINT32_C(0x546f6f6c)

enum { NAME_MAX_ = 128 };

static const char no_arguments[] = "{\"type\":\"object\"}";

struct mcps_tool mcps__tool_at(const struct mcps_tool *tools, size_t i)
{
    struct mcps_tool tool = { .struct_size = 0 };
    size_t size = tools->struct_size;

    memcpy(&tool, (const char *)tools + i * size,
           size < sizeof tool ? size : sizeof tool);
    return tool;
}

struct mcps__tool *mcps__tool_ref(struct mcps__tool *tool)
{
    MCPS__CHECK_OBJ(tool, TOOL_MAGIC);
    mcps__obj_ref(&tool->obj);
    return tool;
}

static void free_tool(struct mcps__tool *tool)
{
    mcps__bytes_unref(tool->listed[0]);
    mcps__bytes_unref(tool->listed[1]);
    mcps__free(tool->name);
    mcps__free(tool);
}

struct mcps__tool *mcps__tool_unref(struct mcps__tool *tool)
{
    if (!tool)
        return NULL;
    MCPS__CHECK_OBJ(tool, TOOL_MAGIC);
    if (!mcps__obj_unref(&tool->obj))
        return NULL;
    if (tool->destroy)
        tool->destroy(tool->userdata);
    free_tool(tool);
    return NULL;
}

/* ---- what a tool must be ---- */

/* The names that revision 2025-11-25 asks for. */
static bool is_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-.";
    size_t len = name ? strlen(name) : 0;

    return len >= 1 && len <= NAME_MAX_ && strspn(name, allowed) == len;
}

static int check(const struct mcps_tool *from, struct mcps__log *log)
{
    if (from->struct_size < offsetof(struct mcps_tool, handler) + sizeof from->handler) {
        mcps__log(log, MCPS_LOG_ERROR, "a tool has no struct_size");
        return -EINVAL;
    }
    if (!is_name(from->name)) {
        mcps__log(log, MCPS_LOG_ERROR,
                  "tool \"%s\": a name is 1 to %d letters, digits, and \"_-.\"",
                  from->name ? from->name : "", NAME_MAX_);
        return -EINVAL;
    }
    if (!from->handler) {
        mcps__log(log, MCPS_LOG_ERROR, "tool %s has no handler", from->name);
        return -EINVAL;
    }
    return 0;
}

/* NULL, or what is wrong with the schema. */
static const char *schema_fault(struct json_object *schema)
{
    struct json_object *type;

    if (!json_object_is_type(schema, json_type_object))
        return "it is no object";
    if (!json_object_object_get_ex(schema, "type", &type) ||
        !json_object_is_type(type, json_type_string) ||
        strcmp(json_object_get_string(type), "object") != 0)
        return "its \"type\" is not \"object\"";
    return NULL;
}

static int check_schema(const struct mcps_tool *from, const char *text,
                        struct mcps__log *log)
{
    struct mcps__tree_parser parser;
    struct json_object *schema = NULL;
    const char *fault = NULL;
    int r = mcps__tree_parser_init(&parser, &mcps__json_default_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, &schema, text, strlen(text));
    mcps__tree_parser_fini(&parser);
    if (r == -ENOMEM)
        return r;
    fault = r < 0 ? mcps__json_strerror(r) : schema_fault(schema);
    json_object_put(schema);
    if (!fault)
        return 0;
    mcps__log(log, MCPS_LOG_ERROR, "tool %s: its input schema cannot be used: %s",
              from->name, fault);
    return -EINVAL;
}

/* ---- what a list says of it ---- */

/* A schema goes out as it was written, but on one line: outside of strings JSON has line
 * breaks only where it has spaces. The text is valid. */
static int append_schema(struct mcps__buf *buf, const char *text)
{
    bool in_string = false;
    int r = 0;

    for (const char *c = text; *c != '\0' && r >= 0; c++) {
        if (*c == '"')
            in_string = !in_string;
        if (!in_string && strchr(" \t\r\n", *c))
            continue;
        r = mcps__buf_append_byte(buf, *c);
        if (r >= 0 && in_string && *c == '\\')
            r = mcps__buf_append_byte(buf, *++c);
    }
    return r;
}

static void write_text_member(struct mcps__writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    mcps__write_key(w, name);
    mcps__write_string(w, text);
}

static int write_listed(struct mcps__bytes **ret, const struct mcps_tool *from,
                        const struct mcps__buf *schema, bool with_title)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    int r;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_object(&w);
    write_text_member(&w, "name", from->name);
    write_text_member(&w, "title", with_title ? from->title : NULL);
    write_text_member(&w, "description", from->description);
    mcps__write_key(&w, "inputSchema");
    mcps__write_raw(&w, schema->data, schema->len);
    mcps__write_object_end(&w);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__bytes_new(ret, buf.data, buf.len);
    mcps__buf_fini(&buf);
    return r;
}

static int fill(struct mcps__tool *tool, const struct mcps_tool *from, const char *schema)
{
    struct mcps__buf line;
    int r;

    tool->name = mcps__memdup(from->name, strlen(from->name) + 1);
    if (!tool->name)
        return -ENOMEM;
    mcps__buf_init(&line, SIZE_MAX);
    r = append_schema(&line, schema);
    for (int i = 0; i < 2 && r >= 0; i++)
        r = write_listed(&tool->listed[i], from, &line, i > 0);
    mcps__buf_fini(&line);
    return r;
}

int mcps__tool_new(struct mcps__tool **ret, const struct mcps_tool *from,
                   struct mcps__log *log)
{
    const char *schema;
    struct mcps__tool *tool;
    int r = check(from, log);

    if (r < 0)
        return r;
    schema = from->input_schema ? from->input_schema : no_arguments;
    r = check_schema(from, schema, log);
    if (r < 0)
        return r;
    tool = mcps__calloc(1, sizeof *tool);
    if (!tool)
        return -ENOMEM;
    r = fill(tool, from, schema);
    if (r < 0) {
        free_tool(tool);
        return r;
    }
    mcps__obj_init(&tool->obj, TOOL_MAGIC);
    tool->handler = from->handler;
    tool->userdata = from->userdata;
    tool->destroy = from->destroy;
    tool->timeout_ms = from->timeout_ms;
    tool->max_parallel = from->max_parallel;
    atomic_init(&tool->n_calls, 0);
    *ret = tool;
    return 0;
}
