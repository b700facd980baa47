/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do something: objects that say yes or no to an identity. They are made, changed and
 * removed by the main thread, BQL held; asked by any thread, as monitors have one of their own that
 * must not wait for the BQL.
 */
#ifndef AUTHZ_BASE_H
#define AUTHZ_BASE_H

#include "qapi/error.h"
#include "qemu/thread.h"
#include "qom/object.h"

#define TYPE_QAUTHZ           "authz"
#define TYPE_QAUTHZ_SIMPLE    "authz-simple"
#define TYPE_QAUTHZ_LIST      "authz-list"
#define TYPE_QAUTHZ_LIST_FILE "authz-list-file"
OBJECT_DECLARE_TYPE(QAuthZ, QAuthZClass, QAUTHZ)

struct QAuthZ {
    Object parent_obj;

    QemuMutex lock; /* rules: held while asked, and to change them */
};

struct QAuthZClass {
    ObjectClass parent_class;

    /* All properties are set: whether they make sense. May be NULL. */
    bool (*complete)(QAuthZ *authz, Error **errp);
    /* false without @errp: no; with it: it could not be found out, which is a no, too. Lock held.
     */
    bool (*is_allowed)(QAuthZ *authz, const char *identity, Error **errp);
};

/* [any thread] */
bool qauthz_is_allowed(QAuthZ *authz, const char *identity, Error **errp);
/* The same by the object's id, of the moment; that there is none is an error. [any thread] */
bool qauthz_is_allowed_by_id(const char *id, const char *identity, Error **errp);

#endif
