/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fw_cfg items that come from the command line (docs/system/fw_cfg.md). */

#include "qemu/osdep.h"
#include "hw/block/block.h"
#include "hw/nvram/fw_cfg-options.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qom/object_interfaces.h"
#include "system/boot-order.h"
#include "system/reset.h"
#include "system/system.h"

static bool check_keys(const QDict *keys, const char *const *known, Error **errp)
{
    ERRP_GUARD();
    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        const char *key = qdict_entry_key(e);
        if (!g_strv_contains(known, key) || !qdict_get_try_str(keys, key)) {
            g_autofree char *all = g_strjoinv(", ", (char **)known);
            error_setg(errp, "Invalid parameter '%s'", key);
            error_append_hint(errp, "Accepted: %s.\n", all);
            return false;
        }
    }
    return true;
}

/* The length is a number of 32 bits, but nothing sensible comes near. */
#define FW_CFG_FILE_MAX (1u << 30)

/* A whole file; the result is never freed, as fw_cfg data. */
static char *read_file(const char *what, const char *name, size_t *size, Error **errp)
{
    ERRP_GUARD();
    char *data = qemu_read_file(name, FW_CFG_FILE_MAX, size, errp);

    if (!data) {
        error_prepend(errp, "%s: ", what);
    }
    return data;
}

/* ---- -fw_cfg ---- */

static void *generate(const char *id, size_t *size, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);
    FWCfgDataGeneratorClass *klass;
    GByteArray *data;

    if (!obj) {
        error_setg(errp, "there is no object '%s'", id);
        return NULL;
    }
    if (!object_dynamic_cast(obj, TYPE_FW_CFG_DATA_GENERATOR_INTERFACE)) {
        error_setg(errp, "object '%s' of type '%s' does not generate fw_cfg data", id,
                   object_get_typename(obj));
        return NULL;
    }
    klass = FW_CFG_DATA_GENERATOR_GET_CLASS(obj);
    data = klass->get_data(obj, errp);
    if (!data) {
        return NULL;
    }
    *size = data->len;
    return g_byte_array_free(data, false);
}

bool fw_cfg_add_option(FWCfgState *s, const QDict *keys, Error **errp)
{
    static const char *const known[] = {"name", "file", "string", "gen_id", NULL};
    const char *name = qdict_get_try_str(keys, "name");
    const char *file = qdict_get_try_str(keys, "file");
    const char *string = qdict_get_try_str(keys, "string");
    const char *gen_id = qdict_get_try_str(keys, "gen_id");
    size_t size = 0;
    void *data;

    if (!check_keys(keys, known, errp)) {
        return false;
    }
    if (!s) {
        error_setg(errp, "this machine has no fw_cfg device");
        return false;
    }
    if (!name || !file + !string + !gen_id != 2) {
        error_setg(errp, "-fw_cfg needs 'name' and one of 'file', 'string' and 'gen_id'");
        return false;
    }
    if (!g_str_has_prefix(name, "opt/") && !gen_id) {
        warn_report("fw_cfg file '%s': names of user data should begin with \"opt/\"", name);
    }
    if (file) {
        data = read_file("fw_cfg file", file, &size, errp);
    } else if (gen_id) {
        data = generate(gen_id, &size, errp);
    } else {
        size = strlen(string); /* without the NUL */
        data = g_memdup2(string, size + 1);
    }
    return data && fw_cfg_add_file(s, name, data, size, errp);
}

/* ---- -option-rom ---- */

