/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Authorization by a list of rules: given in properties, or in a file that may change. */
#include "qemu/osdep.h"
#include <fnmatch.h>
#include <sys/stat.h>
#include "authz/base.h"
#include "qapi/qapi-visit-authz.h"
#include "qapi/qobject-input-visitor.h"
#include "qemu/lockable.h"
#include "qobject/qjson.h"
#include "qom/object_interfaces.h"

/* Longest file of rules. */
#define FILE_MAX_BYTES (1024 * 1024)

static bool matches(const QAuthZListRule *rule, const char *identity)
{
    return rule->has_format && rule->format == QAUTHZ_LIST_FORMAT_GLOB
               ? !fnmatch(rule->match, identity, 0)
               : !strcmp(rule->match, identity);
}

static bool list_allows(QAuthZListPolicy policy, const QAuthZListRuleList *rules,
                        const char *identity)
{
    for (; rules; rules = rules->next) {
        if (matches(rules->value, identity)) {
            return rules->value->policy == QAUTHZ_LIST_POLICY_ALLOW;
        }
    }
    return policy == QAUTHZ_LIST_POLICY_ALLOW;
}

/* ---- authz-list ---- */

OBJECT_DECLARE_SIMPLE_TYPE(QAuthZList, QAUTHZ_LIST)

struct QAuthZList {
    QAuthZ parent_obj;

    QAuthZListPolicy policy;
    QAuthZListRuleList *rules;
};

static bool list_is_allowed(QAuthZ *authz, const char *identity, Error **errp)
{
    QAuthZList *s = QAUTHZ_LIST(authz);

    return list_allows(s->policy, s->rules, identity);
}

static int get_policy(Object *obj, Error **errp)
{
    return QAUTHZ_LIST(obj)->policy;
}

static void set_policy(Object *obj, int value, Error **errp)
{
    QEMU_LOCK_GUARD(&QAUTHZ(obj)->lock);

    QAUTHZ_LIST(obj)->policy = value;
}

static void get_rules(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_QAuthZListRuleList(v, name, &QAUTHZ_LIST(obj)->rules, errp);
}

static void set_rules(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    QAuthZListRuleList *rules = NULL;

    if (visit_type_QAuthZListRuleList(v, name, &rules, errp)) {
        QEMU_LOCK_GUARD(&QAUTHZ(obj)->lock);
        qapi_free_QAuthZListRuleList(QAUTHZ_LIST(obj)->rules);
        QAUTHZ_LIST(obj)->rules = rules;
    }
}

static void list_finalize(Object *obj)
{
    qapi_free_QAuthZListRuleList(QAUTHZ_LIST(obj)->rules);
}

static void list_class_init(ObjectClass *oc, const void *data)
{
    QAUTHZ_CLASS(oc)->is_allowed = list_is_allowed;
    object_class_property_add_enum(oc, "policy", "QAuthZListPolicy", &QAuthZListPolicy_lookup,
                                   get_policy, set_policy);
    object_class_property_set_description(oc, "policy", "What if no rule matches");
    object_class_property_add(oc, "rules", "QAuthZListRule", get_rules, set_rules, NULL, NULL);
    object_class_property_set_description(oc, "rules", "The rules; the first that matches decides");
}

/* ---- authz-list-file ---- */

OBJECT_DECLARE_SIMPLE_TYPE(QAuthZListFile, QAUTHZ_LIST_FILE)

struct QAuthZListFile {
    QAuthZ parent_obj;

    char *filename;
    bool refresh;

    AuthZListProperties *list;
    struct stat seen; /* of the file when it was read */
};

