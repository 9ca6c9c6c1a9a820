/* SPDX-License-Identifier: MIT */
/* Tools as the registry keeps them; see tool.h. */
#include "config.h"

#include "core/tool.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/meta.h"
#include "json/json.h"
#include "json/tree.h"
#include "json/write.h"
#include "schema/complain.h"
#include "util/mem.h"

#define TOOL_MAGIC UINT32_C(0x546f6f6c)

enum { NAME_MAX_ = 128 };

#define ALL_HINTS                                                                     \
    ((unsigned)MCPS_READ_ONLY | (unsigned)MCPS_ADDITIVE | (unsigned)MCPS_IDEMPOTENT | \
     (unsigned)MCPS_CLOSED_WORLD)
#define ALL_NEEDS                                                   \
    ((unsigned)MCPS_CLIENT_ROOTS | (unsigned)MCPS_CLIENT_SAMPLING | \
     (unsigned)MCPS_CLIENT_ELICITATION)

static const char any_arguments[] = "{\"type\":\"object\"}";

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
    for (size_t i = 0; i < MCPS__N_TOOL_PARTS; i++)
        mcps__bytes_unref(tool->parts[i]);
    mcps_schema_unref(tool->input);
    mcps_schema_unref(tool->output);
    mcps__table_free(tool->args);
    mcps__table_free(tool->result);
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

/* NULL, or what does not go together, to be said behind the tool's name. */
static const char *shape_fault(const struct mcps_tool *from)
{
    if (!from->handler && !from->typed)
        return "has no handler";
    if (from->handler && from->typed)
        return "has two handlers, a plain and a typed one";
    if (from->typed && !from->args)
        return "has a typed handler, but no table of arguments";
    if (from->handler && from->args)
        return "has a table of arguments, but no typed handler";
    if (from->args && from->input_schema)
        return "has both a table of arguments and an input schema";
    if (from->result && from->output_schema)
        return "has both a table of its result and an output schema";
    return NULL;
}

static int check(const struct mcps_tool *from, struct mcps__log *log)
{
    const char *fault;

    if (from->struct_size <
        offsetof(struct mcps_tool, args_size) + sizeof from->args_size) {
        mcps__log(log, MCPS_LOG_ERROR, "a tool has no struct_size");
        return -EINVAL;
    }
    if (!is_name(from->name)) {
        mcps__log(log, MCPS_LOG_ERROR,
                  "tool \"%s\": a name is 1 to %d letters, digits, and \"_-.\"",
                  from->name ? from->name : "", NAME_MAX_);
        return -EINVAL;
    }
    fault = shape_fault(from);
    if (fault) {
        mcps__log(log, MCPS_LOG_ERROR, "tool %s %s", from->name, fault);
        return -EINVAL;
    }
    if ((from->hints & ~ALL_HINTS) != 0 || (from->needs & ~ALL_NEEDS) != 0) {
        mcps__log(log, MCPS_LOG_ERROR, "tool %s: a bit of its %s stands for nothing",
                  from->name, (from->hints & ~ALL_HINTS) != 0 ? "hints" : "needs");
        return -EINVAL;
    }
    return 0;
}

/* ---- JSON texts of the application ---- */

/* What a schema is called when it cannot be used. */
struct text {
    const char *name, *json;
};

/* A text goes out as it was written, but on one line: outside of strings JSON has line
 * breaks only where it has spaces. The text is valid. */
static int append_line(struct mcps__buf *buf, const char *text)
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

static int parse_text(struct json_object **ret, const struct text *text)
{
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, &mcps__json_default_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, ret, text->json, strlen(text->json));
    mcps__tree_parser_fini(&parser);
    return r;
}

/* Whether it says "type": "object", as an input schema must. */
static bool is_for_objects(struct json_object *schema)
{
    struct json_object *type;

    return json_object_is_type(schema, json_type_object) &&
           json_object_object_get_ex(schema, "type", &type) &&
           json_object_is_type(type, json_type_string) &&
           strcmp(json_object_get_string(type), "object") == 0;
}

static int refuse_text(const struct mcps_tool *from, const struct text *text,
                       const char *why, struct mcps__log *log)
{
    mcps__log(log, MCPS_LOG_ERROR, "tool %s: its %s cannot be used: %s", from->name,
              text->name, why);
    return -EINVAL;
}

/* Says whether the text is a schema of objects, if that is of interest. */
static int check_text(const struct mcps_tool *from, const struct text *text,
                      bool *ret_for_objects, struct mcps__log *log)
{
    struct json_object *tree = NULL;
    int r = parse_text(&tree, text);
    bool fits;

    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return refuse_text(from, text, mcps__json_strerror(r), log);
    fits = json_object_is_type(tree, json_type_object);
    *ret_for_objects = is_for_objects(tree);
    json_object_put(tree);
    if (!fits)
        return refuse_text(from, text, "it is no object", log);
    return 0;
}

