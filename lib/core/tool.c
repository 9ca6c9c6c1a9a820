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

#define ALL_HINTS                                                                     \
    ((unsigned)MCPS_READ_ONLY | (unsigned)MCPS_ADDITIVE | (unsigned)MCPS_IDEMPOTENT | \
     (unsigned)MCPS_CLOSED_WORLD)
static const char any_arguments[] = "{\"type\":\"object\"}";

/* ---- what a tool must be ---- */

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
    if (!mcps__offer_is_name(from->name)) {
        mcps__log(log, MCPS_LOG_ERROR,
                  "tool \"%s\": a name is 1 to 128 letters, digits, and \"_-.\"",
                  from->name ? from->name : "");
        return -EINVAL;
    }
    fault = shape_fault(from);
    if (fault) {
        mcps__log(log, MCPS_LOG_ERROR, "tool %s %s", from->name, fault);
        return -EINVAL;
    }
    if ((from->hints & ~ALL_HINTS) != 0) {
        mcps__log(log, MCPS_LOG_ERROR, "tool %s: a bit of its hints stands for nothing",
                  from->name);
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

/* Says whether the text is a schema of objects, if that is of interest. */
static int check_text(const struct mcps__offer *tool, const struct text *text,
                      bool *ret_for_objects, struct mcps__log *log)
{
    struct json_object *tree = NULL;
    int r = parse_text(&tree, text);
    bool fits;

    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return mcps__offer_fault(tool, text->name, mcps__json_strerror(r), log);
    fits = json_object_is_type(tree, json_type_object);
    *ret_for_objects = is_for_objects(tree);
    json_object_put(tree);
    if (!fits)
        return mcps__offer_fault(tool, text->name, "it is no object", log);
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
static int take_text(struct mcps__offer *tool, enum mcps__part part,
                     const struct text *text, bool *ret_for_objects,
                     struct mcps__log *log)
{
    int r;

    if (!text->json)
        return 0;
    r = check_text(tool, text, ret_for_objects, log);
    return r < 0 ? r : keep_text(&tool->parts[part], text->json);
}

/* ---- hints ---- */

/* Only what differs from what is taken for granted. */
static int keep_hints(struct mcps__offer *tool, unsigned hints)
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
    return mcps__offer_keep_written(tool, MCPS__PART_ANNOTATIONS, &buf, &w);
}

/* ---- tables and schemas ---- */

static int keep_schema(struct mcps__offer *tool, enum mcps__part part,
                       const struct mcps__table *table)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__table_write_schema(table, &w);
    return mcps__offer_keep_written(tool, part, &buf, &w);
}

static int refuse_schema(const struct mcps__offer *tool, const char *name, int error,
                         const char *why, struct mcps__log *log)
{
    return error == -ENOMEM ? error : mcps__offer_fault(tool, name, why, log);
}

/* The schema that is listed is the one that is checked. */
static int compile_text(mcps_schema **ret, const struct mcps__offer *tool,
                        enum mcps__part part, const char *name,
                        const struct mcps__offer_context *context)
{
    const struct mcps__bytes *json = tool->parts[part];
    char why[MCPS_SCHEMA_WHY_SIZE];
    int r;

    if (!json)
        return 0;
    r = mcps_schema_compile(ret, json->data, json->len, context->schemas, why,
                            sizeof why);
    return r < 0 ? refuse_schema(tool, name, r, why, context->log) : 0;
}

static int compile_trees(struct mcps__table *table, const struct mcps__offer *tool,
                         enum mcps__part part, const char *name,
                         const struct mcps__offer_context *context)
{
    const struct mcps__bytes *json = tool->parts[part];
    char why[MCPS_SCHEMA_WHY_SIZE];
    int r = mcps__table_compile(table, json->data, json->len, context->schemas, why,
                                sizeof why);

    return r < 0 ? refuse_schema(tool, name, r, why, context->log) : 0;
}

static int keep_input_table(struct mcps__offer *tool, const struct mcps_tool *from,
                            const struct mcps__offer_context *context)
{
    int r = mcps__offer_keep_table(&tool->args, tool, "table of arguments", from->args,
                                   from->args_size, context->log);

    if (r >= 0)
        r = keep_schema(tool, MCPS__PART_INPUT, tool->args);
    return r < 0 ? r
                 : compile_trees(tool->args, tool, MCPS__PART_INPUT, "table of arguments",
                                 context);
}

