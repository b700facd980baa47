/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices of the command line, and the serial ports and monitors that use them. */

#include "qemu/osdep.h"
#include "chardev/char.h"
#include "monitor/monitor.h"
#include "qapi/util.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "system/system.h"
#include "vl-internal.h"

static Chardev *serial_hds[MAX_SERIAL_PORTS];
static Chardev *parallel_hds[MAX_PARALLEL_PORTS];

Chardev *serial_hd(int i)
{
    return i >= 0 && i < MAX_SERIAL_PORTS ? serial_hds[i] : NULL;
}

Chardev *parallel_hd(int i)
{
    return i >= 0 && i < MAX_PARALLEL_PORTS ? parallel_hds[i] : NULL;
}

/* A character device from a short form; with "mon:" it gets a human monitor as second user. */
static Chardev *open_spec(const char *label, const char *spec)
{
    bool with_monitor;
    Chardev *chr = qemu_chr_new_mux_mon(label, spec, &with_monitor, NULL, &error_fatal);

    if (with_monitor) {
        monitor_init_chardev(chr, MONITOR_MODE_READLINE, false, &error_fatal);
    }
    return chr;
}

/* "none" leaves a place empty. */
static Chardev *open_item(const ConfigItem *item, const char *prefix, guint i)
{
    g_autofree char *label = g_strdup_printf("%s%u", prefix, i);

    return strcmp(item->text, "none") ? open_spec(label, item->text) : NULL;
}

/* What comes after the machine's own ports is for ports that are added by -device. */
static void open_serials(GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        ConfigItem *item = g_ptr_array_index(items, i);
        Chardev *chr;

        loc_push_restore(&item->loc);
        chr = open_item(item, "serial", i);
        if (i < MAX_SERIAL_PORTS) {
            serial_hds[i] = chr;
        }
        loc_pop(&item->loc);
    }
}

static void open_parallels(GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        ConfigItem *item = g_ptr_array_index(items, i);

        loc_push_restore(&item->loc);
        if (i >= MAX_PARALLEL_PORTS) {
            error_report("there are only %d of these ports", MAX_PARALLEL_PORTS);
            exit(1);
        }
        parallel_hds[i] = open_item(item, "parallel", i);
        loc_pop(&item->loc);
    }
}

/* Found out before one of the two opens, and perhaps makes, its file. */
static void check_ids(const VMConfig *config)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < config->chardevs->len; i++) {
        ConfigItem *item = g_ptr_array_index(config->chardevs, i);
        const char *id = qdict_get_try_str(item->keys, "id");

        loc_push_restore(&item->loc);
        if (id && !g_hash_table_add(seen, (gpointer)id)) {
            error_report("there is a chardev '%s' already", id);
            exit(1);
        }
        loc_pop(&item->loc);
    }
}

static void create_named(const VMConfig *config)
{
    for (guint i = 0; i < config->chardevs->len; i++) {
        ConfigItem *item = g_ptr_array_index(config->chardevs, i);

        loc_push_restore(&item->loc);
        qemu_chr_new_from_keys(item->keys, NULL, &error_fatal);
        loc_pop(&item->loc);
    }
}

/*
 * A PC has one port of each kind. With -nographic the terminal is both: first serial
 * port, and monitor behind Ctrl-A c.
 */
static void open_defaults(const VMConfig *config)
{
    if (config->default_serial) {
        serial_hds[0] = open_spec("serial0", !config->nographic        ? "null"
                                             : config->default_monitor ? "mon:stdio"
                                                                       : "stdio");
    }
    if (config->default_parallel) {
        parallel_hds[0] = open_spec("parallel0", "null");
    }
}

void vl_create_chardevs(const VMConfig *config)
{
    check_ids(config);
    create_named(config);
}

void vl_open_ports(const VMConfig *config)
{
    open_defaults(config);
    open_serials(config->serials);
    open_parallels(config->parallels);
}

static void create_monitor(const ConfigItem *item, int index)
{
    MonitorMode mode =
        item->index == QEMU_OPTION_monitor ? MONITOR_MODE_READLINE : MONITOR_MODE_CONTROL;
    g_autofree char *label = g_strdup_printf("compat_monitor%d", index);

    if (strcmp(item->text, "none")) {
        monitor_init_chardev(open_spec(label, item->text), mode,
                             item->index == QEMU_OPTION_qmp_pretty, &error_fatal);
    }
}

static void create_mon(const ConfigItem *item)
{
    static const char *const known[] = {"chardev", "mode", "pretty", "id", NULL};
    const char *name = qdict_get_try_str(item->keys, "chardev");
    const char *mode = qdict_get_try_str(item->keys, "mode");
    const char *pretty_text = qdict_get_try_str(item->keys, "pretty");
    Chardev *chr = name ? qemu_chr_find(name) : NULL;
    bool pretty = false;

    for (const QDictEntry *e = qdict_first(item->keys); e; e = qdict_next(item->keys, e)) {
        if (!g_strv_contains(known, qdict_entry_key(e))) {
            error_report("invalid parameter '%s'; accepted: chardev, mode, pretty",
                         qdict_entry_key(e));
            exit(1);
        }
    }
    if (!chr) {
        error_report("there is no chardev '%s'", name ? name : "");
        exit(1);
    }
    if (mode && strcmp(mode, "readline") && strcmp(mode, "control")) {
        error_report("mode=%s: accepted are readline and control", mode);
        exit(1);
    }
    if (pretty_text) {
        qapi_bool_parse("pretty", pretty_text, &pretty, &error_fatal);
    }
    monitor_init_chardev(chr,
                         !g_strcmp0(mode, "control") ? MONITOR_MODE_CONTROL : MONITOR_MODE_READLINE,
                         pretty, &error_fatal);
}

void vl_create_monitors(const VMConfig *config)
{
    for (guint i = 0; i < config->monitors->len; i++) {
        ConfigItem *item = g_ptr_array_index(config->monitors, i);
        loc_push_restore(&item->loc);
        create_monitor(item, i);
        loc_pop(&item->loc);
    }
    for (guint i = 0; i < config->mons->len; i++) {
        ConfigItem *item = g_ptr_array_index(config->mons, i);
        loc_push_restore(&item->loc);
        create_mon(item);
        loc_pop(&item->loc);
    }
}
