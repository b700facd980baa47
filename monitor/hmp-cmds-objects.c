/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands that make, change and remove objects, devices and character devices. */

#include "qemu/osdep.h"
#include "commands.h"
#include "chardev/char-ringbuf.h"
#include "hw/qdev-core.h"
#include "qemu/cutils.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qom/object_interfaces.h"
#include "system/system.h"

/* ---- properties ---- */

static void cmd_qom_list(Monitor *mon, const QDict *args)
{
    g_autoptr(QDict) copy = qdict_clone_shallow(args);
    QObject *ret;
    const QListEntry *entry;

    if (!qdict_haskey(copy, "path")) {
        monitor_puts(mon, "/\n");
        return;
    }
    ret = hmp_call_qmp(mon, "qom-list", copy);
    if (!ret) {
        return;
    }
    QLIST_FOREACH_ENTRY (qobject_to(QList, ret), entry) {
        QDict *prop = qobject_to(QDict, qlist_entry_obj(entry));
        monitor_printf(mon, "%s (%s)\n", qdict_get_str(prop, "name"), qdict_get_str(prop, "type"));
    }
    qobject_unref(ret);
}

static void cmd_qom_get(Monitor *mon, const QDict *args)
{
    QObject *ret = hmp_call_qmp(mon, "qom-get", args);

    if (ret) {
        g_autoptr(GString) text = qobject_to_json_pretty(ret, true);
        monitor_printf(mon, "%s\n", text->str);
        qobject_unref(ret);
    }
}

static void cmd_qom_set(Monitor *mon, const QDict *args)
{
    const char *path = qdict_get_str(args, "path"), *property = qdict_get_str(args, "property");
    const char *value = qdict_get_str(args, "value");
    Error *err = NULL;
    Object *obj = object_resolve_path(path, NULL);

    if (!obj) {
        monitor_printf(mon, "Error: there is no object '%s'\n", path);
        return;
    }
    if (qdict_get_bool(args, "-j")) {
        QObject *json = qobject_from_json(value, &err);
        if (json) {
            object_property_set_qobject(obj, property, json, &err);
            qobject_unref(json);
        }
    } else {
        object_property_parse(obj, property, value, &err);
    }
    hmp_handle_error(mon, err);
}

static void complete_path(int index, const char *text, void (*add)(void *, const char *),
                          void *opaque)
{
    const char *slash = strrchr(text, '/');
    g_autofree char *dir = slash ? g_strndup(text, slash - text + 1) : g_strdup("/");
    Object *obj = object_resolve_path(dir, NULL);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (!obj || index > 0) {
        return;
    }
    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        if (g_str_has_prefix(prop->type, "child<")) {
            g_autofree char *path = g_strconcat(dir, prop->name, NULL);
            add(opaque, path);
        }
    }
}

/* ---- objects and devices ---- */

static void cmd_object_add(Monitor *mon, const QDict *args)
{
    bool helped = false;
    Error *err = NULL;

    user_creatable_add_from_str(qdict_get_str(args, "text"), &helped, &err);
    hmp_handle_error(mon, err);
}

static void cmd_object_del(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "object-del", args));
}

static void cmd_device_add(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    if (!qdev_device_help(qdict_get_str(args, "text"), &err)) {
        object_unref(
            OBJECT(qdev_device_add_from_qdict(qdict_get_qdict(args, "device"), false, &err)));
    }
    hmp_handle_error(mon, err);
}

static void cmd_device_del(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "device_del", args));
}

typedef struct AddWord {
    void (*add)(void *, const char *);
    void *opaque;
} AddWord;

static void add_type(ObjectClass *oc, void *opaque)
{
    AddWord *w = opaque;

    if (!object_class_dynamic_cast(oc, TYPE_DEVICE) || DEVICE_CLASS(oc)->user_creatable) {
        w->add(w->opaque, object_class_get_name(oc));
    }
}

static int add_child(Object *child, void *opaque)
{
    AddWord *w = opaque;

    w->add(w->opaque, object_get_canonical_path_component(child));
    return 0;
}

static void complete_device(int index, const char *text, void (*add)(void *, const char *),
                            void *opaque)
{
    AddWord w = {add, opaque};

    if (index == 0) {
        object_class_foreach(add_type, TYPE_DEVICE, false, &w);
    }
}

static void complete_object(int index, const char *text, void (*add)(void *, const char *),
                            void *opaque)
{
    AddWord w = {add, opaque};

    if (index == 0) {
        object_class_foreach(add_type, TYPE_USER_CREATABLE, false, &w);
    }
}

