/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kind of visitor implements. Only the visitors themselves include this. */
#ifndef QAPI_VISITOR_IMPL_H
#define QAPI_VISITOR_IMPL_H

#include "qapi/visitor.h"

typedef enum VisitorType {
    VISITOR_INPUT = 1,
    VISITOR_OUTPUT = 2,
    VISITOR_CLONE = 4,
    VISITOR_DEALLOC = 8,
} VisitorType;

/* NULL members: the kind does not support it, the generic walk fails with a message. */
struct Visitor {
    bool (*start_struct)(Visitor *v, const char *name, void **obj, size_t size, Error **errp);
    bool (*check_struct)(Visitor *v, Error **errp);
    void (*end_struct)(Visitor *v, void **obj);

    bool (*start_list)(Visitor *v, const char *name, GenericList **list, size_t size, Error **errp);
    GenericList *(*next_list)(Visitor *v, GenericList *tail, size_t size);
    bool (*check_list)(Visitor *v, Error **errp);
    void (*end_list)(Visitor *v, void **list);

    bool (*start_alternate)(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                            Error **errp);
    void (*end_alternate)(Visitor *v, void **obj);

    bool (*type_int64)(Visitor *v, const char *name, int64_t *obj, Error **errp);
    bool (*type_uint64)(Visitor *v, const char *name, uint64_t *obj, Error **errp);
    bool (*type_size)(Visitor *v, const char *name, uint64_t *obj, Error **errp); /* or uint64 */
    bool (*type_bool)(Visitor *v, const char *name, bool *obj, Error **errp);
    bool (*type_str)(Visitor *v, const char *name, char **obj, Error **errp);
    bool (*type_number)(Visitor *v, const char *name, double *obj, Error **errp);
    bool (*type_any)(Visitor *v, const char *name, QObject **obj, Error **errp);
    bool (*type_null)(Visitor *v, const char *name, QNull **obj, Error **errp);

    void (*optional)(Visitor *v, const char *name, bool *present);
    bool (*policy_reject)(Visitor *v, const char *name, uint64_t features, Error **errp);
    bool (*policy_skip)(Visitor *v, const char *name, uint64_t features);

    VisitorType type;
    /* Input: the number that type_uint64() gave last was written with a minus sign. */
    bool negative;
    const char *list_name; /* of the list begun last, for messages about its elements */
    const CompatPolicy *compat_policy;

    void (*complete)(Visitor *v, void *opaque);
    void (*free)(Visitor *v);
};

/* What a message calls the value @name, which the elements of lists do not have. */
static inline const char *visit_name_for_error(const Visitor *v, const char *name)
{
    return name ? name : v->list_name ? v->list_name : "null";
}

#endif /* QAPI_VISITOR_IMPL_H */
