/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object model: single inheritance with interfaces, reference counts,
 * typed properties and one composition tree.
 *
 * A type is described by a static TypeInfo and registered before main() runs
 * (DEFINE_TYPES). Its class is built on first use: the parent's class struct is
 * copied, then class_init fills in what differs. An instance is one block of
 * memory that starts with its parent's struct; instance_init runs from the root
 * type down, instance_post_init from the root type down after all of them,
 * instance_finalize from the leaf up when the last reference goes.
 *
 * Unless a function says otherwise: call with the big lock held (or before
 * threads exist); names are copied; a NULL errp means that the caller does not
 * want to know.
 */
#ifndef QOM_OBJECT_H
#define QOM_OBJECT_H

#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/qapi-builtin-types.h"
#include "qemu/typedefs.h"

typedef struct TypeImpl *Type;
typedef struct TypeImpl TypeImpl;
typedef struct TypeInfo TypeInfo;
typedef struct Object Object;
typedef struct ObjectClass ObjectClass;
typedef struct InterfaceClass InterfaceClass;
typedef struct InterfaceInfo InterfaceInfo;
typedef struct ObjectProperty ObjectProperty;
typedef struct Visitor Visitor;
typedef struct QObject QObject;
typedef struct QDict QDict;

#define TYPE_OBJECT    "object"
#define TYPE_INTERFACE "interface"
#define TYPE_CONTAINER "container"

/* Reads a property into an output visitor, or sets it from an input visitor. */
typedef void(ObjectPropertyAccessor)(Object *obj, Visitor *v, const char *name, void *opaque,
                                     Error **errp);
/* Answers which object @part names below the property, NULL when none. */
typedef Object *(ObjectPropertyResolve)(Object *obj, void *opaque, const char *part);
/* Called when the property goes away, with the object still usable. */
typedef void(ObjectPropertyRelease)(Object *obj, const char *name, void *opaque);
/* May @prop of @obj, which has a setter, be set now? False with an error that says @name if not. */
typedef bool(ObjectPropertyMaySet)(Object *obj, const ObjectProperty *prop, const char *name,
                                   Error **errp);
/* Called on each new instance for a class property that has a default. */
typedef void(ObjectPropertyInit)(Object *obj, ObjectProperty *prop);
typedef void(ObjectUnparent)(Object *obj);
typedef void(ObjectFree)(void *obj);

struct ObjectProperty {
    char *name;
    char *type; /* "bool", "uint32", "link<irq>", "child<device>", enum name, ... */
    char *description;
    ObjectPropertyAccessor *get; /* NULL: write-only */
    ObjectPropertyAccessor *set; /* NULL: read-only */
    ObjectPropertyResolve *resolve;
    ObjectPropertyRelease *release;
    ObjectPropertyInit *init;
    void *opaque;
    QObject *defval; /* NULL: no default known */
    bool live;       /* may change when the object is in use: for the class's may_set() */
};

#define OBJECT_CLASS_CAST_CACHE 4

struct ObjectClass {
    Type type;
    GSList *interfaces; /* of InterfaceClass */
    const char *object_cast_cache[OBJECT_CLASS_CAST_CACHE];
    const char *class_cast_cache[OBJECT_CLASS_CAST_CACHE];
    ObjectUnparent *unparent;      /* leaving the composition tree: stop being visible */
    ObjectPropertyMaySet *may_set; /* NULL: always */
    GHashTable *properties;        /* name -> ObjectProperty, those of this class only */
};

struct Object {
    ObjectClass *class;
    ObjectFree *free;       /* how the memory goes; NULL when it is embedded */
    GHashTable *properties; /* name -> ObjectProperty, of this instance only; NULL: none */
    uint32_t ref;
    Object *parent;             /* the object that holds us as child<>, not a counted reference */
    ObjectProperty *child_prop; /* the parent's property that we are */
};

struct InterfaceInfo {
    const char *type;
};

struct InterfaceClass {
    ObjectClass parent_class;
    ObjectClass *concrete_class;
    Type interface_type;
};

