/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registration at program start: each file announces its functions from a
 * constructor, and main() runs them kind by kind when the things they register
 * with are ready.
 */
#ifndef QEMU_MODULE_H
#define QEMU_MODULE_H

#include "qemu/compiler.h"

typedef enum {
    MODULE_INIT_MIGRATION,
    MODULE_INIT_BLOCK,
    MODULE_INIT_OPTS,
    MODULE_INIT_QOM,
    MODULE_INIT_TRACE,
    MODULE_INIT_LIBQOS,
    MODULE_INIT_FUZZ_TARGET,
    MODULE_INIT_MAX
} module_init_type;

#define module_init(function, type)                                                                \
    static void QEMU_CONSTRUCTOR do_qemu_init_##function(void)                                     \
    {                                                                                              \
        register_module_init(function, type);                                                      \
    }

#define block_init(function)       module_init(function, MODULE_INIT_BLOCK)
#define opts_init(function)        module_init(function, MODULE_INIT_OPTS)
#define type_init(function)        module_init(function, MODULE_INIT_QOM)
#define trace_init(function)       module_init(function, MODULE_INIT_TRACE)
#define migration_init(function)   module_init(function, MODULE_INIT_MIGRATION)
#define libqos_init(function)      module_init(function, MODULE_INIT_LIBQOS)
#define fuzz_target_init(function) module_init(function, MODULE_INIT_FUZZ_TARGET)

void register_module_init(void (*fn)(void), module_init_type type);
/* Run what is registered for @type, once, in order of registration. */
void module_call_init(module_init_type type);

#endif