bool fw_cfg_add_option_rom(FWCfgState *s, const QDict *keys, Error **errp)
{
    static const char *const known[] = {"romfile", "bootindex", NULL};
    const char *romfile = qdict_get_try_str(keys, "romfile");
    const char *bootindex = qdict_get_try_str(keys, "bootindex");
    g_autofree char *path = NULL, *base = NULL, *name = NULL;
    int index = -1;
    size_t size;
    char *data;

    if (!check_keys(keys, known, errp)) {
        return false;
    }
    if (!s) {
        error_setg(errp, "this machine takes no option ROMs");
        return false;
    }
    if (!romfile) {
        error_setg(errp, "-option-rom needs the name of a file");
        return false;
    }
    if (bootindex && (qemu_strtoi(bootindex, NULL, 0, &index) < 0 || index < -1)) {
        error_setg(errp, "bootindex='%s' is not a number from -1 up", bootindex);
        return false;
    }
    path = qemu_find_file(QEMU_FILE_TYPE_BIOS, romfile);
    if (!path) {
        error_setg(errp, "option ROM '%s' not found", romfile);
        return false;
    }
    data = read_file("option ROM", path, &size, errp);
    base = g_path_get_basename(romfile);
    name = g_strdup_printf("genroms/%s", base);
    if (!data || !fw_cfg_add_file(s, name, data, size, errp)) {
        return false;
    }
    if (index >= 0) {
        boot_order_add_rom(name, index);
    }
    return true;
}

/* ---- -boot ---- */

/* Devices come and go, and bootindex changes: as it is at a reset. */
static void refresh_boot_order(void *opaque)
{
    size_t size;
    char *order = boot_order_file(machine_current()->boot_config.strict, &size);

    g_free(fw_cfg_modify_file(opaque, "bootorder", order, size));
    order = device_geometry_file(&size);
    g_free(fw_cfg_modify_file(opaque, "bios-geometry", order, size));
}

/* BMP and JPEG are what firmware can show. */
static void add_splash(FWCfgState *s, const char *file)
{
    g_autofree char *path = qemu_find_file(QEMU_FILE_TYPE_BIOS, file);
    Error *err = NULL;
    const uint8_t *bytes;
    size_t size;
    char *data;

    if (!path) {
        error_report("boot splash picture '%s' not found", file);
        return;
    }
    data = read_file("boot splash picture", path, &size, &err);
    if (!data) {
        error_report_err(err);
        return;
    }
    bytes = (uint8_t *)data;
    if (size > 30 && bytes[0] == 0xff && bytes[1] == 0xd8) {
        fw_cfg_add_file(s, "bootsplash.jpg", data, size, &error_fatal);
    } else if (size > 30 && bytes[0] == 'B' && bytes[1] == 'M' && lduw_le_p(bytes + 28) == 24) {
        fw_cfg_add_file(s, "bootsplash.bmp", data, size, &error_fatal);
    } else {
        error_report("boot splash picture '%s' is neither JPEG nor BMP with 24 bits a pixel", path);
        g_free(data);
    }
}

static void *le_bytes(uint64_t value, size_t size)
{
    value = cpu_to_le64(value);
    return g_memdup2(&value, size);
}

void fw_cfg_add_boot(FWCfgState *s, MachineState *machine)
{
    const BootConfiguration *boot = &machine->boot_config;
    int64_t timeout = boot->has_reboot_timeout ? boot->reboot_timeout : -1;

    if (timeout < -1 || timeout > 0xffff) {
        error_setg(&error_fatal, "-boot reboot-timeout=%" PRId64 " is not between -1 and 65535",
                   timeout);
    }
    if (boot->has_splash_time && (boot->splash_time < 0 || boot->splash_time > 0xffff)) {
        error_setg(&error_fatal, "-boot splash-time=%" PRId64 " is not between 0 and 65535",
                   boot->splash_time);
    }
    fw_cfg_add_i16(s, FW_CFG_BOOT_MENU, boot->has_menu && boot->menu);
    fw_cfg_add_file(s, "etc/boot-fail-wait", le_bytes(timeout, 4), 4, &error_fatal);
    if (boot->has_splash_time) {
        fw_cfg_add_file(s, "etc/boot-menu-wait", le_bytes(boot->splash_time, 2), 2, &error_fatal);
    }
    if (boot->splash) {
        add_splash(s, boot->splash);
    }
    fw_cfg_add_file(s, "bios-geometry", NULL, 0, &error_fatal);
    fw_cfg_add_file(s, "bootorder", NULL, 0, &error_fatal);
    qemu_register_reset(refresh_boot_order, s);
}

static const TypeInfo fw_cfg_generator_types[] = {
    {
        .name = TYPE_FW_CFG_DATA_GENERATOR_INTERFACE,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(FWCfgDataGeneratorClass),
    },
};

DEFINE_TYPES(fw_cfg_generator_types)
