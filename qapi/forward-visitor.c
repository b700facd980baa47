/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A visitor whose outermost name is another one in the visitor it stands for. */
#include "qemu/osdep.h"
#include "qapi/forward-visitor.h"
#include "qapi/visitor-impl.h"

typedef struct ForwardVisitor {
    Visitor visitor;
    Visitor *target;
    char *from;
    char *to;
    unsigned depth; /* containers that are open; names below them stay as they are */
} ForwardVisitor;

static ForwardVisitor *to_fwd(Visitor *v)
{
    return container_of(v, ForwardVisitor, visitor);
}

/* The name @name has in the target; false and @errp when it is not the one that is forwarded. */
static bool translate(ForwardVisitor *fv, const char **name, Error **errp)
{
    if (fv->depth) {
        return true;
    }
    if (!*name || strcmp(*name, fv->from)) {
        error_setg(errp, "Parameter '%s' is missing", *name ? *name : "(value)");
        return false;
    }
    *name = fv->to;
    return true;
}

static bool fwd_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
    ForwardVisitor *fv = to_fwd(v);

    if (!translate(fv, &name, errp) || !visit_start_struct(fv->target, name, obj, size, errp)) {
        return false;
    }
    fv->depth++;
    return true;
}

static bool fwd_check_struct(Visitor *v, Error **errp)
{
    return visit_check_struct(to_fwd(v)->target, errp);
}

static void fwd_end_struct(Visitor *v, void **obj)
{
    ForwardVisitor *fv = to_fwd(v);

    visit_end_struct(fv->target, obj);
    fv->depth--;
}

static bool fwd_start_list(Visitor *v, const char *name, GenericList **list, size_t size,
                           Error **errp)
{
    ForwardVisitor *fv = to_fwd(v);

    if (!translate(fv, &name, errp) || !visit_start_list(fv->target, name, list, size, errp)) {
        return false;
    }
    fv->depth++;
    return true;
}

static GenericList *fwd_next_list(Visitor *v, GenericList *tail, size_t size)
{
    return visit_next_list(to_fwd(v)->target, tail, size);
}

static bool fwd_check_list(Visitor *v, Error **errp)
{
    return visit_check_list(to_fwd(v)->target, errp);
}

static void fwd_end_list(Visitor *v, void **obj)
{
    ForwardVisitor *fv = to_fwd(v);

    visit_end_list(fv->target, obj);
    fv->depth--;
}

static bool fwd_start_alternate(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                                Error **errp)
{
    ForwardVisitor *fv = to_fwd(v);

    /* A branch is visited under the alternate's own name, so the depth stays. */
    return translate(fv, &name, errp) && visit_start_alternate(fv->target, name, obj, size, errp);
}

static void fwd_end_alternate(Visitor *v, void **obj)
{
    visit_end_alternate(to_fwd(v)->target, obj);
}

#define FORWARD(fn, c_type)                                                                        \
    static bool fwd_##fn(Visitor *v, const char *name, c_type *obj, Error **errp)                  \
    {                                                                                              \
        ForwardVisitor *fv = to_fwd(v);                                                            \
        bool ok = translate(fv, &name, errp) && visit_type_##fn(fv->target, name, obj, errp);      \
                                                                                                   \
        v->negative = fv->target->negative;                                                        \
        return ok;                                                                                 \
    }

FORWARD(int64, int64_t)
FORWARD(uint64, uint64_t)
FORWARD(size, uint64_t)
FORWARD(bool, bool)
FORWARD(str, char *)
FORWARD(number, double)
FORWARD(any, QObject *)
FORWARD(null, QNull *)

static void fwd_optional(Visitor *v, const char *name, bool *present)
{
    ForwardVisitor *fv = to_fwd(v);

    if (!translate(fv, &name, NULL)) {
        *present = false;
        return;
    }
    visit_optional(fv->target, name, present);
}

static bool fwd_policy_reject(Visitor *v, const char *name, uint64_t features, Error **errp)
{
    ForwardVisitor *fv = to_fwd(v);

    return !translate(fv, &name, errp) || visit_policy_reject(fv->target, name, features, errp);
}

static bool fwd_policy_skip(Visitor *v, const char *name, uint64_t features)
{
    ForwardVisitor *fv = to_fwd(v);

    return !translate(fv, &name, NULL) || visit_policy_skip(fv->target, name, features);
}

static void fwd_free(Visitor *v)
{
    ForwardVisitor *fv = to_fwd(v);

    g_free(fv->from);
    g_free(fv->to);
    g_free(fv);
}

Visitor *visitor_forward_field(Visitor *target, const char *from, const char *to)
{
    ForwardVisitor *fv = g_new0(ForwardVisitor, 1);

    fv->visitor = (Visitor){
        .type = target->type,
        .start_struct = fwd_start_struct,
        .check_struct = fwd_check_struct,
        .end_struct = fwd_end_struct,
        .start_list = fwd_start_list,
        .next_list = fwd_next_list,
        .check_list = fwd_check_list,
        .end_list = fwd_end_list,
        .start_alternate = fwd_start_alternate,
        .end_alternate = fwd_end_alternate,
        .type_int64 = fwd_int64,
        .type_uint64 = fwd_uint64,
        .type_size = fwd_size,
        .type_bool = fwd_bool,
        .type_str = fwd_str,
        .type_number = fwd_number,
        .type_any = fwd_any,
        .type_null = fwd_null,
        .optional = fwd_optional,
        .policy_reject = fwd_policy_reject,
        .policy_skip = fwd_policy_skip,
        .free = fwd_free,
    };
    fv->target = target;
    fv->from = g_strdup(from);
    fv->to = g_strdup(to);
    return &fv->visitor;
}