/*
 * Sizes of 0 inherit the parent's. class_init and class_base_init get
 * class_data; class_base_init runs for every descendant too, before its
 * class_init, to undo what must not be inherited. interfaces ends with { }.
 */
struct TypeInfo {
    const char *name;
    const char *parent;

    size_t instance_size;
    size_t instance_align;
    void (*instance_init)(Object *obj);
    void (*instance_post_init)(Object *obj);
    void (*instance_finalize)(Object *obj);

    bool abstract;
    size_t class_size;
    void (*class_init)(ObjectClass *klass, const void *data);
    void (*class_base_init)(ObjectClass *klass, const void *data);
    const void *class_data;

    const InterfaceInfo *interfaces;
};

#define OBJECT(obj)         ((Object *)(obj))
#define OBJECT_CLASS(klass) ((ObjectClass *)(klass))

/* Checked casts: a wrong type here is a programming error and ends the program. */
#define OBJECT_CHECK(type, obj, name)                                                              \
    ((type *)object_dynamic_cast_assert(OBJECT(obj), (name), __FILE__, __LINE__, __func__))
#define OBJECT_CLASS_CHECK(class_type, klass, name)                                                \
    ((class_type *)object_class_dynamic_cast_assert(OBJECT_CLASS(klass), (name), __FILE__,         \
                                                    __LINE__, __func__))
#define OBJECT_GET_CLASS(class, obj, name)                                                         \
    OBJECT_CLASS_CHECK(class, object_get_class(OBJECT(obj)), name)

#define INTERFACE_CLASS(klass) OBJECT_CLASS_CHECK(InterfaceClass, klass, TYPE_INTERFACE)
#define INTERFACE_CHECK(interface, obj, name)                                                      \
    ((interface *)object_dynamic_cast_assert(OBJECT((obj)), (name), __FILE__, __LINE__, __func__))

/* NAME(obj): an instance as InstanceType *. */
#define DECLARE_INSTANCE_CHECKER(InstanceType, OBJ_NAME, TYPENAME)                                 \
    static inline G_GNUC_UNUSED InstanceType *OBJ_NAME(const void *obj)                            \
    {                                                                                              \
        return OBJECT_CHECK(InstanceType, obj, TYPENAME);                                          \
    }

/* NAME_CLASS(klass) and NAME_GET_CLASS(obj). */
#define DECLARE_CLASS_CHECKERS(ClassType, OBJ_NAME, TYPENAME)                                      \
    static inline G_GNUC_UNUSED ClassType *OBJ_NAME##_GET_CLASS(const void *obj)                   \
    {                                                                                              \
        return OBJECT_GET_CLASS(ClassType, obj, TYPENAME);                                         \
    }                                                                                              \
    static inline G_GNUC_UNUSED ClassType *OBJ_NAME##_CLASS(const void *klass)                     \
    {                                                                                              \
        return OBJECT_CLASS_CHECK(ClassType, klass, TYPENAME);                                     \
    }

#define DECLARE_OBJ_CHECKERS(InstanceType, ClassType, OBJ_NAME, TYPENAME)                          \
    DECLARE_INSTANCE_CHECKER(InstanceType, OBJ_NAME, TYPENAME)                                     \
    DECLARE_CLASS_CHECKERS(ClassType, OBJ_NAME, TYPENAME)

