/* SPDX-License-Identifier: MIT */
/*
 * Declared fields: the arguments of a tool, or its structured result, are written once, as a
 * list. From it come the C struct, the JSON Schema that clients see, the checks, the defaults
 * and the decoding, so that a handler gets values that fit, and nothing is said twice.
 *
 *     #define ADD_ARGS(ARG, S)                                \
 *         ARG(S, NUMBER, a, "First addend", MCPS_REQUIRED)    \
 *         ARG(S, NUMBER, b, "Second addend", MCPS_OPTIONAL, .default_json = "1")
 *     MCPS_ARGS(add_args, ADD_ARGS);
 *
 *     MCPS_TOOL_HANDLER(add, add_args)
 *     {
 *         (void)userdata;
 *         return mcps_call_text(call, "%g", args->a + args->b);
 *     }
 *     static const struct mcps_tool tools[] = { MCPS_TOOL(add, add_args, "Add numbers") };
 *
 * The types of fields, and of their members in the struct:
 *
 *     INT           int64_t, exactly: 1.0 and 1e2 are integers, too, 1.5 is refused
 *     NUMBER        double, finite
 *     BOOL          bool
 *     STRING        const char *, UTF-8 without NUL characters
 *     ENUM          int, the index into .choices
 *     OBJECT(s)     struct s, declared by MCPS_ARGS(s, …) above it
 *     LIST(type)    struct { const TYPE *items; size_t n; } of any type but LIST
 *     JSON          struct json_object *, any value; NULL is null. Borrowed
 *
 * Each field x has a `bool has_x` beside it: was it sent? Of one that was not, the member has
 * its default or, without one, is all zero. doc/arguments.md says what is refused, and how.
 *
 * The macros need C11, or C++17: with that the options must stand in the order in which
 * struct mcps_field has them.
 */
#ifndef MCPSERVER_ARGS_H
#define MCPSERVER_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <exception>
#endif

#include <mcpserver/base.h>
#include <mcpserver/call.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- one field ---- */

enum mcps_type {
    MCPS_TYPE_END = 0, /* behind the last field of a table */
    MCPS_TYPE_INT,
    MCPS_TYPE_NUMBER,
    MCPS_TYPE_BOOL,
    MCPS_TYPE_STRING,
    MCPS_TYPE_ENUM,
    MCPS_TYPE_OBJECT,
    MCPS_TYPE_JSON,
    MCPS_TYPE_LIST
};

enum mcps_field_flags {
    MCPS_OPTIONAL = 0,
    MCPS_REQUIRED = 1 << 0,
    /* Never logged nor quoted in an error, and wiped from memory after the call. Not of JSON,
     * whose trees are json-c's, and with neither a default nor a header. */
    MCPS_SECRET = 1 << 1
};

/*
 * One row of a table. The macros below make it; what stands behind the flags of an ARG() are
 * the options, from `has_min` on: any of them, in this order. Strings and tables are borrowed
 * as long as a tool refers to them. Zero is "no such limit".
 */
struct mcps_field {
    const char *name MCPS_0;
    const char *description MCPS_0; /* for the model; NULL: none */
    enum mcps_type type MCPS_0;
    enum mcps_type item MCPS_0;             /* of a LIST */
    const struct mcps_field *fields MCPS_0; /* of an OBJECT or a LIST of them, */
    size_t fields_size MCPS_0;              /* with the size of its struct */
    size_t offset MCPS_0,
        has_offset MCPS_0; /* in the struct: of the value, and of "was it sent" */
    unsigned flags MCPS_0; /* enum mcps_field_flags */