static int keep_text(struct mcps__bytes **ret, const char *json)
{
    struct mcps__buf line;
    int r;

    mcps__buf_init(&line, SIZE_MAX);
    r = append_line(&line, json);
    if (r >= 0)
        r = mcps__bytes_new(ret, line.data, line.len);
    mcps__buf_fini(&line);
    return r;
}

/* NULL texts are none. */
static int take_text(struct mcps__bytes **ret, const struct mcps_tool *from,
                     const struct text *text, bool *ret_for_objects,
                     struct mcps__log *log)
{
    int r;

    if (!text->json)
        return 0;
    r = check_text(from, text, ret_for_objects, log);
    return r < 0 ? r : keep_text(ret, text->json);
}

/* ---- the parts ---- */

static int take_json(struct mcps__bytes **ret, const struct mcps_tool *from,
                     const char *name, const char *json,
                     int (*append)(struct mcps__buf *out, const char *json),
                     struct mcps__log *log)
{
    struct mcps__buf line;
    int r;

    if (!json)
        return 0;
    mcps__buf_init(&line, SIZE_MAX);
    r = append(&line, json);
    if (r == -EINVAL)
        mcps__log(log, MCPS_LOG_ERROR, "tool %s: its %s cannot be used", from->name,
                  name);
    if (r >= 0)
        r = mcps__bytes_new(ret, line.data, line.len);
    mcps__buf_fini(&line);
    return r;
}

static int end_part(struct mcps__bytes **ret, struct mcps__buf *buf,
                    const struct mcps__writer *w)
{
    int r = mcps__write_end(w);

    if (r >= 0)
        r = mcps__bytes_new(ret, buf->data, buf->len);
    mcps__buf_fini(buf);
    return r;
}

static int keep_string(struct mcps__bytes **ret, const char *text)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (!text)
        return 0;
    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_string(&w, text);
    return end_part(ret, &buf, &w);
}

/* Only what differs from what is taken for granted. */
static int keep_hints(struct mcps__bytes **ret, unsigned hints)
{
    static const struct {
        unsigned bit;
        const char *name;
        bool value;
    } annotations[] = {
        { MCPS_READ_ONLY, "readOnlyHint", true },
        { MCPS_ADDITIVE, "destructiveHint", false },
        { MCPS_IDEMPOTENT, "idempotentHint", true },
        { MCPS_CLOSED_WORLD, "openWorldHint", false },
    };
    struct mcps__buf buf;
    struct mcps__writer w;

    if (hints == 0)
        return 0;
    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_object(&w);
    for (size_t i = 0; i < sizeof annotations / sizeof annotations[0]; i++) {
        if (!(hints & annotations[i].bit))
            continue;
        mcps__write_key(&w, annotations[i].name);
        mcps__write_bool(&w, annotations[i].value);
    }
    mcps__write_object_end(&w);
    return end_part(ret, &buf, &w);
}

/* ---- tables and schemas ---- */

static int compile(struct mcps__table **ret, const struct mcps_tool *from,
                   const char *what, const struct mcps_field *fields, size_t size,
                   struct mcps__log *log)
{
    char why[MCPS__COMPLAINT_SIZE];
    int r = mcps__table_new(ret, fields, size, why, sizeof why);

    if (r < 0 && r != -ENOMEM)
        mcps__log(log, MCPS_LOG_ERROR, "tool %s: its table of %s cannot be used: %s",
                  from->name, what, why);
    return r;
}

static int keep_schema(struct mcps__bytes **ret, const struct mcps__table *table)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__table_write_schema(table, &w);
    return end_part(ret, &buf, &w);
}

static int refuse_schema(const struct mcps_tool *from, const char *name, int error,
                         const char *why, struct mcps__log *log)
{
    if (error == -ENOMEM)
        return error;
    mcps__log(log, MCPS_LOG_ERROR, "tool %s: its %s cannot be used: %s", from->name, name,
              why);
    return -EINVAL;
}

/* The schema that is listed is the one that is checked. */
static int compile_text(mcps_schema **ret, const struct mcps__bytes *json,
                        const struct mcps_tool *from, const char *name,
                        const struct mcps__tool_context *context)
{
    char why[MCPS_SCHEMA_WHY_SIZE];
    int r;

    if (!json)
        return 0;
    r = mcps_schema_compile(ret, json->data, json->len, context->schemas, why,
                            sizeof why);
    return r < 0 ? refuse_schema(from, name, r, why, context->log) : 0;
}

