/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User-creatable objects: what -object and object-add can make. They live under
 * /objects by their id.
 */
#ifndef QOM_OBJECT_INTERFACES_H
#define QOM_OBJECT_INTERFACES_H

#include "qom/object.h"

#define TYPE_USER_CREATABLE "user-creatable"

typedef struct UserCreatable UserCreatable;
typedef struct UserCreatableClass UserCreatableClass;
DECLARE_CLASS_CHECKERS(UserCreatableClass, USER_CREATABLE, TYPE_USER_CREATABLE)
#define USER_CREATABLE(obj) INTERFACE_CHECK(UserCreatable, (obj), TYPE_USER_CREATABLE)

struct UserCreatableClass {
    InterfaceClass parent_class;

    /* All properties are set: acquire resources. Optional. */
    void (*complete)(UserCreatable *uc, Error **errp);
    /* false while somebody uses it. Optional: yes. */
    bool (*can_be_deleted)(UserCreatable *uc);
};

/* Both accept objects of any type; those that are not UserCreatable succeed. */
bool user_creatable_complete(UserCreatable *uc, Error **errp);
bool user_creatable_can_be_deleted(UserCreatable *uc);

/*
 * Makes an object of @type with the properties in @qdict ("qom-type" and "id"
 * must be removed), names it @id, completes it and puts it under /objects.
 * @keyval: values are strings from an option. Result borrowed; NULL on error,
 * with nothing left behind.
 */
Object *user_creatable_add_type(const char *type, const char *id, const QDict *qdict, bool keyval,
                                Error **errp);
/* The same from a dictionary with "qom-type" and "id" in it. */
bool user_creatable_add_qdict(const QDict *qdict, bool keyval, Error **errp);

/*
 * "-object ARG": ARG is TYPE,id=ID,key=value... or a JSON object. Answers help
 * requests (prints, sets *@helped, returns true); false and @errp on failure.
 */
bool user_creatable_add_from_str(const char *str, bool *helped, Error **errp);
/*
 * Only parses: a dictionary with "qom-type" (caller's reference); NULL with
 * @errp set on error, NULL without when it was a request for help, answered.
 * *@keyval tells whether the values are option strings.
 */
QDict *user_creatable_parse_str(const char *str, bool *keyval, Error **errp);

/* Lists the types, or with @type its properties. false: no such type. */
void user_creatable_print_types(void);
bool user_creatable_print_type_properties(const char *type);

/* Deletes /objects/@id. */
bool user_creatable_del(const char *id, Error **errp);
/* Deletes all of them; at exit. */
void user_creatable_cleanup(void);

#endif /* QOM_OBJECT_INTERFACES_H */
