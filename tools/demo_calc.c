/* SPDX-License-Identifier: MIT */
/* A calculator: sums of products of values, by recursive descent. */
#include "config.h"

#include <math.h>

#include "demo.h"

enum { MAX_DEPTH = 50 };

struct calc {
    const char *at;    /* what comes next */
    const char *wrong; /* the first mistake; NULL: none */
    int depth;         /* of parentheses and signs */
};

static double sum(struct calc *calc);

static char peek(struct calc *calc)
{
    while (*calc->at == ' ')
        calc->at++;
    return *calc->at;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static double number(struct calc *calc)
{
    double value = 0, place = 1;

    for (; is_digit(*calc->at); calc->at++)
        value = value * 10 + (*calc->at - '0');
    if (*calc->at != '.')
        return value;
    for (calc->at++; is_digit(*calc->at); calc->at++) {
        value = value * 10 + (*calc->at - '0');
        place *= 10;
    }
    return value / place;
}

/* A number, a sum in parentheses, or either with a sign. */
static double factor(struct calc *calc)
{
    char c = peek(calc);
    double value = 0;

    if (++calc->depth > MAX_DEPTH) {
        calc->wrong = "it is nested too deeply";
    } else if (is_digit(c)) {
        value = number(calc);
    } else if (c == '-') {
        calc->at++;
        value = -factor(calc);
    } else if (c == '(') {
        calc->at++;
        value = sum(calc);
        if (!calc->wrong && peek(calc) != ')')
            calc->wrong = "a parenthesis is not closed";
        else if (!calc->wrong)
            calc->at++;
    } else {
        calc->wrong = "there is no number where one should be";
    }
    calc->depth--;
    return value;
}

static double product(struct calc *calc)
{
    double value = factor(calc), other;
    char c = peek(calc);

    for (; !calc->wrong && (c == '*' || c == '/'); c = peek(calc)) {
        calc->at++;
        other = factor(calc);
        if (c == '*') {
            value *= other;
        } else if (other < 0 || other > 0) {
            value /= other;
        } else if (!calc->wrong) {
            calc->wrong = "it divides by zero";
        }
    }
    return value;
}

static double sum(struct calc *calc)
{
    double value = product(calc), other;
    char c = peek(calc);

    for (; !calc->wrong && (c == '+' || c == '-'); c = peek(calc)) {
        calc->at++;
        other = product(calc);
        value += c == '+' ? other : -other;
    }
    return value;
}

const char *demo_calculate(const char *text, double *ret)
{
    struct calc calc = { .at = text };
    double value = sum(&calc);

    if (!calc.wrong && peek(&calc) != '\0')
        calc.wrong = "something follows that is no operator";
    if (!calc.wrong && !isfinite(value))
        calc.wrong = "the numbers are too large";
    if (!calc.wrong)
        *ret = value;
    return calc.wrong;
}