    /* Bounds, which are allowed values, of INT and NUMBER: set by MCPS_MIN(), MCPS_MAX() and
     * MCPS_RANGE(). Of an INT they are integers from -2^53 to 2^53. */
    bool has_min MCPS_0;
    double min MCPS_0;
    bool has_max MCPS_0;
    double max MCPS_0;
    unsigned min_length MCPS_0,
        max_length MCPS_0; /* of STRING: characters (code points) */
    unsigned min_items MCPS_0,
        max_items MCPS_0; /* of LIST; the other options are about its items */
    const char *const *choices MCPS_0; /* of ENUM: strings, and a NULL behind the last */
    const char *default_json
        MCPS_0; /* the value if it is not sent: JSON text; not of JSON */
    /* Of JSON: its schema, an object or a boolean. As schema.h takes it; checked. */
    const char *schema_json MCPS_0;
    /* The argument is also sent as the HTTP header Mcp-Param-<header>, for what stands between
     * client and server: INT (then within ±(2^53 - 1)), BOOL, STRING, ENUM; not in a LIST. */
    const char *header MCPS_0;
    const char *json_name MCPS_0; /* its name in JSON, if that is no identifier of C */
    const char *title MCPS_0;     /* for people, who read it in forms; NULL: none */
    /* Of STRING: "email", "uri", "date", "date-time" or another that JSON Schema has. Told in
     * the schema; checked in the answers to forms, which have these four alone. */
    const char *format MCPS_0;
    /* Of ENUM: what people read in place of each choice, and a NULL behind the last. */
    const char *const *titles MCPS_0;
    bool legacy_titles MCPS_0;      /* of ENUM, not in a LIST: titles as "enumNames" */
    const void *reserved[2] MCPS_0; /* for options to come: NULL */
};

/* Options for bounds: inclusive. */
#define MCPS_MIN(x)      .has_min = true, .min = (x)
#define MCPS_MAX(x)      .has_max = true, .max = (x)
#define MCPS_RANGE(a, b) .has_min = true, .min = (a), .has_max = true, .max = (b)

/* ---- tables ---- */

/* The member that a type has in the struct. */
#define MCPS_CTYPE_INT       int64_t
#define MCPS_CTYPE_NUMBER    double
#define MCPS_CTYPE_BOOL      bool
#define MCPS_CTYPE_STRING    const char *
#define MCPS_CTYPE_ENUM      int
#define MCPS_CTYPE_JSON      struct json_object *
#define MCPS_CTYPE_OBJECT(s) struct s
#define MCPS_CTYPE_LIST(T)               \
    struct {                             \
        MCPS_CTYPE_##T const *items;     \
        size_t n; /* 0: items is NULL */ \
    }

/* What a type fills in of struct mcps_field, up to fields_size; and the same of the items. */
#define MCPS_FIELD_INT       MCPS_FIELD_TYPE_(INT, END)
#define MCPS_FIELD_NUMBER    MCPS_FIELD_TYPE_(NUMBER, END)
#define MCPS_FIELD_BOOL      MCPS_FIELD_TYPE_(BOOL, END)
#define MCPS_FIELD_STRING    MCPS_FIELD_TYPE_(STRING, END)
#define MCPS_FIELD_ENUM      MCPS_FIELD_TYPE_(ENUM, END)
#define MCPS_FIELD_JSON      MCPS_FIELD_TYPE_(JSON, END)
#define MCPS_FIELD_OBJECT(s) MCPS_FIELD_TABLE_(OBJECT, END, s)
#define MCPS_FIELD_LIST(T)   MCPS_ITEM_##T
#define MCPS_ITEM_INT        MCPS_FIELD_TYPE_(LIST, INT)
#define MCPS_ITEM_NUMBER     MCPS_FIELD_TYPE_(LIST, NUMBER)
#define MCPS_ITEM_BOOL       MCPS_FIELD_TYPE_(LIST, BOOL)
#define MCPS_ITEM_STRING     MCPS_FIELD_TYPE_(LIST, STRING)
#define MCPS_ITEM_ENUM       MCPS_FIELD_TYPE_(LIST, ENUM)
#define MCPS_ITEM_JSON       MCPS_FIELD_TYPE_(LIST, JSON)
#define MCPS_ITEM_OBJECT(s)  MCPS_FIELD_TABLE_(LIST, OBJECT, s)

#define MCPS_FIELD_TYPE_(t, i) .type = MCPS_TYPE_##t, .item = MCPS_TYPE_##i
#define MCPS_FIELD_TABLE_(t, i, s) \
    MCPS_FIELD_TYPE_(t, i), .fields = s##_fields, .fields_size = sizeof(struct s)

#define MCPS_MEMBER_(S, T, x, text, ...) \
    MCPS_CTYPE_##T x MCPS_0;             \
    bool has_##x MCPS_0;