static void complete_device_id(int index, const char *text, void (*add)(void *, const char *),
                               void *opaque)
{
    AddWord w = {add, opaque};

    if (index == 0) {
        object_child_foreach(machine_get_container("peripheral"), add_child, &w);
    }
}

static void complete_object_id(int index, const char *text, void (*add)(void *, const char *),
                               void *opaque)
{
    AddWord w = {add, opaque};

    if (index == 0) {
        object_child_foreach(object_get_objects_root(), add_child, &w);
    }
}

/* ---- character devices ---- */

static void cmd_chardev_add(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qemu_chr_new_from_keys(qdict_get_qdict(args, "chardev"), NULL, &err);
    hmp_handle_error(mon, err);
}

static void cmd_chardev_change(Monitor *mon, const QDict *args)
{
    const char *id = qdict_get_str(args, "id");
    QDict *keys = qdict_get_qdict(args, "chardev");
    Chardev *chr = qemu_chr_find(id);
    Error *err = NULL;

    if (!chr) {
        error_setg(&err, "there is no chardev '%s'", id);
    } else {
        qdict_put_str(keys, "id", id);
        qemu_chr_change(chr, keys, &err);
    }
    hmp_handle_error(mon, err);
}

static void cmd_chardev_remove(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "chardev-remove", args));
}

static void cmd_chardev_send_break(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "chardev-send-break", args));
}

static void cmd_ringbuf_write(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "ringbuf-write", args));
}

static void cmd_ringbuf_read(Monitor *mon, const QDict *args)
{
    const char *name = qdict_get_str(args, "device");
    Chardev *chr = qemu_chr_find(name);
    uint64_t size = MAX(qdict_get_int(args, "size"), 0);
    g_autofree uint8_t *data = NULL;

    if (!chr || !qemu_chr_is_ringbuf(chr)) {
        monitor_printf(mon, "Error: there is no ring buffer '%s'\n", name);
        return;
    }
    size = MIN(size, ringbuf_count(chr));
    data = g_malloc(size + 1);
    size = ringbuf_read(chr, data, size);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\\') {
            monitor_puts(mon, "\\\\");
        } else if (g_ascii_isprint(data[i]) || data[i] == '\n' || data[i] == '\t') {
            monitor_printf(mon, "%c", data[i]);
        } else {
            monitor_printf(mon, "\\u%04X", data[i]);
        }
    }
    monitor_puts(mon, "\n");
}

static void add_chardev(Chardev *chr, void *opaque)
{
    AddWord *w = opaque;

    w->add(w->opaque, chr->label);
}

static void complete_chardev(int index, const char *text, void (*add)(void *, const char *),
                             void *opaque)
{
    AddWord w = {add, opaque};

    if (index == 0) {
        qemu_chr_foreach(add_chardev, &w);
    }
}

static const HMPCommand commands[] = {
    {"qom-list", "path:s?", "path", "properties of an object", cmd_qom_list, NULL, complete_path},
    {"qom-get", "path:s,property:s", "path property", "value of a property", cmd_qom_get, NULL,
     complete_path},
    {"qom-set", "-j,path:s,property:s,value:S", "[-j] path property value",
     "changes a property; -j: the value is JSON", cmd_qom_set, NULL, complete_path},
    {"object_add", "object:O", "[qom-type=]type,id=str[,prop=value][,...]", "makes an object",
     cmd_object_add, "qom-type", complete_object},
    {"object_del", "id:s", "id", "removes an object", cmd_object_del, NULL, complete_object_id},
    {"device_add", "device:O", "driver[,prop=value][,...]", "adds a device", cmd_device_add,
     "driver", complete_device},
    {"device_del", "id:s", "device", "removes a device", cmd_device_del, NULL, complete_device_id},
    {"chardev-add", "chardev:O", "args", "makes a character device", cmd_chardev_add, "backend"},
    {"chardev-change", "id:s,chardev:O", "id args",
     "puts another back end in the place of a character device", cmd_chardev_change, "backend",
     complete_chardev},
    {"chardev-remove", "id:s", "id", "removes a character device", cmd_chardev_remove, NULL,
     complete_chardev},
    {"chardev-send-break", "id:s", "id", "sends a break to a character device",
     cmd_chardev_send_break, NULL, complete_chardev},
    {"ringbuf_write", "device:s,data:s", "device data", "writes to a ring buffer",
     cmd_ringbuf_write, NULL, complete_chardev},
    {"ringbuf_read", "device:s,size:i", "device size", "reads from a ring buffer", cmd_ringbuf_read,
     NULL, complete_chardev},
};

void hmp_register_objects(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
}
