/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deep copies. The walk is over the copy, which at each level starts as the
 * bytes of the original: pointers in it still lead to the original until the
 * walk reaches them and replaces each by a copy of what it points to.
 */
#include "qemu/osdep.h"
#include "qapi/clone-visitor.h"
#include "qapi/visitor-impl.h"
#include "qobject/qnull.h"

static bool clone_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
    if (obj) {
        *obj = g_memdup2(*obj, size);
    }
    return true;
}

static void clone_end(Visitor *v, void **obj)
{
}

static bool clone_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                             Error **errp)
{
    return clone_start_struct(v, name, (void **)list, *list ? size : 0, errp);
}

static GenericList *clone_next_list(Visitor *v, GenericList *tail, size_t size)
{
    tail->next = g_memdup2(tail->next, tail->next ? size : 0);
    return tail->next;
}

static bool clone_start_alternate(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                                  Error **errp)
{
    return clone_start_struct(v, name, (void **)obj, size, errp);
}

static bool clone_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    return true;
}

static bool clone_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    return true;
}

static bool clone_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return true;
}

static bool clone_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    return true;
}

/* A NULL that stands for "" becomes one that can be freed and compared. */
static bool clone_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    *obj = g_strdup(*obj ? *obj : "");
    return true;
}

static bool clone_any(Visitor *v, const char *name, QObject **obj, Error **errp)
{
    qobject_ref(*obj);
    return true;
}

static bool clone_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    *obj = qnull();
    return true;
}

static void clone_free(Visitor *v)
{
    g_free(v);
}

static Visitor *clone_new(void)
{
    Visitor *v = g_new(Visitor, 1);

    *v = (Visitor){
        .type = VISITOR_CLONE,
        .start_struct = clone_start_struct,
        .end_struct = clone_end,
        .start_list = clone_start_list,
        .next_list = clone_next_list,
        .end_list = clone_end,
        .start_alternate = clone_start_alternate,
        .end_alternate = clone_end,
        .type_int64 = clone_int64,
        .type_uint64 = clone_uint64,
        .type_bool = clone_bool,
        .type_str = clone_str,
        .type_number = clone_number,
        .type_any = clone_any,
        .type_null = clone_null,
        .free = clone_free,
    };
    return v;
}

void *qapi_clone(const void *src, QapiVisitFn *visit_type)
{
    g_autoptr(Visitor) v = NULL;
    void *dst = (void *)src;

    if (!src) {
        return NULL;
    }
    v = clone_new();
    visit_type(v, NULL, &dst, &error_abort);
    return dst;
}

void qapi_clone_members(void *dst, const void *src, size_t size, QapiVisitMembersFn *visit_members)
{
    g_autoptr(Visitor) v = clone_new();

    memcpy(dst, src, size);
    visit_members(v, dst, &error_abort);
}
