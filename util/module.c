/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registration at program start. */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/queue.h"

typedef struct ModuleEntry {
    void (*init)(void);
    QSIMPLEQ_ENTRY(ModuleEntry) node;
} ModuleEntry;

typedef QSIMPLEQ_HEAD(ModuleList, ModuleEntry) ModuleList;

/* Filled from constructors, before main() and in one thread. */
static ModuleList lists[MODULE_INIT_MAX];

static ModuleList *module_list(module_init_type type)
{
    if (!lists[type].sqh_last) {
        QSIMPLEQ_INIT(&lists[type]);
    }
    return &lists[type];
}

void register_module_init(void (*fn)(void), module_init_type type)
{
    ModuleEntry *e = g_new0(ModuleEntry, 1);

    e->init = fn;
    QSIMPLEQ_INSERT_TAIL(module_list(type), e, node);
}

void module_call_init(module_init_type type)
{
    ModuleList *list = module_list(type);

    while (!QSIMPLEQ_EMPTY(list)) {
        ModuleEntry *e = QSIMPLEQ_FIRST(list);

        QSIMPLEQ_REMOVE_HEAD(list, node);
        e->init();
        g_free(e);
    }
}
