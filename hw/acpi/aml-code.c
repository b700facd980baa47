/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AML terms: statements and expressions (ACPI 6.5, 20.2.5.3 and 20.2.5.4). */

#include "qemu/osdep.h"
#include "aml-internal.h"

/* ---- statements ---- */

static Aml *unary(unsigned op, Aml *a)
{
    Aml *term = aml_term(op);

    aml_append(term, a);
    return term;
}

static Aml *binary(unsigned op, Aml *a, Aml *b)
{
    Aml *term = unary(op, a);

    aml_append(term, b);
    return term;
}

/* A target; the null name stands for none. */
static void put_target(Aml *term, Aml *dst)
{
    if (dst) {
        aml_append(term, dst);
    } else {
        aml_put_int(term, 0, 1);
    }
}

static Aml *binary_to(unsigned op, Aml *a, Aml *b, Aml *dst)
{
    Aml *term = binary(op, a, b);

    put_target(term, dst);
    return term;
}

Aml *aml_if(Aml *predicate)
{
    Aml *term = aml_block(0xa0);

    aml_append(term, predicate);
    return term;
}

Aml *aml_else(void)
{
    return aml_block(0xa1);
}

Aml *aml_while(Aml *predicate)
{
    Aml *term = aml_block(0xa2);

    aml_append(term, predicate);
    return term;
}

Aml *aml_break(void)
{
    return aml_term(0xa5);
}

Aml *aml_return(Aml *value)
{
    return unary(0xa4, value);
}

Aml *aml_notify(Aml *object, Aml *value)
{
    return binary(0x86, object, value);
}

Aml *aml_sleep(uint64_t ms)
{
    return unary(0x5b22, aml_int(ms));
}

Aml *aml_acquire(Aml *mutex, uint16_t timeout_ms)
{
    Aml *term = unary(0x5b23, mutex);

    aml_put_int(term, timeout_ms, 2);
    return term;
}

Aml *aml_release(Aml *mutex)
{
    return unary(0x5b27, mutex);
}

Aml *aml_call(const char *method, unsigned n, ...)
{
    Aml *term = aml_list_new();
    va_list ap;

    aml_put_name(term, method);
    va_start(ap, n);
    while (n--) {
        aml_append(term, va_arg(ap, Aml *));
    }
    va_end(ap);
    return term;
}

/* ---- expressions ---- */

Aml *aml_store(Aml *value, Aml *target)
{
    return binary(0x70, value, target);
}

Aml *aml_add(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x72, a, b, dst);
}

Aml *aml_subtract(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x74, a, b, dst);
}

Aml *aml_multiply(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x77, a, b, dst);
}

Aml *aml_divide(Aml *a, Aml *b, Aml *remainder, Aml *quotient)
{
    Aml *term = binary_to(0x78, a, b, remainder);

    put_target(term, quotient);
    return term;
}

Aml *aml_and(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x7b, a, b, dst);
}

Aml *aml_or(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x7d, a, b, dst);
}

Aml *aml_xor(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x7f, a, b, dst);
}

Aml *aml_shiftleft(Aml *a, Aml *count, Aml *dst)
{
    return binary_to(0x79, a, count, dst);
}

Aml *aml_shiftright(Aml *a, Aml *count, Aml *dst)
{
    return binary_to(0x7a, a, count, dst);
}

Aml *aml_concatenate(Aml *a, Aml *b, Aml *dst)
{
    return binary_to(0x73, a, b, dst);
}

Aml *aml_index(Aml *object, Aml *index)
{
    return binary_to(0x88, object, index, NULL);
}

Aml *aml_increment(Aml *a)
{
    return unary(0x75, a);
}

Aml *aml_decrement(Aml *a)
{
    return unary(0x76, a);
}

Aml *aml_lnot(Aml *a)
{
    return unary(0x92, a);
}

Aml *aml_land(Aml *a, Aml *b)
{
    return binary(0x90, a, b);
}

Aml *aml_lor(Aml *a, Aml *b)
{
    return binary(0x91, a, b);
}

Aml *aml_equal(Aml *a, Aml *b)
{
    return binary(0x93, a, b);
}

Aml *aml_lgreater(Aml *a, Aml *b)
{
    return binary(0x94, a, b);
}

Aml *aml_lless(Aml *a, Aml *b)
{
    return binary(0x95, a, b);
}

Aml *aml_sizeof(Aml *a)
{
    return unary(0x87, a);
}

Aml *aml_object_type(Aml *a)
{
    return unary(0x8e, a);
}

Aml *aml_mid(Aml *buffer, Aml *start, Aml *length, Aml *dst)
{
    Aml *term = binary(0x9e, buffer, start);

    aml_append(term, length);
    put_target(term, dst);
    return term;
}

Aml *aml_refof(Aml *a)
{
    return unary(0x71, a);
}

Aml *aml_derefof(Aml *a)
{
    return unary(0x83, a);
}

Aml *aml_tointeger(Aml *a, Aml *dst)
{
    Aml *term = unary(0x99, a);

    put_target(term, dst);
    return term;
}

Aml *aml_tobuffer(Aml *a, Aml *dst)
{
    Aml *term = unary(0x96, a);

    put_target(term, dst);
    return term;
}