/* Typedefs, casts (TYPE_<NAME> must be defined) and g_autoptr for a type with its own class. */
#define OBJECT_DECLARE_TYPE(InstanceType, ClassType, MODULE_OBJ_NAME)                              \
    typedef struct InstanceType InstanceType;                                                      \
    typedef struct ClassType ClassType;                                                            \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(InstanceType, object_unref)                                      \
    DECLARE_OBJ_CHECKERS(InstanceType, ClassType, MODULE_OBJ_NAME, TYPE_##MODULE_OBJ_NAME)

/* The same for a type that uses its parent's class struct. */
#define OBJECT_DECLARE_SIMPLE_TYPE(InstanceType, MODULE_OBJ_NAME)                                  \
    typedef struct InstanceType InstanceType;                                                      \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(InstanceType, object_unref)                                      \
    DECLARE_INSTANCE_CHECKER(InstanceType, MODULE_OBJ_NAME, TYPE_##MODULE_OBJ_NAME)

#define OBJECT_DEFINE_TYPE_EXTENDED(ModuleObjName, module_obj_name, MODULE_OBJ_NAME,               \
                                    PARENT_MODULE_OBJ_NAME, ABSTRACT, ...)                         \
    static void module_obj_name##_finalize(Object *obj);                                           \
    static void module_obj_name##_class_init(ObjectClass *oc, const void *data);                   \
    static void module_obj_name##_init(Object *obj);                                               \
    static const TypeInfo module_obj_name##_info = {                                               \
        .parent = TYPE_##PARENT_MODULE_OBJ_NAME,                                                   \
        .name = TYPE_##MODULE_OBJ_NAME,                                                            \
        .instance_size = sizeof(ModuleObjName),                                                    \
        .instance_align = __alignof__(ModuleObjName),                                              \
        .instance_init = module_obj_name##_init,                                                   \
        .instance_finalize = module_obj_name##_finalize,                                           \
        .class_size = sizeof(ModuleObjName##Class),                                                \
        .class_init = module_obj_name##_class_init,                                                \
        .abstract = ABSTRACT,                                                                      \
        .interfaces = (const InterfaceInfo[]){__VA_ARGS__},                                        \
    };                                                                                             \
    static void module_obj_name##_register_types(void)                                             \
    {                                                                                              \
        type_register_static(&module_obj_name##_info);                                             \
    }                                                                                              \
    type_init(module_obj_name##_register_types);

#define OBJECT_DEFINE_TYPE(ModuleObjName, module_obj_name, MODULE_OBJ_NAME,                        \
                           PARENT_MODULE_OBJ_NAME)                                                 \
    OBJECT_DEFINE_TYPE_EXTENDED(ModuleObjName, module_obj_name, MODULE_OBJ_NAME,                   \
                                PARENT_MODULE_OBJ_NAME, false, {NULL})

#define OBJECT_DEFINE_ABSTRACT_TYPE(ModuleObjName, module_obj_name, MODULE_OBJ_NAME,               \
                                    PARENT_MODULE_OBJ_NAME)                                        \
    OBJECT_DEFINE_TYPE_EXTENDED(ModuleObjName, module_obj_name, MODULE_OBJ_NAME,                   \
                                PARENT_MODULE_OBJ_NAME, true, {NULL})

/* Registers a static array of TypeInfo; at file scope, no semicolon needed. */
#define DEFINE_TYPES(type_array)                                                                   \
    static void do_qemu_init_##type_array(void)                                                    \
    {                                                                                              \
        type_register_static_array(type_array, G_N_ELEMENTS(type_array));                          \
    }                                                                                              \
    type_init(do_qemu_init_##type_array)

/* ---- types and classes ------------------------------------------------- */

/*
 * @info and its strings must live forever. Parents may be registered later;
 * they must be there when the class is first used.
 */
Type type_register_static(const TypeInfo *info);
void type_register_static_array(const TypeInfo *infos, int nr_infos);

/* The class of @name, built if need be; NULL when there is no such type. */
ObjectClass *object_class_by_name(const char *name);
/* The same, after loading a module that provides it; all types are built in. */
ObjectClass *module_object_class_by_name(const char *name);

ObjectClass *object_class_get_parent(ObjectClass *klass);
const char *object_class_get_name(ObjectClass *klass);
bool object_class_is_abstract(ObjectClass *klass);
/* NULL when @klass is no @type; for an interface, the InterfaceClass. */
ObjectClass *object_class_dynamic_cast(ObjectClass *klass, const char *type_name);
ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass, const char *type_name,
                                              const char *file, int line, const char *func);

/* Calls @fn on each class that implements @implements_type (NULL: any). */
void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque), const char *implements_type,
                          bool include_abstract, void *opaque);
