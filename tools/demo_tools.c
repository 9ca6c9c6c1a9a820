/* SPDX-License-Identifier: MIT */
/*
 * Tools that compute. Their arguments are lists of fields: the struct that a handler gets, the
 * schema that clients see and the checks come from it. So do structured results.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"

/* ---- calculate: an argument with a limit, an error that a model can act on ---- */

#define CALCULATE_ARGS(ARG, S)                                                          \
    ARG(S, STRING, expression, "Numbers, + - * / and parentheses, such as (1 + 2) * 3", \
        MCPS_REQUIRED, .max_length = 1000)
MCPS_ARGS(calculate_args, CALCULATE_ARGS);

MCPS_TOOL_HANDLER(calculate, calculate_args)
{
    double value;
    const char *wrong = demo_calculate(args->expression, &value);

    (void)userdata;
    return wrong ? mcps_call_fail(call, "This cannot be calculated: %s.", wrong)
                 : mcps_call_text(call, "%.15g", value);
}

/* ---- count_words: a structured result ---- */

#define COUNT_ARGS(ARG, S) ARG(S, STRING, text, "The text to look at", MCPS_REQUIRED)
MCPS_ARGS(count_args, COUNT_ARGS);

#define COUNTS(ARG, S)                                  \
    ARG(S, INT, words, "How many words", MCPS_REQUIRED) \
    ARG(S, INT, lines, "How many lines", MCPS_REQUIRED) \
    ARG(S, INT, bytes, "How many bytes", MCPS_REQUIRED)
MCPS_RESULT(counts, COUNTS);

MCPS_TOOL_HANDLER(count_words, count_args)
{
    struct counts counts = { .lines = args->text[0] ? 1 : 0 };
    bool in_word = false;

    (void)userdata;
    for (const char *c = args->text; *c; c++) {
        bool is_blank = *c == ' ' || *c == '\n' || *c == '\t' || *c == '\r';

        if (!is_blank && !in_word)
            counts.words++;
        /* The end of the last line begins no other. */
        if (*c == '\n' && c[1])
            counts.lines++;
        in_word = !is_blank;
        counts.bytes++;
    }
    return counts_give(call, &counts);
}

/* ---- convert: choices ---- */

enum quantity { LENGTH, MASS, TEMPERATURE };

static const char *const unit_names[] = { "m",       "km",         "inch", "foot",
                                          "mile",    "kg",         "oz",   "lb",
                                          "celsius", "fahrenheit", NULL };
static const struct {
    enum quantity quantity;
    double zero, size; /* in m, kg and degrees Celsius */
} units[] = {
    { LENGTH, 0, 1 },
    { LENGTH, 0, 1000 },
    { LENGTH, 0, 0.0254 },
    { LENGTH, 0, 0.3048 },
    { LENGTH, 0, 1609.344 },
    { MASS, 0, 1 },
    { MASS, 0, 0.45359237 / 16 },
    { MASS, 0, 0.45359237 },
    { TEMPERATURE, 0, 1 },
    { TEMPERATURE, -160.0 / 9, 5.0 / 9 },
};

#define CONVERT_ARGS(ARG, S)                                                           \
    ARG(S, NUMBER, value, "How much", MCPS_REQUIRED)                                   \
    ARG(S, ENUM, from, "The unit that it is in", MCPS_REQUIRED, .choices = unit_names) \
    ARG(S, ENUM, to, "The unit to say it in", MCPS_REQUIRED, .choices = unit_names)
MCPS_ARGS(convert_args, CONVERT_ARGS);

MCPS_TOOL_HANDLER(convert, convert_args)
{
    double value = units[args->from].zero + args->value * units[args->from].size;

    (void)userdata;
    if (units[args->from].quantity != units[args->to].quantity)
        return mcps_call_fail(call, "There is no way from %s to %s.",
                              unit_names[args->from], unit_names[args->to]);
    value = (value - units[args->to].zero) / units[args->to].size;
    return mcps_call_text(call, "%g %s is %.10g %s", args->value, unit_names[args->from],
                          value, unit_names[args->to]);
}

/* ---- clock: an argument with a default ---- */

#define CLOCK_ARGS(ARG, S)                                               \
    ARG(S, NUMBER, offset, "Hours ahead of UTC: 2, -3.5", MCPS_OPTIONAL, \
        MCPS_RANGE(-12, 14), .default_json = "0")
MCPS_ARGS(clock_args, CLOCK_ARGS);

MCPS_TOOL_HANDLER(tell_time, clock_args)
{
    int minutes = (int)(args->offset * 60);
    time_t seconds = time(NULL) + minutes * 60;
    int size = minutes < 0 ? -minutes : minutes;
    char text[64];
    struct tm tm;

    (void)userdata;
    if (!gmtime_r(&seconds, &tm) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        return mcps_call_fail(call, "The time cannot be told.");
    return mcps_call_text(call, "%s %c%02d:%02d", text, minutes < 0 ? '-' : '+',
                          size / 60, size % 60);
}

/* ---- roll_dice: takes its time, says how far it is, ends when it is cancelled ---- */

#define DICE_ARGS(ARG, S)                                                                \
    ARG(S, INT, dice, "How many", MCPS_OPTIONAL, MCPS_RANGE(1, 60), .default_json = "2") \
    ARG(S, INT, sides, "Of how many sides", MCPS_OPTIONAL, MCPS_RANGE(2, 1000),          \
        .default_json = "6")
MCPS_ARGS(dice_args, DICE_ARGS);

/* What it shows, or -errno. */
static int roll(int64_t sides)
{
    uint32_t chance;

    if (getentropy(&chance, sizeof chance) < 0)
        return -errno;
    return 1 + (int)(((uint64_t)chance * (uint64_t)sides) >> 32);
}

MCPS_TOOL_HANDLER(roll_dice, dice_args)
{
    char shown[60 * sizeof " 1000"] = "";
    size_t len = 0;
    int total = 0;
    int r;

    (void)userdata;
    for (int64_t i = 1; i <= args->dice; i++) {
        r = mcps_call_sleep_ms(call, 200);
        if (r >= 0)
            r = mcps_call_progress(call, (double)i, (double)args->dice, "rolling");
        if (r >= 0)
            r = roll(args->sides);
        if (r < 0)
            return r;
        total += r;
        len += (size_t)snprintf(shown + len, sizeof shown - len, " %d", r);
    }
    return mcps_call_text(call, "Rolled%s: %d in all.", shown, total);
}

#define PURE (MCPS_READ_ONLY | MCPS_CLOSED_WORLD)

static const struct mcps_tool tools[] = {
    MCPS_TOOL(calculate, calculate_args, "Calculates the value of an expression",
              .hints = PURE | MCPS_IDEMPOTENT),
    MCPS_TOOL(count_words, count_args, "Counts the words, lines and bytes of a text",
              .result = counts_fields, .hints = PURE | MCPS_IDEMPOTENT),
    MCPS_TOOL(convert, convert_args, "Converts a length, a mass or a temperature",
              .hints = PURE | MCPS_IDEMPOTENT),
    MCPS_TOOL_NAMED("clock", tell_time, clock_args, "Tells the date and time",
                    .hints = PURE),
    MCPS_TOOL(roll_dice, dice_args, "Rolls dice, one after the other, and adds them up",
              .hints = PURE),
};

int demo_add_tools(mcps_server *server)
{
    return mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
}
