/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Visitors: one walk over a typed value that reads it from (input), writes it
 * to (output), copies (clone) or frees (dealloc) it, whatever the other side is:
 * QObjects, option strings, text.
 *
 * Every function names the member it visits; inside a list, and for the root,
 * the name is NULL or ignored. They return false with @errp set on failure.
 * A virtual walk (no C struct behind it) passes a NULL object pointer to
 * visit_start_struct() and friends.
 */
#ifndef QAPI_VISITOR_H
#define QAPI_VISITOR_H

#include "qapi/qapi-builtin-types.h"

typedef struct CompatPolicy CompatPolicy;

/* What every list struct starts with. */
typedef struct GenericList {
    struct GenericList *next;
    char padding[];
} GenericList;

/* What every alternate struct starts with. */
typedef struct GenericAlternate {
    QType type;
    char padding[];
} GenericAlternate;

/* Output: hands over the result through the pointer given to its constructor. Call once. */
void visit_complete(Visitor *v, void *opaque);
void visit_free(Visitor *v);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Visitor, visit_free)

/*
 * Structs. Input with @obj non-NULL allocates @size bytes. visit_check_struct()
 * complains about members that nobody visited; visit_end_struct() must follow
 * every successful start, with the same @obj.
 */
bool visit_start_struct(Visitor *v, const char *name, void **obj, size_t size, Error **errp);
bool visit_check_struct(Visitor *v, Error **errp);
void visit_end_struct(Visitor *v, void **obj);

/*
 * Lists. Input with @list non-NULL allocates the first element (*@list NULL
 * when the list is empty), visit_next_list() each next one; it returns NULL at
 * the end. visit_check_list() complains about elements left over.
 */
bool visit_start_list(Visitor *v, const char *name, GenericList **list, size_t size, Error **errp);
GenericList *visit_next_list(Visitor *v, GenericList *tail, size_t size);
bool visit_check_list(Visitor *v, Error **errp);
void visit_end_list(Visitor *v, void **list);

/* Alternates: input sets (*obj)->type from what is there. */
bool visit_start_alternate(Visitor *v, const char *name, GenericAlternate **obj, size_t size,
                           Error **errp);
void visit_end_alternate(Visitor *v, void **obj);

/* Input sets *@present; others use it. Returns it. */
bool visit_optional(Visitor *v, const char *name, bool *present);

/* Is it refused (returns true, @errp set) resp. left out because of a policy? */
bool visit_policy_reject(Visitor *v, const char *name, uint64_t features, Error **errp);
bool visit_policy_skip(Visitor *v, const char *name, uint64_t features);

void visit_set_policy(Visitor *v, const CompatPolicy *policy);

bool visit_is_input(Visitor *v);

bool visit_type_enum(Visitor *v, const char *name, int *obj, const QEnumLookup *lookup,
                     Error **errp);
bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_uint8(Visitor *v, const char *name, uint8_t *obj, Error **errp);
bool visit_type_uint16(Visitor *v, const char *name, uint16_t *obj, Error **errp);
bool visit_type_uint32(Visitor *v, const char *name, uint32_t *obj, Error **errp);
bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp);
bool visit_type_int8(Visitor *v, const char *name, int8_t *obj, Error **errp);
bool visit_type_int16(Visitor *v, const char *name, int16_t *obj, Error **errp);
bool visit_type_int32(Visitor *v, const char *name, int32_t *obj, Error **errp);
bool visit_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp);
/* A uint64 whose text form may have a suffix (K, M, G, T, P, E: powers of 1024). */
bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp);
bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp);
/* Input allocates *@obj; output takes NULL as "". */
bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp);
bool visit_type_number(Visitor *v, const char *name, double *obj, Error **errp);
/* Input takes a new reference to what is there. */
bool visit_type_any(Visitor *v, const char *name, QObject **obj, Error **errp);
bool visit_type_null(Visitor *v, const char *name, QNull **obj, Error **errp);

#endif /* QAPI_VISITOR_H */
