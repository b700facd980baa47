/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where firmware images are found: -L folders, then the built-in ones. */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "system/system.h"

static GPtrArray *data_dirs;

static GPtrArray *dirs(void)
{
    if (!data_dirs) {
        data_dirs = g_ptr_array_new_with_free_func(g_free);
    }
    return data_dirs;
}

void qemu_add_data_dir(char *path)
{
    GPtrArray *list = dirs();

    for (guint i = 0; i < list->len; i++) {
        if (!strcmp(g_ptr_array_index(list, i), path)) {
            g_free(path);
            return;
        }
    }
    g_ptr_array_add(list, path);
}

void qemu_add_default_firmwarepath(void)
{
    g_auto(GStrv) folders = g_strsplit(CONFIG_QEMU_FIRMWAREPATH, ":", 0);

    for (int i = 0; folders[i]; i++) {
        qemu_add_data_dir(g_strdup(folders[i]));
    }
    qemu_add_data_dir(g_strdup(CONFIG_QEMU_DATADIR));
}

char *qemu_find_file(QemuFileType type, const char *name)
{
    const char *subdir = type == QEMU_FILE_TYPE_KEYMAP ? "keymaps" : "";
    GPtrArray *list = dirs();

    if (!*name) {
        return NULL; /* the folders themselves are no files */
    }
    if (access(name, R_OK) == 0) {
        return g_strdup(name);
    }
    for (guint i = 0; i < list->len; i++) {
        g_autofree char *path = g_build_filename(g_ptr_array_index(list, i), subdir, name, NULL);
        if (access(path, R_OK) == 0) {
            return g_steal_pointer(&path);
        }
    }
    return NULL;
}

void qemu_list_data_dirs(void)
{
    GPtrArray *list = dirs();

    for (guint i = 0; i < list->len; i++) {
        printf("%s\n", (char *)g_ptr_array_index(list, i));
    }
}
