/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of drivers: finding one by name, by file name, or by what a file looks like. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"
#include "qemu/cutils.h"
#include "qemu/missing-part.h"
#include "qemu/module.h"
#include "qemu/nearest-name.h"

static QLIST_HEAD(, BlockDriver) bdrv_drivers = QLIST_HEAD_INITIALIZER(bdrv_drivers);

void bdrv_init(void)
{
    module_call_init(MODULE_INIT_BLOCK);
}

void bdrv_register(BlockDriver *bdrv)
{
    QLIST_INSERT_HEAD(&bdrv_drivers, bdrv, list);
}

BlockDriver *bdrv_find_format(const char *format_name)
{
    BlockDriver *drv;

    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        if (!strcmp(drv->format_name, format_name)) {
            return drv;
        }
    }
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void append_name(void *opaque, const char *name)
{
    error_append_hint(opaque, " %s", name);
}

BlockDriver *bdrv_find_format_err(const char *format_name, Error **errp)
{
    ERRP_GUARD();
    BlockDriver *drv = bdrv_find_format(format_name);
    NearestName near;

    if (drv) {
        return drv;
    }
    if (missing_part_error(MISSING_BLOCK_DRIVER, format_name, errp)) {
        return NULL;
    }
    error_setg(errp, "Unknown driver '%s'", format_name);
    nearest_name_init(&near, format_name);
    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        nearest_name_try(&near, drv->format_name);
    }
    nearest_name_suggest(&near, errp);
    /* Of no program's options: several have this. */
    error_append_hint(errp, "Known drivers:");
    bdrv_iterate_format(append_name, errp, false);
    error_append_hint(errp, "\n");
    return NULL;
}

void bdrv_hint_creatable(const char *name, Error *const *errp)
{
    BlockDriver *drv;
    NearestName near;

    nearest_name_init(&near, name);
    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        if (drv->is_format && drv->bdrv_create) {
            nearest_name_try(&near, drv->format_name);
        }
    }
    nearest_name_hint(&near, errp);
}

void bdrv_iterate_format(void (*it)(void *opaque, const char *name), void *opaque, bool read_only)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    BlockDriver *drv;

    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        g_ptr_array_add(names, (void *)drv->format_name);
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        it(opaque, names->pdata[i]);
    }
}

/* The length of "proto" in "proto:rest"; 0 if there is none. */
static size_t protocol_length(const char *path)
{
    size_t n = strcspn(path, ":/");

    return path[n] == ':' ? n : 0;
}

bool path_has_protocol(const char *path)
{
    return protocol_length(path) > 0;
}

static BlockDriver *find_host_device(const char *filename)
{
    BlockDriver *best = NULL, *drv;
    int best_score = 0;

    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        int score = drv->bdrv_probe_device ? drv->bdrv_probe_device(filename) : 0;

        if (score > best_score) {
            best_score = score;
            best = drv;
        }
    }
    return best;
}

BlockDriver *bdrv_find_protocol(const char *filename, bool allow_protocol_prefix, Error **errp)
{
    ERRP_GUARD();
    BlockDriver *drv = find_host_device(filename);
    g_autofree char *protocol = NULL;
    NearestName near;

    /* A device that is there wins over a prefix, "/dev/disk/by-path/pci-0000:00..." . */
    if (drv) {
        return drv;
    }
    if (!allow_protocol_prefix || !path_has_protocol(filename)) {
        return bdrv_find_format("file");
    }
    protocol = g_strndup(filename, protocol_length(filename));
    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        if (drv->protocol_name && !strcmp(drv->protocol_name, protocol)) {
            return drv;
        }
    }
    if (missing_part_error(MISSING_BLOCK_DRIVER, protocol, errp)) {
        return NULL;
    }
    error_setg(errp, "Unknown protocol '%s'", protocol);
    nearest_name_init(&near, protocol);
    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        if (drv->protocol_name) {
            nearest_name_try(&near, drv->protocol_name);
        }
    }
    nearest_name_hint(&near, errp);
    error_append_hint(errp, "For a file whose name has a colon, write './%s' or 'file:%s'.\n",
                      filename, filename);
    return NULL;
}

BlockDriver *bdrv_probe_all(const uint8_t *buf, int buf_size, const char *filename)
{
    BlockDriver *best = NULL, *drv;
    int best_score = 0;

    QLIST_FOREACH (drv, &bdrv_drivers, list) {
        int score = drv->bdrv_probe ? drv->bdrv_probe(buf, buf_size, filename) : 0;

        if (score > best_score) {
            best_score = score;
            best = drv;
        }
    }
    return best ? best : bdrv_find_format("raw");
}
