/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small helpers for interface types: enum names, booleans as text, linked lists. */
#ifndef QAPI_UTIL_H
#define QAPI_UTIL_H

#include "qapi/error.h"

/* Features of the schema that C code acts on; the bit of each in a mask of features. */
enum {
    QAPI_DEPRECATED,
    QAPI_UNSTABLE,
};

typedef struct QEnumLookup {
    const char *const *array;              /* name of each value; NULL for a hole */
    const unsigned char *special_features; /* per value, may be NULL */
    int size;
} QEnumLookup;

/* The name of @val, which must be in range. */
const char *qapi_enum_lookup(const QEnumLookup *lookup, int val);
/* The value of the name @buf (NULL: @def); @def and @errp when there is none. */
int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp);

/* on/yes/true/y and off/no/false/n. */
bool qapi_bool_parse(const char *name, const char *value, bool *obj, Error **errp);

/*
 * Length of the schema name that @str starts with: an optional __RFQDN_ prefix,
 * then letters, digits, '-' and '_', starting with a letter. -1 when it is none.
 * @complete: the whole string must be one.
 */
int parse_qapi_name(const char *name, bool complete);

#define QAPI_LIST_PREPEND(list, element)                                                           \
    do {                                                                                           \
        typeof(list) _tmp = g_malloc(sizeof(*(list)));                                             \
        _tmp->value = (element);                                                                   \
        _tmp->next = (list);                                                                       \
        (list) = _tmp;                                                                             \
    } while (0)

/* @tail points to the link to fill and moves on. */
#define QAPI_LIST_APPEND(tail, element)                                                            \
    do {                                                                                           \
        *(tail) = g_malloc0(sizeof(**(tail)));                                                     \
        (*(tail))->value = (element);                                                              \
        (tail) = &(*(tail))->next;                                                                 \
    } while (0)

#define QAPI_LIST_LENGTH(list)                                                                     \
    ({                                                                                             \
        size_t _len = 0;                                                                           \
        typeof(list) _elem;                                                                        \
        for (_elem = (list); _elem != NULL; _elem = _elem->next) {                                 \
            _len++;                                                                                \
        }                                                                                          \
        _len;                                                                                      \
    })

#endif /* QAPI_UTIL_H */
