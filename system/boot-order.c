/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot order: drive letters for the board, firmware paths for the "bootorder" file. */

#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "qemu/queue.h"
#include "system/boot-order.h"
#include "system/reset.h"

typedef struct BootEntry {
    int32_t index;
    DeviceState *dev; /* NULL: an option ROM */
    char *suffix;     /* path below the device, or name of the ROM */
    QTAILQ_ENTRY(BootEntry) link;
} BootEntry;

/* Lowest index first. */
static QTAILQ_HEAD(, BootEntry) entries = QTAILQ_HEAD_INITIALIZER(entries);

static QEMUBootSetHandler *boot_set_handler;
static void *boot_set_opaque;
static char *order_after_once;

static void insert(BootEntry *new)
{
    BootEntry *e;

    QTAILQ_FOREACH (e, &entries, link) {
        if (e->index > new->index) {
            QTAILQ_INSERT_BEFORE(e, new, link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(&entries, new, link);
}

bool boot_order_add_device(int32_t index, DeviceState *dev, const char *suffix, Error **errp)
{
    BootEntry *e;

    if (index < 0) {
        boot_order_del_device(dev, suffix);
        return true;
    }
    QTAILQ_FOREACH (e, &entries, link) {
        if (e->index == index && (e->dev != dev || g_strcmp0(e->suffix, suffix))) {
            error_setg(errp, "bootindex=%d is used already", index);
            return false;
        }
    }
    boot_order_del_device(dev, suffix);
    e = g_new0(BootEntry, 1);
    e->index = index;
    e->dev = dev;
    e->suffix = g_strdup(suffix);
    insert(e);
    return true;
}

void boot_order_del_device(DeviceState *dev, const char *suffix)
{
    BootEntry *e, *next;

    QTAILQ_FOREACH_SAFE (e, &entries, link, next) {
        if (e->dev == dev && (!suffix || !g_strcmp0(e->suffix, suffix))) {
            QTAILQ_REMOVE(&entries, e, link);
            g_free(e->suffix);
            g_free(e);
        }
    }
}

void boot_order_add_rom(const char *name, int32_t index)
{
    BootEntry *e = g_new0(BootEntry, 1);

    e->index = index;
    e->suffix = g_strdup(name);
    insert(e);
}

char *boot_order_file(bool strict, size_t *size)
{
    g_autoptr(GString) text = g_string_new(NULL);
    BootEntry *e;

    QTAILQ_FOREACH (e, &entries, link) {
        g_autofree char *path = NULL;
        if (text->len) {
            g_string_append_c(text, '\n');
        }
        if (!e->dev) {
            g_string_append_printf(text, "/rom@%s", e->suffix);
            continue;
        }
        path = qdev_get_fw_dev_path(e->dev);
        g_string_append(text, path);
        if (e->suffix) {
            g_string_append(text, e->suffix);
        }
    }
    if (strict && text->len) {
        g_string_append(text, "\nHALT");
    }
    *size = text->len ? text->len + 1 : 0;
    return g_string_free(g_steal_pointer(&text), false);
}

void qemu_register_boot_set(QEMUBootSetHandler *func, void *opaque)
{
    boot_set_handler = func;
    boot_set_opaque = opaque;
}

bool qemu_boot_set(const char *boot_order, Error **errp)
{
    if (!boot_set_handler) {
        error_setg(errp, "this machine takes no boot order");
        return false;
    }
    return boot_set_handler(boot_set_opaque, boot_order, errp);
}

/* The first reset starts the boot that "once" is for; the second ends it. */
static void restore_order(void *opaque)
{
    static bool first = true;

    if (first) {
        first = false;
        return;
    }
    qemu_boot_set(order_after_once, NULL);
    qemu_unregister_reset(restore_order, NULL);
    g_clear_pointer(&order_after_once, g_free);
}

void boot_order_once(const char *once, const char *normal)
{
    qemu_boot_set(once, &error_fatal);
    order_after_once = g_strdup(normal);
    qemu_register_reset(restore_order, NULL);
}