/* Free the list (g_slist_free), not its elements. Sorted by type name in the second form. */
GSList *object_class_get_list(const char *implements_type, bool include_abstract);
GSList *object_class_get_list_sorted(const char *implements_type, bool include_abstract);

/*
 * The name among the concrete descendants of @implements_type that is nearest
 * to the misspelt @name; NULL when none is near. For messages.
 */
const char *object_class_nearest_name(const char *implements_type, const char *name);

/* ---- life --------------------------------------------------------------- */

/* New instances start with one reference, which the caller owns. The type must exist. */
Object *object_new(const char *typename);
Object *object_new_with_class(ObjectClass *klass);

/*
 * A new instance with properties from "name", "value" string pairs (ended by
 * NULL), added as child @id of @parent (@id NULL: not added) and completed when
 * it is user-creatable. On success the parent owns it, the result is borrowed
 * (owned by the caller when @id is NULL). NULL and @errp on failure.
 */
Object *object_new_with_props(const char *typename, Object *parent, const char *id, Error **errp,
                              ...) G_GNUC_NULL_TERMINATED;
Object *object_new_with_propv(const char *typename, Object *parent, const char *id, Error **errp,
                              va_list vargs);
bool object_set_propv(Object *obj, Error **errp, va_list vargs);

/* Makes an object in memory that the caller owns, @size bytes. */
void object_initialize(void *obj, size_t size, const char *typename);

/*
 * Makes an object embedded in @parentobj's struct and its child; it goes with
 * its parent. The props form takes string pairs and may fail.
 */
#define object_initialize_child(parent, propname, child, type)                                     \
    object_initialize_child_internal((parent), (propname), (child), sizeof(*(child)), (type))
void object_initialize_child_internal(Object *parent, const char *propname, void *child,
                                      size_t size, const char *type);
bool object_initialize_child_with_props(Object *parentobj, const char *propname, void *childobj,
                                        size_t size, const char *type, Error **errp,
                                        ...) G_GNUC_NULL_TERMINATED;
bool object_initialize_child_with_propsv(Object *parentobj, const char *propname, void *childobj,
                                         size_t size, const char *type, Error **errp,
                                         va_list vargs);

/* Reference counts are atomic; the last unref finalizes (big lock held). NULL is ignored by unref.
 */
Object *object_ref(void *obj);
void object_unref(void *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Object, object_unref)

/* Takes @obj out of the composition tree (and with that usually its last reference). */
void object_unparent(Object *obj);

/* ---- casts -------------------------------------------------------------- */

/* @obj when it is a @typename (or implements it), else NULL. */
Object *object_dynamic_cast(Object *obj, const char *typename);
Object *object_dynamic_cast_assert(Object *obj, const char *typename, const char *file, int line,
                                   const char *func);
ObjectClass *object_get_class(Object *obj);
const char *object_get_typename(const Object *obj);

/* ---- properties --------------------------------------------------------- */

/*
 * Adds a property to an instance. A name that ends in "[*]" gets the first free
 * index. NULL and @errp when the name is taken; object_property_add() treats
 * that as a programming error.
 */
ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type,
                                        ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release, void *opaque, Error **errp);
ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
                                    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release, void *opaque);
void object_property_del(Object *obj, const char *name);

/* Adds a property to a class: every instance of it and its descendants has it. */
ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name, const char *type,
                                          ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release, void *opaque);

/* Records a default and sets it on each new instance (the accessor must exist). */
void object_property_set_default_bool(ObjectProperty *prop, bool value);
void object_property_set_default_str(ObjectProperty *prop, const char *value);
void object_property_set_default_list(ObjectProperty *prop);
void object_property_set_default_int(ObjectProperty *prop, int64_t value);
void object_property_set_default_uint(ObjectProperty *prop, uint64_t value);

