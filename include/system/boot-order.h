/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which order firmware tries what it can boot: -boot, "bootindex" of
 * devices, option ROMs. BQL held.
 */
#ifndef SYSTEM_BOOT_ORDER_H
#define SYSTEM_BOOT_ORDER_H

#include "qapi/error.h"
#include "qemu/typedefs.h"

/*
 * @dev (at firmware path @suffix below it, may be NULL) has boot index @index;
 * negative: none. false when another one has it.
 */
bool boot_order_add_device(int32_t index, DeviceState *dev, const char *suffix, Error **errp);
void boot_order_del_device(DeviceState *dev, const char *suffix);
/* An option ROM that fw_cfg carries as file @name. */
void boot_order_add_rom(const char *name, int32_t index);
/*
 * Content of the "bootorder" file: one firmware path a line, NUL at the end. @strict: firmware is
 * to try nothing else behind them. g_free.
 */
char *boot_order_file(bool strict, size_t *size);

/* The board takes drive letters. @func: false and @errp on a letter it does not know. */
typedef bool QEMUBootSetHandler(void *opaque, const char *boot_order, Error **errp);
void qemu_register_boot_set(QEMUBootSetHandler *func, void *opaque);
/* Change the order now (boot_set). */
bool qemu_boot_set(const char *boot_order, Error **errp);
/* -boot once=: use it for the first boot, then @normal again. */
void boot_order_once(const char *once, const char *normal);

#endif
