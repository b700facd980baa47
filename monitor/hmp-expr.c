/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integer expressions in commands of the human monitor: "0x1000 + $rax * 4". */

#include "qemu/osdep.h"
#include "monitor/hmp.h"

#define MAX_DEPTH 64

typedef struct Expr {
    Monitor *mon;
    const char *p;
    int depth;
    Error **errp;
} Expr;

static HMPRegisterFn *register_hook;

void hmp_set_register_hook(HMPRegisterFn *fn)
{
    register_hook = fn;
}

static bool sum(Expr *x, int64_t *value);

static void skip_space(Expr *x)
{
    while (g_ascii_isspace(*x->p)) {
        x->p++;
    }
}

static bool expected(Expr *x, const char *what)
{
    error_setg(x->errp, "%s expected at '%s'", what, x->p);
    return false;
}

static bool reg(Expr *x, int64_t *value)
{
    size_t len = 0;
    g_autofree char *name = NULL;
    CPUState *cpu = mon_get_cpu(x->mon);

    while (g_ascii_isalnum(x->p[len]) || x->p[len] == '_' || x->p[len] == '.') {
        len++;
    }
    name = g_strndup(x->p, len);
    if (!len || !cpu || !register_hook || !register_hook(cpu, name, value)) {
        error_setg(x->errp, "there is no register '$%s'", name);
        return false;
    }
    x->p += len;
    return true;
}

static bool number(Expr *x, int64_t *value)
{
    char *end;

    errno = 0;
    *value = g_ascii_strtoull(x->p, &end, 0);
    if (end == x->p) {
        return expected(x, "a number");
    }
    if (errno == ERANGE) {
        error_setg(x->errp, "the number at '%s' has more than 64 bits", x->p);
        return false;
    }
    x->p = end;
    return true;
}

static bool character(Expr *x, int64_t *value)
{
    if (!x->p[0] || x->p[1] != '\'') {
        return expected(x, "a character in single quotes");
    }
    *value = (uint8_t)x->p[0];
    x->p += 2;
    return true;
}

static bool parenthesized(Expr *x, int64_t *value)
{
    if (++x->depth > MAX_DEPTH) {
        error_setg(x->errp, "the expression has too many parentheses");
        return false;
    }
    if (!sum(x, value)) {
        return false;
    }
    x->depth--;
    if (*x->p != ')') {
        return expected(x, "')'");
    }
    x->p++;
    return true;
}

static bool operand(Expr *x, int64_t *value)
{
    char op;
    bool ok;

    skip_space(x);
    op = *x->p;
    if (op == '+' || op == '-' || op == '~') {
        if (++x->depth > MAX_DEPTH) {
            error_setg(x->errp, "the expression has too many signs");
            return false;
        }
        x->p++;
        ok = operand(x, value);
        x->depth--;
        *value = op == '-' ? (int64_t)(0 - (uint64_t)*value) : op == '~' ? ~*value : *value;
        return ok;
    }
    if (op == '(') {
        x->p++;
        ok = parenthesized(x, value);
    } else if (op == '\'') {
        x->p++;
        ok = character(x, value);
    } else if (op == '$') {
        x->p++;
        ok = reg(x, value);
    } else {
        ok = number(x, value);
    }
    skip_space(x);
    return ok;
}

static bool product(Expr *x, int64_t *value)
{
    int64_t right;

    if (!operand(x, value)) {
        return false;
    }
    while (*x->p == '*' || *x->p == '/' || *x->p == '%') {
        char op = *x->p++;
        if (!operand(x, &right)) {
            return false;
        }
        if (op == '*') {
            *value = (uint64_t)*value * right;
        } else if (right == 0) {
            error_setg(x->errp, "division by zero");
            return false;
        } else if (right == -1) { /* the one quotient that does not fit */
            *value = op == '/' ? 0 - (uint64_t)*value : 0;
        } else {
            *value = op == '/' ? *value / right : *value % right;
        }
    }
    return true;
}

static bool bits(Expr *x, int64_t *value)
{
    int64_t right;

    if (!product(x, value)) {
        return false;
    }
    while (*x->p == '&' || *x->p == '|' || *x->p == '^') {
        char op = *x->p++;
        if (!product(x, &right)) {
            return false;
        }
        *value = op == '&' ? *value & right : op == '|' ? *value | right : *value ^ right;
    }
    return true;
}

static bool sum(Expr *x, int64_t *value)
{
    int64_t right;

    if (!bits(x, value)) {
        return false;
    }
    while (*x->p == '+' || *x->p == '-') {
        char op = *x->p++;
        if (!bits(x, &right)) {
            return false;
        }
        *value = op == '+' ? (uint64_t)*value + right : (uint64_t)*value - right;
    }
    return true;
}

bool hmp_parse_expr(Monitor *mon, const char **pp, int64_t *value, Error **errp)
{
    Expr x = {.mon = mon, .p = *pp, .errp = errp};

    if (!sum(&x, value)) {
        return false;
    }
    *pp = x.p;
    return true;
}