/* NULL when there is none. The _err forms name the nearest property in the message. */
ObjectProperty *object_property_find(Object *obj, const char *name);
ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp);
ObjectProperty *object_class_property_find(ObjectClass *klass, const char *name);
ObjectProperty *object_class_property_find_err(ObjectClass *klass, const char *name, Error **errp);

/*
 * Walks the instance's properties, then those of its class and its ancestors.
 * Properties must not be added or deleted during the walk.
 */
typedef struct ObjectPropertyIterator {
    ObjectClass *nextclass;
    bool active; /* iter is valid */
    GHashTableIter iter;
} ObjectPropertyIterator;
void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj);
void object_class_property_iter_init(ObjectPropertyIterator *iter, ObjectClass *klass);
ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter);

/* All return true on success. */
bool object_property_get(Object *obj, const char *name, Visitor *v, Error **errp);
bool object_property_set(Object *obj, const char *name, Visitor *v, Error **errp);
bool object_property_set_str(Object *obj, const char *name, const char *value, Error **errp);
bool object_property_set_link(Object *obj, const char *name, Object *value, Error **errp);
bool object_property_set_bool(Object *obj, const char *name, bool value, Error **errp);
bool object_property_set_int(Object *obj, const char *name, int64_t value, Error **errp);
bool object_property_set_uint(Object *obj, const char *name, uint64_t value, Error **errp);
bool object_property_set_qobject(Object *obj, const char *name, QObject *value, Error **errp);
/* Sets from the text form that a command line has ("on", "64M", "0x10"). */
bool object_property_parse(Object *obj, const char *name, const char *string, Error **errp);
/*
 * After a failure: if *@errp says that @obj lacks a property of @qdict, without a hint at one that
 * it has, then that "@option NAME,help" lists them.
 */
void object_hint_at_property_help(Object *obj, const QDict *qdict, const char *option,
                                  const char *name, Error *const *errp);
/*
 * Sets every member of @qdict; the first failure ends it. @from_qdict holds
 * strings only (from keyval) when @keyval, typed values (from JSON) otherwise.
 */
bool object_set_properties_from_qdict(Object *obj, const QDict *qdict, bool keyval, Error **errp);

/* Read as a type. On failure: NULL / false / -1 / 0 / -1 and @errp. Strings are the caller's. */
char *object_property_get_str(Object *obj, const char *name, Error **errp);
Object *object_property_get_link(Object *obj, const char *name, Error **errp); /* borrowed */
bool object_property_get_bool(Object *obj, const char *name, Error **errp);
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);
uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp);
int object_property_get_enum(Object *obj, const char *name, const char *typename, Error **errp);
QObject *object_property_get_qobject(Object *obj, const char *name, Error **errp);
/* Text of the value; @human adds a second form (hex, size with suffix). Caller frees. */
char *object_property_print(Object *obj, const char *name, bool human, Error **errp);
const char *object_property_get_type(Object *obj, const char *name, Error **errp);

ObjectProperty *object_class_property_add_str(ObjectClass *klass, const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *, const char *, Error **));
/* The same with the type called "str", as it is for what belongs to a device in the end. */
ObjectProperty *object_class_property_add_plain_str(ObjectClass *klass, const char *name,
                                                    char *(*get)(Object *, Error **),
                                                    void (*set)(Object *, const char *, Error **));
ObjectProperty *object_class_property_add_bool(ObjectClass *klass, const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool, Error **));
ObjectProperty *object_class_property_add_enum(ObjectClass *klass, const char *name,
                                               const char *typename, const QEnumLookup *lookup,
                                               int (*get)(Object *, Error **),
                                               void (*set)(Object *, int, Error **));
/* Read-only broken-down time, type "struct tm". */
ObjectProperty *object_property_add_tm(Object *obj, const char *name,
                                       void (*get)(Object *, struct tm *, Error **));

typedef enum {
    OBJ_PROP_FLAG_READ = 1 << 0,
    OBJ_PROP_FLAG_WRITE = 1 << 1,
    OBJ_PROP_FLAG_READWRITE = (OBJ_PROP_FLAG_READ | OBJ_PROP_FLAG_WRITE),
} ObjectPropertyFlags;

