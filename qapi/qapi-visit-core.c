/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of visiting that is the same for all kinds of visitors: ranges, enums, lists. */
#include "qemu/osdep.h"
#include "qapi/visitor-impl.h"
#include "qemu/nearest-name.h"

void visit_complete(Visitor *v, void *opaque)
{
    if (v->complete) {
        v->complete(v, opaque);
    }
}

void visit_free(Visitor *v)
{
    if (v) {
        v->free(v);
    }
}

static bool unsupported(Visitor *v, const char *name, const char *what, Error **errp)
{
    error_setg(errp, "Parameter '%s': %s can't be given in this form", name ? name : "(value)",
               what);
    return false;
}

bool visit_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp)
{
    if (!v->start_struct) {
        return unsupported(v, name, "a structure", errp);
    }
    return v->start_struct(v, name, obj, size, errp);
}

bool visit_check_struct(Visitor *v, Error **errp)
{
    return v->check_struct ? v->check_struct(v, errp) : true;
}

void visit_end_struct(Visitor *v, void **obj)
{
    v->end_struct(v, obj);
}

bool visit_start_list(Visitor *v, const char *name, GenericList **list, size_t size, Error **errp)
{
    g_assert(!list || size >= sizeof(GenericList));
    if (!v->start_list) {
        return unsupported(v, name, "a list", errp);
    }
    v->list_name = name;
    return v->start_list(v, name, list, size, errp);
}

GenericList *visit_next_list(Visitor *v, GenericList *tail, size_t size)
{
    return v->next_list(v, tail, size);
}

bool visit_check_list(Visitor *v, Error **errp)
{
    return v->check_list ? v->check_list(v, errp) : true;
}

void visit_end_list(Visitor *v, void **list)
{
    v->list_name = NULL;
    v->end_list(v, list);
}

bool visit_start_alternate(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                           Error **errp)
{
    if (!v->start_alternate) {
        /* An output visitor sees just the chosen branch. */
        if (v->type == VISITOR_INPUT) {
            return unsupported(v, name, "this value", errp);
        }
        return true;
    }
    return v->start_alternate(v, name, obj, size, errp);
}

void visit_end_alternate(Visitor *v, void **obj)
{
    if (v->end_alternate) {
        v->end_alternate(v, obj);
    }
}

bool visit_optional(Visitor *v, const char *name, bool *present)
{
    if (v->optional) {
        v->optional(v, name, present);
    }
    return *present;
}

bool visit_policy_reject(Visitor *v, const char *name, uint64_t features, Error **errp)
{
    return v->policy_reject ? v->policy_reject(v, name, features, errp) : false;
}

bool visit_policy_skip(Visitor *v, const char *name, uint64_t features)
{
    return v->policy_skip ? v->policy_skip(v, name, features) : false;
}

void visit_set_policy(Visitor *v, const CompatPolicy *policy)
{
    v->compat_policy = policy;
}

bool visit_is_input(Visitor *v)
{
    return v->type == VISITOR_INPUT;
}

/* ---- integers ----------------------------------------------------------- */

bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    return v->type_int64(v, name, obj, errp);
}

bool visit_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp)
{
    return v->type_int64(v, name, obj, errp);
}

bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    return v->type_uint64(v, name, obj, errp);
}

bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    return v->type_size ? v->type_size(v, name, obj, errp) : v->type_uint64(v, name, obj, errp);
}

static bool visit_type_uintN(Visitor *v, uint64_t *obj, const char *name, uint64_t max,
                             const char *type, Error **errp)
{
    uint64_t value = *obj;

    if (!v->type_uint64(v, name, &value, errp)) {
        return false;
    }
    if (value > max) {
        error_setg(errp, "Parameter '%s' expects %s (0 to %" PRIu64 "), got %s%" PRIu64,
                   visit_name_for_error(v, name), type, max, v->negative ? "-" : "",
                   v->negative ? -value : value);
        return false;
    }
    *obj = value;
    return true;
}

