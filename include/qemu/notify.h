/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of callbacks. A notifier may remove itself while it is called. No
 * locking: lists belong to whatever guards the object they are about.
 */
#ifndef QEMU_NOTIFY_H
#define QEMU_NOTIFY_H

#include "qemu/queue.h"
#include "qemu/typedefs.h"

struct Notifier {
    void (*notify)(Notifier *notifier, void *data);
    QLIST_ENTRY(Notifier) node;
};

struct NotifierList {
    QLIST_HEAD(, Notifier) notifiers;
};

#define NOTIFIER_LIST_INITIALIZER(head)                                                            \
    {                                                                                              \
        QLIST_HEAD_INITIALIZER((head).notifiers)                                                   \
    }

void notifier_list_init(NotifierList *list);
void notifier_list_add(NotifierList *list, Notifier *notifier);
void notifier_remove(Notifier *notifier);
void notifier_list_notify(NotifierList *list, void *data);
bool notifier_list_empty(NotifierList *list);

/* As above, but a non-zero return stops the walk, with an error set. */
typedef int (*NotifierWithReturnFunc)(NotifierWithReturn *notifier, void *data, Error **errp);

struct NotifierWithReturn {
    NotifierWithReturnFunc notify;
    QLIST_ENTRY(NotifierWithReturn) node;
};

struct NotifierWithReturnList {
    QLIST_HEAD(, NotifierWithReturn) notifiers;
};

#define NOTIFIER_WITH_RETURN_LIST_INITIALIZER(head)                                                \
    {                                                                                              \
        QLIST_HEAD_INITIALIZER((head).notifiers)                                                   \
    }

void notifier_with_return_list_init(NotifierWithReturnList *list);
void notifier_with_return_list_add(NotifierWithReturnList *list, NotifierWithReturn *notifier);
void notifier_with_return_remove(NotifierWithReturn *notifier);
int notifier_with_return_list_notify(NotifierWithReturnList *list, void *data, Error **errp);

#endif