static AuthZListProperties *read_list(QAuthZListFile *s, Error **errp)
{
    size_t size;
    g_autofree char *text = qemu_read_file(s->filename, FILE_MAX_BYTES, &size, errp);
    QObject *obj = text ? qobject_from_json(text, errp) : NULL;
    AuthZListProperties *list = NULL;
    Visitor *v;

    if (!obj) {
        error_prepend(errp, "filename=%s: ", s->filename);
        return NULL;
    }
    v = qobject_input_visitor_new(obj);
    if (!visit_type_AuthZListProperties(v, NULL, &list, errp)) {
        error_prepend(errp, "filename=%s: ", s->filename);
    }
    visit_free(v);
    qobject_unref(obj);
    return list;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool load(QAuthZListFile *s, Error **errp)
{
    ERRP_GUARD();
    struct stat now;
    AuthZListProperties *list;

    if (stat(s->filename, &now) < 0) {
        error_setg_errno(errp, errno, "filename=%s cannot be read", s->filename);
        return false;
    }
    if (s->list && same_file(&now, &s->seen)) {
        return true;
    }
    list = read_list(s, errp);
    if (list) {
        qapi_free_AuthZListProperties(s->list);
        s->list = list;
        s->seen = now;
    }
    return list != NULL;
}

/* A file that cannot be read now allows nobody. */
static bool file_is_allowed(QAuthZ *authz, const char *identity, Error **errp)
{
    QAuthZListFile *s = QAUTHZ_LIST_FILE(authz);

    if (s->refresh && !load(s, errp)) {
        return false;
    }
    return list_allows(s->list->has_policy ? s->list->policy : QAUTHZ_LIST_POLICY_DENY,
                       s->list->rules, identity);
}

static bool file_complete(QAuthZ *authz, Error **errp)
{
    QAuthZListFile *s = QAUTHZ_LIST_FILE(authz);

    if (!s->filename) {
        error_setg(errp, "'filename' must be given");
        return false;
    }
    return load(s, errp);
}

static char *get_filename(Object *obj, Error **errp)
{
    return g_strdup(QAUTHZ_LIST_FILE(obj)->filename);
}

static void set_filename(Object *obj, const char *value, Error **errp)
{
    if (QAUTHZ_LIST_FILE(obj)->list) {
        error_setg(errp, "filename cannot be changed once it is read");
        return;
    }
    g_free(QAUTHZ_LIST_FILE(obj)->filename);
    QAUTHZ_LIST_FILE(obj)->filename = g_strdup(value);
}

static bool get_refresh(Object *obj, Error **errp)
{
    return QAUTHZ_LIST_FILE(obj)->refresh;
}

static void set_refresh(Object *obj, bool value, Error **errp)
{
    QEMU_LOCK_GUARD(&QAUTHZ(obj)->lock);

    QAUTHZ_LIST_FILE(obj)->refresh = value;
}

static void file_init(Object *obj)
{
    QAUTHZ_LIST_FILE(obj)->refresh = true;
}

static void file_finalize(Object *obj)
{
    QAuthZListFile *s = QAUTHZ_LIST_FILE(obj);

    qapi_free_AuthZListProperties(s->list);
    g_free(s->filename);
}

static void file_class_init(ObjectClass *oc, const void *data)
{
    QAUTHZ_CLASS(oc)->complete = file_complete;
    QAUTHZ_CLASS(oc)->is_allowed = file_is_allowed;
    object_class_property_add_str(oc, "filename", get_filename, set_filename);
    object_class_property_set_description(oc, "filename", "File with policy and rules, in JSON");
    object_class_property_add_bool(oc, "refresh", get_refresh, set_refresh);
    object_class_property_set_description(oc, "refresh", "Read it again when it changes");
}

static const TypeInfo authz_list_types[] = {
    {
        .name = TYPE_QAUTHZ_LIST,
        .parent = TYPE_QAUTHZ,
        .instance_size = sizeof(QAuthZList),
        .instance_finalize = list_finalize,
        .class_init = list_class_init,
    },
    {
        .name = TYPE_QAUTHZ_LIST_FILE,
        .parent = TYPE_QAUTHZ,
        .instance_size = sizeof(QAuthZListFile),
        .instance_init = file_init,
        .instance_finalize = file_finalize,
        .class_init = file_class_init,
    },
};

DEFINE_TYPES(authz_list_types)
