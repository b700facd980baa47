/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may do something: objects that say yes or no to an identity. Main thread, BQL held. */
#ifndef AUTHZ_BASE_H
#define AUTHZ_BASE_H

#include "qapi/error.h"
#include "qom/object.h"

#define TYPE_QAUTHZ           "authz"
#define TYPE_QAUTHZ_SIMPLE    "authz-simple"
#define TYPE_QAUTHZ_LIST      "authz-list"
#define TYPE_QAUTHZ_LIST_FILE "authz-list-file"
OBJECT_DECLARE_TYPE(QAuthZ, QAuthZClass, QAUTHZ)

struct QAuthZ {
    Object parent_obj;
};

struct QAuthZClass {
    ObjectClass parent_class;

    /* false without @errp: no; with it: it could not be found out, which is a no, too. */
    bool (*is_allowed)(QAuthZ *authz, const char *identity, Error **errp);
};

bool qauthz_is_allowed(QAuthZ *authz, const char *identity, Error **errp);
/* The same by the object's id; an object that is none is an error. */
bool qauthz_is_allowed_by_id(const char *id, const char *identity, Error **errp);

#endif
