/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types that every schema knows without declaring them: QType, the table
 * between an enum's values and its names, and OnOffAuto and its like.
 */
#ifndef QAPI_BUILTIN_TYPES_H
#define QAPI_BUILTIN_TYPES_H

#include "qapi/util.h"

typedef enum QType {
    QTYPE_NONE,
    QTYPE_QNULL,
    QTYPE_QNUM,
    QTYPE_QSTRING,
    QTYPE_QDICT,
    QTYPE_QLIST,
    QTYPE_QBOOL,
    QTYPE__MAX,
} QType;

#define QType_str(val) qapi_enum_lookup(&QType_lookup, (val))
extern const QEnumLookup QType_lookup;

/* A list of strings, the list type that code outside the schema uses most. */
typedef struct strList strList;
struct strList {
    strList *next;
    char *value;
};
void qapi_free_strList(strList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(strList, qapi_free_strList)

#endif /* QAPI_BUILTIN_TYPES_H */
