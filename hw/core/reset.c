/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reset of the whole machine: a container whose members, objects and plain
 * functions alike, go through the phases together.
 */
#include "qemu/osdep.h"
#include "qom/object.h"
#include "system/reset.h"

/* ---- the container ------------------------------------------------------ */

#define TYPE_RESETTABLE_CONTAINER "resettable-container"
OBJECT_DECLARE_SIMPLE_TYPE(ResettableContainer, RESETTABLE_CONTAINER)

struct ResettableContainer {
    Object parent_obj;

    ResettableState reset_state;
    GPtrArray *children; /* of Object, each with a reference */
};

static ResettableState *container_get_state(Object *obj)
{
    return &RESETTABLE_CONTAINER(obj)->reset_state;
}

static void container_child_foreach(Object *obj, ResettableChildCallback cb, void *opaque,
                                    ResetType type)
{
    ResettableContainer *rc = RESETTABLE_CONTAINER(obj);

    for (guint i = 0; i < rc->children->len; i++) {
        cb(rc->children->pdata[i], opaque, type);
    }
}

static void container_init(Object *obj)
{
    RESETTABLE_CONTAINER(obj)->children = g_ptr_array_new_with_free_func(object_unref);
}

static void container_finalize(Object *obj)
{
    g_ptr_array_unref(RESETTABLE_CONTAINER(obj)->children);
}

static void container_class_init(ObjectClass *klass, const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->get_state = container_get_state;
    rc->child_foreach = container_child_foreach;
}

/* ---- a plain function as a member --------------------------------------- */

#define TYPE_LEGACY_RESET "legacy-reset"
OBJECT_DECLARE_SIMPLE_TYPE(LegacyReset, LEGACY_RESET)

struct LegacyReset {
    Object parent_obj;

    ResettableState reset_state;
    QEMUResetHandler *func;
    void *opaque;
    bool skip_on_snapshot_load;
};

static ResettableState *legacy_reset_get_state(Object *obj)
{
    return &LEGACY_RESET(obj)->reset_state;
}

static void legacy_reset_hold(Object *obj, ResetType type)
{
    LegacyReset *lr = LEGACY_RESET(obj);

    if (type != RESET_TYPE_SNAPSHOT_LOAD || !lr->skip_on_snapshot_load) {
        lr->func(lr->opaque);
    }
}

static void legacy_reset_class_init(ObjectClass *klass, const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->get_state = legacy_reset_get_state;
    rc->phases.hold = legacy_reset_hold;
}

/* ---- registration ------------------------------------------------------- */

/*
 * Members that come or go while a reset runs do so after it, so that each one
 * that runs a phase runs all.
 */
static bool reset_in_progress;
static GPtrArray *added_during_reset, *removed_during_reset;

static ResettableContainer *root_container(void)
{
    static ResettableContainer *root;

    if (!root) {
        root = RESETTABLE_CONTAINER(object_new(TYPE_RESETTABLE_CONTAINER));
        added_during_reset = g_ptr_array_new();
        removed_during_reset = g_ptr_array_new();
    }
    return root;
}

void qemu_register_resettable(Object *obj)
{
    ResettableContainer *root = root_container();

    object_ref(obj);
    g_ptr_array_add(reset_in_progress ? added_during_reset : root->children, obj);
}

void qemu_unregister_resettable(Object *obj)
{
    ResettableContainer *root = root_container();

    if (!reset_in_progress) {
        g_ptr_array_remove(root->children, obj);
    } else if (g_ptr_array_remove(added_during_reset, obj)) {
        object_unref(obj);
    } else {
        g_ptr_array_add(removed_during_reset, obj);
    }
}

static void register_function(QEMUResetHandler *func, void *opaque, bool skip_on_snapshot_load)
{
    LegacyReset *lr = LEGACY_RESET(object_new(TYPE_LEGACY_RESET));

    lr->func = func;
    lr->opaque = opaque;
    lr->skip_on_snapshot_load = skip_on_snapshot_load;
    qemu_register_resettable(OBJECT(lr));
    object_unref(lr);
}

void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
    register_function(func, opaque, false);
}

void qemu_register_reset_nosnapshotload(QEMUResetHandler *func, void *opaque)
{
    register_function(func, opaque, true);
}

static Object *find_function(GPtrArray *list, QEMUResetHandler *func, void *opaque)
{
    for (guint i = 0; i < list->len; i++) {
        LegacyReset *lr = (LegacyReset *)object_dynamic_cast(list->pdata[i], TYPE_LEGACY_RESET);

        if (lr && lr->func == func && lr->opaque == opaque) {
            return OBJECT(lr);
        }
    }
    return NULL;
}

void qemu_unregister_reset(QEMUResetHandler *func, void *opaque)
{
    Object *obj = find_function(root_container()->children, func, opaque);

    if (!obj) {
        obj = find_function(added_during_reset, func, opaque);
    }
    if (obj) {
        qemu_unregister_resettable(obj);
    }
}

void qemu_devices_reset(ResetType type)
{
    ResettableContainer *root = root_container();

    reset_in_progress = true;
    resettable_reset(OBJECT(root), type);
    reset_in_progress = false;

    for (guint i = 0; i < removed_during_reset->len; i++) {
        g_ptr_array_remove(root->children, removed_during_reset->pdata[i]);
    }
    g_ptr_array_set_size(removed_during_reset, 0);
    for (guint i = 0; i < added_during_reset->len; i++) {
        g_ptr_array_add(root->children, added_during_reset->pdata[i]);
    }
    g_ptr_array_set_size(added_during_reset, 0);
}

static const TypeInfo reset_types[] = {
    {
        .name = TYPE_RESETTABLE_CONTAINER,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(ResettableContainer),
        .instance_init = container_init,
        .instance_finalize = container_finalize,
        .class_init = container_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_RESETTABLE_INTERFACE}, {}},
    },
    {
        .name = TYPE_LEGACY_RESET,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(LegacyReset),
        .class_init = legacy_reset_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_RESETTABLE_INTERFACE}, {}},
    },
};
DEFINE_TYPES(reset_types)