/* Integer properties that are the variable @v itself, which must outlive them. */
ObjectProperty *object_property_add_uint8_ptr(Object *obj, const char *name, const uint8_t *v,
                                              ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint16_ptr(Object *obj, const char *name, const uint16_t *v,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint32_ptr(Object *obj, const char *name, const uint32_t *v,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint64_ptr(Object *obj, const char *name, const uint64_t *v,
                                               ObjectPropertyFlags flags);

/* A property that is another object's: reads and writes go there. */
ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target_obj,
                                          const char *target_name);
/* A fixed link to @target, which resolves as a path too. */
ObjectProperty *object_property_add_const_link(Object *obj, const char *name, Object *target);

typedef enum {
    OBJ_PROP_LINK_STRONG = 0x1, /* hold a reference to the target */
    OBJ_PROP_LINK_DIRECT = 0x2, /* *targetp is the value, not its address (internal) */
    OBJ_PROP_LINK_CLASS = 0x4,  /* opaque is an offset into the instance (internal) */
} ObjectPropertyLinkFlags;

/* check() for links that may always be set. */
void object_property_allow_set_link(const Object *obj, const char *name, Object *child,
                                    Error **errp);
/*
 * A link to an object of @type, held in *@targetp (or at @offset of the
 * instance). Set takes a path: absolute, or a partial one that must be unique.
 * @check NULL makes it read-only; it may refuse a new target by @errp.
 */
ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *type,
                                         Object **targetp,
                                         void (*check)(const Object *obj, const char *name,
                                                       Object *val, Error **errp),
                                         ObjectPropertyLinkFlags flags);
ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *type,
                                               ptrdiff_t offset,
                                               void (*check)(const Object *obj, const char *name,
                                                             Object *val, Error **errp),
                                               ObjectPropertyLinkFlags flags);

/* For help texts. The property must exist. */
void object_property_set_description(Object *obj, const char *name, const char *description);
void object_class_property_set_description(ObjectClass *klass, const char *name,
                                           const char *description);
/* "  name=<type>             - description (default: x)", as -device X,help lists it; caller frees.
 */
char *object_property_help(const char *name, const char *type, QObject *defval,
                           const char *description);

/* ---- composition tree --------------------------------------------------- */

/* Makes @child part of @obj: takes a reference, sets its parent. A child has one parent. */
ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child,
                                              Error **errp);
ObjectProperty *object_property_add_child(Object *obj, const char *name, Object *child);

Object *object_get_root(void);                  /* "/" */
Object *object_get_container(const char *name); /* "/" @name; it must exist */
Object *object_get_objects_root(void);          /* "/objects": user-creatable ones */
Object *object_get_internal_root(void);         /* not in the tree: for the program's own */
/* Adds a container child @name to @obj and returns it, borrowed. */
Object *object_property_add_new_container(Object *obj, const char *name);

/* The name under its parent, NULL without one; borrowed. */
const char *object_get_canonical_path_component(const Object *obj);
/* "/machine/peripheral/net0"; NULL when it is not in the tree. Caller frees. */
char *object_get_canonical_path(const Object *obj);

/*
 * The object at an absolute path, or the only one whose path ends with the
 * relative @path. NULL when none; *@ambiguous (may be NULL) tells "several".
 */
Object *object_resolve_path(const char *path, bool *ambiguous);
Object *object_resolve_path_type(const char *path, const char *typename, bool *ambiguous);
/* The only object of @typename in the tree, with an error that says none or several. */
Object *object_resolve_type_unambiguous(const char *typename, Error **errp);
/* Like object_resolve_path for one child or link of @parent by name. */
Object *object_resolve_path_component(Object *parent, const char *part);
/* Absolute or relative to @parent (not searched for); no ambiguity. */
Object *object_resolve_path_at(Object *parent, const char *path);

/* A non-zero result of @fn ends the walk and is returned. Children may go during the call. */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque);
int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque),
                                   void *opaque);

#endif /* QOM_OBJECT_H */