static bool visit_type_intN(Visitor *v, int64_t *obj, const char *name, int64_t min, int64_t max,
                            const char *type, Error **errp)
{
    int64_t value = *obj;

    if (!v->type_int64(v, name, &value, errp)) {
        return false;
    }
    if (value < min || value > max) {
        error_setg(errp, "Parameter '%s' expects %s (%" PRId64 " to %" PRId64 "), got %" PRId64,
                   visit_name_for_error(v, name), type, min, max, value);
        return false;
    }
    *obj = value;
    return true;
}

#define VISIT_UINT(bits)                                                                           \
    bool visit_type_uint##bits(Visitor *v, const char *name, uint##bits##_t *obj, Error **errp)    \
    {                                                                                              \
        uint64_t value = *obj;                                                                     \
        bool ok = visit_type_uintN(v, &value, name, UINT##bits##_MAX, "uint" #bits "_t", errp);    \
                                                                                                   \
        *obj = value;                                                                              \
        return ok;                                                                                 \
    }

#define VISIT_INT(bits)                                                                            \
    bool visit_type_int##bits(Visitor *v, const char *name, int##bits##_t *obj, Error **errp)      \
    {                                                                                              \
        int64_t value = *obj;                                                                      \
        bool ok = visit_type_intN(v, &value, name, INT##bits##_MIN, INT##bits##_MAX,               \
                                  "int" #bits "_t", errp);                                         \
                                                                                                   \
        *obj = value;                                                                              \
        return ok;                                                                                 \
    }

VISIT_UINT(8)
VISIT_UINT(16)
VISIT_UINT(32)
VISIT_INT(8)
VISIT_INT(16)
VISIT_INT(32)

/* ---- other scalars ------------------------------------------------------ */

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return v->type_bool(v, name, obj, errp);
}

bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    return v->type_str(v, name, obj, errp);
}

bool visit_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    return v->type_number(v, name, obj, errp);
}

bool visit_type_any(Visitor *v, const char *name, QObject **obj, Error **errp)
{
    if (!v->type_any) {
        return unsupported(v, name, "a value of any type", errp);
    }
    return v->type_any(v, name, obj, errp);
}

bool visit_type_null(Visitor *v, const char *name, QNull **obj, Error **errp)
{
    if (!v->type_null) {
        return unsupported(v, name, "null", errp);
    }
    return v->type_null(v, name, obj, errp);
}

#define ENUM_LIST_MAX 60 /* all drivers of blocks, not all keys of keyboards */

static void enum_error(Visitor *v, const char *name, const char *str, const QEnumLookup *lookup,
                       Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GString) accepted = g_string_new(NULL);
    NearestName nearest;
    int n = 0;

    nearest_name_init(&nearest, str);
    for (int i = 0; i < lookup->size; i++) {
        if (!lookup->array[i]) {
            continue;
        }
        nearest_name_try(&nearest, lookup->array[i]);
        if (n++ < ENUM_LIST_MAX) {
            g_string_append_printf(accepted, "%s%s", n > 1 ? ", " : "", lookup->array[i]);
        }
    }
    error_setg(errp, "Parameter '%s' does not accept value '%s', expected one of: %s%s",
               visit_name_for_error(v, name), str, accepted->str, n > ENUM_LIST_MAX ? ", ..." : "");
    nearest_name_suggest(&nearest, errp);
}

static bool output_type_enum(Visitor *v, const char *name, const int *obj,
                             const QEnumLookup *lookup, Error **errp)
{
    char *str = (char *)qapi_enum_lookup(lookup, *obj);

    return visit_type_str(v, name, &str, errp);
}

static bool input_type_enum(Visitor *v, const char *name, int *obj, const QEnumLookup *lookup,
                            Error **errp)
{
    g_autofree char *str = NULL;
    int value;

    if (!visit_type_str(v, name, &str, errp)) {
        return false;
    }
    value = qapi_enum_parse(lookup, str, -1, NULL);
    if (value < 0) {
        enum_error(v, name, str, lookup, errp);
        return false;
    }
    *obj = value;
    return true;
}

bool visit_type_enum(Visitor *v, const char *name, int *obj, const QEnumLookup *lookup,
                     Error **errp)
{
    switch (v->type) {
    case VISITOR_INPUT:
        return input_type_enum(v, name, obj, lookup, errp);
    case VISITOR_OUTPUT:
        return output_type_enum(v, name, obj, lookup, errp);
    default:
        return true;
    }
}
