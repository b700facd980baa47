/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frees values of the schema's types: members first, then what holds them. */
#include "qemu/osdep.h"
#include "qapi/dealloc-visitor.h"
#include "qapi/visitor-impl.h"
#include "qobject/qnull.h"

static bool dealloc_start_struct(Visitor *v, const char *name, void **obj, size_t size,
                                 Error **errp)
{
    return true;
}

static void dealloc_end(Visitor *v, void **obj)
{
    if (obj) {
        g_free(*obj);
    }
}

static bool dealloc_start_alternate(Visitor *v, const char *name, GenericAlternate **obj,
                                    size_t size, Error **errp)
{
    return true;
}

static bool dealloc_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                               Error **errp)
{
    return true;
}

/* Frees the element before; the walk has no use for it any more. */
static GenericList *dealloc_next_list(Visitor *v, GenericList *tail, size_t size)
{
    GenericList *next = tail->next;

    g_free(tail);
    return next;
}

static void dealloc_end_list(Visitor *v, void **obj)
{
}

static bool dealloc_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    return true;
}

static bool dealloc_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    return true;
}

static bool dealloc_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return true;
}

static bool dealloc_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    return true;
}

static bool dealloc_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    if (obj) {
        g_free(*obj);
    }
    return true;
}

static bool dealloc_any(Visitor *v, const char *name, QObject **obj, Error **errp)
{
    if (obj) {
        qobject_unref(*obj);
    }
    return true;
}

static bool dealloc_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    if (obj) {
        qobject_unref(*obj);
    }
    return true;
}

static void dealloc_free(Visitor *v)
{
    g_free(v);
}

Visitor *qapi_dealloc_visitor_new(void)
{
    Visitor *v = g_new0(Visitor, 1);

    *v = (Visitor){
        .type = VISITOR_DEALLOC,
        .start_struct = dealloc_start_struct,
        .end_struct = dealloc_end,
        .start_list = dealloc_start_list,
        .next_list = dealloc_next_list,
        .end_list = dealloc_end_list,
        .start_alternate = dealloc_start_alternate,
        .end_alternate = dealloc_end,
        .type_int64 = dealloc_int64,
        .type_uint64 = dealloc_uint64,
        .type_bool = dealloc_bool,
        .type_str = dealloc_str,
        .type_number = dealloc_number,
        .type_any = dealloc_any,
        .type_null = dealloc_null,
        .free = dealloc_free,
    };
    return v;
}