static int keep_input(struct mcps__offer *tool, const struct mcps_tool *from,
                      const struct mcps__offer_context *context)
{
    const struct text input = {
        "input schema",
        from->input_schema ? from->input_schema : any_arguments,
    };
    bool for_objects = false;
    int r;

    if (from->args)
        return keep_input_table(tool, from, context);
    r = take_text(tool, MCPS__PART_INPUT, &input, &for_objects, context->log);
    if (r >= 0 && !for_objects)
        r = mcps__offer_fault(tool, input.name, "its \"type\" is not \"object\"",
                              context->log);
    if (r < 0 || !from->input_schema)
        return r;
    return compile_text(&tool->input, tool, MCPS__PART_INPUT, input.name, context);
}

/* Whatever the schema came from, it is what clients see. */
static int keep_mirrored(struct mcps__offer *tool, struct mcps__log *log)
{
    const struct mcps__bytes *schema = tool->parts[MCPS__PART_INPUT];
    char why[MCPS_SCHEMA_WHY_SIZE];
    int r = mcps__mirrored_collect(&tool->mirrored, &tool->n_mirrored, schema->data,
                                   schema->len, why, sizeof why);

    return r < 0 ? refuse_schema(tool, tool->args ? "table of arguments" : "input schema",
                                 r, why, log)
                 : 0;
}

static int keep_output(struct mcps__offer *tool, const struct mcps_tool *from,
                       const struct mcps__offer_context *context)
{
    const struct text output = { "output schema", from->output_schema };
    int r;

    if (!from->result) {
        r = take_text(tool, MCPS__PART_OUTPUT, &output, &tool->object_output,
                      context->log);
        return r < 0 ? r
                     : compile_text(&tool->output, tool, MCPS__PART_OUTPUT, output.name,
                                    context);
    }
    tool->object_output = true;
    r = mcps__offer_keep_table(&tool->result, tool, "table of results", from->result, 0,
                               context->log);
    if (r >= 0)
        r = keep_schema(tool, MCPS__PART_OUTPUT, tool->result);
    return r < 0 ? r
                 : compile_trees(tool->result, tool, MCPS__PART_OUTPUT,
                                 "table of results", context);
}

/* ---- making one ---- */

static int make(struct mcps__offer **ret, const struct mcps_tool *from,
                const struct mcps__offer_context *context)
{
    const struct mcps__offer_source source = {
        .kind = MCPS_TOOLS,
        .key = from->name,
        .title = from->title,
        .description = from->description,
        .executor = from->executor,
        .icons = from->icons,
        .meta = from->meta,
        .tags = from->tags,
        .needs = from->needs,
        .timeout_ms = from->timeout_ms,
        .max_parallel = from->max_parallel,
        .userdata = from->userdata,
        .destroy = from->destroy,
    };
    struct mcps__offer *tool = NULL;
    int r = check(from, context->log);

    if (r >= 0)
        r = mcps__offer_new(&tool, &source, from->name, context);
    if (r >= 0)
        r = keep_input(tool, from, context);
    if (r >= 0)
        r = keep_mirrored(tool, context->log);
    if (r >= 0)
        r = keep_output(tool, from, context);
    if (r >= 0)
        r = keep_hints(tool, from->hints);
    if (r < 0) {
        mcps__offer_abandon(tool);
        return r;
    }
    tool->handler = from->handler;
    tool->typed = from->typed;
    tool->single_use_state = from->single_use_state;
    tool->only_result = from->only_result;
    *ret = tool;
    return 0;
}

/* The elements have the size that the first one names: an application that was built with a
 * smaller struct leaves the rest out, which is zero. */
int mcps__tool_make(struct mcps__offer **ret, const void *items, size_t i,
                    const struct mcps__offer_context *context)
{
    const struct mcps_tool *tools = items;
    struct mcps_tool tool = { .struct_size = 0 };
    size_t size = tools->struct_size;
    int r;

    memcpy(&tool, (const char *)items + i * size,
           size < sizeof tool ? size : sizeof tool);
    r = make(ret, &tool, context);
    if (r < 0 && tool.destroy)
        tool.destroy(tool.userdata);
    return r;
}
