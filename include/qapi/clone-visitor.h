/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deep copies of types of the schema. QObjects in them are shared, with a reference more. */
#ifndef QAPI_CLONE_VISITOR_H
#define QAPI_CLONE_VISITOR_H

#include "qapi/visitor.h"

typedef bool QapiVisitFn(Visitor *v, const char *name, void **obj, Error **errp);
typedef bool QapiVisitMembersFn(Visitor *v, void *obj, Error **errp);

void *qapi_clone(const void *src, QapiVisitFn *visit_type);
void qapi_clone_members(void *dst, const void *src, size_t size, QapiVisitMembersFn *visit_members);

/* A copy of @src (NULL: NULL), the caller's to free. */
#define QAPI_CLONE(type, src)                                                                      \
    ((type *)qapi_clone((const type *){src},                                                       \
                        (bool (*)(Visitor *, const char *, void **, Error **))visit_type_##type))

/* The same into *@dst, which held nothing before. */
#define QAPI_CLONE_MEMBERS(type, dst, src)                                                         \
    qapi_clone_members((type *){dst}, (const type *){src}, sizeof(type),                           \
                       (bool (*)(Visitor *, void *, Error **))visit_type_##type##_members)

#endif /* QAPI_CLONE_VISITOR_H */