#define MCPS_FIELD_(S, T, x, text, ...)                                       \
    MCPS_STRUCT_(mcps_field, .name = #x, .description = text, MCPS_FIELD_##T, \
                 .offset = offsetof(struct S, x),                             \
                 .has_offset = offsetof(struct S, has_##x), .flags = __VA_ARGS__),

#if defined(__GNUC__)
#define MCPS_UNUSED_ __attribute__((unused))
#else
#define MCPS_UNUSED_
#endif

/* Declares struct S and its table S_fields from a list. */
#define MCPS_ARGS(S, LIST)                                             \
    struct S {                                                         \
        LIST(MCPS_MEMBER_, S)                                          \
    };                                                                 \
    MCPS_UNUSED_ static const struct mcps_field S##_fields[] = { LIST( \
        MCPS_FIELD_, S) MCPS_STRUCT_(mcps_field, .name = NULL) };      \
    struct S

/* No arguments: MCPS_TOOL_HANDLER(now, mcps_no_args). C has no struct without members. */
struct mcps_no_args {
    char nothing;
};
#ifdef __cplusplus
MCPS_UNUSED_ static const struct mcps_field mcps_no_args_fields[1] = {};
#else
MCPS_UNUSED_ static const struct mcps_field mcps_no_args_fields[1] = { { .name = NULL } };
#endif

/* ---- handlers and tools ---- */

/* Begins the handler `fn` of a tool with the arguments struct S; its body follows. It has
 * `call`, `args` (a const struct S *) and `userdata`, and returns what mcps_tool_fn says.
 * `args` and all it points to are valid until the call is finished. An exception of C++ that
 * leaves it becomes a tool error with its what(). What is no handler of this kind, a hook or a
 * free function, must not let one out. */
#define MCPS_TOOL_HANDLER(fn, S)                                                    \
    static int fn(mcps_call *call, const struct S *args, void *userdata);           \
    static int fn##_takes_##S##_(mcps_call *call, const void *args, void *userdata) \
    {                                                                               \
        MCPS_GUARDED_(call, fn(call, MCPS_CAST_(const struct S *, args), userdata)) \
    }                                                                               \
    static int fn(mcps_call *call, const struct S *args, void *userdata)

#if defined(__cplusplus) && defined(__cpp_exceptions)
#define MCPS_GUARDED_(call, run)                                              \
    try {                                                                     \
        return run;                                                           \
    } catch (const std::exception &thrown) {                                  \
        return mcps_call_fail(call, "%s", thrown.what());                     \
    } catch (...) {                                                           \
        return mcps_call_fail(call, "the tool failed with an exception that " \
                                    "does not say why");                      \
    }
#else
#define MCPS_GUARDED_(call, run) return run;
#endif

/* The tool of a handler with these arguments, an element of an array of struct mcps_tool: its description, then
 * any members of the struct that follow that one, in their order. */
#define MCPS_TOOL(fn, S, ...) MCPS_TOOL_NAMED(#fn, fn, S, __VA_ARGS__)
/* The same with a name that is no identifier of C: "files.read". */
#define MCPS_TOOL_NAMED(tool_name, fn, S, ...)                                          \
    MCPS_TOOL_STRUCT(.name = tool_name, .typed = fn##_takes_##S##_, .args = S##_fields, \
                     .args_size = sizeof(struct S), .description = __VA_ARGS__)

#ifdef __cplusplus
#define MCPS_CAST_(type, value) static_cast<type>(value)
#else
#define MCPS_CAST_(type, value) ((type)(value))
#endif

/* ---- structured results ---- */

/* Declares struct S and its table like MCPS_ARGS(), for the member `result` of a tool, and
 * S_give(call, value), which is mcps_call_struct() for it. Optional fields are given where
 * has_x is set, required ones always. */
#define MCPS_RESULT(S, LIST)                                                        \
    MCPS_ARGS(S, LIST);                                                             \
    MCPS_UNUSED_ static inline int S##_give(mcps_call *call, const struct S *value) \
    {                                                                               \
        return mcps_call_struct(call, S##_fields, value);                           \
    }                                                                               \
    struct S

/* Gives the structured result of a call, from a struct that `fields` describes: it becomes
 * structuredContent and, if the handler gives no content of its own, its text as well. What
 * the struct points to is only read, and not needed any more afterwards. -EINVAL when the
 * tool declared another table as its result, or a value does not fit what its field says (the
 * log names it); MCPS_ELIMIT when the result would exceed the limit result_bytes; -ENOMEM.
 * After an error the result is as it was. Threads, and the other errors, as those of result.h. */
MCPS_PUBLIC int mcps_call_struct(mcps_call *call, const struct mcps_field *fields,
                                 const void *value);

#ifdef __cplusplus
}
#endif

#endif