static int compile_trees(struct mcps__table *table, const struct mcps__bytes *json,
                         const struct mcps_tool *from, const char *name,
                         const struct mcps__tool_context *context)
{
    char why[MCPS_SCHEMA_WHY_SIZE];
    int r = mcps__table_compile(table, json->data, json->len, context->schemas, why,
                                sizeof why);

    return r < 0 ? refuse_schema(from, name, r, why, context->log) : 0;
}

static int keep_input(struct mcps__tool *tool, const struct mcps_tool *from,
                      const struct mcps__tool_context *context)
{
    struct mcps__log *log = context->log;
    struct mcps__bytes **part = &tool->parts[MCPS__TOOL_INPUT];
    const struct text input = {
        "input schema",
        from->input_schema ? from->input_schema : any_arguments,
    };
    bool for_objects = false;
    int r;

    if (from->args) {
        r = compile(&tool->args, from, "arguments", from->args, from->args_size, log);
        if (r >= 0)
            r = keep_schema(part, tool->args);
        return r < 0 ? r
                     : compile_trees(tool->args, *part, from, "table of arguments",
                                     context);
    }
    r = take_text(part, from, &input, &for_objects, log);
    if (r >= 0 && !for_objects)
        r = refuse_text(from, &input, "its \"type\" is not \"object\"", log);
    if (r < 0 || !from->input_schema)
        return r;
    return compile_text(&tool->input, *part, from, input.name, context);
}

static int keep_output(struct mcps__tool *tool, const struct mcps_tool *from,
                       const struct mcps__tool_context *context)
{
    struct mcps__log *log = context->log;
    struct mcps__bytes **part = &tool->parts[MCPS__TOOL_OUTPUT];
    const struct text output = { "output schema", from->output_schema };
    int r;

    if (!from->result) {
        r = take_text(part, from, &output, &tool->object_output, log);
        return r < 0 ? r : compile_text(&tool->output, *part, from, output.name, context);
    }
    tool->object_output = true;
    r = compile(&tool->result, from, "results", from->result, 0, log);
    if (r >= 0)
        r = keep_schema(part, tool->result);
    return r < 0 ? r
                 : compile_trees(tool->result, *part, from, "table of results", context);
}

static int fill(struct mcps__tool *tool, const struct mcps_tool *from,
                const struct mcps__tool_context *context)
{
    struct mcps__log *log = context->log;
    struct mcps__bytes **parts = tool->parts;
    int r;

    tool->name = mcps__memdup(from->name, strlen(from->name) + 1);
    if (!tool->name)
        return -ENOMEM;
    r = keep_string(&parts[MCPS__TOOL_NAME], from->name);
    if (r >= 0)
        r = keep_string(&parts[MCPS__TOOL_TITLE], from->title);
    if (r >= 0)
        r = keep_string(&parts[MCPS__TOOL_DESCRIPTION], from->description);
    if (r >= 0)
        r = keep_input(tool, from, context);
    if (r >= 0)
        r = keep_output(tool, from, context);
    if (r >= 0)
        r = keep_hints(&parts[MCPS__TOOL_ANNOTATIONS], from->hints);
    if (r >= 0)
        r = take_json(&parts[MCPS__TOOL_ICONS], from, "icons", from->icons,
                      mcps__meta_array, log);
    if (r >= 0)
        r = take_json(&parts[MCPS__TOOL_META], from, "meta", from->meta,
                      mcps__meta_object, log);
    return r;
}

int mcps__tool_new(struct mcps__tool **ret, const struct mcps_tool *from,
                   const struct mcps__tool_context *context)
{
    struct mcps__tool *tool;
    int r = check(from, context->log);

    if (r < 0)
        return r;
    tool = mcps__calloc(1, sizeof *tool);
    if (!tool)
        return -ENOMEM;
    r = fill(tool, from, context);
    if (r < 0) {
        free_tool(tool);
        return r;
    }
    mcps__obj_init(&tool->obj, TOOL_MAGIC);
    tool->handler = from->handler;
    tool->typed = from->typed;
    tool->userdata = from->userdata;
    tool->destroy = from->destroy;
    tool->needs = from->needs;
    tool->timeout_ms = from->timeout_ms;
    tool->max_parallel = from->max_parallel;
    atomic_init(&tool->n_calls, 0);
    *ret = tool;
    return 0;
}

int mcps__tool_resolve(struct mcps__tool *tool, const char *executor,
                       const struct mcps__executors *executors, struct mcps__log *log)
{
    mcps_executor *found;

    if (!executor)
        return 0;
    tool->on_loop = strcmp(executor, MCPS_INLINE) == 0;
    if (tool->on_loop)
        return 0;
    found = mcps__executors_find(executors, executor);
    if (!found) {
        mcps__log(log, MCPS_LOG_ERROR, "tool %s: there is no executor \"%s\"", tool->name,
                  executor);
        return -EINVAL;
    }
    tool->pool = &found->pool;
    return 0;
}
